local floor, min = math.floor, math.min

local function class(init)
  local methods = {}
  methods.__index = methods
  methods.new = function(...)
    local self = setmetatable({}, methods)
    init(self, ...)
    return self
  end
  return methods
end

local Rng = class(function(self, seed) self.state = seed end)
function Rng:next(n)
  self.state = self.state * 16807 % 2147483647
  return self.state % n
end

local Plant = class(function(self, e) self.energy = e end)
function Plant:step(world) self.energy = min(self.energy + 2, 50) end
function Plant:alive() return self.energy > 0 end
function Plant:weight() return floor(self.energy / 2) end
function Plant:bite(n)
  local got = min(n, self.energy)
  self.energy = self.energy - got
  return got
end

local Grass = class(function(self, e) self.energy = e end)
function Grass:step(world) self.energy = self.energy + 1 + world.rain end
function Grass:alive() return true end
function Grass:weight() return floor(self.energy / 3) end
function Grass:bite(n)
  local got = min(n, floor(self.energy / 2))
  self.energy = self.energy - got
  return got
end

local Rabbit = class(function(self, e) self.energy = e; self.age = 0 end)
function Rabbit:step(world)
  self.age = self.age + 1
  self.energy = self.energy + world:food(3) - 2
  if self.energy > 30 then
    self.energy = self.energy - 15
    world.born = world.born + 1
  end
end
function Rabbit:alive() return self.energy > 0 and self.age < 60 end
function Rabbit:weight() return self.energy + 2 end
function Rabbit:bite(n)
  self.energy = self.energy - n
  return n
end

local Fox = class(function(self, e) self.energy = e; self.age = 0; self.hunger = 0 end)
function Fox:step(world)
  self.age = self.age + 1
  self.hunger = self.hunger + 1
  if self.hunger > 3 then
    self.energy = self.energy + world:prey(4)
    self.hunger = 0
  else
    self.energy = self.energy - 1
  end
end
function Fox:alive() return self.energy > 0 and self.age < 90 end
function Fox:weight() return self.energy * 2 + 5 end
function Fox:bite(n)
  local got = floor(n / 2)
  self.energy = self.energy - got
  return got
end

local Bird = class(function(self, e) self.energy = e; self.height = 0 end)
function Bird:step(world)
  if self.height > 0 then
    self.height = self.height - 1
    self.energy = self.energy - 1
  else
    self.energy = self.energy + world:food(1)
    self.height = world.rng:next(4)
  end
end
function Bird:alive() return self.energy > 0 end
function Bird:weight() return self.energy + 1 end
function Bird:bite(n)
  if self.height > 0 then return 0 end
  self.energy = self.energy - n
  return n
end

local Beetle = class(function(self, e) self.energy = e; self.steps = 0 end)
function Beetle:step(world)
  self.steps = self.steps + 1
  if self.steps % 3 == 0 then self.energy = self.energy + world:food(1) - 1 end
end
function Beetle:alive() return self.energy > 0 and self.steps < 40 end
function Beetle:weight() return 1 end
function Beetle:bite(n)
  self.energy = 0
  return 1
end

local World
World = class(function(self, n)
  self.rng = Rng.new(42)
  self.rain = 1
  self.born = 0
  self.things = {}
  for i = 0, n - 1 do self.things[i + 1] = self:make(i % 6) end
end)
function World:make(kind)
  local e = 5 + self.rng:next(20)
  if kind == 0 then return Plant.new(e) end
  if kind == 1 then return Grass.new(e) end
  if kind == 2 then return Rabbit.new(e) end
  if kind == 3 then return Fox.new(e) end
  if kind == 4 then return Bird.new(e) end
  return Beetle.new(e)
end
function World:pick() return self.things[self.rng:next(#self.things) + 1] end
function World:food(n) return self:pick():bite(n) end
function World:prey(n) return self:pick():bite(n) + self:pick():bite(n) end
function World:step()
  self.rain = self.rng:next(3)
  for i = 1, #self.things do
    local t = self.things[i]
    t:step(self)
    if not t:alive() then self.things[i] = self:make(self.rng:next(6)) end
  end
end
function World:weight()
  local sum = 0
  for _, t in ipairs(self.things) do sum = sum + t:weight() end
  return sum
end

local w = World.new(600)
local total = 0
for _ = 1, 3000 do
  w:step()
  total = total + w:weight()
end
print(string.format("%d %d", total, w.born))
