local function build(n)
  local items = {}
  for i = 0, n - 1 do
    items[#items + 1] = { id = i, name = "item", value = i * 2 }
  end
  return items
end

local function add_up(items)
  local total = 0
  for _, item in ipairs(items) do
    total = total + item.id + item.value + #item.name
  end
  return total
end

local function main()
  local total = 0
  for round = 0, 2 do
    total = total + add_up(build(100000)) + round
  end
  return total
end

print(string.format("%d", main()))
