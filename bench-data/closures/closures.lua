local function make_counter(step)
  local value = 0
  return function()
    value = value + step
    return value
  end
end

local function compose(f, g)
  return function(x) return g(f(x)) end
end

local function transform(xs, f)
  local result = {}
  for _, x in ipairs(xs) do
    result[#result + 1] = f(x)
  end
  return result
end

local function fold(xs, init, f)
  local acc = init
  for _, x in ipairs(xs) do
    acc = f(acc, x)
  end
  return acc
end

local total = 0
local up = make_counter(1)
local by_three = make_counter(3)
for _ = 1, 1500000 do
  total = total + up() + by_three()
end
local xs = {}
for i = 0, 999 do
  xs[#xs + 1] = i
end
for round = 0, 899 do
  local add = function(x) return x + round end
  local both = compose(add, function(x) return x * 2 end)
  total = total + fold(transform(xs, both), 0, function(a, b) return a + b end)
end
print(string.format("%d", total))
