package main

import "fmt"

func main() {
	n := 1000000
	d := map[int]int{}
	for i := 0; i < n; i++ {
		d[i*7919%1000003] = i
	}
	total := 0
	for i := 0; i < n; i++ {
		k := i * 31 % 1000003
		if v, ok := d[k]; ok {
			total += v
		}
	}
	for k := range d {
		d[k]++
	}
	fmt.Println(len(d), total, d[7919])
}
