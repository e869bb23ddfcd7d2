def main():
    total = 0
    for round in range(60):
        s = ""
        for i in range(10000):
            s = s + "x"
        total += len(s) + round
    print(total)


main()
