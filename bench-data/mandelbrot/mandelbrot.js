const size = 600;
const limit = 50;
let inside = 0;
let steps = 0;
for (let py = 0; py < size; py++) {
  const ci = 2.0 * py / size - 1.0;
  for (let px = 0; px < size; px++) {
    const cr = 3.0 * px / size - 2.0;
    let zr = 0.0;
    let zi = 0.0;
    let i = 0;
    while (i < limit && zr * zr + zi * zi <= 4.0) {
      const t = zr * zr - zi * zi + cr;
      zi = 2.0 * zr * zi + ci;
      zr = t;
      i += 1;
    }
    steps += i;
    if (i === limit) {
      inside += 1;
    }
  }
}
console.log(inside, steps);
