function firstBoard(n) {
  const board = [];
  let seed = 42;
  for (let y = 0; y < n; y++) {
    const row = [];
    for (let x = 0; x < n; x++) {
      seed = (seed * 16807) % 2147483647;
      row.push(((seed % 3) / 2) | 0);
    }
    board.push(row);
  }
  return board;
}

function generation(board) {
  const n = board.length;
  const result = [];
  for (let y = 0; y < n; y++) {
    const above = board[(y + n - 1) % n];
    const here = board[y];
    const below = board[(y + 1) % n];
    const row = [];
    for (let x = 0; x < n; x++) {
      const l = (x + n - 1) % n;
      const r = (x + 1) % n;
      const near = above[l] + above[x] + above[r] + here[l] + here[r] + below[l] + below[x] + below[r];
      if (near === 3 || (near === 2 && here[x] === 1)) {
        row.push(1);
      } else {
        row.push(0);
      }
    }
    result.push(row);
  }
  return result;
}

function alive(board) {
  let total = 0;
  for (const row of board) {
    for (const cell of row) {
      total += cell;
    }
  }
  return total;
}

let board = firstBoard(96);
console.log(alive(board));
for (let step = 0; step < 300; step++) {
  board = generation(board);
}
console.log(alive(board));
