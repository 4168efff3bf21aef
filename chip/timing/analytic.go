package timing

// analytic is the slowest core in its slower stage, or the busiest link.
type analytic struct {
	network
	links bool
}

// NewAnalytic is the level in which the slowest core in its slower stage gives
// the time of a tick: the simple model of SANA-FE, in which nothing waits for
// a link. Where Spec.LinkFs is described, a tick takes at least as long as the
// packets of its busiest link.
func NewAnalytic(s Spec, p Place) Level {
	a := &analytic{links: s.LinkFs > 0}
	if a.links {
		a.network = newNetwork(s, p)
	}
	return a
}

// Single says no.
func (a *analytic) Single() bool { return false }

// Flows says whether the level needs Work.Flows.
func (a *analytic) Flows() bool { return a.links }

// Time is the largest Gen or Proc, or what the busiest link takes.
func (a *analytic) Time(w *Work, b *Bound) error {
	*b = Bound{Term: Generate, Core: -1, Link: noLink}
	worst := w.Idle
	for _, i := range w.Cores {
		if g := w.Gen[i]; g > worst {
			worst, b.Core, b.Term = g, i, Generate
		}
		if p := w.Proc[i]; p > worst {
			worst, b.Core, b.Term = p, i, Process
		}
	}
	if l, fs := a.busiest(w); fs > worst {
		*b = Bound{Term: Link, Class: Traffic, Core: -1, Link: l, Net: fs}
		return nil
	}
	if b.Term == Process {
		b.Proc = worst
	} else {
		b.Gen = worst
	}
	return nil
}

// busiest is the link that most packets cross and the time that they take.
func (a *analytic) busiest(w *Work) (l LinkID, fs int64) {
	if !a.links || len(w.Flows) == 0 {
		return noLink, 0
	}
	clear(a.crossings)
	l = noLink
	most := int64(0)
	for _, f := range w.Flows {
		a.walk(&Message{Src: f.Src, Dst: f.Dst}, func(x LinkID) {
			at := a.link(x)
			if a.crossings[at] += f.N; a.crossings[at] > most {
				most, l = a.crossings[at], x
			}
		})
	}
	return l, most * a.spec.LinkFs
}

// Passages are not known.
func (a *analytic) Passages() []Passage { return nil }

// Watch changes nothing.
func (a *analytic) Watch() {}

// Crossings are not known.
func (a *analytic) Crossings(dst []Crossing) []Crossing { return dst }

// Incidents are not known.
func (a *analytic) Incidents() []Incident { return nil }
