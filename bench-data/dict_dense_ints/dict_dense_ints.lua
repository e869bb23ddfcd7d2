local n = 1000000
local d = {}
for i = 0, n - 1 do
  d[i * 7919 % 1000003] = i
end
local total = 0
for i = 0, n - 1 do
  local k = i * 31 % 1000003
  if d[k] then
    total = total + d[k]
  end
end
local size = 0
for k in pairs(d) do
  d[k] = d[k] + 1
  size = size + 1
end
print(string.format("%d %d %d", size, total, d[7919]))
