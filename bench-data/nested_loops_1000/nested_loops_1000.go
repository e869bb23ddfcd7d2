package main

import "fmt"

func main() {
	total := 0
	for round := 0; round < 20; round++ {
		for i := 0; i < 1000; i++ {
			for j := 0; j < 1000; j++ {
				total = total + i*j + round
			}
		}
	}
	fmt.Println(total)
}
