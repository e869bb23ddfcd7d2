def build(n):
    xs = []
    for i in range(n):
        xs.append(i)
    return xs


def add_up(xs):
    total = 0
    for x in xs:
        total += x
    return total


def main():
    numbers = build(1000000)
    result = 0
    for round in range(20):
        result += add_up(numbers) + round
    print(result)


main()
