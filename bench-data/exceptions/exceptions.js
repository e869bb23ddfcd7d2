function check(i) {
  if (i % 3 === 0) {
    throw new Error(`bad ${i % 10}`);
  }
  return i % 5;
}

function step(i) {
  return check(i) + 1;
}

let total = 0;
let caught = 0;
for (let i = 0; i < 1000000; i++) {
  try {
    total += step(i);
  } catch (e) {
    caught += 1;
    total += e.message.length;
  }
}
console.log(total, caught);
