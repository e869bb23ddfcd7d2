local function estimate(samples)
  local seed = 42
  local hits = 0
  for _ = 1, samples do
    seed = seed * 16807 % 2147483647
    local x = seed / 2147483647.0
    seed = seed * 16807 % 2147483647
    local y = seed / 2147483647.0
    if x * x + y * y <= 1.0 then
      hits = hits + 1
    end
  end
  return 4.0 * hits / samples
end

print(string.format("%.6f", estimate(5000000)))
