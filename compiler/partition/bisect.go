package partition

// bisection is the settings of recursive multilevel bisection.
type bisection struct {
	cap     []int64 // of one block
	seed    uint64
	tries   int // starts at the coarsest level
	passes  int
	netSize int32
}

// assign gives the vertices of l blocks first to first+k-1 by halving, each
// half with a multilevel hierarchy of its own. part is indexed by ids.
func (b bisection) assign(l *level, ids []int32, k, first int32, part []int32) {
	if k == 1 || l.n == 0 {
		for _, v := range ids {
			part[v] = first
		}
		return
	}
	k0 := k / 2
	side := b.halve(l, k0, k-k0)
	number := make([]int32, l.n)
	for s := range uint8(2) {
		sub, back := l.part(side, s, number)
		for i, v := range back {
			back[i] = ids[v]
		}
		next := b
		next.seed = mix(b.seed*2 + uint64(s) + 1)
		if s == 0 {
			next.assign(sub, back, k0, first, part)
		} else {
			next.assign(sub, back, k-k0, first+k0, part)
		}
	}
}

// limits is what each side of a division into k0 and k1 blocks may take: its
// share plus its part of the slack, which is spread evenly over the levels of
// bisection that remain.
func (b bisection) limits(l *level, k0, k1 int32) (limit [2][]int64) {
	depth, k := int64(0), int64(k0+k1)
	for int64(1)<<depth < k {
		depth++
	}
	total := l.total()
	for s, ks := range [2]int64{int64(k0), int64(k1)} {
		limit[s] = make([]int64, l.kinds)
		for r, cap := range b.cap {
			slack := max(0, k*cap-total[r])
			limit[s][r] = min(ks*cap, (total[r]*ks+k-1)/k+slack*ks/(k*depth))
		}
	}
	return limit
}

// halve divides l into sides for k0 and k1 blocks.
func (b bisection) halve(l *level, k0, k1 int32) []uint8 {
	limit := b.limits(l, k0, k1)
	r := &random{b.seed}
	c := coarsening{stop: 160, netSize: b.netSize, cap: make([]int64, l.kinds)}
	for i, x := range l.total() {
		c.cap[i] = max(1, min(x/100+1, b.cap[i]))
	}
	levels, _ := c.hierarchy(l, r)
	coarsest := levels[len(levels)-1]
	side := b.start(coarsest, limit, r)
	for i := len(levels) - 2; i >= 0; i-- {
		fine := levels[i]
		h := newHalves(fine, limit)
		for v, u := range levels[i+1].into {
			h.side[v] = side[u]
		}
		h.refine(b.passes, patience(fine.n))
		side = h.side
	}
	return side
}

// patience is how many moves without a gain end a pass.
func patience(n int32) int { return max(100, min(int(n)/20, 2000)) }

// start is the best of several divisions of the coarsest level, each grown
// from a random vertex and refined.
func (b bisection) start(l *level, limit [2][]int64, r *random) []uint8 {
	h := newHalves(l, limit)
	var best []uint8
	var bestCut, bestOver int64
	for try := range b.tries {
		if try%4 == 3 {
			h.scatter(r)
		} else {
			h.grow(r)
		}
		h.refine(2*b.passes, int(l.n))
		over := h.overload()
		if best == nil || over < bestOver || over == bestOver && h.cut < bestCut {
			best, bestCut, bestOver = append(best[:0], h.side...), h.cut, over
		}
	}
	return best
}

// grow starts with everything on side 1 and moves the best vertex over, the
// first one random, until side 0 has its share.
func (h *halves) grow(r *random) {
	for v := range h.side {
		h.side[v] = 1
	}
	h.recount()
	q := h.queue[1]
	for v := range h.l.n {
		q.push(v)
	}
	v := int32(r.below(int(h.l.n)))
	for {
		if !h.fits(v) {
			q.remove(v)
		} else {
			q.remove(v)
			h.move(v)
		}
		if q.len() == 0 || h.share() {
			break
		}
		v = q.top()
	}
	q.clear()
}

// share tells whether side 0 has its share of the first resource.
func (h *halves) share() bool {
	all := h.load[0][0] + h.load[1][0]
	both := h.limit[0][0] + h.limit[1][0]
	return h.load[0][0] >= all*h.limit[0][0]/both
}

// scatter puts vertices on sides at random, side 0 up to its share.
func (h *halves) scatter(r *random) {
	for v := range h.side {
		h.side[v] = 1
	}
	h.recount()
	for _, v := range r.order(h.l.n) {
		if h.share() {
			break
		}
		if h.fits(v) {
			h.side[v] = 0
			for k := range h.l.kinds {
				x := int64(h.l.need[int(v)*h.l.kinds+k])
				h.load[0][k] += x
				h.load[1][k] -= x
			}
		}
	}
}
