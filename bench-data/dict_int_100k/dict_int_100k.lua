local total = 0
for round = 0, 39 do
  local d = {}
  for i = 0, 99999 do
    d[i] = i * 2
  end
  for i = 0, 99999 do
    total = total + d[i] + round
  end
end
print(string.format("%d", total))
