let total = 0;
for (let round = 0; round < 60; round++) {
  let s = "";
  for (let i = 0; i < 10000; i++) {
    s = s + "x";
  }
  total += s.length + round;
}
console.log(total);
