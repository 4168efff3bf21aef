package partition

import "sort"

// over tells whether block c breaks a limit.
func (b *blocks) over(c int32) bool {
	for r, limit := range b.limit {
		if b.load[int(c)*b.l.kinds+r] > limit {
			return true
		}
	}
	return b.maxIn > 0 && b.axons[c] > b.maxIn
}

// repair moves vertices out of blocks over a limit, those that lose least
// first, to neighbouring blocks with room or else to the emptiest. Blocks may
// stay over a limit when there is no room.
func (b *blocks) repair() {
	type way struct{ v, gain int32 }
	for c := range b.k {
		if !b.over(c) {
			continue
		}
		var list []way
		for v := range b.l.n {
			if b.part[v] == c {
				_, gain := b.best(v)
				list = append(list, way{v, gain})
			}
		}
		sort.SliceStable(list, func(i, j int) bool { return list[i].gain > list[j].gain })
		for _, w := range list {
			if !b.over(c) {
				break
			}
			to, _ := b.best(w.v)
			if to < 0 {
				to = b.emptiest()
			}
			if to != c && b.fits(w.v, to) {
				b.move(w.v, to, nil)
			}
		}
	}
}

// emptiest is the block with the least of the first resource.
func (b *blocks) emptiest() int32 {
	low := int32(0)
	for c := range b.k {
		if b.lighter(c, low) {
			low = c
		}
	}
	return low
}
