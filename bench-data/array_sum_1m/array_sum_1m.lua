local function build(n)
  local xs = {}
  for i = 0, n - 1 do
    xs[#xs + 1] = i
  end
  return xs
end

local function add_up(xs)
  local total = 0
  for i = 1, #xs do
    total = total + xs[i]
  end
  return total
end

local numbers = build(1000000)
local result = 0
for round = 0, 19 do
  result = result + add_up(numbers) + round
end
print(string.format("%d", result))
