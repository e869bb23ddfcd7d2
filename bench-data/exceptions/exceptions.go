package main

import "fmt"

// Errors are returned values here, as a Go program would do it.
func check(i int) (int, error) {
	if i%3 == 0 {
		return 0, fmt.Errorf("bad %d", i%10)
	}
	return i % 5, nil
}

func step(i int) (int, error) {
	result, err := check(i)
	if err != nil {
		return 0, err
	}
	return result + 1, nil
}

func main() {
	total, caught := 0, 0
	for i := 0; i < 1000000; i++ {
		result, err := step(i)
		if err != nil {
			caught++
			total += len(err.Error())
		} else {
			total += result
		}
	}
	fmt.Println(total, caught)
}
