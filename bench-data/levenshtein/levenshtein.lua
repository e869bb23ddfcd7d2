local function text(n, start)
  local letters = "abcdefgh"
  local parts = {}
  local seed = start
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    parts[i] = letters:sub(seed % 8 + 1, seed % 8 + 1)
  end
  return table.concat(parts)
end

local function distance(a, b)
  local n = #a
  local m = #b
  local cells = {}
  for i = 0, n do
    cells[i] = {}
    for j = 0, m do
      cells[i][j] = 0
    end
    cells[i][0] = i
  end
  for j = 0, m do
    cells[0][j] = j
  end
  for i = 1, n do
    for j = 1, m do
      local best = cells[i - 1][j - 1]
      if a:byte(i) ~= b:byte(j) then
        best = best + 1
      end
      if cells[i - 1][j] + 1 < best then
        best = cells[i - 1][j] + 1
      end
      if cells[i][j - 1] + 1 < best then
        best = cells[i][j - 1] + 1
      end
      cells[i][j] = best
    end
  end
  return cells[n][m]
end

local total = 0
for round = 0, 19 do
  total = total + distance(text(400, round + 1), text(380, round + 101))
end
print(total)
