local total = 0
for round = 0, 59 do
  local parts = {}
  for i = 1, 10000 do
    parts[i] = "x"
  end
  local s = table.concat(parts)
  total = total + #s + round
end
print(total)
