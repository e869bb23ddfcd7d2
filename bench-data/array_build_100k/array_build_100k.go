package main

import "fmt"

func build(n, offset int) []int {
	var xs []int
	i := 0
	for i < n {
		xs = append(xs, i+offset)
		i++
	}
	return xs
}

func main() {
	total := 0
	for round := 0; round < 60; round++ {
		xs := build(100000, round)
		total += len(xs) + xs[0] + xs[len(xs)-1]
	}
	fmt.Println(total)
}
