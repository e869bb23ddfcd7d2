package main

import "fmt"

func main() {
	n := 300000
	d := map[int]int{}
	for i := 0; i < n; i++ {
		d[i*48271%2147483647] = i
	}
	total := 0
	for i := 0; i < 2*n; i++ {
		k := i * 31 % 450001 * 48271 % 2147483647
		if v, ok := d[k]; ok {
			total += v
		}
	}
	for k := range d {
		d[k]++
	}
	fmt.Println(len(d), total, d[48271*3])
}
