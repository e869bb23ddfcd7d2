package main

import "fmt"

func numbers(n int) []int {
	var xs []int
	seed := 42
	for i := 0; i < n; i++ {
		seed = seed * 16807 % 2147483647
		xs = append(xs, seed%1000000)
	}
	return xs
}

func quicksort(xs []int, lo, hi int) {
	if lo >= hi {
		return
	}
	pivot := xs[(lo+hi)/2]
	i, j := lo, hi
	for i <= j {
		for xs[i] < pivot {
			i++
		}
		for xs[j] > pivot {
			j--
		}
		if i <= j {
			xs[i], xs[j] = xs[j], xs[i]
			i++
			j--
		}
	}
	quicksort(xs, lo, j)
	quicksort(xs, i, hi)
}

func main() {
	xs := numbers(500000)
	quicksort(xs, 0, len(xs)-1)
	total := 0
	for i := 0; i < len(xs); i += 97 {
		total += xs[i] * (i%7 + 1)
	}
	fmt.Println(xs[0], xs[len(xs)-1], total)
}
