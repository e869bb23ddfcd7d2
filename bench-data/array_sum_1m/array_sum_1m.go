package main

import "fmt"

func build(n int) []int {
	var xs []int
	for i := 0; i < n; i++ {
		xs = append(xs, i)
	}
	return xs
}

func addUp(xs []int) int {
	total := 0
	for _, x := range xs {
		total += x
	}
	return total
}

func main() {
	numbers := build(1000000)
	result := 0
	for round := 0; round < 20; round++ {
		result += addUp(numbers) + round
	}
	fmt.Println(result)
}
