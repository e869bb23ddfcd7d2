def main():
    n = 300000
    d = {}
    for i in range(n):
        d[i * 48271 % 2147483647] = i
    total = 0
    for i in range(2 * n):
        k = i * 31 % 450001 * 48271 % 2147483647
        if k in d:
            total += d[k]
    for k in d:
        d[k] += 1
    print(len(d), total, d[48271 * 3])


main()
