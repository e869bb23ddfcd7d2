def build(n):
    items = []
    for i in range(n):
        items.append({"id": i, "name": "item", "value": i * 2})
    return items


def add_up(items):
    total = 0
    for item in items:
        total += item["id"] + item["value"] + len(item["name"])
    return total


def main():
    total = 0
    for round in range(3):
        total += add_up(build(100000)) + round
    return total


print(main())
