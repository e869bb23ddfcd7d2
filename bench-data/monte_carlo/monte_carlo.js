function estimate(samples) {
  let seed = 42;
  let hits = 0;
  for (let i = 0; i < samples; i++) {
    seed = (seed * 16807) % 2147483647;
    const x = seed / 2147483647.0;
    seed = (seed * 16807) % 2147483647;
    const y = seed / 2147483647.0;
    if (x * x + y * y <= 1.0) {
      hits += 1;
    }
  }
  return (4.0 * hits) / samples;
}

console.log(estimate(5000000).toFixed(6));
