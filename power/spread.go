package power

import "slices"

// spread prices the samples of the context: mean, 5th and 95th percentile of
// the energy of single inferences, each in its own time, static power of the
// headline included. Percentiles are those of the nearest rank.
func (r *Report) spread() {
	n := len(r.Context.Samples)
	if n == 0 {
		return
	}
	all := make([]Energy, n)
	var sum Energy
	for i := range r.Context.Samples {
		all[i] = r.sample(&r.Context.Samples[i])
		sum = sum.Add(all[i])
	}
	slices.SortFunc(all, Energy.Cmp)
	r.Context.PerImage = &Spread{Mean: sum.part(int64(n)), P5: all[rank(n, 5)], P95: all[rank(n, 95)], N: n}
}

// rank is the index of the p-th percentile among n sorted values.
func rank(n, p int) int { return max(0, (n*p+99)/100-1) }

// sample is the nominal energy of one inference.
func (r *Report) sample(s *Sample) Energy {
	var e Energy
	for i := range r.Lines {
		l := &r.Lines[i]
		e = e.Add(l.Value.Times(s.Counts[l.Event]))
	}
	for i := range r.Static {
		if l := &r.Static[i]; l.Headline {
			e = e.Add(l.Value.Over(s.Time, l.Units))
		}
	}
	return e
}
