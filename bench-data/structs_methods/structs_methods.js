class Account {
  constructor(owner, balance, moves) {
    this.owner = owner;
    this.balance = balance;
    this.moves = moves;
  }

  deposit(amount) {
    this.balance += amount;
    this.moves += 1;
  }

  withdraw(amount) {
    if (amount > this.balance) {
      return false;
    }
    this.balance -= amount;
    this.moves += 1;
    return true;
  }

  score() {
    return this.balance * 2 + this.moves;
  }
}

const single = new Account("Ann", 0, 0);
let refused = 0;
for (let i = 0; i < 1000000; i++) {
  single.deposit(i % 100);
  if (!single.withdraw(i % 150)) {
    refused += 1;
  }
}
const accounts = [];
for (let i = 0; i < 100; i++) {
  accounts.push(new Account(`user${i}`, i, 0));
}
for (let i = 0; i < 1000000; i++) {
  accounts[i % 100].deposit(i % 7);
}
let total = single.score();
for (const account of accounts) {
  total += account.score() + account.owner.length;
}
console.log(total, refused);
