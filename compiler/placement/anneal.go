package placement

import (
	"math"
	"sort"
)

// anneal tries swaps of random tiles. A loss is accepted with probability
// exp(-loss/temperature); the temperature falls geometrically from half the
// mean change to 1e-4 of that. The last state is at least as good as the
// first, or the first is kept.
func (p *placer) anneal(moves int) {
	n := len(p.slots)
	if n < 2 {
		return
	}
	sum, hits := 0.0, 0.0
	for range 500 {
		if g := p.gain(p.pick(n), p.pick(n)); g != 0 {
			sum += math.Abs(float64(g))
			hits++
		}
	}
	first, total := append([]int32(nil), p.tile...), int64(0)
	temperature := 0.5 * sum / max(hits, 1)
	const steps = 200 // temperatures; fixed, so that rounding cannot differ much
	cool := math.Pow(1e-4, 1.0/steps)
	for i := range moves {
		if i%(moves/steps+1) == 0 && i > 0 {
			temperature *= cool
		}
		ta, tb := p.pick(n), p.pick(n)
		if ta == tb {
			continue
		}
		g := p.gain(ta, tb)
		if g >= 0 || p.accept(float64(g)/temperature) {
			p.swap(ta, tb)
			total += g
		}
	}
	if total < 0 {
		for c, x := range first {
			p.at[p.tile[c]] = -1
			p.tile[c] = x
		}
		for c, x := range first {
			p.at[x] = int32(c)
		}
	}
}

func (p *placer) pick(n int) int32 { return p.slots[p.r.below(n)] }

// accept is true with probability exp(x), x below 0.
func (p *placer) accept(x float64) bool {
	return x > -40 && float64(p.r.next()>>11)/(1<<53) < math.Exp(x)
}

// exchange is a swap between neighbouring tiles and what it gains.
type exchange struct {
	gain   int64
	ta, tb int32
}

// force swaps neighbouring tiles while a swap gains, the best half of each
// sweep first (the finite force-directed method: cores pull at each other
// with the packets between them).
func (p *placer) force() {
	var list []exchange
	for range 2000 {
		list = list[:0]
		for _, ta := range p.slots {
			p.beside(ta, func(tb int32) {
				if g := p.gain(ta, tb); g > 0 {
					list = append(list, exchange{g, ta, tb})
				}
			})
		}
		if len(list) == 0 {
			return
		}
		sort.Slice(list, func(i, j int) bool {
			a, b := list[i], list[j]
			return a.gain > b.gain || a.gain == b.gain && (a.ta < b.ta || a.ta == b.ta && a.tb < b.tb)
		})
		for _, x := range list[:max(1, len(list)/2)] {
			if p.gain(x.ta, x.tb) > 0 {
				p.swap(x.ta, x.tb)
			}
		}
	}
}

// beside visits the slots on the next tile of the row and of the column.
func (p *placer) beside(ta int32, visit func(tb int32)) {
	at := p.xy[ta]
	for _, step := range [2][2]int32{{1, 0}, {0, 1}} {
		x, y := int(at[0]+step[0]), int(at[1]+step[1])
		if x >= p.mesh.W || y >= p.mesh.H {
			continue
		}
		first := p.mesh.slot(x, y)
		for k := range int32(p.mesh.perTile()) {
			if p.free[first+k] {
				visit(first + k)
			}
		}
	}
}
