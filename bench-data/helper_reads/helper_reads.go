package main

import "fmt"

func lookup(table map[int]int, k int) int {
	return table[k]
}

func main() {
	table := map[int]int{}
	for i := 0; i < 100000; i++ {
		table[i] = i
	}
	total := 0
	for round := 0; round < 50; round++ {
		for i := 0; i < 100000; i++ {
			total = total + lookup(table, i)
			table[i] = total % 1000
		}
	}
	fmt.Println(total)
}
