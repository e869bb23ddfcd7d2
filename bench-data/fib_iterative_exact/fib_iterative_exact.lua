-- Lua has no big integers: numbers are arrays of limbs in base 10^7, lowest first.
local BASE = 10000000

-- Adds b to a in place; b is at least as long as a.
local function add_to(a, b)
  local carry = 0
  local n = #b
  for i = 1, n do
    local sum = (a[i] or 0) + b[i] + carry
    if sum >= BASE then
      a[i] = sum - BASE
      carry = 1
    else
      a[i] = sum
      carry = 0
    end
  end
  if carry > 0 then
    a[n + 1] = carry
  end
end

local function fib(n)
  local a, b = { 0 }, { 1 }
  for _ = 1, n do
    add_to(a, b)
    a, b = b, a
  end
  return a
end

local function to_text(a)
  local parts = { tostring(a[#a]) }
  for i = #a - 1, 1, -1 do
    parts[#parts + 1] = string.format("%07d", a[i])
  end
  return table.concat(parts)
end

local digits = to_text(fib(100000))
local digit_sum = 0
for i = 1, #digits do
  digit_sum = digit_sum + digits:byte(i) - 48
end
print(#digits .. " " .. digits:sub(1, 20) .. " " .. digits:sub(-20) .. " " .. digit_sum)
