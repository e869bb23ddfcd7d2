const n = 1000000;
const d = new Map();
for (let i = 0; i < n; i++) {
  d.set((i * 7919) % 1000003, i);
}
let total = 0;
for (let i = 0; i < n; i++) {
  const k = (i * 31) % 1000003;
  if (d.has(k)) {
    total += d.get(k);
  }
}
for (const k of d.keys()) {
  d.set(k, d.get(k) + 1);
}
console.log(d.size, total, d.get(7919));
