package main

import "fmt"

func makeWords(n int) []string {
	var names []string
	for i := 0; i < 5000; i++ {
		names = append(names, fmt.Sprintf("word%d", i))
	}
	var words []string
	seed := 42
	for i := 0; i < n; i++ {
		seed = seed * 16807 % 2147483647
		words = append(words, names[seed%5000])
	}
	return words
}

func countWords(words []string) map[string]int {
	counts := map[string]int{}
	for _, w := range words {
		if _, ok := counts[w]; ok {
			counts[w]++
		} else {
			counts[w] = 1
		}
	}
	return counts
}

func main() {
	words := makeWords(400000)
	checksum := 0
	for round := 0; round < 10; round++ {
		counts := countWords(words)
		most := 0
		for w := range counts {
			if counts[w] > most {
				most = counts[w]
			}
		}
		checksum += len(counts) + most + counts["word7"] + round
	}
	fmt.Println(checksum)
}
