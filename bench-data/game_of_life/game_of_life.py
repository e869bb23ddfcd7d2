def first_board(n):
    board = []
    seed = 42
    for _ in range(n):
        row = []
        for _ in range(n):
            seed = seed * 16807 % 2147483647
            row.append(seed % 3 // 2)
        board.append(row)
    return board


def generation(board):
    n = len(board)
    result = []
    for y in range(n):
        above = board[(y + n - 1) % n]
        here = board[y]
        below = board[(y + 1) % n]
        row = []
        for x in range(n):
            l = (x + n - 1) % n
            r = (x + 1) % n
            near = above[l] + above[x] + above[r] + here[l] + here[r] + below[l] + below[x] + below[r]
            if near == 3 or near == 2 and here[x] == 1:
                row.append(1)
            else:
                row.append(0)
        result.append(row)
    return result


def alive(board):
    total = 0
    for row in board:
        for cell in row:
            total += cell
    return total


def main():
    board = first_board(96)
    print(alive(board))
    for _ in range(300):
        board = generation(board)
    print(alive(board))


main()
