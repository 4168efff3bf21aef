package partition

import "math"

// tableEntries is the most entries of the affinity table (4 bytes each); with
// more, gains are added up from the nets at every question.
const tableEntries = 1 << 26

// blocks is a division of a level into k blocks under refinement.
type blocks struct {
	l     *level
	k     int32
	part  []int32
	load  []int64 // [k*kinds]
	limit []int64
	axons []int64 // per block, distinct sources of its targets
	maxIn int64   // limit of axons, 0 for none

	// The blocks of net e and its pins there: slots conAt[e] up to
	// conAt[e]+spread[e].
	conAt  []int32
	block  []int32
	count  []int32
	spread []int32

	sum     []int32 // per vertex, weight of its nets
	alone   []int32 // per vertex, weight of nets it alone ties to its block
	affin   []int32 // [n*k] weight of nets of v that touch the block, or nil
	most    []int64 // per vertex, new axons that it can bring at most
	scratch []int32 // [k]
	seen    []int32 // [k] blocks with scratch > 0

	packets int64
	work    int64 // slots looked at, the measure of effort that no clock disturbs
}

func newBlocks(l *level, k int32, part []int32, p *Problem) *blocks {
	b := &blocks{l: l, k: k, part: part, limit: make([]int64, l.kinds), maxIn: p.MaxInAxons}
	for r, res := range p.Resources {
		b.limit[r] = res.Limit
	}
	b.load = make([]int64, int(k)*l.kinds)
	b.conAt = make([]int32, l.numNets()+1)
	for e := range int32(l.numNets()) {
		b.conAt[e+1] = b.conAt[e] + min(l.size(e), k)
	}
	slots := b.conAt[l.numNets()]
	b.block, b.count = make([]int32, slots), make([]int32, slots)
	b.spread = make([]int32, l.numNets())
	b.sum, b.alone = make([]int32, l.n), make([]int32, l.n)
	b.scratch, b.seen = make([]int32, k), make([]int32, 0, k)
	if int64(l.n)*int64(k) <= tableEntries {
		b.affin = make([]int32, int(l.n)*int(k))
	}
	if b.maxIn > 0 {
		b.axons = make([]int64, k)
		b.most = make([]int64, l.n)
		for v := range l.n {
			b.most[v] = int64(l.sources.base[v])
			for _, e := range l.netsOf(v) {
				b.most[v] += int64(l.sources.times[e])
			}
		}
	}
	b.recount()
	return b
}

// recount derives everything from part.
func (b *blocks) recount() {
	l := b.l
	clear(b.load)
	clear(b.spread)
	clear(b.sum)
	clear(b.alone)
	clear(b.affin)
	clear(b.axons)
	b.packets = 0
	for v := range l.n {
		for r := range l.kinds {
			b.load[int(b.part[v])*l.kinds+r] += int64(l.need[int(v)*l.kinds+r])
		}
		if b.maxIn > 0 {
			b.axons[b.part[v]] += int64(l.sources.base[v])
		}
	}
	for e := range int32(l.numNets()) {
		for _, v := range l.net(e) {
			b.addPin(e, b.part[v])
		}
		b.packets += int64(l.weight[e]) * int64(b.spread[e]-1)
		b.recountNet(e)
	}
}

func (b *blocks) recountNet(e int32) {
	l, w := b.l, b.l.weight[e]
	from, to := b.conAt[e], b.conAt[e]+b.spread[e]
	for _, v := range l.net(e) {
		b.sum[v] += w
		if b.affin != nil {
			row := b.affin[int(v)*int(b.k):]
			for i := from; i < to; i++ {
				row[b.block[i]] += w
			}
		}
	}
	for i := from; i < to; i++ {
		if b.count[i] == 1 {
			b.alone[b.only(e, b.block[i], -1)] += w
		}
		if b.maxIn > 0 && b.targets(e, i) {
			b.axons[b.block[i]] += int64(l.sources.times[e])
		}
	}
}

// targets tells whether slot i of net e holds a target, not just the source.
func (b *blocks) targets(e, i int32) bool {
	s := b.l.sources
	return b.count[i] > 1 || s.local[e] || b.part[s.of[e]] != b.block[i]
}

// only is the one pin of net e in a block, other than v.
func (b *blocks) only(e, block, v int32) int32 {
	for _, u := range b.l.net(e) {
		if b.part[u] == block && u != v {
			return u
		}
	}
	return -1
}

// slot is where net e counts its pins in a block, -1 when it has none there.
func (b *blocks) slot(e, block int32) int32 {
	at := b.conAt[e]
	for i := at; i < at+b.spread[e]; i++ {
		if b.block[i] == block {
			return i
		}
	}
	return -1
}

// addPin counts one more pin of e in a block and says how many there are now.
func (b *blocks) addPin(e, block int32) int32 {
	i := b.slot(e, block)
	if i < 0 {
		i = b.conAt[e] + b.spread[e]
		b.spread[e]++
		b.block[i], b.count[i] = block, 0
	}
	b.count[i]++
	return b.count[i]
}

// dropPin counts one pin of e less in a block and says how many are left.
func (b *blocks) dropPin(e, block int32) int32 {
	i := b.slot(e, block)
	b.count[i]--
	left := b.count[i]
	if left == 0 {
		b.spread[e]--
		last := b.conAt[e] + b.spread[e]
		b.block[i], b.count[i] = b.block[last], b.count[last]
	}
	return left
}

// gather adds up, per block that the nets of v touch, the weight of these
// nets; alone is the weight that v's leaving saves.
func (b *blocks) gather(v int32) (alone int32) {
	l, home := b.l, b.part[v]
	b.seen = b.seen[:0]
	for _, e := range l.netsOf(v) {
		w := l.weight[e]
		at := b.conAt[e]
		b.work += int64(b.spread[e])
		for i := at; i < at+b.spread[e]; i++ {
			block := b.block[i]
			if block == home {
				if b.count[i] == 1 {
					alone += w
				}
				continue
			}
			if b.scratch[block] == 0 {
				b.seen = append(b.seen, block)
			}
			b.scratch[block] += w
		}
	}
	return alone
}

// best is the block with room where v gains most, and the gain; to is -1 when
// no neighbouring block has room. Ties go to the emptier block, then to the
// smaller number.
func (b *blocks) best(v int32) (to, gain int32) {
	if b.affin != nil {
		b.work += int64(b.k)
		to, top := b.choose(v, b.affin[int(v)*int(b.k):int(v+1)*int(b.k)], nil)
		return to, b.alone[v] - b.sum[v] + top
	}
	alone := b.gather(v)
	to, top := b.choose(v, b.scratch, b.seen)
	for _, c := range b.seen {
		b.scratch[c] = 0
	}
	return to, alone - b.sum[v] + top
}

// axonTries is how many blocks are asked for room for axons, which takes
// long, before v is said to have nowhere to go.
const axonTries = 3

// choose is the block of greatest weight in row that has room for v; only
// lists the blocks to look at, nil is all.
func (b *blocks) choose(v int32, row, only []int32) (to, top int32) {
	bar := int32(math.MaxInt32)
	for range axonTries {
		to, top = -1, 0
		if only == nil {
			for c, w := range row {
				if w >= top && w > 0 && w < bar && int32(c) != b.part[v] && (w > top || b.lighter(int32(c), to)) && b.room(v, int32(c)) {
					to, top = int32(c), w
				}
			}
		}
		for _, c := range only {
			if w := row[c]; w >= top && w > 0 && w < bar && (w > top || b.lighter(c, to)) && b.room(v, c) {
				to, top = c, w
			}
		}
		if to < 0 || b.hears(v, to) {
			return to, top
		}
		bar = top
	}
	return -1, 0
}

// lighter orders blocks of equal gain.
func (b *blocks) lighter(c, d int32) bool {
	if d < 0 {
		return true
	}
	x, y := b.load[int(c)*b.l.kinds], b.load[int(d)*b.l.kinds]
	return x < y || x == y && c < d
}

// room tells whether block c has room for v in all resources that add up.
func (b *blocks) room(v, c int32) bool {
	l := b.l
	for r := range l.kinds {
		if b.load[int(c)*l.kinds+r]+int64(l.need[int(v)*l.kinds+r]) > b.limit[r] {
			return false
		}
	}
	return true
}

// hears tells whether block c can take the axons that v brings.
func (b *blocks) hears(v, c int32) bool {
	return b.maxIn == 0 || b.axons[c]+b.most[v] <= b.maxIn || b.axons[c]+b.newAxons(v, c) <= b.maxIn
}

// fits tells whether v may join block c.
func (b *blocks) fits(v, c int32) bool { return b.room(v, c) && b.hears(v, c) }

// newAxons is how many sources block c would hear of anew if v joined.
func (b *blocks) newAxons(v, c int32) int64 {
	l, s := b.l, b.l.sources
	sum := int64(s.base[v])
	for _, e := range l.netsOf(v) {
		b.work += int64(b.spread[e])
		i := b.slot(e, c)
		if had := i >= 0 && b.targets(e, i); !had && (s.of[e] != v || s.local[e]) {
			sum += int64(s.times[e])
		}
	}
	return sum
}

// move puts v into block c and keeps all counts. Nets whose pins may have
// another gain now are appended to touched.
func (b *blocks) move(v, c int32, touched *[]int32) {
	l, from := b.l, b.part[v]
	for r := range l.kinds {
		x := int64(l.need[int(v)*l.kinds+r])
		b.load[int(from)*l.kinds+r] -= x
		b.load[int(c)*l.kinds+r] += x
	}
	if b.maxIn > 0 {
		b.countAxons(v, from, c, -1)
	}
	b.part[v] = c
	b.alone[v] = 0
	for _, e := range l.netsOf(v) {
		w := l.weight[e]
		left, now := b.dropPin(e, from), b.addPin(e, c)
		changed := left == 1 || now == 1
		if changed && touched != nil {
			*touched = append(*touched, e)
		}
		switch left {
		case 0:
			b.packets -= int64(w)
			b.shift(e, from, -w)
		case 1:
			b.alone[b.only(e, from, v)] += w
		}
		switch now {
		case 1:
			b.packets += int64(w)
			b.alone[v] += w
			b.shift(e, c, w)
		case 2:
			b.alone[b.only(e, c, v)] -= w
		}
	}
	if b.maxIn > 0 {
		b.countAxons(v, from, c, 1)
	}
}

// shift changes the affinity of all pins of e to a block.
func (b *blocks) shift(e, block, w int32) {
	if b.affin == nil {
		return
	}
	k := int(b.k)
	b.work += int64(b.l.size(e))
	for _, u := range b.l.net(e) {
		b.affin[int(u)*k+int(block)] += w
	}
}

// countAxons takes the axons that v's nets make in two blocks out of the
// counts (sign -1) or puts them back (sign 1).
func (b *blocks) countAxons(v, from, to int32, sign int64) {
	s := b.l.sources
	b.axons[b.part[v]] += sign * int64(s.base[v])
	for _, e := range b.l.netsOf(v) {
		for _, c := range [2]int32{from, to} {
			if i := b.slot(e, c); i >= 0 && b.targets(e, i) {
				b.axons[c] += sign * int64(s.times[e])
			}
		}
	}
}
