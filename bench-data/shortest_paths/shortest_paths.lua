local floor = math.floor

local Edge = {}
Edge.__index = Edge
function Edge.new(to, cost, next)
  return setmetatable({ to = to, cost = cost, next = next }, Edge)
end

local Node = {}
Node.__index = Node
function Node.new(id)
  return setmetatable({ id = id, edges = nil, dist = 1000000000, heap_at = 0 }, Node)
end
function Node:link(to, cost) self.edges = Edge.new(to, cost, self.edges) end
function Node:closer(other) return self.dist < other.dist end

-- Places in the heap begin at 1; 0 is none.
local Queue = {}
Queue.__index = Queue
function Queue.new() return setmetatable({ items = {}, size = 0 }, Queue) end
function Queue:place(at, node)
  self.items[at] = node
  node.heap_at = at
end
function Queue:up(start)
  local at = start
  local node = self.items[at]
  while at > 1 do
    local parent = floor(at / 2)
    local p = self.items[parent]
    if not node:closer(p) then break end
    self:place(at, p)
    at = parent
  end
  self:place(at, node)
end
function Queue:down(start)
  local at = start
  local node = self.items[at]
  local n = self.size
  while true do
    local child = 2 * at
    if child > n then break end
    if child + 1 <= n and self.items[child + 1]:closer(self.items[child]) then child = child + 1 end
    local c = self.items[child]
    if not c:closer(node) then break end
    self:place(at, c)
    at = child
  end
  self:place(at, node)
end
function Queue:push(node)
  self.size = self.size + 1
  self.items[self.size] = node
  node.heap_at = self.size
  self:up(self.size)
end
function Queue:empty() return self.size == 0 end
function Queue:pop()
  local top = self.items[1]
  local last = self.items[self.size]
  self.items[self.size] = nil
  self.size = self.size - 1
  top.heap_at = 0
  if self.size > 0 then
    self:place(1, last)
    self:down(1)
  end
  return top
end

local Graph = {}
Graph.__index = Graph
function Graph.new(n, degree)
  local self = setmetatable({ seed = 7, nodes = {} }, Graph)
  for i = 1, n do self.nodes[i] = Node.new(i - 1) end
  for i = 1, n do
    for _ = 1, degree do
      local to = self.nodes[self:random(n) + 1]
      self.nodes[i]:link(to, 1 + self:random(100))
    end
  end
  return self
end
function Graph:random(n)
  self.seed = self.seed * 16807 % 2147483647
  return self.seed % n
end
function Graph:shortest(first)
  for _, v in ipairs(self.nodes) do
    v.dist = 1000000000
    v.heap_at = 0
  end
  local start = self.nodes[first + 1]
  start.dist = 0
  local q = Queue.new()
  q:push(start)
  local sum = 0
  while not q:empty() do
    local v = q:pop()
    sum = sum + v.dist
    local e = v.edges
    while e ~= nil do
      local d = v.dist + e.cost
      local w = e.to
      if d < w.dist then
        w.dist = d
        if w.heap_at == 0 then q:push(w) else q:up(w.heap_at) end
      end
      e = e.next
    end
  end
  return sum
end

local g = Graph.new(2000, 5)
local total = 0
for i = 0, 99 do total = total + g:shortest(i * 31 % 2000) end
print(string.format("%d", total))
