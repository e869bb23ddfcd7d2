def main():
    total = 0
    for round in range(60):
        xs = []
        for i in range(100000):
            xs.append(i)
        total += len(xs) + xs[50000] + round
    print(total)


main()
