function element(i, j) {
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

function times(v, transposed) {
  const n = v.length;
  const result = [];
  for (let i = 0; i < n; i++) {
    let total = 0.0;
    for (let j = 0; j < n; j++) {
      if (transposed) {
        total += element(j, i) * v[j];
      } else {
        total += element(i, j) * v[j];
      }
    }
    result.push(total);
  }
  return result;
}

function main() {
  const n = 300;
  let u = new Array(n).fill(1.0);
  let v = [];
  for (let step = 0; step < 10; step++) {
    v = times(times(u, false), true);
    u = times(times(v, false), true);
  }
  let uv = 0.0;
  let vv = 0.0;
  for (let i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  return Math.sqrt(uv / vv);
}

console.log(main().toFixed(9));
