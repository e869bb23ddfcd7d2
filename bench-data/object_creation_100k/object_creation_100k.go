package main

import "fmt"

type item struct {
	id    int
	name  string
	value int
}

func build(n int) []*item {
	var items []*item
	for i := 0; i < n; i++ {
		items = append(items, &item{id: i, name: "item", value: i * 2})
	}
	return items
}

func addUp(items []*item) int {
	total := 0
	for _, it := range items {
		total += it.id + it.value + len(it.name)
	}
	return total
}

func main() {
	total := 0
	for round := 0; round < 3; round++ {
		total += addUp(build(100000)) + round
	}
	fmt.Println(total)
}
