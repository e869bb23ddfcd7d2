local function text(n, start)
  local letters = "abcdefgh"
  local s = ""
  local seed = start
  for _ = 1, n do
    seed = seed * 16807 % 2147483647
    s = s .. letters:sub(seed % 8 + 1, seed % 8 + 1)
  end
  return s
end

local function distance(a, b)
  local n = #a
  local m = #b
  local table = {}
  for i = 0, n do
    table[i] = {}
    for j = 0, m do
      table[i][j] = 0
    end
    table[i][0] = i
  end
  for j = 0, m do
    table[0][j] = j
  end
  for i = 1, n do
    for j = 1, m do
      local best = table[i - 1][j - 1]
      if a:byte(i) ~= b:byte(j) then
        best = best + 1
      end
      if table[i - 1][j] + 1 < best then
        best = table[i - 1][j] + 1
      end
      if table[i][j - 1] + 1 < best then
        best = table[i][j - 1] + 1
      end
      table[i][j] = best
    end
  end
  return table[n][m]
end

local total = 0
for round = 0, 19 do
  total = total + distance(text(400, round + 1), text(380, round + 101))
end
print(total)
