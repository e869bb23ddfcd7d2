let total = 0;
for (let round = 0; round < 20; round++) {
  for (let i = 0; i < 1000; i++) {
    for (let j = 0; j < 1000; j++) {
      total = total + i * j + round;
    }
  }
}
console.log(total);
