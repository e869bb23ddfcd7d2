package main

import "fmt"

func matrix(n, a, b int) [][]float64 {
	var rows [][]float64
	for i := 0; i < n; i++ {
		var row []float64
		for j := 0; j < n; j++ {
			row = append(row, float64((i*a+j*b)%10)*0.5)
		}
		rows = append(rows, row)
	}
	return rows
}

func multiply(a, b [][]float64) [][]float64 {
	n := len(a)
	var result [][]float64
	for i := 0; i < n; i++ {
		result = append(result, make([]float64, n))
		for j := 0; j < n; j++ {
			total := 0.0
			for k := 0; k < n; k++ {
				total += a[i][k] * b[k][j]
			}
			result[i][j] = total
		}
	}
	return result
}

func main() {
	n := 220
	c := multiply(matrix(n, 3, 7), matrix(n, 5, 2))
	trace := 0.0
	for i := 0; i < n; i++ {
		trace += c[i][i]
	}
	fmt.Printf("%.2f %.2f\n", trace, c[17][101])
}
