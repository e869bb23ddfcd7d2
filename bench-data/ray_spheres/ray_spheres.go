package main

import (
	"fmt"
	"math"
)

type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec     { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec     { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) mul(k float64) vec { return vec{a.x * k, a.y * k, a.z * k} }
func (a vec) dot(b vec) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) length() float64   { return math.Sqrt(a.dot(a)) }
func (a vec) unit() vec         { return a.mul(1.0 / a.length()) }

type ray struct{ origin, dir vec }

func (r ray) at(t float64) vec { return r.origin.add(r.dir.mul(t)) }

type ball struct {
	center        vec
	radius, shade float64
}

func (b *ball) hit(r ray) float64 {
	oc := r.origin.sub(b.center)
	p := oc.dot(r.dir)
	c := oc.dot(oc) - b.radius*b.radius
	d := p*p - c
	if d < 0.0 {
		return -1.0
	}
	return -p - math.Sqrt(d)
}

func trace(balls []ball, r ray, light vec, depth int) float64 {
	best := 1e9
	var found *ball
	for i := range balls {
		t := balls[i].hit(r)
		if t > 0.001 && t < best {
			best = t
			found = &balls[i]
		}
	}
	if found == nil {
		return 0.1 + 0.2*r.dir.y
	}
	p := r.at(best)
	n := p.sub(found.center).unit()
	shade := n.dot(light)
	if shade < 0.0 {
		shade = 0.0
	}
	shade = shade*found.shade + 0.1
	if depth > 0 {
		back := r.dir.sub(n.mul(2.0 * n.dot(r.dir)))
		shade += 0.3 * trace(balls, ray{p, back}, light, depth-1)
	}
	return shade
}

func main() {
	balls := []ball{
		{vec{0.0, 0.0, 5.0}, 1.0, 0.8},
		{vec{1.5, 0.5, 6.0}, 1.0, 0.6},
		{vec{-1.5, -0.5, 4.0}, 0.7, 0.9},
		{vec{0.0, -101.0, 5.0}, 100.0, 0.5},
	}
	light := vec{1.0, 1.0, -1.0}.unit()
	eye := vec{0.0, 0.0, 0.0}
	sum := 0.0
	for y := 0; y < 240; y++ {
		for x := 0; x < 320; x++ {
			dir := vec{float64(x-160) / 160.0, float64(120-y) / 160.0, 1.0}.unit()
			sum += trace(balls, ray{eye, dir}, light, 2)
		}
	}
	fmt.Println(int(math.Floor(sum*1000 + 0.5)))
}
