package main

import "fmt"

func main() {
	table := map[int]int{}
	for i := 0; i < 100000; i++ {
		table[i] = i
	}
	total := 0
	for round := 0; round < 50; round++ {
		for i := 0; i < 100000; i++ {
			total = total + table[i]
			table[i] = total % 1000
		}
	}
	fmt.Println(total)
}
