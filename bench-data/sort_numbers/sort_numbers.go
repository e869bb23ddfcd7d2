package main

import (
	"fmt"
	"sort"
)

func numbers(n int) []int {
	var xs []int
	seed := 42
	for i := 0; i < n; i++ {
		seed = seed * 16807 % 2147483647
		xs = append(xs, seed%1000000)
	}
	return xs
}

func checksum(xs []int) int {
	total := 0
	for i := 0; i < len(xs); i += 97 {
		total += xs[i] * (i%7 + 1)
	}
	return total
}

func main() {
	xs := numbers(100000)
	total := 0
	for round := 0; round < 3; round++ {
		up := append([]int(nil), xs...)
		sort.Ints(up)
		down := append([]int(nil), xs...)
		sort.SliceStable(down, func(i, j int) bool { return down[i] > down[j] })
		total += checksum(up) - checksum(down) + round
	}
	fmt.Println(total)
}
