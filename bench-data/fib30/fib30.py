def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main():
    total = 0
    for round in range(4):
        total += fib(30) + round
    return total


print(main())
