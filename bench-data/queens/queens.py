def queens(n):
    columns = [False] * n
    rising = [False] * (2 * n)
    falling = [False] * (2 * n)
    solutions = 0

    def place(row):
        nonlocal solutions
        if row == n:
            solutions += 1
            return
        for c in range(n):
            if not columns[c] and not rising[row + c] and not falling[row - c + n]:
                columns[c] = True
                rising[row + c] = True
                falling[row - c + n] = True
                place(row + 1)
                columns[c] = False
                rising[row + c] = False
                falling[row - c + n] = False

    place(0)
    return solutions


print(queens(12))
