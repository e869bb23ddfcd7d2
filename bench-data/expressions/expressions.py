class Lexer:
    def __init__(self, text):
        self.text = text
        self.at = 0
        self.kind = ""
        self.value = None
        self.advance()

    def peek(self):
        if self.at < len(self.text):
            return self.text[self.at]
        return ""

    def is_digit(self, c):
        return c >= "0" and c <= "9" and c != ""

    def is_letter(self, c):
        return (c >= "a" and c <= "z") or (c >= "A" and c <= "Z") or c == "_"

    def skip(self):
        while self.peek() == " " or self.peek() == "\n":
            self.at += 1

    def number(self):
        n = 0
        while self.is_digit(self.peek()):
            n = n * 10 + (ord(self.peek()) - 48)
            self.at += 1
        return n

    def word(self):
        start = self.at
        while self.is_letter(self.peek()):
            self.at += 1
        return self.text[start : self.at]

    def advance(self):
        self.skip()
        c = self.peek()
        if c == "":
            self.kind = "end"
        elif self.is_digit(c):
            self.kind = "number"
            self.value = self.number()
        elif self.is_letter(c):
            self.kind = "name"
            self.value = self.word()
        else:
            self.kind = c
            self.at += 1

    def accept(self, kind):
        if self.kind == kind:
            self.advance()
            return True
        return False


class Num:
    def __init__(self, value):
        self.value = value

    def eval(self, env):
        return self.value


class Name:
    def __init__(self, name):
        self.name = name

    def eval(self, env):
        return env[self.name]


class Binary:
    def __init__(self, op, left, right):
        self.op = op
        self.left = left
        self.right = right

    def eval(self, env):
        a = self.left.eval(env)
        b = self.right.eval(env)
        if self.op == "+":
            return (a + b) % 1000003
        if self.op == "-":
            return (a - b + 1000003) % 1000003
        if self.op == "*":
            return a * b % 1000003
        if b == 0:
            return a
        return a // b


class Parser:
    def __init__(self, text):
        self.lexer = Lexer(text)

    def expr(self):
        left = self.term()
        while True:
            if self.lexer.accept("+"):
                left = Binary("+", left, self.term())
            elif self.lexer.accept("-"):
                left = Binary("-", left, self.term())
            else:
                return left

    def term(self):
        left = self.factor()
        while True:
            if self.lexer.accept("*"):
                left = Binary("*", left, self.factor())
            elif self.lexer.accept("/"):
                left = Binary("/", left, self.factor())
            else:
                return left

    def factor(self):
        if self.lexer.kind == "number":
            v = self.lexer.value
            self.lexer.advance()
            return Num(v)
        if self.lexer.kind == "name":
            v = self.lexer.value
            self.lexer.advance()
            return Name(v)
        self.lexer.accept("(")
        e = self.expr()
        self.lexer.accept(")")
        return e


def main():
    text = "1"
    for i in range(400):
        text += f" + (x * {i} - y_a / {i + 1}) * (abc + {i * 7 % 13} * (x - 3))"
    env = {"x": 17, "y_a": 5, "abc": 23}
    total = 0
    for _ in range(20):
        tree = Parser(text).expr()
        for _ in range(20):
            total = (total + tree.eval(env)) % 1000003
    print(total)


main()
