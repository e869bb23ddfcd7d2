function build(n) {
  const items = [];
  for (let i = 0; i < n; i++) {
    items.push({ id: i, name: "item", value: i * 2 });
  }
  return items;
}

function addUp(items) {
  let total = 0;
  for (const item of items) {
    total += item.id + item.value + item.name.length;
  }
  return total;
}

function main() {
  let total = 0;
  for (let round = 0; round < 3; round++) {
    total += addUp(build(100000)) + round;
  }
  return total;
}

console.log(main());
