class Edge {
  constructor(to, cost, next) { this.to = to; this.cost = cost; this.next = next; }
}

class Node {
  constructor(id) {
    this.id = id;
    this.edges = null;
    this.dist = 1000000000;
    this.heapAt = -1;
  }
  link(to, cost) { this.edges = new Edge(to, cost, this.edges); }
  closer(other) { return this.dist < other.dist; }
}

class Queue {
  constructor() { this.items = []; }
  place(at, node) {
    this.items[at] = node;
    node.heapAt = at;
  }
  up(start) {
    let at = start;
    const node = this.items[at];
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const p = this.items[parent];
      if (!node.closer(p)) break;
      this.place(at, p);
      at = parent;
    }
    this.place(at, node);
  }
  down(start) {
    let at = start;
    const node = this.items[at];
    const n = this.items.length;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= n) break;
      if (child + 1 < n && this.items[child + 1].closer(this.items[child])) child += 1;
      const c = this.items[child];
      if (!c.closer(node)) break;
      this.place(at, c);
      at = child;
    }
    this.place(at, node);
  }
  push(node) {
    this.items.push(node);
    node.heapAt = this.items.length - 1;
    this.up(node.heapAt);
  }
  empty() { return this.items.length === 0; }
  pop() {
    const top = this.items[0];
    const last = this.items.pop();
    top.heapAt = -1;
    if (this.items.length > 0) {
      this.place(0, last);
      this.down(0);
    }
    return top;
  }
}

class Graph {
  constructor(n, degree) {
    this.seed = 7;
    this.nodes = [];
    for (let i = 0; i < n; i++) this.nodes.push(new Node(i));
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < degree; k++) {
        const to = this.nodes[this.random(n)];
        this.nodes[i].link(to, 1 + this.random(100));
      }
    }
  }
  random(n) {
    this.seed = this.seed * 16807 % 2147483647;
    return this.seed % n;
  }
  shortest(first) {
    for (const v of this.nodes) {
      v.dist = 1000000000;
      v.heapAt = -1;
    }
    const start = this.nodes[first];
    start.dist = 0;
    const q = new Queue();
    q.push(start);
    let sum = 0;
    while (!q.empty()) {
      const v = q.pop();
      sum += v.dist;
      let e = v.edges;
      while (e !== null) {
        const d = v.dist + e.cost;
        const w = e.to;
        if (d < w.dist) {
          w.dist = d;
          if (w.heapAt < 0) q.push(w);
          else q.up(w.heapAt);
        }
        e = e.next;
      }
    }
    return sum;
  }
}

const g = new Graph(2000, 5);
let total = 0;
for (let i = 0; i < 100; i++) total += g.shortest(i * 31 % 2000);
console.log(String(total));
