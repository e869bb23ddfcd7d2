class Lexer {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.kind = "";
    this.value = null;
    this.advance();
  }
  peek() { return this.at < this.text.length ? this.text[this.at] : ""; }
  isDigit(c) { return c >= "0" && c <= "9" && c !== ""; }
  isLetter(c) { return (c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || c === "_"; }
  skip() {
    while (this.peek() === " " || this.peek() === "\n") this.at += 1;
  }
  number() {
    let n = 0;
    while (this.isDigit(this.peek())) {
      n = n * 10 + (this.peek().charCodeAt(0) - 48);
      this.at += 1;
    }
    return n;
  }
  word() {
    const start = this.at;
    while (this.isLetter(this.peek())) this.at += 1;
    return this.text.slice(start, this.at);
  }
  advance() {
    this.skip();
    const c = this.peek();
    if (c === "") {
      this.kind = "end";
    } else if (this.isDigit(c)) {
      this.kind = "number";
      this.value = this.number();
    } else if (this.isLetter(c)) {
      this.kind = "name";
      this.value = this.word();
    } else {
      this.kind = c;
      this.at += 1;
    }
  }
  accept(kind) {
    if (this.kind === kind) {
      this.advance();
      return true;
    }
    return false;
  }
}

class Num {
  constructor(value) { this.value = value; }
  eval(env) { return this.value; }
}

class Name {
  constructor(name) { this.name = name; }
  eval(env) { return env[this.name]; }
}

class Binary {
  constructor(op, left, right) { this.op = op; this.left = left; this.right = right; }
  eval(env) {
    const a = this.left.eval(env);
    const b = this.right.eval(env);
    if (this.op === "+") return (a + b) % 1000003;
    if (this.op === "-") return (a - b + 1000003) % 1000003;
    if (this.op === "*") return a * b % 1000003;
    if (b === 0) return a;
    return Math.floor(a / b);
  }
}

class Parser {
  constructor(text) { this.lexer = new Lexer(text); }
  expr() {
    let left = this.term();
    for (;;) {
      if (this.lexer.accept("+")) left = new Binary("+", left, this.term());
      else if (this.lexer.accept("-")) left = new Binary("-", left, this.term());
      else return left;
    }
  }
  term() {
    let left = this.factor();
    for (;;) {
      if (this.lexer.accept("*")) left = new Binary("*", left, this.factor());
      else if (this.lexer.accept("/")) left = new Binary("/", left, this.factor());
      else return left;
    }
  }
  factor() {
    if (this.lexer.kind === "number") {
      const v = this.lexer.value;
      this.lexer.advance();
      return new Num(v);
    }
    if (this.lexer.kind === "name") {
      const v = this.lexer.value;
      this.lexer.advance();
      return new Name(v);
    }
    this.lexer.accept("(");
    const e = this.expr();
    this.lexer.accept(")");
    return e;
  }
}

let text = "1";
for (let i = 0; i < 400; i++) {
  text += ` + (x * ${i} - y_a / ${i + 1}) * (abc + ${i * 7 % 13} * (x - 3))`;
}
const env = { x: 17, y_a: 5, abc: 23 };
let total = 0;
for (let r = 0; r < 20; r++) {
  const tree = new Parser(text).expr();
  for (let k = 0; k < 20; k++) total = (total + tree.eval(env)) % 1000003;
}
console.log(String(total));
