package diff

import (
	"slices"
	"strconv"

	"hillock/chip"
	"hillock/core/event"
)

// maxEdges is how many clock edges cores without ticks may work beyond their
// last event.
const maxEdges = 10_000_000

// goesOn says that the cores, which have no ticks, are still at work and no
// number of ticks was asked for.
func (r *runs) goesOn(tick int64) bool {
	if r.o.Ticks != 0 || r.img[0].Ticks() || r.img[1].Ticks() || tick >= maxEdges {
		return false
	}
	return !r.m[0].AtRest() || !r.m[1].AtRest()
}

// event is the description of the core at a site, nil if it has ticks.
func (r *runs) event(k int, at chip.Site) *event.Spec {
	if e := r.img[k].Cores[at.Core].Image.Event; e != nil {
		return &e.Spec
	}
	return nil
}

// fieldPairs are the fields of items that programs change and that both
// descriptions name, by their numbers.
func fieldPairs(a, b *event.Spec) (out [][2]int) {
	other := b.Changing()
	for _, x := range a.Changing() {
		k := slices.IndexFunc(other, func(y int) bool { return b.Fields[y].Name == a.Fields[x].Name })
		if k >= 0 {
			out = append(out, [2]int{x, other[k]})
		}
	}
	return out
}

// eventField is the first field of an item that differs.
func (r *runs) eventField(p *neuronPair) (field, a, b string) {
	for _, w := range *p.words {
		var v [2]int64
		ok := true
		for k, at := range p.site {
			x, has := r.m[k].PeekField(at.Core, w[k], at.Comp)
			v[k], ok = x, ok && has
		}
		if ok && v[0] != v[1] {
			at := p.site[0]
			return r.event(0, at).Fields[w[0]].Name, strconv.FormatInt(v[0], 10), strconv.FormatInt(v[1], 10)
		}
	}
	return "", "", ""
}
