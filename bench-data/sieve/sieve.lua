local function count_primes(n)
  local composite = {}
  for i = 1, n do
    composite[i] = false
  end
  local found = 0
  for i = 2, n - 1 do
    if not composite[i] then
      found = found + 1
      local j = i * i
      while j < n do
        composite[j] = true
        j = j + i
      end
    end
  end
  return found
end

print(count_primes(4000000))
