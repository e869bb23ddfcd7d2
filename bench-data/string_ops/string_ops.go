package main

import (
	"fmt"
	"strings"
)

func work(i int) int {
	line := fmt.Sprintf("id=%d;name=user %d;role=reader,writer;city=Old Town", i, i%100)
	total := 0
	for _, field := range strings.Split(line, ";") {
		parts := strings.Split(field, "=")
		total += len(parts[0]) + len(parts[1])
	}
	joined := strings.Join(strings.Split(line, ";"), " | ")
	changed := strings.ReplaceAll(strings.ToUpper(joined), "READER", "OWNER")
	if strings.Contains(changed, "OWNER,WRITER") {
		total += strings.Index(changed, "CITY")
	}
	if strings.HasPrefix(changed, "ID=") {
		total += len(strings.TrimSpace(changed[3:9]))
	}
	return total
}

func main() {
	total := 0
	for i := 0; i < 100000; i++ {
		total += work(i)
	}
	fmt.Println(total)
}
