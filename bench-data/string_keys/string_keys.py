def make_words(n):
    names = []
    for i in range(5000):
        names.append(f"word{i}")
    words_made = []
    seed = 42
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        words_made.append(names[seed % 5000])
    return words_made


def count_words(all_words):
    counts = {}
    for w in all_words:
        if w in counts:
            counts[w] += 1
        else:
            counts[w] = 1
    return counts


def main():
    all_words = make_words(400000)
    checksum = 0
    for round in range(10):
        counts = count_words(all_words)
        most = 0
        for w in counts:
            if counts[w] > most:
                most = counts[w]
        checksum += len(counts) + most + counts["word7"] + round
    print(checksum)


main()
