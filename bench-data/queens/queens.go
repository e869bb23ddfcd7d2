package main

import "fmt"

func queens(n int) int {
	columns := make([]bool, n)
	rising := make([]bool, 2*n)
	falling := make([]bool, 2*n)
	solutions := 0

	var place func(row int)
	place = func(row int) {
		if row == n {
			solutions++
			return
		}
		for c := 0; c < n; c++ {
			if !columns[c] && !rising[row+c] && !falling[row-c+n] {
				columns[c] = true
				rising[row+c] = true
				falling[row-c+n] = true
				place(row + 1)
				columns[c] = false
				rising[row+c] = false
				falling[row-c+n] = false
			}
		}
	}

	place(0)
	return solutions
}

func main() {
	fmt.Println(queens(12))
}
