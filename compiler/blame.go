package compiler

import "fmt"

// blame names the neuron that exceeds a limit alone, and where it is sources
// that do, the projection that most of them come through.
func (u *Unit) blame(pop, neuron int, limit string) string {
	s := fmt.Sprintf("; it is neuron %d", neuron)
	if limit != limInAxons && limit != limWords {
		return s
	}
	name, most := "", 0
	for _, q := range u.into(pop) {
		if n := u.sources(q, neuron); n > most {
			name, most = q.Src.Name, n
		}
	}
	return fmt.Sprintf("%s, with %d sources through %q", s, most, name)
}

// sources is the number of sources of a neuron through a projection.
func (u *Unit) sources(q *Proj, neuron int) int {
	n := 0
	switch {
	case q.raw != nil:
		last := int32(-1)
		for _, s := range q.raw.src.Synapses {
			if int(s.Post) == neuron && s.Pre != last {
				n, last = n+1, s.Pre
			}
		}
	case q.kernel != nil:
		n = len(u.kernelRows(rowKey{}, q, []Slice{{Pop: q.Src.Post, First: neuron, N: 1}}).conv.hits)
	default:
		post := len(q.Gain)
		for j := range len(q.Mant) / max(post, 1) {
			if q.Mant[j*post+neuron] != 0 {
				n++
			}
		}
	}
	return n
}

// tightest says which limit of the cores keeps more neurons from one, by the
// mean share in use.
func (u *Unit) tightest() string {
	name, best := "", 0.0
	for i, l := range u.limitValues() {
		if !l.ok || l.have < 1 {
			continue
		}
		sum := 0.0
		for c := range u.Cores {
			sum += float64(u.Cores[c].Use.limited()[i]) / float64(l.have)
		}
		if mean := sum / float64(max(len(u.Cores), 1)); mean > best {
			name, best = l.name, mean
		}
	}
	return fmt.Sprintf("what binds is %s, of which a core has %.0f %% in use on average", name, 100*best)
}
