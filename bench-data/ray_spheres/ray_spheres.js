class Vec {
  constructor(x, y, z) { this.x = x; this.y = y; this.z = z; }
  add(o) { return new Vec(this.x + o.x, this.y + o.y, this.z + o.z); }
  sub(o) { return new Vec(this.x - o.x, this.y - o.y, this.z - o.z); }
  mul(k) { return new Vec(this.x * k, this.y * k, this.z * k); }
  dot(o) { return this.x * o.x + this.y * o.y + this.z * o.z; }
  length() { return Math.sqrt(this.dot(this)); }
  unit() { return this.mul(1.0 / this.length()); }
}

class Ray {
  constructor(origin, dir) { this.origin = origin; this.dir = dir; }
  at(t) { return this.origin.add(this.dir.mul(t)); }
}

class Ball {
  constructor(center, radius, shade) {
    this.center = center;
    this.radius = radius;
    this.shade = shade;
  }
  hit(ray) {
    const oc = ray.origin.sub(this.center);
    const b = oc.dot(ray.dir);
    const c = oc.dot(oc) - this.radius * this.radius;
    const d = b * b - c;
    if (d < 0.0) return -1.0;
    return -b - Math.sqrt(d);
  }
}

function trace(balls, ray, light, depth) {
  let best = 1e9;
  let found = null;
  for (const ball of balls) {
    const t = ball.hit(ray);
    if (t > 0.001 && t < best) {
      best = t;
      found = ball;
    }
  }
  if (found === null) return 0.1 + 0.2 * ray.dir.y;
  const p = ray.at(best);
  const n = p.sub(found.center).unit();
  let shade = n.dot(light);
  if (shade < 0.0) shade = 0.0;
  shade = shade * found.shade + 0.1;
  if (depth > 0) {
    const r = ray.dir.sub(n.mul(2.0 * n.dot(ray.dir)));
    shade += 0.3 * trace(balls, new Ray(p, r), light, depth - 1);
  }
  return shade;
}

const balls = [
  new Ball(new Vec(0.0, 0.0, 5.0), 1.0, 0.8),
  new Ball(new Vec(1.5, 0.5, 6.0), 1.0, 0.6),
  new Ball(new Vec(-1.5, -0.5, 4.0), 0.7, 0.9),
  new Ball(new Vec(0.0, -101.0, 5.0), 100.0, 0.5),
];
const light = new Vec(1.0, 1.0, -1.0).unit();
const eye = new Vec(0.0, 0.0, 0.0);
let sum = 0.0;
for (let y = 0; y < 240; y++) {
  for (let x = 0; x < 320; x++) {
    const dir = new Vec((x - 160) / 160.0, (120 - y) / 160.0, 1.0).unit();
    sum += trace(balls, new Ray(eye, dir), light, 2);
  }
}
console.log(String(Math.round(sum * 1000)));
