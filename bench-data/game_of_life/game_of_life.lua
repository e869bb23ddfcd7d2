local floor = math.floor

local function first_board(n)
  local board = {}
  local seed = 42
  for y = 1, n do
    local row = {}
    for x = 1, n do
      seed = seed * 16807 % 2147483647
      row[x] = floor(seed % 3 / 2)
    end
    board[y] = row
  end
  return board
end

local function generation(board)
  local n = #board
  local result = {}
  for y = 0, n - 1 do
    local above = board[(y + n - 1) % n + 1]
    local here = board[y + 1]
    local below = board[(y + 1) % n + 1]
    local row = {}
    for x = 0, n - 1 do
      local l = (x + n - 1) % n + 1
      local r = (x + 1) % n + 1
      local m = x + 1
      local near = above[l] + above[m] + above[r] + here[l] + here[r] + below[l] + below[m] + below[r]
      if near == 3 or near == 2 and here[m] == 1 then
        row[#row + 1] = 1
      else
        row[#row + 1] = 0
      end
    end
    result[#result + 1] = row
  end
  return result
end

local function alive(board)
  local total = 0
  for _, row in ipairs(board) do
    for _, cell in ipairs(row) do
      total = total + cell
    end
  end
  return total
end

local board = first_board(96)
print(alive(board))
for _ = 1, 300 do
  board = generation(board)
end
print(alive(board))
