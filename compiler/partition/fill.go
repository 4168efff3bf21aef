package partition

import "sort"

// filler puts neurons into cores one after another; a core is closed when the
// next neuron would break a limit.
type filler struct {
	l     *level
	limit []int64
	maxIn int64
	core  int32
	load  []int64
	axons int64
	heard []int32 // per net, core plus one that hears its source
	part  []int32
}

func newFiller(t *task, limit []int64) *filler {
	f := &filler{l: t.finest, limit: limit, maxIn: t.p.MaxInAxons, load: make([]int64, t.finest.kinds), part: make([]int32, t.finest.n)}
	if f.maxIn > 0 {
		f.heard = make([]int32, t.finest.numNets())
	}
	return f
}

// fits tells whether v fits into the open core.
func (f *filler) fits(v int32) bool {
	for r, x := range f.load {
		if x+int64(f.l.need[int(v)*f.l.kinds+r]) > f.limit[r] {
			return false
		}
	}
	if f.maxIn == 0 {
		return true
	}
	fresh := int64(0)
	for _, e := range f.l.netsOf(v) {
		if f.l.sources.of[e] != v && f.heard[e] != f.core+1 {
			fresh++
		}
	}
	return f.axons+fresh <= f.maxIn
}

// put adds v to the open core.
func (f *filler) put(v int32) {
	f.part[v] = f.core
	for r := range f.load {
		f.load[r] += int64(f.l.need[int(v)*f.l.kinds+r])
	}
	if f.maxIn == 0 {
		return
	}
	for _, e := range f.l.netsOf(v) {
		if f.l.sources.of[e] != v && f.heard[e] != f.core+1 {
			f.heard[e] = f.core + 1
			f.axons++
		}
	}
}

// open closes the core and opens the next.
func (f *filler) open() {
	f.core++
	clear(f.load)
	f.axons = 0
}

// inOrder fills cores in the given order, opening a core as well where fresh
// says so (nil for never).
func (f *filler) inOrder(order []int32, fresh func(i int) bool) []int32 {
	for i, v := range order {
		if i > 0 && (!f.fits(v) || fresh != nil && fresh(i)) {
			f.open()
		}
		f.put(v)
	}
	return f.part
}

// bigNet is the number of pins above which overlap ignores a net.
const bigNet = 1000

// overlap fills cores greedily: next is the neuron with the greatest affinity
// to the open core, the sum of weight/(pins-1) over the nets that it shares
// with it; without any, the next in the order of ids.
func (f *filler) overlap() []int32 {
	l := f.l
	key := make([]int32, l.n)
	q := newHeap(key)
	active := make([]int32, l.numNets()) // core plus one
	placed := make([]bool, l.n)
	shift := l.headroom()
	next := int32(0)
	for left := l.n; left > 0; left-- {
		v := f.pick(q, placed, &next)
		placed[v] = true
		f.put(v)
		for _, e := range l.netsOf(v) {
			size := l.size(e)
			if active[e] == f.core+1 || size > bigNet {
				continue
			}
			active[e] = f.core + 1
			score := l.weight[e] << shift / (size - 1)
			for _, u := range l.net(e) {
				if placed[u] {
					continue
				}
				if q.has(u) {
					key[u] += score
					q.fix(u)
				} else {
					key[u] = score
					q.push(u)
				}
			}
		}
	}
	return f.part
}

// pick takes the best neuron that fits; when the best one does not, the core
// is closed and the next starts with the first neuron that is left.
func (f *filler) pick(q *heap, placed []bool, next *int32) int32 {
	if q.len() > 0 {
		v := q.top()
		if f.fits(v) {
			q.remove(v)
			return v
		}
		q.clear()
		f.open()
	}
	for placed[*next] {
		*next++
	}
	if !f.fits(*next) {
		f.open()
	}
	return *next
}

// headroom is how far weights may be shifted so that the sum over the nets of
// a vertex stays within 31 bits.
func (l *level) headroom() int {
	most := int64(1)
	for v := range l.n {
		sum := int64(0)
		for _, e := range l.netsOf(v) {
			sum += int64(l.weight[e])
		}
		most = max(most, sum)
	}
	shift := 0
	for most<<(shift+1) < 1<<30 && shift < 12 {
		shift++
	}
	return shift
}

// geometric is the two orders that pay for layers with coordinates: by layer,
// pixel on a Hilbert curve, channel; and by pixel scaled to the largest layer,
// layer, channel, so that a core holds a column through several layers.
func geometric(coords []Coord) (pixels, columns []int32) {
	n := len(coords)
	box := bounds(coords)
	layerKey, columnKey := make([]uint64, n), make([]uint64, n)
	for v, c := range coords {
		b := box[c.Layer]
		y, x := uint64(int64(c.Y)-b.y0), uint64(int64(c.X)-b.x0)
		layerKey[v] = curve(x, y)
		columnKey[v] = curve(x<<16/uint64(b.w), y<<16/uint64(b.h))
	}
	pixels, columns = make([]int32, n), make([]int32, n)
	for v := range pixels {
		pixels[v], columns[v] = int32(v), int32(v)
	}
	sort.Slice(pixels, func(i, j int) bool {
		a, b := pixels[i], pixels[j]
		return precedes(int64(coords[a].Layer)-int64(coords[b].Layer), layerKey[a], layerKey[b], int64(coords[a].Channel)-int64(coords[b].Channel), a, b)
	})
	sort.Slice(columns, func(i, j int) bool {
		a, b := columns[i], columns[j]
		if columnKey[a] != columnKey[b] {
			return columnKey[a] < columnKey[b]
		}
		return precedes(int64(coords[a].Layer)-int64(coords[b].Layer), 0, 0, int64(coords[a].Channel)-int64(coords[b].Channel), a, b)
	})
	return pixels, columns
}

func precedes(layer int64, keyA, keyB uint64, channel int64, a, b int32) bool {
	switch {
	case layer != 0:
		return layer < 0
	case keyA != keyB:
		return keyA < keyB
	case channel != 0:
		return channel < 0
	}
	return a < b
}

// extent is the bounding box of a layer.
type extent struct{ y0, x0, h, w int64 }

func bounds(coords []Coord) map[int32]extent {
	out := map[int32]extent{} // looked up only, never walked
	for _, c := range coords {
		y, x := int64(c.Y), int64(c.X)
		b, ok := out[c.Layer]
		if !ok {
			out[c.Layer] = extent{y, x, 1, 1}
			continue
		}
		y1, x1 := max(b.y0+b.h, y+1), max(b.x0+b.w, x+1)
		b.y0, b.x0 = min(b.y0, y), min(b.x0, x)
		b.h, b.w = y1-b.y0, x1-b.x0
		out[c.Layer] = b
	}
	return out
}

// curve is the place of a pixel on the Hilbert curve of a square of 2^32.
func curve(x, y uint64) uint64 {
	const side = 1 << 32
	d := uint64(0)
	for s := uint64(side / 2); s > 0; s /= 2 {
		rx, ry := x&s/s, y&s/s
		d += s * s * (3*rx ^ ry)
		if ry == 0 {
			if rx == 1 {
				x, y = side-1-x, side-1-y
			}
			x, y = y, x
		}
		x, y = x&(s-1), y&(s-1)
	}
	return d
}
