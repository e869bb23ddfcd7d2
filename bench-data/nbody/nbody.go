package main

import (
	"fmt"
	"math"
)

const (
	days      = 365.24
	solarMass = 4.0 * math.Pi * math.Pi
)

type body struct {
	x, y, z, vx, vy, vz, mass float64
}

func planet(x, y, z, vx, vy, vz, mass float64) body {
	return body{x, y, z, vx * days, vy * days, vz * days, mass * solarMass}
}

func solarSystem() []body {
	bodies := []body{
		planet(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
		planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
			0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
		planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
			-0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
		planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
			0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
		planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
			0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
	}
	px, py, pz := 0.0, 0.0, 0.0
	for _, b := range bodies {
		px += b.vx * b.mass
		py += b.vy * b.mass
		pz += b.vz * b.mass
	}
	bodies[0].vx = -px / solarMass
	bodies[0].vy = -py / solarMass
	bodies[0].vz = -pz / solarMass
	return bodies
}

func advance(bodies []body, steps int, dt float64) {
	n := len(bodies)
	for step := 0; step < steps; step++ {
		for i := 0; i < n; i++ {
			a := &bodies[i]
			for j := i + 1; j < n; j++ {
				b := &bodies[j]
				dx := a.x - b.x
				dy := a.y - b.y
				dz := a.z - b.z
				d2 := dx*dx + dy*dy + dz*dz
				mag := dt / (d2 * math.Sqrt(d2))
				mi := a.mass * mag
				mj := b.mass * mag
				a.vx -= dx * mj
				a.vy -= dy * mj
				a.vz -= dz * mj
				b.vx += dx * mi
				b.vy += dy * mi
				b.vz += dz * mi
			}
		}
		for i := range bodies {
			b := &bodies[i]
			b.x += dt * b.vx
			b.y += dt * b.vy
			b.z += dt * b.vz
		}
	}
}

func energy(bodies []body) float64 {
	e := 0.0
	n := len(bodies)
	for i := 0; i < n; i++ {
		a := bodies[i]
		e += 0.5 * a.mass * (a.vx*a.vx + a.vy*a.vy + a.vz*a.vz)
		for j := i + 1; j < n; j++ {
			b := bodies[j]
			dx := a.x - b.x
			dy := a.y - b.y
			dz := a.z - b.z
			e -= a.mass * b.mass / math.Sqrt(dx*dx+dy*dy+dz*dz)
		}
	}
	return e
}

func main() {
	bodies := solarSystem()
	fmt.Printf("%.9f\n", energy(bodies))
	advance(bodies, 100000, 0.01)
	fmt.Printf("%.9f\n", energy(bodies))
}
