local floor = math.floor

local Lexer = {}
Lexer.__index = Lexer
function Lexer.new(text)
  local self = setmetatable({ text = text, at = 1, kind = "", value = nil }, Lexer)
  self:advance()
  return self
end
function Lexer:peek() return self.text:sub(self.at, self.at) end
function Lexer:is_digit(c) return c >= "0" and c <= "9" and c ~= "" end
function Lexer:is_letter(c)
  return (c >= "a" and c <= "z") or (c >= "A" and c <= "Z") or c == "_"
end
function Lexer:skip()
  while self:peek() == " " or self:peek() == "\n" do self.at = self.at + 1 end
end
function Lexer:number()
  local n = 0
  while self:is_digit(self:peek()) do
    n = n * 10 + (self:peek():byte() - 48)
    self.at = self.at + 1
  end
  return n
end
function Lexer:word()
  local start = self.at
  while self:is_letter(self:peek()) do self.at = self.at + 1 end
  return self.text:sub(start, self.at - 1)
end
function Lexer:advance()
  self:skip()
  local c = self:peek()
  if c == "" then
    self.kind = "end"
  elseif self:is_digit(c) then
    self.kind = "number"
    self.value = self:number()
  elseif self:is_letter(c) then
    self.kind = "name"
    self.value = self:word()
  else
    self.kind = c
    self.at = self.at + 1
  end
end
function Lexer:accept(kind)
  if self.kind == kind then
    self:advance()
    return true
  end
  return false
end

local Num = {}
Num.__index = Num
function Num.new(value) return setmetatable({ value = value }, Num) end
function Num:eval(env) return self.value end

local Name = {}
Name.__index = Name
function Name.new(name) return setmetatable({ name = name }, Name) end
function Name:eval(env) return env[self.name] end

local Binary = {}
Binary.__index = Binary
function Binary.new(op, left, right)
  return setmetatable({ op = op, left = left, right = right }, Binary)
end
function Binary:eval(env)
  local a = self.left:eval(env)
  local b = self.right:eval(env)
  if self.op == "+" then return (a + b) % 1000003 end
  if self.op == "-" then return (a - b + 1000003) % 1000003 end
  if self.op == "*" then return a * b % 1000003 end
  if b == 0 then return a end
  return floor(a / b)
end

local Parser = {}
Parser.__index = Parser
function Parser.new(text) return setmetatable({ lexer = Lexer.new(text) }, Parser) end
function Parser:expr()
  local left = self:term()
  while true do
    if self.lexer:accept("+") then
      left = Binary.new("+", left, self:term())
    elseif self.lexer:accept("-") then
      left = Binary.new("-", left, self:term())
    else
      return left
    end
  end
end
function Parser:term()
  local left = self:factor()
  while true do
    if self.lexer:accept("*") then
      left = Binary.new("*", left, self:factor())
    elseif self.lexer:accept("/") then
      left = Binary.new("/", left, self:factor())
    else
      return left
    end
  end
end
function Parser:factor()
  if self.lexer.kind == "number" then
    local v = self.lexer.value
    self.lexer:advance()
    return Num.new(v)
  end
  if self.lexer.kind == "name" then
    local v = self.lexer.value
    self.lexer:advance()
    return Name.new(v)
  end
  self.lexer:accept("(")
  local e = self:expr()
  self.lexer:accept(")")
  return e
end

local parts = { "1" }
for i = 0, 399 do
  parts[#parts + 1] =
    string.format(" + (x * %d - y_a / %d) * (abc + %d * (x - 3))", i, i + 1, i * 7 % 13)
end
local text = table.concat(parts)
local env = { x = 17, y_a = 5, abc = 23 }
local total = 0
for _ = 1, 20 do
  local tree = Parser.new(text):expr()
  for _ = 1, 20 do total = (total + tree:eval(env)) % 1000003 end
end
print(string.format("%d", total))
