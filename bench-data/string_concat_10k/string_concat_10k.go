package main

import "fmt"

func main() {
	total := 0
	for round := 0; round < 60; round++ {
		s := ""
		for i := 0; i < 10000; i++ {
			s = s + "x"
		}
		total += len(s) + round
	}
	fmt.Println(total)
}
