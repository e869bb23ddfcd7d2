local n = 300000
local d = {}
for i = 0, n - 1 do
  d[i * 48271 % 2147483647] = i
end
local total = 0
for i = 0, 2 * n - 1 do
  local k = i * 31 % 450001 * 48271 % 2147483647
  local v = d[k]
  if v then
    total = total + v
  end
end
local size = 0
for k, v in pairs(d) do
  d[k] = v + 1
  size = size + 1
end
print(string.format("%d %d %d", size, total, d[48271 * 3]))
