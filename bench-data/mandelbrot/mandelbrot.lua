local size = 600
local limit = 50
local inside = 0
local steps = 0
for py = 0, size - 1 do
  local ci = 2.0 * py / size - 1.0
  for px = 0, size - 1 do
    local cr = 3.0 * px / size - 2.0
    local zr, zi = 0.0, 0.0
    local i = 0
    while i < limit and zr * zr + zi * zi <= 4.0 do
      local t = zr * zr - zi * zi + cr
      zi = 2.0 * zr * zi + ci
      zr = t
      i = i + 1
    end
    steps = steps + i
    if i == limit then
      inside = inside + 1
    end
  end
end
print(inside .. " " .. steps)
