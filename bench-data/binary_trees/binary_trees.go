package main

import "fmt"

type node struct {
	left, right *node
}

func build(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{build(depth - 1), build(depth - 1)}
}

func countNodes(tree *node) int {
	if tree.left == nil {
		return 1
	}
	return 1 + countNodes(tree.left) + countNodes(tree.right)
}

func main() {
	longLived := build(16)
	for depth := 4; depth < 17; depth += 2 {
		trees := 1 << (16 - depth + 2)
		total := 0
		for i := 0; i < trees; i++ {
			total += countNodes(build(depth))
		}
		fmt.Println(trees, depth, total)
	}
	fmt.Println(countNodes(longLived))
}
