package main

import "fmt"

func countPrimes(n int) int {
	composite := make([]bool, n)
	found := 0
	for i := 2; i < n; i++ {
		if !composite[i] {
			found++
			j := i * i
			for j < n {
				composite[j] = true
				j += i
			}
		}
	}
	return found
}

func main() {
	fmt.Println(countPrimes(4000000))
}
