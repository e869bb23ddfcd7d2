package main

import "fmt"

func main() {
	const size, limit = 600, 50
	inside, steps := 0, 0
	for py := 0; py < size; py++ {
		ci := 2.0*float64(py)/size - 1.0
		for px := 0; px < size; px++ {
			cr := 3.0*float64(px)/size - 2.0
			zr, zi := 0.0, 0.0
			i := 0
			for i < limit && zr*zr+zi*zi <= 4.0 {
				t := zr*zr - zi*zi + cr
				zi = 2.0*zr*zi + ci
				zr = t
				i++
			}
			steps += i
			if i == limit {
				inside++
			}
		}
	}
	fmt.Println(inside, steps)
}
