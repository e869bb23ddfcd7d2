package main

import "fmt"

func makeCounter(step int) func() int {
	value := 0
	return func() int {
		value += step
		return value
	}
}

func compose(f, g func(int) int) func(int) int {
	return func(x int) int { return g(f(x)) }
}

func transform(xs []int, f func(int) int) []int {
	var result []int
	for _, x := range xs {
		result = append(result, f(x))
	}
	return result
}

func fold(xs []int, init int, f func(int, int) int) int {
	acc := init
	for _, x := range xs {
		acc = f(acc, x)
	}
	return acc
}

func main() {
	total := 0
	up := makeCounter(1)
	byThree := makeCounter(3)
	for i := 0; i < 1500000; i++ {
		total += up() + byThree()
	}
	var xs []int
	for i := 0; i < 1000; i++ {
		xs = append(xs, i)
	}
	for round := 0; round < 900; round++ {
		add := func(x int) int { return x + round }
		both := compose(add, func(x int) int { return x * 2 })
		total += fold(transform(xs, both), 0, func(a, b int) int { return a + b })
	}
	fmt.Println(total)
}
