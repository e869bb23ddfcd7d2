package main

import (
	"fmt"
	"strings"
)

type lexer struct {
	text  string
	at    int
	kind  string
	num   int
	ident string
}

func newLexer(text string) *lexer {
	l := &lexer{text: text}
	l.advance()
	return l
}

func (l *lexer) peek() string {
	if l.at < len(l.text) {
		return l.text[l.at : l.at+1]
	}
	return ""
}

func (l *lexer) isDigit(c string) bool { return c >= "0" && c <= "9" && c != "" }

func (l *lexer) isLetter(c string) bool {
	return (c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || c == "_"
}

func (l *lexer) skip() {
	for l.peek() == " " || l.peek() == "\n" {
		l.at++
	}
}

func (l *lexer) number() int {
	n := 0
	for l.isDigit(l.peek()) {
		n = n*10 + int(l.peek()[0]-48)
		l.at++
	}
	return n
}

func (l *lexer) word() string {
	start := l.at
	for l.isLetter(l.peek()) {
		l.at++
	}
	return l.text[start:l.at]
}

func (l *lexer) advance() {
	l.skip()
	c := l.peek()
	switch {
	case c == "":
		l.kind = "end"
	case l.isDigit(c):
		l.kind = "number"
		l.num = l.number()
	case l.isLetter(c):
		l.kind = "name"
		l.ident = l.word()
	default:
		l.kind = c
		l.at++
	}
}

func (l *lexer) accept(kind string) bool {
	if l.kind == kind {
		l.advance()
		return true
	}
	return false
}

type tree interface{ eval(env map[string]int) int }

type num struct{ value int }
type name struct{ name string }
type binary struct {
	op          string
	left, right tree
}

func (n *num) eval(env map[string]int) int  { return n.value }
func (n *name) eval(env map[string]int) int { return env[n.name] }
func (n *binary) eval(env map[string]int) int {
	a := n.left.eval(env)
	b := n.right.eval(env)
	switch n.op {
	case "+":
		return (a + b) % 1000003
	case "-":
		return (a - b + 1000003) % 1000003
	case "*":
		return a * b % 1000003
	}
	if b == 0 {
		return a
	}
	return a / b
}

type parser struct{ lexer *lexer }

func (p *parser) expr() tree {
	left := p.term()
	for {
		if p.lexer.accept("+") {
			left = &binary{"+", left, p.term()}
		} else if p.lexer.accept("-") {
			left = &binary{"-", left, p.term()}
		} else {
			return left
		}
	}
}

func (p *parser) term() tree {
	left := p.factor()
	for {
		if p.lexer.accept("*") {
			left = &binary{"*", left, p.factor()}
		} else if p.lexer.accept("/") {
			left = &binary{"/", left, p.factor()}
		} else {
			return left
		}
	}
}

func (p *parser) factor() tree {
	if p.lexer.kind == "number" {
		v := p.lexer.num
		p.lexer.advance()
		return &num{v}
	}
	if p.lexer.kind == "name" {
		v := p.lexer.ident
		p.lexer.advance()
		return &name{v}
	}
	p.lexer.accept("(")
	e := p.expr()
	p.lexer.accept(")")
	return e
}

func main() {
	var b strings.Builder
	b.WriteString("1")
	for i := 0; i < 400; i++ {
		fmt.Fprintf(&b, " + (x * %d - y_a / %d) * (abc + %d * (x - 3))", i, i+1, i*7%13)
	}
	text := b.String()
	env := map[string]int{"x": 17, "y_a": 5, "abc": 23}
	total := 0
	for r := 0; r < 20; r++ {
		p := &parser{newLexer(text)}
		t := p.expr()
		for k := 0; k < 20; k++ {
			total = (total + t.eval(env)) % 1000003
		}
	}
	fmt.Println(total)
}
