package main

import "fmt"

func main() {
	total := 0
	for round := 0; round < 60; round++ {
		var xs []int
		for i := 0; i < 100000; i++ {
			xs = append(xs, i)
		}
		total += len(xs) + xs[50000] + round
	}
	fmt.Println(total)
}
