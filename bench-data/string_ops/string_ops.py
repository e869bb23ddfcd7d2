def work(i):
    line = f"id={i};name=user {i % 100};role=reader,writer;city=Old Town"
    total = 0
    for field in line.split(";"):
        parts = field.split("=")
        total += len(parts[0]) + len(parts[1])
    joined = " | ".join(line.split(";"))
    changed = joined.upper().replace("READER", "OWNER")
    if "OWNER,WRITER" in changed:
        total += changed.find("CITY")
    if changed.startswith("ID="):
        total += len(changed[3:9].strip())
    return total


def main():
    total = 0
    for i in range(100000):
        total += work(i)
    print(total)


main()
