def numbers(n):
    xs = []
    seed = 42
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        xs.append(seed % 1000000)
    return xs


def quicksort(xs, lo, hi):
    if lo >= hi:
        return
    pivot = xs[(lo + hi) // 2]
    i = lo
    j = hi
    while i <= j:
        while xs[i] < pivot:
            i += 1
        while xs[j] > pivot:
            j -= 1
        if i <= j:
            xs[i], xs[j] = xs[j], xs[i]
            i += 1
            j -= 1
    quicksort(xs, lo, j)
    quicksort(xs, i, hi)


def main():
    xs = numbers(500000)
    quicksort(xs, 0, len(xs) - 1)
    total = 0
    for i in range(0, len(xs), 97):
        total += xs[i] * (i % 7 + 1)
    print(xs[0], xs[-1], total)


main()
