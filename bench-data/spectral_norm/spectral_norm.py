import math


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(v, transposed):
    n = len(v)
    result = []
    for i in range(n):
        total = 0.0
        for j in range(n):
            if transposed:
                total += element(j, i) * v[j]
            else:
                total += element(i, j) * v[j]
        result.append(total)
    return result


def main():
    n = 300
    u = [1.0] * n
    v = []
    for _ in range(10):
        v = times(times(u, False), True)
        u = times(times(v, False), True)
    uv = 0.0
    vv = 0.0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    return math.sqrt(uv / vv)


print("%.9f" % main())
