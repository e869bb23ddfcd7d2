local best = 0
local best_start = 0
for start = 1, 149999 do
  local n = start
  local length = 1
  while n ~= 1 do
    if n % 2 == 0 then
      n = n / 2
    else
      n = 3 * n + 1
    end
    length = length + 1
  end
  if length > best then
    best = length
    best_start = start
  end
end
print(best_start .. " " .. best)
