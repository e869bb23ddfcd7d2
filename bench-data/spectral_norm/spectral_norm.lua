local function element(i, j)
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function times(v, transposed)
  local n = #v
  local result = {}
  for i = 0, n - 1 do
    local total = 0.0
    for j = 0, n - 1 do
      if transposed then
        total = total + element(j, i) * v[j + 1]
      else
        total = total + element(i, j) * v[j + 1]
      end
    end
    result[#result + 1] = total
  end
  return result
end

local function main()
  local n = 300
  local u, v = {}, {}
  for i = 1, n do
    u[i] = 1.0
  end
  for _ = 1, 10 do
    v = times(times(u, false), true)
    u = times(times(v, false), true)
  end
  local uv, vv = 0.0, 0.0
  for i = 1, n do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  return math.sqrt(uv / vv)
end

print(string.format("%.9f", main()))
