def make_counter(step):
    value = 0

    def count():
        nonlocal value
        value += step
        return value

    return count


def compose(f, g):
    return lambda x: g(f(x))


def transform(xs, f):
    result = []
    for x in xs:
        result.append(f(x))
    return result


def fold(xs, init, f):
    acc = init
    for x in xs:
        acc = f(acc, x)
    return acc


def main():
    total = 0
    up = make_counter(1)
    by_three = make_counter(3)
    for _ in range(1500000):
        total += up() + by_three()
    xs = []
    for i in range(1000):
        xs.append(i)
    for round in range(900):
        add = lambda x: x + round
        both = compose(add, lambda x: x * 2)
        total += fold(transform(xs, both), 0, lambda a, b: a + b)
    print(total)


main()
