local function matrix(n, a, b)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do
      row[#row + 1] = (i * a + j * b) % 10 * 0.5
    end
    rows[#rows + 1] = row
  end
  return rows
end

local function multiply(a, b)
  local n = #a
  local result = {}
  for i = 1, n do
    result[i] = {}
    for j = 1, n do
      local total = 0.0
      for k = 1, n do
        total = total + a[i][k] * b[k][j]
      end
      result[i][j] = total
    end
  end
  return result
end

local function main()
  local n = 220
  local c = multiply(matrix(n, 3, 7), matrix(n, 5, 2))
  local trace = 0.0
  for i = 1, n do
    trace = trace + c[i][i]
  end
  print(string.format("%.2f %.2f", trace, c[18][102]))
end

main()
