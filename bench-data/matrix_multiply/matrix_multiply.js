function matrix(n, a, b) {
  const rows = [];
  for (let i = 0; i < n; i++) {
    const row = [];
    for (let j = 0; j < n; j++) {
      row.push(((i * a + j * b) % 10) * 0.5);
    }
    rows.push(row);
  }
  return rows;
}

function multiply(a, b) {
  const n = a.length;
  const result = [];
  for (let i = 0; i < n; i++) {
    result.push(new Array(n).fill(0.0));
    for (let j = 0; j < n; j++) {
      let total = 0.0;
      for (let k = 0; k < n; k++) {
        total += a[i][k] * b[k][j];
      }
      result[i][j] = total;
    }
  }
  return result;
}

function main() {
  const n = 220;
  const c = multiply(matrix(n, 3, 7), matrix(n, 5, 2));
  let trace = 0.0;
  for (let i = 0; i < n; i++) {
    trace += c[i][i];
  }
  console.log(trace.toFixed(2), c[17][101].toFixed(2));
}

main();
