local function filled(n)
  local xs = {}
  for i = 1, n do
    xs[i] = false
  end
  return xs
end

local function queens(n)
  local columns = filled(n)
  local rising = filled(2 * n)
  local falling = filled(2 * n)
  local solutions = 0

  local function place(row)
    if row > n then
      solutions = solutions + 1
      return
    end
    for c = 1, n do
      if not columns[c] and not rising[row + c - 1] and not falling[row - c + n] then
        columns[c] = true
        rising[row + c - 1] = true
        falling[row - c + n] = true
        place(row + 1)
        columns[c] = false
        rising[row + c - 1] = false
        falling[row - c + n] = false
      end
    end
  end

  place(1)
  return solutions
end

print(queens(12))
