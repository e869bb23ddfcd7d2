local function numbers(n)
  local xs = {}
  local seed = 42
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    xs[i] = seed % 1000000
  end
  return xs
end

local function checksum(xs)
  local total = 0
  for i = 0, #xs - 1, 97 do
    total = total + xs[i + 1] * (i % 7 + 1)
  end
  return total
end

local function copy(xs)
  local result = {}
  for i = 1, #xs do
    result[i] = xs[i]
  end
  return result
end

local xs = numbers(100000)
local total = 0
for round = 0, 2 do
  local up = copy(xs)
  table.sort(up)
  local down = copy(xs)
  table.sort(down, function(a, b) return b < a end)
  total = total + checksum(up) - checksum(down) + round
end
print(string.format("%d", total))
