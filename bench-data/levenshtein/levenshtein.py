def text(n, start):
    letters = "abcdefgh"
    s = ""
    seed = start
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        s += letters[seed % 8]
    return s


def distance(a, b):
    n = len(a)
    m = len(b)
    table = []
    for i in range(n + 1):
        table.append([0] * (m + 1))
        table[i][0] = i
    for j in range(m + 1):
        table[0][j] = j
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            best = table[i - 1][j - 1]
            if a[i - 1] != b[j - 1]:
                best += 1
            if table[i - 1][j] + 1 < best:
                best = table[i - 1][j] + 1
            if table[i][j - 1] + 1 < best:
                best = table[i][j - 1] + 1
            table[i][j] = best
    return table[n][m]


def main():
    total = 0
    for round in range(20):
        total += distance(text(400, round + 1), text(380, round + 101))
    print(total)


main()
