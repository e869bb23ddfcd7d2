function lookup(table, k) {
  return table.get(k);
}

const table = new Map();
for (let i = 0; i < 100000; i++) {
  table.set(i, i);
}
let total = 0;
for (let round = 0; round < 50; round++) {
  for (let i = 0; i < 100000; i++) {
    total = total + lookup(table, i);
    table.set(i, total % 1000);
  }
}
console.log(total);
