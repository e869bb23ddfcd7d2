def main():
    table = {}
    for i in range(100000):
        table[i] = i
    total = 0
    for _ in range(50):
        for i in range(100000):
            total = total + table[i]
            table[i] = total % 1000
    print(total)


main()
