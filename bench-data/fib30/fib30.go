package main

import "fmt"

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	total := 0
	for round := 0; round < 4; round++ {
		total += fib(30) + round
	}
	fmt.Println(total)
}
