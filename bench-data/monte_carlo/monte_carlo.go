package main

import "fmt"

func estimate(samples int) float64 {
	seed := 42
	hits := 0
	for i := 0; i < samples; i++ {
		seed = seed * 16807 % 2147483647
		x := float64(seed) / 2147483647.0
		seed = seed * 16807 % 2147483647
		y := float64(seed) / 2147483647.0
		if x*x+y*y <= 1.0 {
			hits++
		}
	}
	return 4.0 * float64(hits) / float64(samples)
}

func main() {
	fmt.Printf("%.6f\n", estimate(5000000))
}
