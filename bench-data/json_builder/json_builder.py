def quote(s):
    result = '"'
    for c in s:
        if c == '"' or c == "\\":
            result += "\\"
        result += c
    return result + '"'


def record(i):
    tags = []
    for t in range(i % 4):
        tags.append(quote(f"tag{t}"))
    return ("{" + quote("id") + ":" + str(i) + "," + quote("name") + ":" + quote(f'user "{i % 50}"')
            + "," + quote("tags") + ":[" + ",".join(tags) + "]}")


def main():
    total = 0
    for round in range(5):
        parts = []
        for i in range(20000):
            parts.append(record(i))
        text = "[" + ",".join(parts) + "]"
        total += len(text) + len(text.split('\\"')) + round
    print(total)


main()
