def main():
    n = 1000000
    d = {}
    for i in range(n):
        d[i * 7919 % 1000003] = i
    total = 0
    for i in range(n):
        k = i * 31 % 1000003
        if k in d:
            total += d[k]
    for k in d:
        d[k] += 1
    print(len(d), total, d[7919])


main()
