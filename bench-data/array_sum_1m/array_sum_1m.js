function build(n) {
  const xs = [];
  for (let i = 0; i < n; i++) {
    xs.push(i);
  }
  return xs;
}

function addUp(xs) {
  let total = 0;
  for (const x of xs) {
    total += x;
  }
  return total;
}

const numbers = build(1000000);
let result = 0;
for (let round = 0; round < 20; round++) {
  result += addUp(numbers) + round;
}
console.log(result);
