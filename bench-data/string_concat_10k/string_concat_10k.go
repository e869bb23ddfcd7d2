package main

import (
	"fmt"
	"strings"
)

func main() {
	total := 0
	for round := 0; round < 60; round++ {
		var s strings.Builder
		for i := 0; i < 10000; i++ {
			s.WriteByte('x')
		}
		total += len(s.String()) + round
	}
	fmt.Println(total)
}
