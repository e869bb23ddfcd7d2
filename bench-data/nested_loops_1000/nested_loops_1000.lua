local total = 0
for round = 0, 19 do
  for i = 0, 999 do
    for j = 0, 999 do
      total = total + i * j + round
    end
  end
end
print(string.format("%d", total))
