// Package placement gives the cores of a partition their places on a chip's
// mesh, so that packets travel few hops and no link is overloaded. Routes are
// x first, then y. The same input gives the same places on machines of one
// kind (annealing draws on the exponential function of the mathematics library).
package placement

import (
	"fmt"

	"hillock/compiler/partition"
)

// Mesh is W times H tiles with room for PerTile cores each (0 is 1). Slot s is
// on tile s/PerTile; tile t is at column t%W, row t/W, or with ColumnMajor at
// column t/H, row t%H. The contents of a tile reach each other over no link.
//
// Tiles belong to chips of ChipW times ChipH tiles (0 = all one chip). A link
// from chip to chip counts as Cross hops (0 is CrossDefault).
type Mesh struct {
	W, H         int
	PerTile      int
	ColumnMajor  bool
	ChipW, ChipH int
	Cross        int
}

// CrossDefault is the price of a link between chips, in hops, where nothing
// better is known: such links are slower and spend more than those on a chip
// by about as much.
const CrossDefault = 10

// chipOf is the column and row of the chip of a tile.
func (m Mesh) chipOf(x, y int) (cx, cy int) {
	if m.ChipW > 0 {
		cx = x / m.ChipW
	}
	if m.ChipH > 0 {
		cy = y / m.ChipH
	}
	return cx, cy
}

// chips is the columns and rows of chips.
func (m Mesh) chips() (w, h int) {
	w, h = m.chipOf(m.W-1, m.H-1)
	return w + 1, h + 1
}

// extra is what a link between chips counts beside the hop.
func (m Mesh) extra() int32 {
	if m.Cross > 0 {
		return int32(m.Cross - 1)
	}
	return CrossDefault - 1
}

// perTile is the number of slots on a tile.
func (m Mesh) perTile() int { return max(m.PerTile, 1) }

// Slots is the number of cores that the mesh has room for.
func (m Mesh) Slots() int { return m.W * m.H * m.perTile() }

// XY is the column and row of the tile of a slot.
func (m Mesh) XY(slot int32) (x, y int) {
	t := int(slot) / m.perTile()
	if m.ColumnMajor {
		return t / m.H, t % m.H
	}
	return t % m.W, t / m.W
}

// slot is the first slot of the tile at a column and row.
func (m Mesh) slot(x, y int) int32 {
	if m.ColumnMajor {
		return int32((x*m.H + y) * m.perTile())
	}
	return int32((y*m.W + x) * m.perTile())
}

// Square is the smallest near-square mesh for k tiles.
func Square(k int) Mesh {
	w := 1
	for w*w < k {
		w++
	}
	return Mesh{W: w, H: max(1, (k+w-1)/w)}
}

// Traffic is what cores send: net e leaves core Source[e] with Weight[e]
// packets for every core of Dest[First[e]:First[e+1]], all other than the
// source and distinct. Equal nets are merged.
type Traffic struct {
	Cores  int
	Weight []int64
	Source []int32
	First  []int32
	Dest   []int32
}

// Of is the traffic between the cores of a partition.
func Of(h *partition.Hypergraph, part []int32, cores int) *Traffic {
	t := &Traffic{Cores: cores, First: []int32{0}}
	mark := make([]int32, cores)
	m := merger{t: t, table: make([]int32, 16)}
	for e, w := range h.Weight {
		net := h.Net(e)
		source := part[net[0]]
		mark[source] = int32(e) + 1
		start := len(t.Dest)
		for _, v := range net[1:] {
			if c := part[v]; mark[c] != int32(e)+1 {
				mark[c] = int32(e) + 1
				t.Dest = append(t.Dest, c)
			}
		}
		if len(t.Dest) > start && w > 0 {
			m.close(start, source, int64(w))
		} else {
			t.Dest = t.Dest[:start]
		}
	}
	return t
}

// merger finds equal nets by hash, open addressing.
type merger struct {
	t     *Traffic
	hash  []uint64
	table []int32 // net plus one
}

// close ends the net whose destinations start at start, or adds its weight to
// an equal one.
func (m *merger) close(start int, source int32, w int64) {
	t := m.t
	order(t.Dest[start:])
	hash := uint64(source) + 1
	for _, c := range t.Dest[start:] {
		hash = (hash ^ uint64(c)) * 0x9E3779B97F4A7C15
		hash ^= hash >> 29
	}
	if 2*len(m.hash) >= len(m.table) {
		m.table = make([]int32, 2*len(m.table))
		for e, x := range m.hash {
			m.table[m.free(x)] = int32(e) + 1
		}
	}
	mask := uint64(len(m.table) - 1)
	for at := hash & mask; m.table[at] != 0; at = (at + 1) & mask {
		e := m.table[at] - 1
		if m.hash[e] == hash && t.Source[e] == source && equal(t.Dest[t.First[e]:t.First[e+1]], t.Dest[start:]) {
			t.Weight[e] += w
			t.Dest = t.Dest[:start]
			return
		}
	}
	m.table[m.free(hash)] = int32(len(m.hash)) + 1
	m.hash = append(m.hash, hash)
	t.Source, t.Weight, t.First = append(t.Source, source), append(t.Weight, w), append(t.First, int32(len(t.Dest)))
}

func (m *merger) free(hash uint64) uint64 {
	mask := uint64(len(m.table) - 1)
	at := hash & mask
	for m.table[at] != 0 {
		at = (at + 1) & mask
	}
	return at
}

// order sorts a short list.
func order(p []int32) {
	for i := 1; i < len(p); i++ {
		x, j := p[i], i
		for ; j > 0 && p[j-1] > x; j-- {
			p[j] = p[j-1]
		}
		p[j] = x
	}
}

func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i, x := range a {
		if x != b[i] {
			return false
		}
	}
	return true
}

// Cost is what a placement costs: packet-hops with one packet per core and
// with multicast trees (each link once per spike), hops between chips, the
// load of the fullest directed link and of the busiest core (packets it sends
// and receives). A link counts one hop here, whatever it joins.
type Cost struct {
	Unicast, Tree, Between, MaxLink, MaxCore int64

	Core []int64 // packets that each core sends and receives
}

// Links is the load of every directed link, 4*(row*W + column) + direction: 0
// to the right, 1 to the left, 2 to the next row, 3 to the row before. tile[c]
// is the slot of core c.
func Links(t *Traffic, m Mesh, tile []int32) ([]int64, Cost) {
	load := make([]int64, 4*m.W*m.H)
	mark := make([]int32, len(load))
	cost := Cost{Core: make([]int64, t.Cores)}
	for e, w := range t.Weight {
		from := tile[t.Source[e]]
		for _, c := range t.Dest[t.First[e]:t.First[e+1]] {
			cost.Core[t.Source[e]] += w
			cost.Core[c] += w
			m.walk(from, tile[c], func(link int) {
				load[link] += w
				cost.Unicast += w
				if m.between(link) {
					cost.Between += w
				}
				if mark[link] != int32(e)+1 {
					mark[link] = int32(e) + 1
					cost.Tree += w
				}
			})
		}
	}
	for _, x := range load {
		cost.MaxLink = max(cost.MaxLink, x)
	}
	for _, x := range cost.Core {
		cost.MaxCore = max(cost.MaxCore, x)
	}
	return load, cost
}

// walk visits the links of the route from slot a to slot b.
func (m Mesh) walk(a, b int32, visit func(link int)) {
	x, y := m.XY(a)
	tx, ty := m.XY(b)
	for ; x < tx; x++ {
		visit((y*m.W + x) * 4)
	}
	for ; x > tx; x-- {
		visit((y*m.W+x)*4 + 1)
	}
	for ; y < ty; y++ {
		visit((y*m.W+x)*4 + 2)
	}
	for ; y > ty; y-- {
		visit((y*m.W+x)*4 + 3)
	}
}

// between says that a link joins two chips.
func (m Mesh) between(link int) bool {
	t := link / 4
	x, y := t%m.W, t/m.W
	step := [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}[link%4]
	ax, ay := m.chipOf(x, y)
	bx, by := m.chipOf(x+step[0], y+step[1])
	return ax != bx || ay != by
}

// Distance is the hops between two slots.
func (m Mesh) Distance(a, b int32) int {
	ax, ay := m.XY(a)
	bx, by := m.XY(b)
	return max(ax-bx, bx-ax) + max(ay-by, by-ay)
}

// check says whether k cores can be placed on the tiles.
func check(t *Traffic, m Mesh, o Options) error {
	if m.W < 1 || m.H < 1 || m.W > 1<<15 || m.H > 1<<15 {
		return fmt.Errorf("placement: mesh of %d by %d tiles, need 1 to %d of each", m.W, m.H, 1<<15)
	}
	if m.ChipW < 0 || m.ChipH < 0 || m.Cross < 0 || m.Cross > 1<<10 {
		return fmt.Errorf("placement: chips of %d by %d tiles with links of %d hops, need 0 or more and at most %d hops", m.ChipW, m.ChipH, m.Cross, 1<<10)
	}
	if m.PerTile < 0 || m.PerTile > 1<<10 || m.Slots() > 1<<30 {
		return fmt.Errorf("placement: %d cores per tile on %d by %d tiles, need 0 to %d and at most %d in all", m.PerTile, m.W, m.H, 1<<10, 1<<30)
	}
	if o.Fixed != nil && len(o.Fixed) != t.Cores {
		return fmt.Errorf("placement: %d fixed tiles, need one per core, %d, or none", len(o.Fixed), t.Cores)
	}
	return nil
}
