def estimate(samples):
    seed = 42
    hits = 0
    for _ in range(samples):
        seed = seed * 16807 % 2147483647
        x = seed / 2147483647.0
        seed = seed * 16807 % 2147483647
        y = seed / 2147483647.0
        if x * x + y * y <= 1.0:
            hits += 1
    return 4.0 * hits / samples


print("%.6f" % estimate(5000000))
