let total = 0;
for (let round = 0; round < 40; round++) {
  const d = new Map();
  for (let i = 0; i < 100000; i++) {
    d.set(i, i * 2);
  }
  for (let i = 0; i < 100000; i++) {
    total += d.get(i) + round;
  }
}
console.log(total);
