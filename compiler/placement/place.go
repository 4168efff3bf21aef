package placement

import (
	"fmt"
	"math/bits"
)

// Options of Place.
type Options struct {
	Seed     uint64
	Attempts int     // swaps tried per core while annealing; 0 leaves it out
	Tiles    []int32 // slots that may be used; nil is the first Cores slots
	Fixed    []int32 // per core, the slot it must have or -1; nil is none
	Tree     bool    // spikes travel as multicast trees, not a packet per core

	start []int32 // per core, where it is put first
}

// Attempts is how many swaps per core are worth trying at an effort of 0 to 2.
func Attempts(cores, effort int) int {
	if cores > 2000 {
		return 500 << effort
	}
	return 2000 * (1 + effort*effort)
}

// Place gives every core a slot of its own. Cores start on a Hilbert curve in
// the order of their numbers, are annealed over all pairs of slots and then
// swapped with neighbours while that gains; at last, with Tree, routes that
// share links are shortened, and the fullest links are relieved. On a board of
// several chips, cores are first divided among chips by their traffic.
func Place(t *Traffic, m Mesh, o Options) ([]int32, error) {
	if err := check(t, m, o); err != nil {
		return nil, err
	}
	if err := board(t, m, &o); err != nil {
		return nil, err
	}
	p := &placer{mesh: m, extra: m.extra(), adj: adjacency(t), r: random{o.Seed + 11}}
	if err := p.start(t, o); err != nil {
		return nil, err
	}
	if o.Attempts > 0 {
		p.anneal(o.Attempts * t.Cores)
	}
	p.force()
	p.relieve(t, o.Tree)
	return p.tile, nil
}

// graph is the symmetric traffic between cores in flat arrays.
type graph struct {
	first  []int32
	core   []int32
	weight []int64
}

// adjacency adds up the packets between each pair of cores, both ways.
func adjacency(t *Traffic) graph {
	k := t.Cores
	count := make([]int32, k+1)
	each := func(visit func(a, b int32, w int64)) {
		for e, w := range t.Weight {
			for _, c := range t.Dest[t.First[e]:t.First[e+1]] {
				visit(t.Source[e], c, w)
				visit(c, t.Source[e], w)
			}
		}
	}
	each(func(a, _ int32, _ int64) { count[a+1]++ })
	for c := range k {
		count[c+1] += count[c]
	}
	to, weight := make([]int32, count[k]), make([]int64, count[k])
	next := append([]int32(nil), count[:k]...)
	each(func(a, b int32, w int64) {
		to[next[a]], weight[next[a]] = b, w
		next[a]++
	})
	g := graph{first: make([]int32, 1, k+1)}
	sum := make([]int64, k)
	var seen []int32
	for c := range k {
		seen = seen[:0]
		for i := count[c]; i < count[c+1]; i++ {
			if sum[to[i]] == 0 {
				seen = append(seen, to[i])
			}
			sum[to[i]] += weight[i]
		}
		for _, d := range seen {
			g.core, g.weight = append(g.core, d), append(g.weight, sum[d])
			sum[d] = 0
		}
		g.first = append(g.first, int32(len(g.core)))
	}
	return g
}

// placer is a placement under improvement. slots are those that may change
// hands; at[slot] is the core there or -1.
type placer struct {
	mesh  Mesh
	adj   graph
	r     random
	tile  []int32 // per core, its slot
	at    []int32
	slots []int32
	free  []bool     // per slot: may be swapped
	xy    [][4]int32 // per slot: column and row of its tile, and of its chip
	extra int32      // hops that a link between chips counts beside its own
}

// start puts cores on the Hilbert curve of the slots that may be used, or
// where the board has them start.
func (p *placer) start(t *Traffic, o Options) error {
	if err := p.usable(t, o); err != nil {
		return err
	}
	if err := p.fix(o.Fixed); err != nil {
		return err
	}
	for _, x := range hilbert(p.mesh) {
		if p.free[x] {
			p.slots = append(p.slots, x)
		}
	}
	next := 0
	for c := range t.Cores {
		if o.Fixed != nil && o.Fixed[c] >= 0 {
			continue
		}
		if o.start != nil {
			p.put(int32(c), o.start[c])
			continue
		}
		if next == len(p.slots) {
			return fmt.Errorf("placement: need %d tiles, have %d", t.Cores, next)
		}
		p.put(int32(c), p.slots[next])
		next++
	}
	return nil
}

// usable makes the slots of the mesh and says which may be used.
func (p *placer) usable(t *Traffic, o Options) error {
	n := p.mesh.Slots()
	p.xy = make([][4]int32, n)
	for s := range p.xy {
		x, y := p.mesh.XY(int32(s))
		cx, cy := p.mesh.chipOf(x, y)
		p.xy[s] = [4]int32{int32(x), int32(y), int32(cx), int32(cy)}
	}
	p.tile, p.at, p.free = make([]int32, t.Cores), make([]int32, n), make([]bool, n)
	for i := range p.at {
		p.at[i] = -1
	}
	if o.Tiles == nil {
		for i := range min(t.Cores, n) {
			p.free[i] = true
		}
	}
	for _, x := range o.Tiles {
		if x < 0 || int(x) >= n {
			return fmt.Errorf("placement: tile %d, need 0 to %d", x, n-1)
		}
		p.free[x] = true
	}
	return nil
}

// fix puts the cores that have a slot of their own, which nobody else gets.
func (p *placer) fix(fixed []int32) error {
	for c, x := range fixed {
		if x < 0 {
			continue
		}
		if int(x) >= len(p.at) || p.at[x] >= 0 {
			return fmt.Errorf("placement: core %d fixed to tile %d, which is taken or not on the mesh of %d tiles", c, x, len(p.at))
		}
		p.at[x], p.tile[c], p.free[x] = int32(c), x, false
	}
	return nil
}

func (p *placer) put(c, tile int32) { p.tile[c], p.at[tile] = tile, c }

// hilbert lists the slots of m along the Hilbert curve of the enclosing
// power-of-two square of tiles.
func hilbert(m Mesh) []int32 {
	n := 1
	for n < m.W || n < m.H {
		n *= 2
	}
	out := make([]int32, 0, m.Slots())
	for d := range n * n {
		x, y, t := 0, 0, d
		for s := 1; s < n; s *= 2 {
			rx := 1 & (t / 2)
			ry := 1 & (t ^ rx)
			if ry == 0 {
				if rx == 1 {
					x, y = s-1-x, s-1-y
				}
				x, y = y, x
			}
			x, y, t = x+s*rx, y+s*ry, t/4
		}
		if x < m.W && y < m.H {
			for k := range int32(m.perTile()) {
				out = append(out, m.slot(x, y)+k)
			}
		}
	}
	return out
}

// gain is the fall in packet-hops when the contents of two tiles change
// places.
func (p *placer) gain(ta, tb int32) int64 {
	a, b := p.at[ta], p.at[tb]
	sum := int64(0)
	if a >= 0 {
		sum = p.pull(a, b, ta, tb)
	}
	if b >= 0 {
		sum += p.pull(b, a, tb, ta)
	}
	return sum
}

// pull is the fall when core a goes from one tile to another; traffic with
// core b, which goes the other way, keeps its length.
func (p *placer) pull(a, b, from, to int32) (sum int64) {
	f, t := p.xy[from], p.xy[to]
	for i := p.adj.first[a]; i < p.adj.first[a+1]; i++ {
		c := p.adj.core[i]
		if c == b {
			continue
		}
		at := p.xy[p.tile[c]]
		hops := abs(f[0]-at[0]) + abs(f[1]-at[1]) - abs(t[0]-at[0]) - abs(t[1]-at[1])
		hops += p.extra * (abs(f[2]-at[2]) + abs(f[3]-at[3]) - abs(t[2]-at[2]) - abs(t[3]-at[3]))
		sum += p.adj.weight[i] * int64(hops)
	}
	return sum
}

func abs(x int32) int32 { return max(x, -x) }

// swap exchanges the contents of two tiles.
func (p *placer) swap(ta, tb int32) {
	a, b := p.at[ta], p.at[tb]
	p.at[ta], p.at[tb] = b, a
	if a >= 0 {
		p.tile[a] = tb
	}
	if b >= 0 {
		p.tile[b] = ta
	}
}

// random is SplitMix64, as in the partitioner.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}
