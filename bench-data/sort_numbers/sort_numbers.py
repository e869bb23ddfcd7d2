from functools import cmp_to_key


def numbers(n):
    xs = []
    seed = 42
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        xs.append(seed % 1000000)
    return xs


def checksum(xs):
    total = 0
    for i in range(0, len(xs), 97):
        total += xs[i] * (i % 7 + 1)
    return total


def main():
    xs = numbers(100000)
    total = 0
    for round in range(3):
        up = sorted(xs)
        down = sorted(xs, key=cmp_to_key(lambda a, b: b - a))
        total += checksum(up) - checksum(down) + round
    print(total)


main()
