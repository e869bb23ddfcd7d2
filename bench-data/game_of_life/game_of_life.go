package main

import "fmt"

func firstBoard(n int) [][]int {
	var board [][]int
	seed := 42
	for y := 0; y < n; y++ {
		var row []int
		for x := 0; x < n; x++ {
			seed = seed * 16807 % 2147483647
			row = append(row, seed%3/2)
		}
		board = append(board, row)
	}
	return board
}

func generation(board [][]int) [][]int {
	n := len(board)
	var result [][]int
	for y := 0; y < n; y++ {
		above := board[(y+n-1)%n]
		here := board[y]
		below := board[(y+1)%n]
		var row []int
		for x := 0; x < n; x++ {
			l := (x + n - 1) % n
			r := (x + 1) % n
			near := above[l] + above[x] + above[r] + here[l] + here[r] + below[l] + below[x] + below[r]
			if near == 3 || near == 2 && here[x] == 1 {
				row = append(row, 1)
			} else {
				row = append(row, 0)
			}
		}
		result = append(result, row)
	}
	return result
}

func alive(board [][]int) int {
	total := 0
	for _, row := range board {
		for _, cell := range row {
			total += cell
		}
	}
	return total
}

func main() {
	board := firstBoard(96)
	fmt.Println(alive(board))
	for step := 0; step < 300; step++ {
		board = generation(board)
	}
	fmt.Println(alive(board))
}
