def lookup(table, k):
    return table[k]


def main():
    table = {}
    for i in range(100000):
        table[i] = i
    total = 0
    for _ in range(50):
        for i in range(100000):
            total = total + lookup(table, i)
            table[i] = total % 1000
    print(total)


main()
