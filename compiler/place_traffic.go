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
	o := placement.Options{Attempts: placement.Attempts(k, int(max(u.Options.Effort, Normal).partition())), Tiles: every(small), Tree: strategy(u.Family, "multicast") == "tree"}
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

// corner is the smallest near-square corner of a mesh for k cores: of one
// chip, or of whole chips where one is not enough.
func corner(m chip.Mesh, k int) placement.Mesh {
	per := max(m.CoresPerTile, 1)
	out := placement.Mesh{PerTile: m.CoresPerTile, ColumnMajor: m.ColumnMajor}
	chip := m.ChipX * m.ChipY * per
	switch {
	case chip == 0:
		out.W, out.H = nearSquare(pieces(k, per), max(m.X, 1), max(m.Y, 1))
	case k <= chip:
		out.W, out.H = nearSquare(pieces(k, per), m.ChipX, m.ChipY)
	default:
		w, h := nearSquare(pieces(k*103, 100*chip), m.X/m.ChipX, m.Y/m.ChipY)
		out.W, out.H, out.ChipW, out.ChipH = w*m.ChipX, h*m.ChipY, m.ChipX, m.ChipY
	}
	return out
}

// nearSquare is the sides, at most most of each, of a rectangle with n cells.
func nearSquare(n, mostW, mostH int) (w, h int) {
	for w, h = 1, 1; w*h < n && (w < mostW || h < mostH); {
		if (w <= h || h == mostH) && w < mostW {
			w++
		} else {
			h++
		}
	}
	return w, h
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
