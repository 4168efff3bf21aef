package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"hillock/router/aer"
)

// pair is one probe that both traces have, or that only one has.
type pair struct {
	pop, index int32
	field      string
	a, b       []int64
	inA, inB   bool
}

func (x pair) compare(y pair) int {
	return cmp.Or(cmp.Compare(x.pop, y.pop), cmp.Compare(x.index, y.index), cmp.Compare(x.field, y.field))
}

// side is the probes of one trace by population, index and field. Of several
// recordings of one quantity the first counts.
func side(t *aer.Trace, names []string) []pair {
	of := numbers(t.Pops, names)
	out := make([]pair, len(t.Probes))
	for i, p := range t.Probes {
		out[i] = pair{pop: of(p.Pop), index: p.Index, field: p.Field, a: p.Values}
	}
	slices.SortStableFunc(out, pair.compare)
	return slices.CompactFunc(out, func(x, y pair) bool { return x.compare(y) == 0 })
}

// pairs merges the probes of both traces.
func pairs(a, b *aer.Trace, names []string) []pair {
	x, y := side(a, names), side(b, names)
	var out []pair
	for len(x) > 0 || len(y) > 0 {
		switch {
		case len(y) == 0 || len(x) > 0 && x[0].compare(y[0]) < 0:
			x[0].inA = true
			out, x = append(out, x[0]), x[1:]
		case len(x) == 0 || y[0].compare(x[0]) < 0:
			y[0].inB, y[0].b, y[0].a = true, y[0].a, nil
			out, y = append(out, y[0]), y[1:]
		default:
			p := x[0]
			p.b, p.inA, p.inB = y[0].a, true, true
			out, x, y = append(out, p), x[1:], y[1:]
		}
	}
	return out
}

// samples compares the probes that both traces have, sample by sample.
func (w *walk) samples() {
	for _, p := range w.probes {
		if !p.inA || !p.inB {
			w.only = append(w.only, w.onlyOne(p))
			continue
		}
		for t := range max(len(p.a), len(p.b)) {
			if t < len(p.a) && t < len(p.b) && p.a[t] == p.b[t] {
				continue
			}
			w.nSample++
			if w.leads(int64(t), p.pop, p.index) {
				w.firstPop = p.pop
				w.first = &Place{Tick: int64(t), Population: w.names[p.pop], Index: int(p.index), Field: p.field, A: sample(p.a, int64(t)), B: sample(p.b, int64(t))}
			}
		}
	}
}

func (w *walk) onlyOne(p pair) string {
	which := "a"
	if p.inB {
		which = "b"
	}
	return fmt.Sprintf("probe %s of %s[%d] is only in %s and was not compared", p.field, w.names[p.pop], p.index, which)
}

// sample is value t of a probe as text.
func sample(values []int64, t int64) string {
	if t < 0 || t >= int64(len(values)) {
		return "nothing"
	}
	return strconv.FormatInt(values[t], 10)
}
