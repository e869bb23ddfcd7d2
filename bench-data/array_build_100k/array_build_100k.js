function build(n, offset) {
  const xs = [];
  let i = 0;
  while (i < n) {
    xs.push(i + offset);
    i += 1;
  }
  return xs;
}

function main() {
  let total = 0;
  for (let round = 0; round < 60; round++) {
    const xs = build(100000, round);
    total += xs.length + xs[0] + xs[xs.length - 1];
  }
  return total;
}

console.log(main());
