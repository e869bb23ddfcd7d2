package main

import (
	"fmt"
	"strconv"
	"strings"
)

func quote(s string) string {
	var result strings.Builder
	result.WriteByte('"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			result.WriteByte('\\')
		}
		result.WriteRune(c)
	}
	result.WriteByte('"')
	return result.String()
}

func record(i int) string {
	var tags []string
	for t := 0; t < i%4; t++ {
		tags = append(tags, quote("tag"+strconv.Itoa(t)))
	}
	return "{" + quote("id") + ":" + strconv.Itoa(i) + "," + quote("name") + ":" + quote("user \""+strconv.Itoa(i%50)+"\"") +
		"," + quote("tags") + ":[" + strings.Join(tags, ",") + "]}"
}

func main() {
	total := 0
	for round := 0; round < 5; round++ {
		var parts []string
		for i := 0; i < 20000; i++ {
			parts = append(parts, record(i))
		}
		text := "[" + strings.Join(parts, ",") + "]"
		total += len(text) + len(strings.Split(text, "\\\"")) + round
	}
	fmt.Println(total)
}
