function makeWords(n) {
  const names = [];
  for (let i = 0; i < 5000; i++) {
    names.push(`word${i}`);
  }
  const words = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    words.push(names[seed % 5000]);
  }
  return words;
}

function countWords(words) {
  const counts = new Map();
  for (const w of words) {
    if (counts.has(w)) {
      counts.set(w, counts.get(w) + 1);
    } else {
      counts.set(w, 1);
    }
  }
  return counts;
}

const words = makeWords(400000);
let checksum = 0;
for (let round = 0; round < 10; round++) {
  const counts = countWords(words);
  let most = 0;
  for (const w of counts.keys()) {
    if (counts.get(w) > most) {
      most = counts.get(w);
    }
  }
  checksum += counts.size + most + counts.get("word7") + round;
}
console.log(checksum);
