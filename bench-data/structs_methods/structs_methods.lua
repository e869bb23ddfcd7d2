local Account = {}
Account.__index = Account

function Account.new(owner, balance, moves)
  return setmetatable({ owner = owner, balance = balance, moves = moves }, Account)
end

function Account:deposit(amount)
  self.balance = self.balance + amount
  self.moves = self.moves + 1
end

function Account:withdraw(amount)
  if amount > self.balance then
    return false
  end
  self.balance = self.balance - amount
  self.moves = self.moves + 1
  return true
end

function Account:score()
  return self.balance * 2 + self.moves
end

local single = Account.new("Ann", 0, 0)
local refused = 0
for i = 0, 999999 do
  single:deposit(i % 100)
  if not single:withdraw(i % 150) then
    refused = refused + 1
  end
end
local accounts = {}
for i = 0, 99 do
  accounts[i + 1] = Account.new("user" .. i, i, 0)
end
for i = 0, 999999 do
  accounts[i % 100 + 1]:deposit(i % 7)
end
local total = single:score()
for _, account in ipairs(accounts) do
  total = total + account:score() + #account.owner
end
print(total .. " " .. refused)
