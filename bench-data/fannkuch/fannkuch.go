package main

import "fmt"

func fannkuch(n int) (int, int) {
	perm := make([]int, n)
	start := make([]int, n)
	counts := make([]int, n)
	for i := range start {
		start[i] = i
	}
	most, checksum, sign := 0, 0, 1
	r := n
	for {
		for r != 1 {
			counts[r-1] = r
			r--
		}
		for i := 0; i < n; i++ {
			perm[i] = start[i]
		}
		flips := 0
		for perm[0] != 0 {
			lo, hi := 0, perm[0]
			for lo < hi {
				perm[lo], perm[hi] = perm[hi], perm[lo]
				lo++
				hi--
			}
			flips++
		}
		if flips > most {
			most = flips
		}
		checksum += sign * flips
		sign = -sign
		for {
			if r == n {
				return checksum, most
			}
			head := start[0]
			for i := 0; i < r; i++ {
				start[i] = start[i+1]
			}
			start[r] = head
			counts[r]--
			if counts[r] > 0 {
				break
			}
			r++
		}
	}
}

func main() {
	checksum, most := fannkuch(9)
	fmt.Println(checksum, most)
}
