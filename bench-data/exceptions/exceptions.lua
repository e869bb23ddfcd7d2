local function check(i)
  if i % 3 == 0 then
    error("bad " .. i % 10, 0)
  end
  return i % 5
end

local function step(i)
  return check(i) + 1
end

local total = 0
local caught = 0
for i = 0, 999999 do
  local ok, result = pcall(step, i)
  if ok then
    total = total + result
  else
    caught = caught + 1
    total = total + #result
  end
end
print(total .. " " .. caught)
