function makeCounter(step) {
  let value = 0;
  return () => {
    value += step;
    return value;
  };
}

function compose(f, g) {
  return (x) => g(f(x));
}

function transform(xs, f) {
  const result = [];
  for (const x of xs) {
    result.push(f(x));
  }
  return result;
}

function fold(xs, init, f) {
  let acc = init;
  for (const x of xs) {
    acc = f(acc, x);
  }
  return acc;
}

let total = 0;
const up = makeCounter(1);
const byThree = makeCounter(3);
for (let i = 0; i < 1500000; i++) {
  total += up() + byThree();
}
const xs = [];
for (let i = 0; i < 1000; i++) {
  xs.push(i);
}
for (let round = 0; round < 900; round++) {
  const add = (x) => x + round;
  const both = compose(add, (x) => x * 2);
  total += fold(transform(xs, both), 0, (a, b) => a + b);
}
console.log(total);
