function fib(n) {
  let a = 0n;
  let b = 1n;
  for (let i = 0; i < n; i++) {
    [a, b] = [b, a + b];
  }
  return a;
}

const digits = fib(100000).toString();
let digitSum = 0;
for (const c of digits) {
  digitSum += c.charCodeAt(0) - 48;
}
console.log(digits.length, digits.slice(0, 20), digits.slice(-20), digitSum);
