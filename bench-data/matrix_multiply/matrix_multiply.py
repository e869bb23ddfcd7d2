def matrix(n, a, b):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append((i * a + j * b) % 10 * 0.5)
        rows.append(row)
    return rows


def multiply(a, b):
    n = len(a)
    result = []
    for i in range(n):
        result.append([0.0] * n)
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a[i][k] * b[k][j]
            result[i][j] = total
    return result


def main():
    n = 220
    c = multiply(matrix(n, 3, 7), matrix(n, 5, 2))
    trace = 0.0
    for i in range(n):
        trace += c[i][i]
    print("%.2f" % trace, "%.2f" % c[17][101])


main()
