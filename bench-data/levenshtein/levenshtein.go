package main

import (
	"fmt"
	"strings"
)

func text(n, start int) string {
	letters := "abcdefgh"
	var s strings.Builder
	seed := start
	for i := 0; i < n; i++ {
		seed = seed * 16807 % 2147483647
		s.WriteByte(letters[seed%8])
	}
	return s.String()
}

func distance(a, b string) int {
	n, m := len(a), len(b)
	var table [][]int
	for i := 0; i <= n; i++ {
		table = append(table, make([]int, m+1))
		table[i][0] = i
	}
	for j := 0; j <= m; j++ {
		table[0][j] = j
	}
	for i := 1; i <= n; i++ {
		for j := 1; j <= m; j++ {
			best := table[i-1][j-1]
			if a[i-1] != b[j-1] {
				best++
			}
			if table[i-1][j]+1 < best {
				best = table[i-1][j] + 1
			}
			if table[i][j-1]+1 < best {
				best = table[i][j-1] + 1
			}
			table[i][j] = best
		}
	}
	return table[n][m]
}

func main() {
	total := 0
	for round := 0; round < 20; round++ {
		total += distance(text(400, round+1), text(380, round+101))
	}
	fmt.Println(total)
}
