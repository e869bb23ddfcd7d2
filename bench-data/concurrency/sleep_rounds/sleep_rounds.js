const turn = () => new Promise((resolve) => setImmediate(resolve));
async function rounds(n) {
  for (let i = 0; i < n; i++) await turn();
  return n;
}
rounds(300000).then(console.log);
