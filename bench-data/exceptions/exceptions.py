def check(i):
    if i % 3 == 0:
        raise ValueError(f"bad {i % 10}")
    return i % 5


def step(i):
    return check(i) + 1


def main():
    total = 0
    caught = 0
    for i in range(1000000):
        try:
            total += step(i)
        except ValueError as e:
            caught += 1
            total += len(e.args[0])
    print(total, caught)


main()
