package main

import "fmt"

func main() {
	best, bestStart := 0, 0
	for start := 1; start < 150000; start++ {
		n := start
		length := 1
		for n != 1 {
			if n%2 == 0 {
				n = n / 2
			} else {
				n = 3*n + 1
			}
			length++
		}
		if length > best {
			best = length
			bestStart = start
		}
	}
	fmt.Println(bestStart, best)
}
