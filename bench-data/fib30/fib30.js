function fib(n) {
  if (n < 2) {
    return n;
  }
  return fib(n - 1) + fib(n - 2);
}

function main() {
  let total = 0;
  for (let round = 0; round < 4; round++) {
    total += fib(30) + round;
  }
  return total;
}

console.log(main());
