def main():
    best = 0
    best_start = 0
    for start in range(1, 150000):
        n = start
        length = 1
        while n != 1:
            if n % 2 == 0:
                n = n // 2
            else:
                n = 3 * n + 1
            length += 1
        if length > best:
            best = length
            best_start = start
    print(best_start, best)


main()
