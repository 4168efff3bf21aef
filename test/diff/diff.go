// Package diff finds the first place at which two traces differ and says in
// words what is different there, before it and after it.
package diff

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"hillock/router/aer"
)

// Place is one place at which two traces differ. The values of A and B are
// numbers as text: of field spike, how often the neuron fired in that tick; of
// field payload, what the spikes carried (ascending); of a probe, its value;
// of field ticks, the length of the run. "nothing" is a sample that only the
// other trace has.
type Place struct {
	Tick       int64  `json:"tick"`
	Population string `json:"population"` // "" for field ticks
	Index      int    `json:"index"`      // -1 for field ticks
	Field      string `json:"field"`      // ticks, spike, payload, or the name of a probe
	A          string `json:"a"`
	B          string `json:"b"`
}

// Result is the comparison of two traces a and b.
type Result struct {
	Equal       bool     `json:"equal"`
	First       *Place   `json:"first"` // nil if equal
	Explanation []string `json:"explanation"`

	// What differs in all, the first place included: neurons and ticks with
	// another number of spikes, the same number with other payloads, and
	// probe samples.
	SpikeDifferences   int64 `json:"spike_differences"`
	PayloadDifferences int64 `json:"payload_differences"`
	SampleDifferences  int64 `json:"sample_differences"`
}

// Spikes compares two streams. Order within a stream, order of the population
// tables and populations without spikes do not count: two streams are equal if
// and only if they hold the same spikes by tick, population name, index and
// payload, each as often. A nil stream is empty.
func Spikes(a, b *aer.Stream) Result {
	var x, y aer.Trace
	if a != nil {
		x = aer.Trace{Pops: a.Pops, Spikes: a.Spikes}
	}
	if b != nil {
		y = aer.Trace{Pops: b.Pops, Spikes: b.Spikes}
	}
	return Traces(&x, &y)
}

// Traces compares two traces: their lengths where both are known, their
// spikes as Spikes does, and the probes that both have. Probes of only one
// trace are named in the explanation and do not make traces unequal. The
// first differing tick decides, in it population (by name), then index, then
// field: spike, payload, then probes by name.
func Traces(a, b *aer.Trace) Result {
	if a == nil {
		a = &aer.Trace{}
	}
	if b == nil {
		b = &aer.Trace{}
	}
	names := namesOf(a, b)
	w := walk{names: names, a: records(a, names), b: records(b, names)}
	w.ticks(a.Ticks, b.Ticks)
	w.spikes()
	w.probes = pairs(a, b, names)
	w.samples()
	r := Result{Equal: w.first == nil, First: w.first,
		SpikeDifferences: w.nSpike, PayloadDifferences: w.nPayload, SampleDifferences: w.nSample}
	r.Explanation = w.explain()
	return r
}

// Text writes the result for people, one line per fact.
func (r *Result) Text(w io.Writer) error {
	var s strings.Builder
	if r.Equal {
		s.WriteString("equal\n")
	} else {
		s.WriteString("different: " + r.First.String() + "\n")
	}
	for _, e := range r.Explanation {
		s.WriteString("  " + e + "\n")
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// String is the place in one line.
func (p *Place) String() string {
	s := fmt.Sprintf("tick %d", p.Tick)
	if p.Index >= 0 || p.Population != "" {
		s += fmt.Sprintf(", %s[%d]", p.Population, p.Index)
	}
	return s + fmt.Sprintf(", %s: a %s, b %s", p.Field, p.A, p.B)
}

// record is a spike with its population as a number that both traces share.
type record struct {
	tick         int64
	pop          int32 // place of the name among all names, ascending
	index, value int32
}

// key is everything of a record but its payload.
func (x record) compareKey(y record) int {
	return cmp.Or(cmp.Compare(x.tick, y.tick), cmp.Compare(x.pop, y.pop), cmp.Compare(x.index, y.index))
}

func (x record) compare(y record) int {
	return cmp.Or(x.compareKey(y), cmp.Compare(x.value, y.value))
}

// namesOf lists the population names of both traces and the empty name, which
// stands for populations outside the table, ascending.
func namesOf(a, b *aer.Trace) []string {
	names := append(append([]string{""}, a.Pops...), b.Pops...)
	slices.Sort(names)
	return slices.Compact(names)
}

// numbers maps the population table of a trace to places in names.
func numbers(pops, names []string) func(pop int32) int32 {
	at := make([]int32, len(pops))
	for i, p := range pops {
		k, _ := slices.BinarySearch(names, p)
		at[i] = int32(k)
	}
	return func(pop int32) int32 {
		if pop < 0 || int(pop) >= len(at) {
			return 0
		}
		return at[pop]
	}
}

func records(t *aer.Trace, names []string) []record {
	of := numbers(t.Pops, names)
	out := make([]record, len(t.Spikes))
	for i, s := range t.Spikes {
		out[i] = record{s.Tick, of(s.Pop), s.Index, s.Payload}
	}
	if !slices.IsSortedFunc(out, record.compare) {
		slices.SortFunc(out, record.compare)
	}
	return out
}

// walk is one comparison in progress.
type walk struct {
	names                     []string
	a, b                      []record
	probes                    []pair
	only                      []string // probes of one trace only, in words
	first                     *Place
	firstPop                  int32
	nSpike, nPayload, nSample int64
	last                      int64 // tick of the last difference
	lengths                   bool  // the runs have different lengths
}

// leads notes a difference and says whether it comes before the first one so
// far. Of one neuron and tick the difference that was noted first stays.
func (w *walk) leads(tick int64, pop, index int32) bool {
	w.last = max(w.last, tick)
	return w.first == nil || cmp.Or(cmp.Compare(tick, w.first.Tick), cmp.Compare(pop, w.firstPop), cmp.Compare(int(index), w.first.Index)) < 0
}

func (w *walk) ticks(a, b int64) {
	if a == b || a == 0 || b == 0 {
		return
	}
	w.lengths = true
	if t := min(a, b); w.leads(t, -1, -1) {
		w.first, w.firstPop = &Place{Tick: t, Index: -1, Field: "ticks", A: strconv.FormatInt(a, 10), B: strconv.FormatInt(b, 10)}, -1
	}
}

// spikes merges the two sorted lists, one neuron and tick at a time.
func (w *walk) spikes() {
	for i, j := 0, 0; i < len(w.a) || j < len(w.b); {
		c := 0
		switch {
		case j == len(w.b):
			c = -1
		case i == len(w.a):
			c = 1
		default:
			c = w.a[i].compareKey(w.b[j])
		}
		x, y := w.a[i:i], w.b[j:j]
		if c <= 0 {
			x = run(w.a[i:])
		}
		if c >= 0 {
			y = run(w.b[j:])
		}
		w.neuron(x, y)
		i, j = i+len(x), j+len(y)
	}
}

// run is the records at the start of list that share their key.
func run(list []record) []record {
	n := 1
	for n < len(list) && list[n].compareKey(list[0]) == 0 {
		n++
	}
	return list[:n]
}

// neuron compares the spikes of one neuron in one tick.
func (w *walk) neuron(x, y []record) {
	if slices.Equal(x, y) {
		return
	}
	at := x
	if len(x) == 0 {
		at = y
	}
	w.differ(at[0], x, y)
}

func (w *walk) differ(at record, x, y []record) {
	if len(x) != len(y) {
		w.nSpike++
	} else {
		w.nPayload++
	}
	if !w.leads(at.tick, at.pop, at.index) {
		return
	}
	p := &Place{Tick: at.tick, Population: w.names[at.pop], Index: int(at.index)}
	if len(x) != len(y) {
		p.Field, p.A, p.B = "spike", strconv.Itoa(len(x)), strconv.Itoa(len(y))
	} else {
		p.Field, p.A, p.B = "payload", payloads(x, y), payloads(y, x)
	}
	w.first, w.firstPop = p, at.pop
}

// payloads lists the payloads x of one neuron and tick. Of a long list, what
// it shares with y at its start is left out and only a few are shown.
func payloads(x, y []record) string {
	const limit = 8
	var s []string
	if len(x) > limit {
		s = append(s, "...")
		for len(x) > 1 && x[0] == y[0] {
			x, y = x[1:], y[1:]
		}
	}
	for _, r := range x[:min(len(x), limit)] {
		s = append(s, strconv.FormatInt(int64(r.value), 10))
	}
	if len(x) > limit {
		s = append(s, "...")
	}
	return strings.Join(s, " ")
}
