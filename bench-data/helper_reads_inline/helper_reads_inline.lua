local table = {}
for i = 0, 99999 do
  table[i] = i
end
local total = 0
for _ = 1, 50 do
  for i = 0, 99999 do
    total = total + table[i]
    table[i] = total % 1000
  end
end
print(string.format("%d", total))
