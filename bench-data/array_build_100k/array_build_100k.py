def build(n, offset):
    xs = []
    i = 0
    while i < n:
        xs.append(i + offset)
        i += 1
    return xs


def main():
    total = 0
    for round in range(60):
        xs = build(100000, round)
        total += len(xs) + xs[0] + xs[-1]
    return total


print(main())
