package compiler

import (
	"hillock/chip"
)

// passPlace gives every core a place: in order, each goes to the free place
// with the shortest way from the cores that feed it, the lowest number on a
// tie; with an effort, or on a board of chips, package placement finds the places. Cores are then
// ordered by place.
func passPlace(u *Unit) error {
	m := u.Family.Mesh
	places := places(m)
	if len(u.Cores) > places {
		if _, known := u.limit(limCores); !known {
			u.misfit(Misfit{"", -1, "cores", int64(len(u.Cores)), int64(places), "the mesh has no more places"})
		}
		for c := range u.Cores {
			u.Cores[c].ID = c
		}
		return nil
	}
	if u.Options.places != nil {
		for c, id := range u.Options.places(len(u.Cores)) {
			u.Cores[c].ID = id
		}
		sortCores(u.Cores)
		return nil
	}
	if u.Options.Effort > Packed || m.ChipX > 0 {
		return u.placeByTraffic()
	}
	links := u.links()
	taken := make([]bool, places)
	for c := range u.Cores {
		best, cost := -1, 0.0
		for id := range places {
			if taken[id] {
				continue
			}
			x := 0.0
			for from := range c {
				x += (links[from][c] + links[c][from]) * float64(distance(m, u.Cores[from].ID, id))
			}
			if best < 0 || x < cost {
				best, cost = id, x
			}
		}
		u.Cores[c].ID, taken[best] = best, true
	}
	sortCores(u.Cores)
	return nil
}

// places is the number of cores that a mesh has room for.
func places(m chip.Mesh) int { return max(m.X, 1) * max(m.Y, 1) * max(m.CoresPerTile, 1) }

// links is the expected packets from core to core: neurons of the source
// slice with a way to the target core, times their rate.
func (u *Unit) links() [][]float64 {
	n := len(u.Cores)
	out, at := make([][]float64, n), u.sites()
	for i := range out {
		out[i] = make([]float64, n)
	}
	for to := range u.Cores {
		u.Cores[to].alloc.each(func(b *rows, j int) {
			if from := at[b.key.pre]; from != nil {
				out[from[j].core][to] += max(u.Pops[b.key.pre].Rate, 1e-3)
			}
		})
	}
	return out
}

// distance is the hops between two cores' tiles.
func distance(m chip.Mesh, a, b int) int {
	ax, ay := m.XY(a)
	bx, by := m.XY(b)
	return abs(ax-bx) + abs(ay-by)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
