function numbers(n) {
  const xs = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    xs.push(seed % 1000000);
  }
  return xs;
}

function checksum(xs) {
  let total = 0;
  for (let i = 0; i < xs.length; i += 97) {
    total += xs[i] * ((i % 7) + 1);
  }
  return total;
}

const xs = numbers(100000);
let total = 0;
for (let round = 0; round < 3; round++) {
  // Without a comparator the sort would be by text; a typed array sorts numbers.
  const up = Float64Array.from(xs).sort();
  const down = xs.slice().sort((a, b) => b - a);
  total += checksum(up) - checksum(down) + round;
}
console.log(total);
