class Rng {
  constructor(seed) { this.state = seed; }
  next(n) {
    this.state = this.state * 16807 % 2147483647;
    return this.state % n;
  }
}

class Plant {
  constructor(e) { this.energy = e; }
  step(world) { this.energy = Math.min(this.energy + 2, 50); }
  alive() { return this.energy > 0; }
  weight() { return Math.floor(this.energy / 2); }
  bite(n) {
    const got = Math.min(n, this.energy);
    this.energy -= got;
    return got;
  }
}

class Grass {
  constructor(e) { this.energy = e; }
  step(world) { this.energy += 1 + world.rain; }
  alive() { return true; }
  weight() { return Math.floor(this.energy / 3); }
  bite(n) {
    const got = Math.min(n, Math.floor(this.energy / 2));
    this.energy -= got;
    return got;
  }
}

class Rabbit {
  constructor(e) { this.energy = e; this.age = 0; }
  step(world) {
    this.age += 1;
    this.energy += world.food(3) - 2;
    if (this.energy > 30) {
      this.energy -= 15;
      world.born += 1;
    }
  }
  alive() { return this.energy > 0 && this.age < 60; }
  weight() { return this.energy + 2; }
  bite(n) {
    this.energy -= n;
    return n;
  }
}

class Fox {
  constructor(e) { this.energy = e; this.age = 0; this.hunger = 0; }
  step(world) {
    this.age += 1;
    this.hunger += 1;
    if (this.hunger > 3) {
      this.energy += world.prey(4);
      this.hunger = 0;
    } else {
      this.energy -= 1;
    }
  }
  alive() { return this.energy > 0 && this.age < 90; }
  weight() { return this.energy * 2 + 5; }
  bite(n) {
    const got = Math.floor(n / 2);
    this.energy -= got;
    return got;
  }
}

class Bird {
  constructor(e) { this.energy = e; this.height = 0; }
  step(world) {
    if (this.height > 0) {
      this.height -= 1;
      this.energy -= 1;
    } else {
      this.energy += world.food(1);
      this.height = world.rng.next(4);
    }
  }
  alive() { return this.energy > 0; }
  weight() { return this.energy + 1; }
  bite(n) {
    if (this.height > 0) return 0;
    this.energy -= n;
    return n;
  }
}

class Beetle {
  constructor(e) { this.energy = e; this.steps = 0; }
  step(world) {
    this.steps += 1;
    if (this.steps % 3 === 0) this.energy += world.food(1) - 1;
  }
  alive() { return this.energy > 0 && this.steps < 40; }
  weight() { return 1; }
  bite(n) {
    this.energy = 0;
    return 1;
  }
}

class World {
  constructor(n) {
    this.rng = new Rng(42);
    this.rain = 1;
    this.born = 0;
    this.things = [];
    for (let i = 0; i < n; i++) this.things.push(this.make(i % 6));
  }
  make(kind) {
    const e = 5 + this.rng.next(20);
    if (kind === 0) return new Plant(e);
    if (kind === 1) return new Grass(e);
    if (kind === 2) return new Rabbit(e);
    if (kind === 3) return new Fox(e);
    if (kind === 4) return new Bird(e);
    return new Beetle(e);
  }
  pick() { return this.things[this.rng.next(this.things.length)]; }
  food(n) { return this.pick().bite(n); }
  prey(n) { return this.pick().bite(n) + this.pick().bite(n); }
  step() {
    this.rain = this.rng.next(3);
    for (let i = 0; i < this.things.length; i++) {
      const t = this.things[i];
      t.step(this);
      if (!t.alive()) this.things[i] = this.make(this.rng.next(6));
    }
  }
  weight() {
    let sum = 0;
    for (const t of this.things) sum += t.weight();
    return sum;
  }
}

const w = new World(600);
let total = 0;
for (let r = 0; r < 3000; r++) {
  w.step();
  total += w.weight();
}
console.log(`${total} ${w.born}`);
