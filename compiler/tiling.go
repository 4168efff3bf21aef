package compiler

import (
	"fmt"
	"slices"

	"hillock/compiler/graph"
)

// tiling is a cut of a population behind kernels into blocks of channels, rows
// and columns. Its cost is the spikes of one round of its sources that its
// blocks read: a source counts once per block, so blocks that are compact in
// the plane and hold all channels of a group read least twice.
type tiling struct {
	pop    int
	plane  [3]int // channels, rows, columns of the population
	block  [3]int // of a block; the last of an axis may be smaller
	blocks int
	cost   float64
}

// mostTilings bounds the shapes that are looked at for one population.
const mostTilings = 1 << 14

// tile is the block of a neuron.
func (t *tiling) tile(neuron int) int {
	at := [3]int{neuron / (t.plane[1] * t.plane[2]), neuron / t.plane[2] % t.plane[1], neuron % t.plane[2]}
	id := 0
	for a := range at {
		id = id*pieces(t.plane[a], t.block[a]) + at[a]/t.block[a]
	}
	return id
}

// pieces is the number of blocks along an axis.
func pieces(n, block int) int { return (n + block - 1) / block }

// tilings chooses the cut of every population behind kernels: the cheapest
// shape whose middle block fits a core. A population that no shape fits, or
// that has no kernels, has none.
func (u *Unit) tilings() []*tiling {
	out := make([]*tiling, len(u.Pops))
	for k := range u.Pops {
		if u.Pops[k].Src.Kind == graph.Input || !u.convolved(k) {
			continue
		}
		list := u.shapes(k)
		slices.SortStableFunc(list, func(a, b tiling) int {
			switch {
			case a.cost != b.cost:
				return sign2(a.cost - b.cost)
			}
			return a.blocks - b.blocks
		})
		for i := range list {
			if u.excess(u.allocate(list[i].middle()).use, nil) == 0 {
				out[k] = &list[i]
				break
			}
		}
	}
	return out
}

func sign2(x float64) int {
	if x < 0 {
		return -1
	}
	return 1
}

// shapes lists the cuts of a population whose blocks have room for their
// neurons and in-axons, not more than twice as many as neurons ask for.
func (u *Unit) shapes(pop int) []tiling {
	plane := u.planeOf(pop)
	room := int64(u.Pops[pop].Src.N)
	if have, ok := u.limit(limCompartments); ok {
		room = min(room, have)
	}
	axons, bounded := u.limit(limInAxons)
	least := pieces(u.Pops[pop].Src.N, int(room))
	var out []tiling
	for _, c := range evenly(plane[0]) {
		for _, y := range evenly(plane[1]) {
			for _, x := range evenly(plane[2]) {
				t := tiling{pop: pop, plane: plane, block: [3]int{c, y, x}}
				t.blocks = pieces(plane[0], c) * pieces(plane[1], y) * pieces(plane[2], x)
				if int64(c*y*x) > room || t.blocks > 4*least+16 || len(out) == mostTilings {
					continue
				}
				reads, spikes := u.blockReads(&t)
				if bounded && reads > axons {
					continue
				}
				t.cost = spikes * float64(t.blocks)
				out = append(out, t)
			}
		}
	}
	return out
}

// evenly lists the block lengths that cut n into equal parts, but for the last.
func evenly(n int) []int {
	var out []int
	for parts := 1; parts <= n; parts++ {
		if b := pieces(n, parts); len(out) == 0 || out[len(out)-1] != b {
			out = append(out, b)
		}
	}
	return out
}

// blockReads is the in-axons of a block away from the borders, and the spikes that
// they bring.
func (u *Unit) blockReads(t *tiling) (axons int64, spikes float64) {
	for _, q := range u.into(t.pop) {
		n := int64(u.Net.Pops[q.Src.Pre].N)
		if k := q.kernel; k != nil {
			perOut := k.Out[0] / k.Groups
			groups := min((t.block[0]-1)/perOut+1, k.Groups)
			if t.block[0]%perOut != 0 && t.block[0] > perOut {
				groups = min(groups+1, k.Groups)
			}
			n = int64(groups * (k.In[0] / k.Groups))
			for a := range 2 {
				n *= int64(min((t.block[1+a]-1)*k.Stride[a]+(k.Size[a]-1)*k.Dilation[a]+1, k.In[1+a]))
			}
		}
		axons += n
		spikes += float64(n) * max(u.Pops[q.Src.Pre].Rate, 1e-3)
	}
	return axons, spikes
}

// middle is the block in the middle of the population.
func (t *tiling) middle() []Slice {
	var lo, hi [3]int
	for a := range lo {
		lo[a] = pieces(t.plane[a], t.block[a]) / 2 * t.block[a]
		if lo[a]+t.block[a] > t.plane[a] {
			lo[a] = max(lo[a]-t.block[a], 0)
		}
		hi[a] = min(lo[a]+t.block[a], t.plane[a])
	}
	var on []Slice
	base := 0
	for c := lo[0]; c < hi[0]; c++ {
		for y := lo[1]; y < hi[1]; y++ {
			s := Slice{Pop: t.pop, First: (c*t.plane[1]+y)*t.plane[2] + lo[2], N: hi[2] - lo[2], Base: base}
			base += s.N
			if n := len(on); n > 0 && on[n-1].First+on[n-1].N == s.First {
				on[n-1].N += s.N
				continue
			}
			on = append(on, s)
		}
	}
	return on
}

// String says how a population is cut.
func (t *tiling) String() string {
	return fmt.Sprintf("%d blocks of %d channels, %d rows, %d columns", t.blocks, t.block[0], t.block[1], t.block[2])
}

// tiled is the partition of the tilings; populations without one stay as they
// are packed. nil if no population has a tiling.
func (u *Unit) tiled(t *traffic) (part []int32, plan []*tiling) {
	plan = u.tilings()
	if !slices.ContainsFunc(plan, func(x *tiling) bool { return x != nil }) {
		return nil, nil
	}
	part = make([]int32, t.graph.Neurons)
	next := int32(0)
	for k, x := range plan {
		if x == nil {
			continue
		}
		for i := range u.Pops[k].Src.N {
			part[t.first[k]+i] = next + int32(x.tile(i))
		}
		next += int32(x.blocks)
	}
	for c := range u.Cores {
		for _, s := range u.Cores[c].Slices {
			if plan[s.Pop] != nil {
				continue
			}
			for i := range s.N {
				part[t.first[s.Pop]+s.First+i] = next
			}
			next++
		}
	}
	return part, plan
}
