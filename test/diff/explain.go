package diff

import (
	"fmt"
	"slices"
	"sort"
)

// maxLines bounds the lines of one sort in an explanation.
const maxLines = 8

// explain says in words what is equal, what is different first, and how much
// follows.
func (w *walk) explain() []string {
	var out []string
	if w.first == nil {
		out = append(out, fmt.Sprintf("both traces hold the same %s", plural(int64(len(w.a)), "spike")))
		if n := w.shared(); n > 0 {
			out = append(out, fmt.Sprintf("of the probes, %d are in both, equal in every tick", n))
		}
		return append(out, w.others()...)
	}
	t := w.first.Tick
	before := upTo(w.a, t)
	out = append(out,
		fmt.Sprintf("before tick %d the traces are equal: %s in both", t, plural(int64(before), "spike")),
		w.what(),
		fmt.Sprintf("up to and with tick %d, a has %s and b %d", t, plural(int64(upTo(w.a, t+1)), "spike"), upTo(w.b, t+1)))
	if w.first.Index >= 0 {
		out = append(out, w.lastSpike(t))
		out = append(out, w.values(t)...)
	}
	out = append(out, w.rest())
	if w.lengths && w.first.Field != "ticks" {
		out = append(out, "the runs also have different lengths")
	}
	return append(out, w.others()...)
}

// what is the first difference as a sentence.
func (w *walk) what() string {
	f := w.first
	neuron := fmt.Sprintf("%s[%d]", f.Population, f.Index)
	switch f.Field {
	case "ticks":
		return fmt.Sprintf("a ran %s ticks and b %s: one ends here", f.A, f.B)
	case "spike":
		switch {
		case f.B == "0":
			return fmt.Sprintf("in tick %d, %s spikes in a and not in b", f.Tick, neuron)
		case f.A == "0":
			return fmt.Sprintf("in tick %d, %s spikes in b and not in a", f.Tick, neuron)
		}
		return fmt.Sprintf("in tick %d, %s spikes %s times in a and %s times in b", f.Tick, neuron, f.A, f.B)
	case "payload":
		return fmt.Sprintf("in tick %d, %s spikes in both, with payload %s in a and %s in b", f.Tick, neuron, f.A, f.B)
	}
	return fmt.Sprintf("after tick %d, %s of %s is %s in a and %s in b", f.Tick, f.Field, neuron, f.A, f.B)
}

// lastSpike says when the neuron of the first difference spiked before it;
// until then the traces are equal.
func (w *walk) lastSpike(t int64) string {
	for k := upTo(w.a, t) - 1; k >= 0; k-- {
		if r := w.a[k]; r.pop == w.firstPop && int(r.index) == w.first.Index {
			return fmt.Sprintf("%s[%d] spiked last in tick %d, in both", w.first.Population, w.first.Index, r.tick)
		}
	}
	return fmt.Sprintf("%s[%d] had not spiked before, in either", w.first.Population, w.first.Index)
}

// values shows the probes of that neuron before and after the tick.
func (w *walk) values(t int64) []string {
	var out []string
	for _, p := range w.probes {
		if p.pop != w.firstPop || int(p.index) != w.first.Index || len(out) == maxLines {
			continue
		}
		if p.inA && p.inB {
			s := fmt.Sprintf("%s went from %s to %s in a and from %s to %s in b", p.field, sample(p.a, t-1), sample(p.a, t), sample(p.b, t-1), sample(p.b, t))
			if t == 0 {
				s = fmt.Sprintf("%s is %s in a and %s in b", p.field, sample(p.a, t), sample(p.b, t))
			}
			out = append(out, s)
		}
	}
	return out
}

// rest counts the differences behind the first.
func (w *walk) rest() string {
	n := w.nSpike + w.nPayload + w.nSample
	if w.first.Field != "ticks" {
		n--
	}
	if n == 0 {
		return "no other difference follows"
	}
	more := "1 more difference follows"
	if n > 1 {
		more = fmt.Sprintf("%d more differences follow", n)
	}
	return fmt.Sprintf("%s, the last in tick %d (in all: %d of spikes, %d of payloads, %d of probe samples)",
		more, w.last, w.nSpike, w.nPayload, w.nSample)
}

// others names what was not compared, cut short.
func (w *walk) others() []string {
	out := slices.Clone(w.only[:min(len(w.only), maxLines)])
	if n := len(w.only) - len(out); n > 0 {
		out = append(out, fmt.Sprintf("%s of one trace only were not compared either", plural(int64(n), "more probe")))
	}
	return out
}

func (w *walk) shared() int64 {
	n := int64(0)
	for _, p := range w.probes {
		if p.inA && p.inB {
			n++
		}
	}
	return n
}

// upTo is the number of records before a tick.
func upTo(list []record, tick int64) int {
	return sort.Search(len(list), func(i int) bool { return list[i].tick >= tick })
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
