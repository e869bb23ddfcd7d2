local total = 0
for round = 0, 59 do
  local xs = {}
  for i = 0, 99999 do
    xs[#xs + 1] = i
  end
  total = total + #xs + xs[50001] + round
end
print(total)
