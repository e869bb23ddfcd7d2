function numbers(n) {
  const xs = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    xs.push(seed % 1000000);
  }
  return xs;
}

function quicksort(xs, lo, hi) {
  if (lo >= hi) {
    return;
  }
  const pivot = xs[(lo + hi) >> 1];
  let i = lo;
  let j = hi;
  while (i <= j) {
    while (xs[i] < pivot) {
      i += 1;
    }
    while (xs[j] > pivot) {
      j -= 1;
    }
    if (i <= j) {
      const kept = xs[i];
      xs[i] = xs[j];
      xs[j] = kept;
      i += 1;
      j -= 1;
    }
  }
  quicksort(xs, lo, j);
  quicksort(xs, i, hi);
}

const xs = numbers(500000);
quicksort(xs, 0, xs.length - 1);
let total = 0;
for (let i = 0; i < xs.length; i += 97) {
  total += xs[i] * ((i % 7) + 1);
}
console.log(xs[0], xs[xs.length - 1], total);
