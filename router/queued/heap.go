package queued

// entry is the first message of a source that is not sent yet.
type entry struct {
	t float64 // when it will be sent
	i int32
}

// The queue of entries is a binary heap, earliest first. Entries of the same
// time leave in the order that the usual heap of C++ libraries gives (the last
// entry goes into a hole that was led down to the bottom, and rises from
// there), because the peer's does and its times hang on it.

func (n *Net) push(e entry) {
	n.heap = append(n.heap, e)
	n.rise(len(n.heap)-1, e)
}

// rise puts e at hole or above it.
func (n *Net) rise(hole int, e entry) {
	for hole > 0 {
		parent := (hole - 1) / 2
		if !(n.heap[parent].t > e.t) {
			break
		}
		n.heap[hole] = n.heap[parent]
		hole = parent
	}
	n.heap[hole] = e
}

func (n *Net) pop() entry {
	top, end := n.heap[0], len(n.heap)-1
	last := n.heap[end]
	n.heap = n.heap[:end]
	if end == 0 {
		return top
	}
	hole := 0
	for {
		child := 2*hole + 2
		if child > end {
			break
		}
		if child == end || n.heap[child].t > n.heap[child-1].t {
			child--
		}
		n.heap[hole] = n.heap[child]
		hole = child
	}
	n.rise(hole, last)
	return top
}
