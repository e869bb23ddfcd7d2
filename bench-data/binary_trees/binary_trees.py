def build(depth):
    if depth == 0:
        return {"left": None, "right": None}
    return {"left": build(depth - 1), "right": build(depth - 1)}


def count_nodes(tree):
    if tree["left"] is None:
        return 1
    return 1 + count_nodes(tree["left"]) + count_nodes(tree["right"])


def main():
    long_lived = build(16)
    for depth in range(4, 17, 2):
        trees = 2 ** (16 - depth + 2)
        total = 0
        for _ in range(trees):
            total += count_nodes(build(depth))
        print(trees, depth, total)
    print(count_nodes(long_lived))


main()
