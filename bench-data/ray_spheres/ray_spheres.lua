local sqrt = math.sqrt

local Vec = {}
Vec.__index = Vec
local function vec(x, y, z) return setmetatable({ x = x, y = y, z = z }, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y, a.z + b.z) end
Vec.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y, a.z - b.z) end
Vec.__mul = function(a, k) return vec(a.x * k, a.y * k, a.z * k) end
function Vec:dot(o) return self.x * o.x + self.y * o.y + self.z * o.z end
function Vec:length() return sqrt(self:dot(self)) end
function Vec:unit() return self * (1.0 / self:length()) end

local Ray = {}
Ray.__index = Ray
local function new_ray(origin, dir) return setmetatable({ origin = origin, dir = dir }, Ray) end
function Ray:at(t) return self.origin + self.dir * t end

local Ball = {}
Ball.__index = Ball
local function new_ball(center, radius, shade)
  return setmetatable({ center = center, radius = radius, shade = shade }, Ball)
end
function Ball:hit(ray)
  local oc = ray.origin - self.center
  local b = oc:dot(ray.dir)
  local c = oc:dot(oc) - self.radius * self.radius
  local d = b * b - c
  if d < 0.0 then return -1.0 end
  return -b - sqrt(d)
end

local function trace(balls, ray, light, depth)
  local best = 1e9
  local found = nil
  for _, ball in ipairs(balls) do
    local t = ball:hit(ray)
    if t > 0.001 and t < best then
      best = t
      found = ball
    end
  end
  if found == nil then return 0.1 + 0.2 * ray.dir.y end
  local p = ray:at(best)
  local n = (p - found.center):unit()
  local shade = n:dot(light)
  if shade < 0.0 then shade = 0.0 end
  shade = shade * found.shade + 0.1
  if depth > 0 then
    local r = ray.dir - n * (2.0 * n:dot(ray.dir))
    shade = shade + 0.3 * trace(balls, new_ray(p, r), light, depth - 1)
  end
  return shade
end

local balls = {
  new_ball(vec(0.0, 0.0, 5.0), 1.0, 0.8),
  new_ball(vec(1.5, 0.5, 6.0), 1.0, 0.6),
  new_ball(vec(-1.5, -0.5, 4.0), 0.7, 0.9),
  new_ball(vec(0.0, -101.0, 5.0), 100.0, 0.5),
}
local light = vec(1.0, 1.0, -1.0):unit()
local eye = vec(0.0, 0.0, 0.0)
local sum = 0.0
for y = 0, 239 do
  for x = 0, 319 do
    local dir = vec((x - 160) / 160.0, (120 - y) / 160.0, 1.0):unit()
    sum = sum + trace(balls, new_ray(eye, dir), light, 2)
  end
end
print(string.format("%d", math.floor(sum * 1000 + 0.5)))
