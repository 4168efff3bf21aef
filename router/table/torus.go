package table

import "fmt"

// Torus is a torus of W x H routers with six links each; router = x + W*y.
type Torus struct{ W, H int }

var steps = [Links][2]int{{1, 0}, {1, 1}, {0, 1}, {-1, 0}, {-1, -1}, {0, -1}}

// maxRouters bounds a torus.
const maxRouters = 1 << 16

// Check reports sizes that cannot be.
func (t Torus) Check() error {
	if t.W < 1 || t.H < 1 || t.W > maxRouters || t.H > maxRouters/t.W {
		return fmt.Errorf("table: torus of %d x %d: need at least 1 x 1 and at most %d routers", t.W, t.H, maxRouters)
	}
	return nil
}

// Neighbor is the router at the other end of a link.
func (t Torus) Neighbor(router, link int) int {
	s := steps[link%Links]
	x, y := router%t.W+s[0], router/t.W+s[1]
	return (x+t.W)%t.W + t.W*((y+t.H)%t.H)
}

// Offset is the shortest way from router a to b: steps along E (dx), along N
// (dy) and along NE (dxy), negative the other way; at most two are not zero.
// Among equals the one that wraps least wins.
func (t Torus) Offset(a, b int) (dx, dy, dxy int) {
	best := -1
	ex, ey := b%t.W-a%t.W, b/t.W-a/t.W
	for _, wx := range [3]int{0, -t.W, t.W} {
		for _, wy := range [3]int{0, -t.H, t.H} {
			x, y := ex+wx, ey+wy
			d := 0
			if x > 0 && y > 0 {
				d = min(x, y)
			} else if x < 0 && y < 0 {
				d = max(x, y)
			}
			if n := abs(x-d) + abs(y-d) + abs(d); best < 0 || n < best {
				best, dx, dy, dxy = n, x-d, y-d, d
			}
		}
	}
	return dx, dy, dxy
}

// Hops is the least number of links between two routers.
func (t Torus) Hops(a, b int) int {
	dx, dy, dxy := t.Offset(a, b)
	return abs(dx) + abs(dy) + abs(dxy)
}

// Path is the links of a shortest way, the axis with the most steps first, E
// before N before NE among equals. Long straight stretches need no entries.
func (t Torus) Path(a, b int) []int {
	dx, dy, dxy := t.Offset(a, b)
	legs := [3]struct{ n, plus int }{{dx, 0}, {dy, 2}, {dxy, 1}}
	for i := 1; i < len(legs); i++ {
		for k := i; k > 0 && abs(legs[k].n) > abs(legs[k-1].n); k-- {
			legs[k], legs[k-1] = legs[k-1], legs[k]
		}
	}
	var path []int
	for _, l := range legs {
		link := l.plus
		if l.n < 0 {
			link = Opposite(link)
		}
		for range abs(l.n) {
			path = append(path, link)
		}
	}
	return path
}

func abs(n int) int { return max(n, -n) }
