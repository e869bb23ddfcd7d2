local function build(depth)
  if depth == 0 then
    return { left = nil, right = nil }
  end
  return { left = build(depth - 1), right = build(depth - 1) }
end

local function count_nodes(tree)
  if tree.left == nil then
    return 1
  end
  return 1 + count_nodes(tree.left) + count_nodes(tree.right)
end

local long_lived = build(16)
for depth = 4, 16, 2 do
  local trees = 2 ^ (16 - depth + 2)
  local total = 0
  for _ = 1, trees do
    total = total + count_nodes(build(depth))
  end
  print(string.format("%d %d %d", trees, depth, total))
end
print(count_nodes(long_lived))
