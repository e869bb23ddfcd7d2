const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function sleeper(i) { await sleep(i % 50); return i; }
const all = [];
for (let i = 0; i < 100000; i++) all.push(sleeper(i));
Promise.all(all).then((v) => console.log(v.length, v.reduce((a, b) => a + b, 0)));
