let best = 0;
let bestStart = 0;
for (let start = 1; start < 150000; start++) {
  let n = start;
  let length = 1;
  while (n !== 1) {
    if (n % 2 === 0) {
      n = n / 2;
    } else {
      n = 3 * n + 1;
    }
    length += 1;
  }
  if (length > best) {
    best = length;
    bestStart = start;
  }
}
console.log(bestStart, best);
