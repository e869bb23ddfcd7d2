class Edge:
    def __init__(self, to, cost, next):
        self.to = to
        self.cost = cost
        self.next = next


class Node:
    def __init__(self, id):
        self.id = id
        self.edges = None
        self.dist = 1000000000
        self.heap_at = -1

    def link(self, to, cost):
        self.edges = Edge(to, cost, self.edges)

    def closer(self, other):
        return self.dist < other.dist


class Queue:
    def __init__(self):
        self.items = []

    def place(self, at, node):
        self.items[at] = node
        node.heap_at = at

    def up(self, start):
        at = start
        node = self.items[at]
        while at > 0:
            parent = (at - 1) // 2
            p = self.items[parent]
            if not node.closer(p):
                break
            self.place(at, p)
            at = parent
        self.place(at, node)

    def down(self, start):
        at = start
        node = self.items[at]
        n = len(self.items)
        while True:
            child = 2 * at + 1
            if child >= n:
                break
            if child + 1 < n and self.items[child + 1].closer(self.items[child]):
                child += 1
            c = self.items[child]
            if not c.closer(node):
                break
            self.place(at, c)
            at = child
        self.place(at, node)

    def push(self, node):
        self.items.append(node)
        node.heap_at = len(self.items) - 1
        self.up(node.heap_at)

    def empty(self):
        return len(self.items) == 0

    def pop(self):
        top = self.items[0]
        last = self.items.pop()
        top.heap_at = -1
        if len(self.items) > 0:
            self.place(0, last)
            self.down(0)
        return top


class Graph:
    def __init__(self, n, degree):
        self.seed = 7
        self.nodes = [Node(i) for i in range(n)]
        for i in range(n):
            for _ in range(degree):
                to = self.nodes[self.random(n)]
                self.nodes[i].link(to, 1 + self.random(100))

    def random(self, n):
        self.seed = self.seed * 16807 % 2147483647
        return self.seed % n

    def shortest(self, first):
        for v in self.nodes:
            v.dist = 1000000000
            v.heap_at = -1
        start = self.nodes[first]
        start.dist = 0
        q = Queue()
        q.push(start)
        total = 0
        while not q.empty():
            v = q.pop()
            total += v.dist
            e = v.edges
            while e is not None:
                d = v.dist + e.cost
                w = e.to
                if d < w.dist:
                    w.dist = d
                    if w.heap_at < 0:
                        q.push(w)
                    else:
                        q.up(w.heap_at)
                e = e.next
        return total


def main():
    g = Graph(2000, 5)
    total = 0
    for i in range(100):
        total += g.shortest(i * 31 % 2000)
    print(total)


main()
