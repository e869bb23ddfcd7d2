package main

import "fmt"

func main() {
	total := 0
	for round := 0; round < 40; round++ {
		d := map[int]int{}
		for i := 0; i < 100000; i++ {
			d[i] = i * 2
		}
		for i := 0; i < 100000; i++ {
			total += d[i] + round
		}
	}
	fmt.Println(total)
}
