function fannkuch(n) {
  const perm = new Array(n).fill(0);
  const start = [];
  const counts = new Array(n).fill(0);
  for (let i = 0; i < n; i++) {
    start.push(i);
  }
  let most = 0;
  let checksum = 0;
  let sign = 1;
  let r = n;
  for (;;) {
    while (r !== 1) {
      counts[r - 1] = r;
      r -= 1;
    }
    for (let i = 0; i < n; i++) {
      perm[i] = start[i];
    }
    let flips = 0;
    while (perm[0] !== 0) {
      let lo = 0;
      let hi = perm[0];
      while (lo < hi) {
        const kept = perm[lo];
        perm[lo] = perm[hi];
        perm[hi] = kept;
        lo += 1;
        hi -= 1;
      }
      flips += 1;
    }
    if (flips > most) {
      most = flips;
    }
    checksum += sign * flips;
    sign = -sign;
    for (;;) {
      if (r === n) {
        return [checksum, most];
      }
      const head = start[0];
      for (let i = 0; i < r; i++) {
        start[i] = start[i + 1];
      }
      start[r] = head;
      counts[r] -= 1;
      if (counts[r] > 0) {
        break;
      }
      r += 1;
    }
  }
}

const [checksum, most] = fannkuch(9);
console.log(checksum, most);
