local function make_words(n)
  local names = {}
  for i = 0, 4999 do
    names[i] = "word" .. i
  end
  local words = {}
  local seed = 42
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    words[i] = names[seed % 5000]
  end
  return words
end

local function count_words(words)
  local counts = {}
  for _, w in ipairs(words) do
    if counts[w] then
      counts[w] = counts[w] + 1
    else
      counts[w] = 1
    end
  end
  return counts
end

local words = make_words(400000)
local checksum = 0
for round = 0, 9 do
  local counts = count_words(words)
  local most = 0
  local size = 0
  for w in pairs(counts) do
    size = size + 1
    if counts[w] > most then
      most = counts[w]
    end
  end
  checksum = checksum + size + most + counts["word7"] + round
end
print(checksum)
