const n = 300000;
const d = new Map();
for (let i = 0; i < n; i++) {
  d.set((i * 48271) % 2147483647, i);
}
let total = 0;
for (let i = 0; i < 2 * n; i++) {
  const k = (((i * 31) % 450001) * 48271) % 2147483647;
  if (d.has(k)) {
    total += d.get(k);
  }
}
for (const k of d.keys()) {
  d.set(k, d.get(k) + 1);
}
console.log(d.size, total, d.get(48271 * 3));
