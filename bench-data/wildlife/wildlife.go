package main

import "fmt"

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

type rng struct{ state int }

func (r *rng) next(n int) int {
	r.state = r.state * 16807 % 2147483647
	return r.state % n
}

type thing interface {
	step(w *world)
	alive() bool
	weight() int
	bite(n int) int
}

type plant struct{ energy int }

func (p *plant) step(w *world) { p.energy = min(p.energy+2, 50) }
func (p *plant) alive() bool   { return p.energy > 0 }
func (p *plant) weight() int   { return p.energy / 2 }
func (p *plant) bite(n int) int {
	got := min(n, p.energy)
	p.energy -= got
	return got
}

type grass struct{ energy int }

func (g *grass) step(w *world) { g.energy += 1 + w.rain }
func (g *grass) alive() bool   { return true }
func (g *grass) weight() int   { return g.energy / 3 }
func (g *grass) bite(n int) int {
	got := min(n, g.energy/2)
	g.energy -= got
	return got
}

type rabbit struct{ energy, age int }

func (r *rabbit) step(w *world) {
	r.age++
	energy := r.energy // read before the call, which may change it
	r.energy = energy + w.food(3) - 2
	if r.energy > 30 {
		r.energy -= 15
		w.born++
	}
}
func (r *rabbit) alive() bool { return r.energy > 0 && r.age < 60 }
func (r *rabbit) weight() int { return r.energy + 2 }
func (r *rabbit) bite(n int) int {
	r.energy -= n
	return n
}

type fox struct{ energy, age, hunger int }

func (f *fox) step(w *world) {
	f.age++
	f.hunger++
	if f.hunger > 3 {
		energy := f.energy
		f.energy = energy + w.prey(4)
		f.hunger = 0
	} else {
		f.energy--
	}
}
func (f *fox) alive() bool { return f.energy > 0 && f.age < 90 }
func (f *fox) weight() int { return f.energy*2 + 5 }
func (f *fox) bite(n int) int {
	f.energy -= n / 2
	return n / 2
}

type bird struct{ energy, height int }

func (b *bird) step(w *world) {
	if b.height > 0 {
		b.height--
		b.energy--
	} else {
		energy := b.energy
		b.energy = energy + w.food(1)
		b.height = w.rng.next(4)
	}
}
func (b *bird) alive() bool { return b.energy > 0 }
func (b *bird) weight() int { return b.energy + 1 }
func (b *bird) bite(n int) int {
	if b.height > 0 {
		return 0
	}
	b.energy -= n
	return n
}

type beetle struct{ energy, steps int }

func (b *beetle) step(w *world) {
	b.steps++
	if b.steps%3 == 0 {
		energy := b.energy
		b.energy = energy + w.food(1) - 1
	}
}
func (b *beetle) alive() bool { return b.energy > 0 && b.steps < 40 }
func (b *beetle) weight() int { return 1 }
func (b *beetle) bite(n int) int {
	b.energy = 0
	return 1
}

type world struct {
	things     []thing
	rng        rng
	rain, born int
}

func newWorld(n int) *world {
	w := &world{rng: rng{42}, rain: 1}
	for i := 0; i < n; i++ {
		w.things = append(w.things, w.create(i%6))
	}
	return w
}

func (w *world) create(kind int) thing {
	e := 5 + w.rng.next(20)
	switch kind {
	case 0:
		return &plant{e}
	case 1:
		return &grass{e}
	case 2:
		return &rabbit{energy: e}
	case 3:
		return &fox{energy: e}
	case 4:
		return &bird{energy: e}
	}
	return &beetle{energy: e}
}

func (w *world) pick() thing    { return w.things[w.rng.next(len(w.things))] }
func (w *world) food(n int) int { return w.pick().bite(n) }
func (w *world) prey(n int) int { return w.pick().bite(n) + w.pick().bite(n) }

func (w *world) step() {
	w.rain = w.rng.next(3)
	for i, t := range w.things {
		t.step(w)
		if !t.alive() {
			w.things[i] = w.create(w.rng.next(6))
		}
	}
}

func (w *world) weight() int {
	sum := 0
	for _, t := range w.things {
		sum += t.weight()
	}
	return sum
}

func main() {
	w := newWorld(600)
	total := 0
	for r := 0; r < 3000; r++ {
		w.step()
		total += w.weight()
	}
	fmt.Println(total, w.born)
}
