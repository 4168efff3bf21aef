package partition

// halves is a division of a level into two sides under refinement (Fiduccia
// and Mattheyses 1982, with a heap per side). A net is cut when it has pins on
// both sides; the objective is the weight of cut nets.
type halves struct {
	l      *level
	side   []uint8
	count  [2][]int32 // pins of each net on each side
	load   [2][]int64
	limit  [2][]int64
	gain   []int32 // fall of the cut if the vertex changes sides
	queue  [2]*heap
	locked []bool
	cut    int64
	moves  []int32
}

func newHalves(l *level, limit [2][]int64) *halves {
	h := &halves{l: l, side: make([]uint8, l.n), limit: limit, gain: make([]int32, l.n), locked: make([]bool, l.n)}
	for s := range 2 {
		h.count[s] = make([]int32, l.numNets())
		h.load[s] = make([]int64, l.kinds)
		h.queue[s] = newHeap(h.gain)
	}
	return h
}

// recount derives counts, loads, cut and gains from side.
func (h *halves) recount() {
	l := h.l
	for s := range 2 {
		clear(h.count[s])
		clear(h.load[s])
	}
	for v := range l.n {
		for k := range l.kinds {
			h.load[h.side[v]][k] += int64(l.need[int(v)*l.kinds+k])
		}
	}
	h.cut = 0
	clear(h.gain)
	for e := range int32(l.numNets()) {
		ones := int32(0)
		for _, v := range l.net(e) {
			ones += int32(h.side[v])
		}
		zeros := l.size(e) - ones
		h.count[0][e], h.count[1][e] = zeros, ones
		w := l.weight[e]
		if zeros > 0 && ones > 0 {
			h.cut += int64(w)
		}
		if zeros > 1 && ones > 1 {
			continue
		}
		for _, v := range l.net(e) {
			s := h.side[v]
			if h.count[s][e] == 1 {
				h.gain[v] += w
			}
			if h.count[1-s][e] == 0 {
				h.gain[v] -= w
			}
		}
	}
}

// overload is by how much the sides exceed their limits.
func (h *halves) overload() (sum int64) {
	for s := range 2 {
		for k, x := range h.load[s] {
			sum += max(0, x-h.limit[s][k])
		}
	}
	return sum
}

// border tells whether a net of v is cut.
func (h *halves) border(v int32) bool {
	other := h.count[1-h.side[v]]
	for _, e := range h.l.netsOf(v) {
		if other[e] > 0 {
			return true
		}
	}
	return false
}

// fits tells whether the other side has room for v.
func (h *halves) fits(v int32) bool {
	to := 1 - h.side[v]
	for k := range h.l.kinds {
		if h.load[to][k]+int64(h.l.need[int(v)*h.l.kinds+k]) > h.limit[to][k] {
			return false
		}
	}
	return true
}

// move changes the side of v and updates all gains.
func (h *halves) move(v int32) {
	l := h.l
	from, to := h.side[v], 1-h.side[v]
	h.side[v] = to
	back := -h.gain[v] // moving back would undo it
	h.cut += int64(back)
	for k := range l.kinds {
		x := int64(l.need[int(v)*l.kinds+k])
		h.load[from][k] -= x
		h.load[to][k] += x
	}
	for _, e := range l.netsOf(v) {
		w := l.weight[e]
		switch h.count[to][e] {
		case 0:
			for _, u := range l.net(e) {
				h.change(u, w)
			}
		case 1:
			h.changeOnly(e, to, v, -w)
		}
		h.count[from][e]--
		h.count[to][e]++
		switch h.count[from][e] {
		case 0:
			for _, u := range l.net(e) {
				h.change(u, -w)
			}
		case 1:
			h.changeOnly(e, from, v, w)
		}
	}
	h.gain[v] = back
}

// changeOnly changes the gain of the one pin of e on a side, other than v.
func (h *halves) changeOnly(e int32, s uint8, v, w int32) {
	for _, u := range h.l.net(e) {
		if h.side[u] == s && u != v {
			h.change(u, w)
			return
		}
	}
}

func (h *halves) change(u, w int32) {
	h.gain[u] += w
	if q := h.queue[h.side[u]]; q.has(u) {
		q.fix(u)
	}
}

// refine runs passes until one gains nothing or the number is used up.
func (h *halves) refine(passes int, patience int) {
	h.recount()
	for range passes {
		cut, over := h.cut, h.overload()
		h.pass(patience)
		if h.overload() > over || h.overload() == over && h.cut >= cut {
			break
		}
	}
}

// pass moves each vertex at most once, best first, and goes back to the best
// state that it met.
func (h *halves) pass(patience int) {
	h.moves = h.moves[:0]
	clear(h.locked)
	over := h.overload()
	for v := range h.l.n {
		if over > 0 || h.border(v) {
			h.queue[h.side[v]].push(v)
		}
	}
	bestCut, bestOver, best := h.cut, over, 0
	for idle := 0; idle < patience; idle++ {
		v := h.choose()
		if v < 0 {
			break
		}
		h.queue[h.side[v]].remove(v)
		h.locked[v] = true
		h.move(v)
		h.moves = append(h.moves, v)
		h.waken(v)
		if over = h.overload(); over < bestOver || over == bestOver && h.cut < bestCut {
			bestCut, bestOver, best, idle = h.cut, over, len(h.moves), 0
		}
	}
	h.queue[0].clear()
	h.queue[1].clear()
	for i := len(h.moves) - 1; i >= best; i-- {
		h.move(h.moves[i])
	}
}

// waken queues the vertices that the move of v brought to the border.
func (h *halves) waken(v int32) {
	from := 1 - h.side[v]
	for _, e := range h.l.netsOf(v) {
		if h.count[1-from][e] != 1 {
			continue
		}
		for _, u := range h.l.net(e) {
			if q := h.queue[h.side[u]]; !h.locked[u] && !q.has(u) {
				q.push(u)
			}
		}
	}
}

// choose is the next vertex to move, -1 when none may. A side over its limit
// gives first; vertices that do not fit are dropped for this pass.
func (h *halves) choose() int32 {
	for {
		pick := int32(-1)
		for s := range 2 {
			q := h.queue[s]
			if q.len() == 0 {
				continue
			}
			v := q.top()
			if over(h.load[s], h.limit[s]) {
				return v
			}
			if over(h.load[1-s], h.limit[1-s]) || !h.fits(v) {
				continue
			}
			if pick < 0 || h.gain[v] > h.gain[pick] {
				pick = v
			}
		}
		if pick >= 0 {
			return pick
		}
		if !h.dropTop() {
			return -1
		}
	}
}

// dropTop removes the better of the two tops, neither of which fits.
func (h *halves) dropTop() bool {
	a, b := h.queue[0], h.queue[1]
	switch {
	case a.len() == 0 && b.len() == 0:
		return false
	case b.len() == 0 || a.len() > 0 && h.gain[a.top()] >= h.gain[b.top()]:
		a.remove(a.top())
	default:
		b.remove(b.top())
	}
	return true
}

func over(load, limit []int64) bool {
	for k, x := range load {
		if x > limit[k] {
			return true
		}
	}
	return false
}
