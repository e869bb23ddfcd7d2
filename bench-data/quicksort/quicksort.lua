local floor = math.floor

local function numbers(n)
  local xs = {}
  local seed = 42
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    xs[i] = seed % 1000000
  end
  return xs
end

-- The bounds are positions from 0, as in the other languages.
local function quicksort(xs, lo, hi)
  if lo >= hi then
    return
  end
  local pivot = xs[floor((lo + hi) / 2) + 1]
  local i = lo
  local j = hi
  while i <= j do
    while xs[i + 1] < pivot do
      i = i + 1
    end
    while xs[j + 1] > pivot do
      j = j - 1
    end
    if i <= j then
      xs[i + 1], xs[j + 1] = xs[j + 1], xs[i + 1]
      i = i + 1
      j = j - 1
    end
  end
  quicksort(xs, lo, j)
  quicksort(xs, i, hi)
end

local xs = numbers(500000)
quicksort(xs, 0, #xs - 1)
local total = 0
for i = 0, #xs - 1, 97 do
  total = total + xs[i + 1] * (i % 7 + 1)
end
print(string.format("%d %d %d", xs[1], xs[#xs], total))
