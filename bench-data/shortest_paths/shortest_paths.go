package main

import "fmt"

type edge struct {
	to   *node
	cost int
	next *edge
}

type node struct {
	id, dist, heapAt int
	edges            *edge
}

func (v *node) link(to *node, cost int) { v.edges = &edge{to, cost, v.edges} }
func (v *node) closer(other *node) bool { return v.dist < other.dist }

type queue struct{ items []*node }

func (q *queue) place(at int, v *node) {
	q.items[at] = v
	v.heapAt = at
}

func (q *queue) up(at int) {
	v := q.items[at]
	for at > 0 {
		parent := (at - 1) / 2
		p := q.items[parent]
		if !v.closer(p) {
			break
		}
		q.place(at, p)
		at = parent
	}
	q.place(at, v)
}

func (q *queue) down(at int) {
	v := q.items[at]
	n := len(q.items)
	for {
		child := 2*at + 1
		if child >= n {
			break
		}
		if child+1 < n && q.items[child+1].closer(q.items[child]) {
			child++
		}
		c := q.items[child]
		if !c.closer(v) {
			break
		}
		q.place(at, c)
		at = child
	}
	q.place(at, v)
}

func (q *queue) push(v *node) {
	q.items = append(q.items, v)
	v.heapAt = len(q.items) - 1
	q.up(v.heapAt)
}

func (q *queue) empty() bool { return len(q.items) == 0 }

func (q *queue) pop() *node {
	top := q.items[0]
	n := len(q.items) - 1
	last := q.items[n]
	q.items = q.items[:n]
	top.heapAt = -1
	if n > 0 {
		q.place(0, last)
		q.down(0)
	}
	return top
}

type graph struct {
	nodes []*node
	seed  int
}

func newGraph(n, degree int) *graph {
	g := &graph{seed: 7}
	for i := 0; i < n; i++ {
		g.nodes = append(g.nodes, &node{id: i, dist: 1000000000, heapAt: -1})
	}
	for i := 0; i < n; i++ {
		for k := 0; k < degree; k++ {
			to := g.nodes[g.random(n)]
			g.nodes[i].link(to, 1+g.random(100))
		}
	}
	return g
}

func (g *graph) random(n int) int {
	g.seed = g.seed * 16807 % 2147483647
	return g.seed % n
}

func (g *graph) shortest(first int) int {
	for _, v := range g.nodes {
		v.dist = 1000000000
		v.heapAt = -1
	}
	start := g.nodes[first]
	start.dist = 0
	q := &queue{}
	q.push(start)
	sum := 0
	for !q.empty() {
		v := q.pop()
		sum += v.dist
		for e := v.edges; e != nil; e = e.next {
			d := v.dist + e.cost
			w := e.to
			if d < w.dist {
				w.dist = d
				if w.heapAt < 0 {
					q.push(w)
				} else {
					q.up(w.heapAt)
				}
			}
		}
	}
	return sum
}

func main() {
	g := newGraph(2000, 5)
	total := 0
	for i := 0; i < 100; i++ {
		total += g.shortest(i * 31 % 2000)
	}
	fmt.Println(total)
}
