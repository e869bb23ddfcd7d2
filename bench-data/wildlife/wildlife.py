class Rng:
    def __init__(self, seed):
        self.state = seed

    def next(self, n):
        self.state = self.state * 16807 % 2147483647
        return self.state % n


class Plant:
    def __init__(self, e):
        self.energy = e

    def step(self, world):
        self.energy = min(self.energy + 2, 50)

    def alive(self):
        return self.energy > 0

    def weight(self):
        return self.energy // 2

    def bite(self, n):
        got = min(n, self.energy)
        self.energy -= got
        return got


class Grass:
    def __init__(self, e):
        self.energy = e

    def step(self, world):
        self.energy += 1 + world.rain

    def alive(self):
        return True

    def weight(self):
        return self.energy // 3

    def bite(self, n):
        got = min(n, self.energy // 2)
        self.energy -= got
        return got


class Rabbit:
    def __init__(self, e):
        self.energy = e
        self.age = 0

    def step(self, world):
        self.age += 1
        self.energy += world.food(3) - 2
        if self.energy > 30:
            self.energy -= 15
            world.born += 1

    def alive(self):
        return self.energy > 0 and self.age < 60

    def weight(self):
        return self.energy + 2

    def bite(self, n):
        self.energy -= n
        return n


class Fox:
    def __init__(self, e):
        self.energy = e
        self.age = 0
        self.hunger = 0

    def step(self, world):
        self.age += 1
        self.hunger += 1
        if self.hunger > 3:
            self.energy += world.prey(4)
            self.hunger = 0
        else:
            self.energy -= 1

    def alive(self):
        return self.energy > 0 and self.age < 90

    def weight(self):
        return self.energy * 2 + 5

    def bite(self, n):
        self.energy -= n // 2
        return n // 2


class Bird:
    def __init__(self, e):
        self.energy = e
        self.height = 0

    def step(self, world):
        if self.height > 0:
            self.height -= 1
            self.energy -= 1
        else:
            self.energy += world.food(1)
            self.height = world.rng.next(4)

    def alive(self):
        return self.energy > 0

    def weight(self):
        return self.energy + 1

    def bite(self, n):
        if self.height > 0:
            return 0
        self.energy -= n
        return n


class Beetle:
    def __init__(self, e):
        self.energy = e
        self.steps = 0

    def step(self, world):
        self.steps += 1
        if self.steps % 3 == 0:
            self.energy += world.food(1) - 1

    def alive(self):
        return self.energy > 0 and self.steps < 40

    def weight(self):
        return 1

    def bite(self, n):
        self.energy = 0
        return 1


class World:
    def __init__(self, n):
        self.rng = Rng(42)
        self.rain = 1
        self.born = 0
        self.things = []
        for i in range(n):
            self.things.append(self.make(i % 6))

    def make(self, kind):
        e = 5 + self.rng.next(20)
        if kind == 0:
            return Plant(e)
        if kind == 1:
            return Grass(e)
        if kind == 2:
            return Rabbit(e)
        if kind == 3:
            return Fox(e)
        if kind == 4:
            return Bird(e)
        return Beetle(e)

    def pick(self):
        return self.things[self.rng.next(len(self.things))]

    def food(self, n):
        return self.pick().bite(n)

    def prey(self, n):
        return self.pick().bite(n) + self.pick().bite(n)

    def step(self):
        self.rain = self.rng.next(3)
        for i in range(len(self.things)):
            t = self.things[i]
            t.step(self)
            if not t.alive():
                self.things[i] = self.make(self.rng.next(6))

    def weight(self):
        total = 0
        for t in self.things:
            total += t.weight()
        return total


def main():
    w = World(600)
    total = 0
    for _ in range(3000):
        w.step()
        total += w.weight()
    print(total, w.born)


main()
