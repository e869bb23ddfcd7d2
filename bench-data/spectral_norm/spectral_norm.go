package main

import (
	"fmt"
	"math"
)

func element(i, j int) float64 {
	return 1.0 / float64((i+j)*(i+j+1)/2+i+1)
}

func times(v []float64, transposed bool) []float64 {
	n := len(v)
	var result []float64
	for i := 0; i < n; i++ {
		total := 0.0
		for j := 0; j < n; j++ {
			if transposed {
				total += element(j, i) * v[j]
			} else {
				total += element(i, j) * v[j]
			}
		}
		result = append(result, total)
	}
	return result
}

func main() {
	n := 300
	u := make([]float64, n)
	for i := range u {
		u[i] = 1.0
	}
	var v []float64
	for step := 0; step < 10; step++ {
		v = times(times(u, false), true)
		u = times(times(v, false), true)
	}
	uv, vv := 0.0, 0.0
	for i := 0; i < n; i++ {
		uv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	fmt.Printf("%.9f\n", math.Sqrt(uv/vv))
}
