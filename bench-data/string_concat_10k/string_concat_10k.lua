local total = 0
for round = 0, 59 do
  local s = ""
  for _ = 1, 10000 do
    s = s .. "x"
  end
  total = total + #s + round
end
print(total)
