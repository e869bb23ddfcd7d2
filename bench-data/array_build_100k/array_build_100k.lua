local function build(n, offset)
  local xs = {}
  local i = 0
  while i < n do
    xs[#xs + 1] = i + offset
    i = i + 1
  end
  return xs
end

local function main()
  local total = 0
  for round = 0, 59 do
    local xs = build(100000, round)
    total = total + #xs + xs[1] + xs[#xs]
  end
  return total
end

print(main())
