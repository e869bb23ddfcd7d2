function build(depth) {
  if (depth === 0) {
    return { left: null, right: null };
  }
  return { left: build(depth - 1), right: build(depth - 1) };
}

function countNodes(tree) {
  if (tree.left === null) {
    return 1;
  }
  return 1 + countNodes(tree.left) + countNodes(tree.right);
}

const longLived = build(16);
for (let depth = 4; depth < 17; depth += 2) {
  const trees = 2 ** (16 - depth + 2);
  let total = 0;
  for (let i = 0; i < trees; i++) {
    total += countNodes(build(depth));
  }
  console.log(trees, depth, total);
}
console.log(countNodes(longLived));
