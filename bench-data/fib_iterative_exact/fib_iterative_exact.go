package main

import (
	"fmt"
	"math/big"
)

func fib(n int) *big.Int {
	a := big.NewInt(0)
	b := big.NewInt(1)
	for i := 0; i < n; i++ {
		a.Add(a, b)
		a, b = b, a
	}
	return a
}

func main() {
	digits := fib(100000).String()
	digitSum := 0
	for _, c := range digits {
		digitSum += int(c) - 48
	}
	fmt.Println(len(digits), digits[:20], digits[len(digits)-20:], digitSum)
}
