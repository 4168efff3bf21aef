package compiler

import (
	"hillock/chip"
	"hillock/compiler/partition"
	"hillock/compiler/placement"
)

// placeByTraffic places cores by package placement on the smallest near-square
// corner of the mesh that holds them.
func (u *Unit) placeByTraffic() error {
	t := u.traffic()
	if t == nil {
		for c := range u.Cores {
			u.Cores[c].ID = c
		}
		return nil
	}
	k, m := len(u.Cores), u.Family.Mesh
	small := corner(m, k)
	o := placement.Options{Attempts: placement.Attempts(k, int(u.Options.Effort.partition())), Tiles: every(small)}
	slot, err := placement.Place(placement.Of(t.inside(), u.coreOf(t), k), small, o)
	if err != nil {
		return err
	}
	used := make([]int, small.Slots()) // per tile, its lowest slots first: they are alike
	for c := range u.Cores {
		x, y := small.XY(slot[c])
		at := placeAt(m, x, y)
		tile := y*small.W + x
		u.Cores[c].ID = at + used[tile]
		used[tile]++
	}
	sortCores(u.Cores)
	return nil
}

// inside is the nets of neurons on the chip: spikes from outside come from no
// place on the mesh.
func (t *traffic) inside() *partition.Hypergraph {
	h := *t.graph
	h.Weight, h.First = h.Weight[:t.inner], h.First[:t.inner+1]
	h.Pins = h.Pins[:h.First[t.inner]]
	return &h
}

// corner is the smallest near-square corner of a mesh for k cores.
func corner(m chip.Mesh, k int) placement.Mesh {
	out := placement.Mesh{W: 1, H: 1, PerTile: m.CoresPerTile, ColumnMajor: m.ColumnMajor}
	mx, my := max(m.X, 1), max(m.Y, 1)
	for out.Slots() < k && (out.W < mx || out.H < my) {
		if (out.W <= out.H || out.H == my) && out.W < mx {
			out.W++
		} else {
			out.H++
		}
	}
	return out
}

// every lists the slots of a mesh.
func every(m placement.Mesh) []int32 {
	out := make([]int32, m.Slots())
	for s := range out {
		out[s] = int32(s)
	}
	return out
}

// placeAt is the first core of the tile at a column and row.
func placeAt(m chip.Mesh, x, y int) int {
	t := y*max(m.X, 1) + x
	if m.ColumnMajor {
		t = x*max(m.Y, 1) + y
	}
	return t * max(m.CoresPerTile, 1)
}
