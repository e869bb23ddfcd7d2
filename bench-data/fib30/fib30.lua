local function fib(n)
  if n < 2 then
    return n
  end
  return fib(n - 1) + fib(n - 2)
end

local function main()
  local total = 0
  for round = 0, 3 do
    total = total + fib(30) + round
  end
  return total
end

print(main())
