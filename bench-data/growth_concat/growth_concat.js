let total = 0;
for (let round = 0; round < 60; round++) {
  const xs = [];
  for (let i = 0; i < 100000; i++) {
    xs.push(...[i]);
  }
  total += xs.length + xs[50000] + round;
}
console.log(total);
