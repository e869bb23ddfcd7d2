function countPrimes(n) {
  const composite = new Array(n).fill(false);
  let found = 0;
  for (let i = 2; i < n; i++) {
    if (!composite[i]) {
      found += 1;
      let j = i * i;
      while (j < n) {
        composite[j] = true;
        j += i;
      }
    }
  }
  return found;
}

console.log(countPrimes(4000000));
