package diff

import (
	"fmt"
	"slices"
	"strconv"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/why"
)

// RunOptions say how two images are run for a comparison.
type RunOptions struct {
	Events *aer.Stream // input of both, nil = none
	Name   string      // of the events' file, for errors
	Ticks  int64       // 0 = as long as the events and the deeper network need
	Spikes bool        // compare spikes only, no state words
	Chip   chip.Options
}

// RunResult is the comparison of two images run with the same input.
type RunResult struct {
	Result
	Ticks      int64           `json:"ticks"`
	Neurons    int             `json:"neurons"`    // that differ in the first differing tick
	Arithmetic *why.Comparison `json:"arithmetic"` // of the first neuron that differs; nil if it is not in both
}

// Runs runs two images side by side and finds the first tick, neuron and field
// that differ: the spike, its payload, or a state word after the tick. Neurons
// are matched by population name and index, state words by name if both images
// name them and else by number, so the mapping may differ. The arithmetic of
// the first neuron is explained from the state before that tick.
func Runs(a, b *chip.Image, o RunOptions) (*RunResult, error) {
	r := &runs{o: o, img: [2]*chip.Image{a, b}}
	if err := r.open(); err != nil {
		return nil, err
	}
	r.pairs()
	for t := int64(0); t < r.ticks || r.goesOn(t); t++ {
		for k := range r.m {
			if err := r.m[k].Run(1, r.in[k].Source, r.rec[k].Tick); err != nil {
				return nil, fmt.Errorf("%s: %w", letter(k), err)
			}
		}
		if r.first == nil {
			r.compare(t)
		}
		r.ticks = max(r.ticks, t+1)
	}
	return r.result()
}

func letter(k int) string { return [...]string{"a", "b"}[k] }

// runs is one comparison in progress.
type runs struct {
	o       RunOptions
	img     [2]*chip.Image
	m       [2]*chip.Machine
	in      [2]*chip.Schedule
	rec     [2]*chip.Recorder
	ticks   int64
	neurons []neuronPair // by population name, then index
	only    []string     // populations of one image, in words
	first   *Place
	at      neuronPair // of first
	count   int
}

// neuronPair is one neuron in both images.
type neuronPair struct {
	pop   [2]int
	index int
	site  [2]chip.Site
	words *[][2]int // state words that are compared; of cores without ticks, fields
}

func (r *runs) open() error {
	r.ticks = r.o.Ticks
	for k := range r.img {
		var n int64
		var err error
		if r.in[k], n, err = chip.Plan(r.img[k], r.o.Events, r.o.Name); err != nil {
			return fmt.Errorf("%s: %w", letter(k), err)
		}
		if r.o.Ticks == 0 && r.o.Events != nil {
			r.ticks = max(r.ticks, n+r.img[k].Depth())
		}
		if r.m[k], err = chip.New(r.img[k], r.o.Chip); err != nil {
			return fmt.Errorf("%s: %w", letter(k), err)
		}
		r.rec[k] = chip.NewRecorder(r.img[k], true)
	}
	if r.ticks < 1 {
		return fmt.Errorf("diff: no events and no number of ticks: nothing to run")
	}
	return nil
}

// pairs matches the neurons of both images.
func (r *runs) pairs() {
	var names []string
	number := [2]map[string]int{{}, {}} // looked up only
	for k, img := range r.img {
		for p, pop := range img.Pops {
			if !pop.Input {
				names = append(names, pop.Name)
				number[k][pop.Name] = p
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		a, inA := number[0][name]
		b, inB := number[1][name]
		switch {
		case !inA || !inB:
			k := 0
			if inB {
				k = 1
			}
			r.only = append(r.only, fmt.Sprintf("population %s is only in %s; its state was not compared", name, letter(k)))
			continue
		case r.img[0].Pops[a].N != r.img[1].Pops[b].N:
			r.only = append(r.only, fmt.Sprintf("population %s has %d neurons in a and %d in b", name, r.img[0].Pops[a].N, r.img[1].Pops[b].N))
		}
		r.population(a, b)
	}
}

func (r *runs) population(a, b int) {
	var known []groupPair
	x, y := r.img[0].Sites(a), r.img[1].Sites(b)
	for i := range min(len(x), len(y)) {
		if x[i].Core < 0 || y[i].Core < 0 {
			continue
		}
		p := neuronPair{pop: [2]int{a, b}, index: i, site: [2]chip.Site{x[i], y[i]}}
		p.words = r.wordsOf(&known, p.site)
		r.neurons = append(r.neurons, p)
	}
}

// groupPair caches the matched state words of two groups.
type groupPair struct {
	core, group [2]int
	words       *[][2]int
}

func (r *runs) wordsOf(known *[]groupPair, at [2]chip.Site) *[][2]int {
	key := groupPair{core: [2]int{at[0].Core, at[1].Core}, group: [2]int{at[0].Group, at[1].Group}}
	for _, g := range *known {
		if g.core == key.core && g.group == key.group {
			return g.words
		}
	}
	key.words = &[][2]int{}
	switch x, y := r.event(0, at[0]), r.event(1, at[1]); {
	case r.o.Spikes || (x == nil) != (y == nil):
	case x != nil:
		*key.words = fieldPairs(x, y)
	default:
		a := &r.img[0].Cores[at[0].Core].Image.Groups[at[0].Group]
		b := &r.img[1].Cores[at[1].Core].Image.Groups[at[1].Group]
		named := len(a.Words) > 0 && len(b.Words) > 0
		for w := range a.State {
			v := w
			if named {
				v = slices.Index(b.Words, a.Words[w])
			}
			if v >= 0 && v < len(b.State) {
				*key.words = append(*key.words, [2]int{w, v})
			}
		}
	}
	*known = append(*known, key)
	return key.words
}

// compare looks at every neuron after a tick.
func (r *runs) compare(t int64) {
	var out [2]map[[2]int32]int32 // payload by population and index; looked up only
	for k := range out {
		out[k] = map[[2]int32]int32{}
		for _, s := range r.rec[k].Last() {
			out[k][[2]int32{s.Pop, s.Index}] = s.Payload
		}
	}
	for _, p := range r.neurons {
		field, a, b := r.field(&p, &out)
		if field == "" {
			continue
		}
		if r.count++; r.first == nil {
			r.at = p
			r.first = &Place{Tick: t, Population: r.img[0].Pops[p.pop[0]].Name, Index: p.index, Field: field, A: a, B: b}
		}
	}
}

// field is the first field of a neuron that differs, "" if none does.
func (r *runs) field(p *neuronPair, out *[2]map[[2]int32]int32) (field, a, b string) {
	var fired [2]bool
	var payload [2]int32
	for k := range fired {
		payload[k], fired[k] = out[k][[2]int32{int32(p.pop[k]), int32(p.index)}]
	}
	number := func(b bool) string {
		if b {
			return "1"
		}
		return "0"
	}
	switch {
	case fired[0] != fired[1]:
		return "spike", number(fired[0]), number(fired[1])
	case payload[0] != payload[1]:
		return "payload", strconv.Itoa(int(payload[0])), strconv.Itoa(int(payload[1]))
	}
	if r.event(0, p.site[0]) != nil {
		return r.eventField(p)
	}
	for _, w := range *p.words {
		var v [2]int32
		for k, at := range p.site {
			v[k] = r.m[k].Core(at.Core).State.Words[at.Group][w[k]][at.Lane]
		}
		if v[0] != v[1] {
			at := p.site[0]
			return why.WordName(&r.img[0].Cores[at.Core].Image.Groups[at.Group], w[0]), strconv.Itoa(int(v[0])), strconv.Itoa(int(v[1]))
		}
	}
	return "", "", ""
}

func (r *runs) result() (*RunResult, error) {
	var t [2]*aer.Trace
	for k := range t {
		t[k] = &aer.Trace{Pops: r.rec[k].Names(), Spikes: r.rec[k].Spikes, Ticks: r.ticks}
	}
	out := &RunResult{Result: Traces(t[0], t[1]), Ticks: r.ticks, Neurons: r.count}
	if r.first == nil || out.First != nil && out.First.Tick < r.first.Tick {
		if r.first == nil && out.First == nil {
			out.Explanation = append(out.Explanation, r.agreement())
		}
		out.Explanation = append(out.Explanation, r.only...)
		return out, nil
	}
	out.Equal, out.First = false, r.first
	out.Explanation = r.words(out)
	if r.img[0].Ticks() == r.img[1].Ticks() {
		c, err := r.explain()
		if err != nil {
			return nil, err
		}
		out.Arithmetic = c
		out.Explanation = append(out.Explanation, c.Text()...)
	}
	out.Explanation = append(out.Explanation, r.only...)
	return out, nil
}

func (r *runs) agreement() string {
	if r.o.Spikes || r.img[0].Ticks() != r.img[1].Ticks() {
		return "state words were not compared"
	}
	return fmt.Sprintf("%s: the same state words after each of %s", plural(int64(len(r.neurons)), "neuron"), plural(r.ticks, "tick"))
}

// words introduces the first difference and counts what follows.
func (r *runs) words(x *RunResult) []string {
	w := walk{first: r.first}
	before := fmt.Sprintf("before tick %d no state word and no spike differs", r.first.Tick)
	if r.o.Spikes {
		before = fmt.Sprintf("before tick %d no spike differs", r.first.Tick)
	}
	if r.first.Tick == 0 {
		before = "the runs differ in their first tick"
	}
	out := []string{before, w.what(), fmt.Sprintf("in that tick %s", verb(r.count, "neuron differs", "neurons differ"))}
	return append(out, fmt.Sprintf("in all %s, spikes differ at %s and payloads at %s", plural(r.ticks, "tick"),
		plural(x.SpikeDifferences, "place"), plural(x.PayloadDifferences, "place")))
}

func verb(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// explain runs both images again, up to the tick of the first difference.
func (r *runs) explain() (*why.Comparison, error) {
	var s [2]*why.Story
	for k := range s {
		m, err := chip.New(r.img[k], r.o.Chip)
		if err != nil {
			return nil, err
		}
		if err := m.Run(r.first.Tick, r.in[k].Source, nil); err != nil {
			return nil, err
		}
		if s[k], err = why.Tell(m, r.at.pop[k], r.at.index, r.in[k].At(r.first.Tick)); err != nil {
			return nil, err
		}
	}
	return why.Compare(s[0], s[1]), nil
}
