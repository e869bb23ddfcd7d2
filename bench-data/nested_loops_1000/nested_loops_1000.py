def main():
    total = 0
    for round in range(20):
        for i in range(1000):
            for j in range(1000):
                total = total + i * j + round
    print(total)


main()
