function queens(n) {
  const columns = new Array(n).fill(false);
  const rising = new Array(2 * n).fill(false);
  const falling = new Array(2 * n).fill(false);
  let solutions = 0;

  function place(row) {
    if (row === n) {
      solutions += 1;
      return;
    }
    for (let c = 0; c < n; c++) {
      if (!columns[c] && !rising[row + c] && !falling[row - c + n]) {
        columns[c] = true;
        rising[row + c] = true;
        falling[row - c + n] = true;
        place(row + 1);
        columns[c] = false;
        rising[row + c] = false;
        falling[row - c + n] = false;
      }
    }
  }

  place(0);
  return solutions;
}

console.log(queens(12));
