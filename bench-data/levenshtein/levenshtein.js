function text(n, start) {
  const letters = "abcdefgh";
  let s = "";
  let seed = start;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    s += letters[seed % 8];
  }
  return s;
}

function distance(a, b) {
  const n = a.length;
  const m = b.length;
  const table = [];
  for (let i = 0; i <= n; i++) {
    table.push(new Array(m + 1).fill(0));
    table[i][0] = i;
  }
  for (let j = 0; j <= m; j++) {
    table[0][j] = j;
  }
  for (let i = 1; i <= n; i++) {
    for (let j = 1; j <= m; j++) {
      let best = table[i - 1][j - 1];
      if (a[i - 1] !== b[j - 1]) {
        best += 1;
      }
      if (table[i - 1][j] + 1 < best) {
        best = table[i - 1][j] + 1;
      }
      if (table[i][j - 1] + 1 < best) {
        best = table[i][j - 1] + 1;
      }
      table[i][j] = best;
    }
  }
  return table[n][m];
}

let total = 0;
for (let round = 0; round < 20; round++) {
  total += distance(text(400, round + 1), text(380, round + 101));
}
console.log(total);
