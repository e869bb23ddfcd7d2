class Account:
    def __init__(self, owner, balance, moves):
        self.owner = owner
        self.balance = balance
        self.moves = moves

    def deposit(self, amount):
        self.balance += amount
        self.moves += 1

    def withdraw(self, amount):
        if amount > self.balance:
            return False
        self.balance -= amount
        self.moves += 1
        return True

    def score(self):
        return self.balance * 2 + self.moves


def main():
    single = Account("Ann", 0, 0)
    refused = 0
    for i in range(1000000):
        single.deposit(i % 100)
        if not single.withdraw(i % 150):
            refused += 1
    accounts = []
    for i in range(100):
        accounts.append(Account(f"user{i}", i, 0))
    for i in range(1000000):
        accounts[i % 100].deposit(i % 7)
    total = single.score()
    for account in accounts:
        total += account.score() + len(account.owner)
    print(total, refused)


main()
