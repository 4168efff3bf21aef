package nir

import "container/heap"

// arrange puts n nodes, given their predecessors, into an order that follows
// the edges, and numbers the cycles: comp[i] == comp[j] iff i and j lie on a
// common cycle (or i == j). Inside a cycle the order starts with the node
// nearest to the sources. Ties go to the lower index.
func arrange(preds [][]int) (order, comp []int) {
	n := len(preds)
	succs := make([][]int, n)
	for v, ps := range preds {
		for _, u := range ps {
			succs[u] = append(succs[u], v)
		}
	}
	comp = components(succs)
	o := &orderer{dist: distances(preds, succs), outer: make([]int, n), inner: make([]int, n), done: make([]bool, n)}
	for v, ps := range preds {
		for _, u := range ps {
			if comp[u] != comp[v] {
				o.outer[v]++
			} else if u != v {
				o.inner[v]++
			}
		}
	}
	for v := range preds {
		o.offer(v)
	}
	for len(order) < n {
		v := o.next()
		order = append(order, v)
		for _, w := range succs[v] {
			switch {
			case comp[w] != comp[v]:
				o.outer[w]--
			case w != v:
				o.inner[w]--
			}
			o.offer(w)
		}
	}
	return order, comp
}

// orderer holds what is still to be placed. outer and inner count the
// predecessors not yet placed, outside and inside a node's own cycle.
type orderer struct {
	dist, outer, inner []int
	done               []bool
	ready, stuck       queue
}

// offer queues a node that may come next: at once, or if nothing else can.
func (o *orderer) offer(v int) {
	if o.done[v] || o.outer[v] > 0 {
		return
	}
	q := &o.stuck
	if o.inner[v] == 0 {
		q = &o.ready
	}
	heap.Push(q, item{o.dist[v], v})
}

// next takes the best node that is not placed yet.
func (o *orderer) next() int {
	for {
		q := &o.ready
		if q.Len() == 0 {
			q = &o.stuck
		}
		v := heap.Pop(q).(item).node
		if !o.done[v] {
			o.done[v] = true
			return v
		}
	}
}

// item is a queued node with its distance from the sources.
type item struct{ dist, node int }

// queue is a heap of items by distance, then index.
type queue []item

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if q[i].dist != q[j].dist {
		return q[i].dist < q[j].dist
	}
	return q[i].node < q[j].node
}

// Push and Pop are for package heap.
func (q *queue) Push(x any) { *q = append(*q, x.(item)) }

// Pop removes the last item.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// distances counts the edges from the nearest node without predecessors.
func distances(preds, succs [][]int) []int {
	dist := make([]int, len(preds))
	var line []int
	for v := range preds {
		dist[v] = len(preds)
		if len(preds[v]) == 0 {
			dist[v] = 0
			line = append(line, v)
		}
	}
	for len(line) > 0 {
		v := line[0]
		line = line[1:]
		for _, w := range succs[v] {
			if dist[w] == len(preds) && len(preds[w]) > 0 {
				dist[w] = dist[v] + 1
				line = append(line, w)
			}
		}
	}
	return dist
}

// components numbers the strongly connected components (Tarjan's algorithm
// with its own stack).
func components(succs [][]int) []int {
	n := len(succs)
	comp, low, num := make([]int, n), make([]int, n), make([]int, n)
	type frame struct{ v, next int }
	var open []int
	var call []frame
	count, found := 0, 0
	for root := range n {
		if num[root] != 0 {
			continue
		}
		call = append(call, frame{root, 0})
		for len(call) > 0 {
			f := &call[len(call)-1]
			v := f.v
			if f.next == 0 {
				count++
				num[v], low[v] = count, count
				open = append(open, v)
			}
			if f.next < len(succs[v]) {
				w := succs[v][f.next]
				f.next++
				if num[w] == 0 {
					call = append(call, frame{w, 0})
				} else if comp[w] == 0 {
					low[v] = min(low[v], num[w])
				}
				continue
			}
			call = call[:len(call)-1]
			if len(call) > 0 {
				u := call[len(call)-1].v
				low[u] = min(low[u], low[v])
			}
			if low[v] == num[v] {
				found++
				for w := -1; w != v; {
					w = open[len(open)-1]
					open = open[:len(open)-1]
					comp[w] = found
				}
			}
		}
	}
	return comp
}
