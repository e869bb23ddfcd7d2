def main():
    total = 0
    for round in range(40):
        d = {}
        for i in range(100000):
            d[i] = i * 2
        for i in range(100000):
            total += d[i] + round
    print(total)


main()
