from math import floor, sqrt


class Vec:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, o):
        return Vec(self.x + o.x, self.y + o.y, self.z + o.z)

    def __sub__(self, o):
        return Vec(self.x - o.x, self.y - o.y, self.z - o.z)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k, self.z * k)

    def dot(self, o):
        return self.x * o.x + self.y * o.y + self.z * o.z

    def length(self):
        return sqrt(self.dot(self))

    def unit(self):
        return self * (1.0 / self.length())


class Ray:
    def __init__(self, origin, dir):
        self.origin = origin
        self.dir = dir

    def at(self, t):
        return self.origin + self.dir * t


class Ball:
    def __init__(self, center, radius, shade):
        self.center = center
        self.radius = radius
        self.shade = shade

    def hit(self, ray):
        oc = ray.origin - self.center
        b = oc.dot(ray.dir)
        c = oc.dot(oc) - self.radius * self.radius
        d = b * b - c
        if d < 0.0:
            return -1.0
        return -b - sqrt(d)


def trace(balls, ray, light, depth):
    best = 1e9
    found = None
    for ball in balls:
        t = ball.hit(ray)
        if t > 0.001 and t < best:
            best = t
            found = ball
    if found is None:
        return 0.1 + 0.2 * ray.dir.y
    p = ray.at(best)
    n = (p - found.center).unit()
    shade = n.dot(light)
    if shade < 0.0:
        shade = 0.0
    shade = shade * found.shade + 0.1
    if depth > 0:
        r = ray.dir - n * (2.0 * n.dot(ray.dir))
        shade += 0.3 * trace(balls, Ray(p, r), light, depth - 1)
    return shade


def main():
    balls = [
        Ball(Vec(0.0, 0.0, 5.0), 1.0, 0.8),
        Ball(Vec(1.5, 0.5, 6.0), 1.0, 0.6),
        Ball(Vec(-1.5, -0.5, 4.0), 0.7, 0.9),
        Ball(Vec(0.0, -101.0, 5.0), 100.0, 0.5),
    ]
    light = Vec(1.0, 1.0, -1.0).unit()
    eye = Vec(0.0, 0.0, 0.0)
    total = 0.0
    for y in range(240):
        for x in range(320):
            dir = Vec((x - 160) / 160.0, (120 - y) / 160.0, 1.0).unit()
            total += trace(balls, Ray(eye, dir), light, 2)
    print(floor(total * 1000 + 0.5))


main()
