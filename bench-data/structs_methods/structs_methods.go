package main

import "fmt"

type account struct {
	owner   string
	balance int
	moves   int
}

func (a *account) deposit(amount int) {
	a.balance += amount
	a.moves++
}

func (a *account) withdraw(amount int) bool {
	if amount > a.balance {
		return false
	}
	a.balance -= amount
	a.moves++
	return true
}

func (a *account) score() int {
	return a.balance*2 + a.moves
}

func main() {
	single := account{owner: "Ann"}
	refused := 0
	for i := 0; i < 1000000; i++ {
		single.deposit(i % 100)
		if !single.withdraw(i % 150) {
			refused++
		}
	}
	var accounts []account
	for i := 0; i < 100; i++ {
		accounts = append(accounts, account{owner: fmt.Sprintf("user%d", i), balance: i})
	}
	for i := 0; i < 1000000; i++ {
		accounts[i%100].deposit(i % 7)
	}
	total := single.score()
	for i := range accounts {
		total += accounts[i].score() + len(accounts[i].owner)
	}
	fmt.Println(total, refused)
}
