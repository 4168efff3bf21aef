package nir

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hillock/compiler/graph"
)

// ToNetwork gives the network of a file with exact discrete-time meaning. What
// the file leaves open is decided by the options, or else by an assumption,
// listed in the result; with Options.Strict an assumption is an error.
func ToNetwork(f *File, o Options) (*graph.Network, error) {
	if f == nil || f.Root == nil {
		return nil, fmt.Errorf("nir: no file")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	d, err := dissolve(f)
	if err != nil {
		return nil, err
	}
	s, err := settle(d, o)
	if err != nil {
		return nil, err
	}
	forms, err := fold(d, s)
	if err != nil {
		return nil, err
	}
	b := &builder{flat: d, read: s, forms: forms, net: &graph.Network{Name: f.Name}}
	if err := b.populations(); err != nil {
		return nil, err
	}
	if err := b.projections(); err != nil {
		return nil, err
	}
	b.assumeRules()
	b.net.Assumptions = s.assumed
	b.provenance()
	if o.Strict && len(s.assumed) > 0 {
		return nil, strictError(f.Name, s.assumed)
	}
	return b.net, b.net.Validate()
}

// strictError lists what would have been assumed.
func strictError(name string, as []graph.Assumption) error {
	var list []string
	for _, a := range as {
		list = append(list, fmt.Sprintf("%s = %s (%s; set %s)", a.What, a.Value, a.Why, a.Flag))
	}
	return fmt.Errorf("nir: %s: strict: need everything stated, have %d assumed: %s", name, len(as), strings.Join(list, "; "))
}

// builder makes the network from the forms.
type builder struct {
	*flat
	read    *settled
	forms   []form
	net     *graph.Network
	made    []int       // node index of each population
	pop     map[int]int // node index to population
	entries int         // matrix entries so far
}

// populations makes all populations in their final order.
func (b *builder) populations() error {
	made := map[int]*graph.Population{}
	var nodes []int
	for _, i := range b.order {
		p, err := b.populationAt(i, made)
		if err != nil {
			return err
		}
		if p != nil {
			made[i] = p
			nodes = append(nodes, i)
		}
	}
	local := make(map[int]int, len(nodes))
	for k, i := range nodes {
		local[i] = k
	}
	preds := make([][]int, len(nodes))
	for k, i := range nodes {
		for _, in := range b.feeding(i) {
			for _, t := range in.terms {
				if u := local[t.src]; !slices.Contains(preds[k], u) {
					preds[k] = append(preds[k], u)
				}
			}
		}
	}
	order, _ := arrange(preds)
	b.pop = make(map[int]int, len(nodes))
	for at, k := range order {
		b.pop[nodes[k]] = at
		b.made = append(b.made, nodes[k])
		b.net.Pops = append(b.net.Pops, made[nodes[k]])
	}
	return nil
}

// populationAt makes the population of one node, nil if it needs none.
func (b *builder) populationAt(i int, made map[int]*graph.Population) (*graph.Population, error) {
	n := b.nodes[i]
	switch {
	case n.class == spiking || n.class == reading:
		return b.read.population(b.flat, n)
	case !n.rooted:
		return nil, nil
	case n.Type == "Input":
		return &graph.Population{Name: n.name, Kind: graph.Input, N: n.out, Shape: slices.Clone(n.leaves), Reset: graph.ResetNone}, nil
	}
	f := b.forms[i]
	if len(f.terms) == 1 && f.bias == nil {
		t := f.terms[0]
		if p := made[t.src]; p != nil && t.via == "" && t.ticks == 0 && len(t.m.diag) == p.N && t.m.diag[0] == 1 {
			p.Output = true
			return nil, nil
		}
	}
	for _, t := range f.terms {
		if src := b.nodes[t.src]; src.class == reading {
			return nil, b.fail(n.name, "edges", "one node behind an Output if it is a "+src.Type, fmt.Sprintf("%q and others", src.name))
		}
	}
	b.say("node %q: fed by linear nodes, read as their value of the tick without memory", n.name)
	p := &graph.Population{Name: n.name, Kind: graph.Readout, N: n.in, Shape: slices.Clone(n.enters), Reset: graph.ResetNone, Output: true}
	p.AJ, p.GJ, p.AV, p.GV = make([]float64, n.in), filled(n.in, 1), make([]float64, n.in), filled(n.in, 1)
	p.C = make([]float64, n.in)
	return p, nil
}

// feeding gives the forms that enter a population, one per edge.
func (b *builder) feeding(i int) []form {
	var in []form
	for _, u := range b.nodes[i].preds {
		in = append(in, b.forms[u])
	}
	return in
}

// projections makes all projections, by target, then source, then name.
func (b *builder) projections() error {
	var lagging []string
	for post, i := range b.made {
		var here []*graph.Projection
		for _, in := range b.feeding(i) {
			for k, t := range in.terms {
				q, late, err := b.projection(b.pop[t.src], post, t)
				if err != nil {
					return err
				}
				if k == 0 {
					q.Bias = slices.Clone(in.bias)
				}
				if late {
					lagging = append(lagging, q.Name)
				}
				here = append(here, q)
			}
		}
		slices.SortStableFunc(here, func(p, q *graph.Projection) int {
			return cmp.Or(cmp.Compare(p.Pre, q.Pre), natural(p.Name, q.Name), cmp.Compare(p.Delay, q.Delay))
		})
		b.net.Projs = append(b.net.Projs, here...)
	}
	if len(lagging) > 0 && !b.read.given {
		b.read.assume("recurrent", "one tick old", fmt.Sprintf("the file does not say how old recurrent spikes are (%s)", few(lagging)), "--dialect")
	}
	return nil
}

// projection makes one projection; late reports a recurrent one whose age the
// file does not give.
func (b *builder) projection(pre, post int, t term) (q *graph.Projection, late bool, err error) {
	from, to := b.net.Pops[pre], b.net.Pops[post]
	q = &graph.Projection{Name: t.via, Pre: pre, Post: post, Delay: t.ticks}
	if q.Name == "" {
		q.Name = from.Name + "->" + to.Name
	}
	if t.ticks > graph.MaxDelay {
		return nil, false, b.fail(to.Name, "delay", fmt.Sprintf("at most %d ticks on a path", graph.MaxDelay), fmt.Sprintf("%d from %q", t.ticks, from.Name))
	}
	if pre >= post {
		q.Recurrent = true
		if late = t.ticks == 0; !late {
			q.Delay--
			b.say("%s: the recurrent edge already costs one tick of its delay of %d", q.Name, t.ticks)
		}
	}
	m := t.m
	if m.diag != nil && from.N > maxDiagonal {
		m = matrix{rows: m.rows, cols: m.cols, kernel: pointwise(m.diag)}
	}
	size := from.N * to.N
	if m.kernel != nil {
		size = m.size()
	}
	if size > graph.MaxWeights-b.entries {
		return nil, false, b.fail(to.Name, "edges", fmt.Sprintf("at most %d matrix entries in all", graph.MaxWeights), fmt.Sprintf("%d more from %q", size, from.Name))
	}
	b.entries += size
	if m.kernel != nil {
		q.Kernel = m.kernel
		return q, late, nil
	}
	q.W = slices.Clone(m.full())
	return q, late, nil
}

// maxDiagonal is the most neurons that are joined one to one by a matrix; more
// are joined by a kernel with a channel of its own for each.
const maxDiagonal = 1 << 10

// pointwise is the kernel of a diagonal.
func pointwise(diag []float64) *graph.Kernel {
	n := len(diag)
	one := [2]int{1, 1}
	return &graph.Kernel{In: [3]int{n, 1, 1}, Out: [3]int{n, 1, 1}, Size: one, Stride: one, Dilation: one, Groups: n, W: slices.Clone(diag)}
}

// few lists at most four names.
func few(names []string) string {
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + fmt.Sprintf(" and %d more", len(names)-4)
	}
	return strings.Join(names, ", ")
}

// assumeRules says what was assumed about spike and reset.
func (b *builder) assumeRules() {
	s := b.read
	type rule struct {
		reset graph.Reset
		why   string
	}
	var rules []rule
	nodes := map[rule][]string{}
	euler, plain := false, false
	for _, i := range b.made {
		n := b.nodes[i]
		euler = euler || strings.HasPrefix(n.Type, "L") || strings.HasPrefix(n.Type, "Cuba")
		if n.class != spiking {
			continue
		}
		plain = true
		if n.Type == "Threshold" {
			continue
		}
		reset, why := s.resetOf(n)
		r := rule{reset, why}
		if nodes[r] == nil {
			rules = append(rules, r)
		}
		nodes[r] = append(nodes[r], n.name)
	}
	if euler && !s.given && s.name == "nir" {
		s.assume("update", "Euler", "the file gives continuous equations and no rule for the step", "--dialect")
	}
	if s.opts.Reset == "" && (!s.given || s.asks) {
		for _, r := range rules {
			s.assume("reset", resetName(r.reset), s.resetWhy(r.why, nodes[r]), "--reset")
		}
	}
	if plain && s.opts.Compare == "" && !s.given {
		s.assume("compare", compareName(s.atEqual()), "the file does not say whether v = threshold spikes", "--compare")
	}
	if plain && !s.given && s.name != "nir" && s.name != "snntorch" {
		if s.opts.Multispike == "" && s.multi {
			s.assume("multispike", "on", "the rule of the "+s.name+" dialect", "--multispike")
		}
		if s.opts.Floor == "" && s.dialect.floor != "" {
			s.assume("floor", s.dialect.floor, "the rule of the "+s.name+" dialect", "--floor")
		}
	}
}

// resetWhy completes the reason of a reset.
func (s *settled) resetWhy(why string, nodes []string) string {
	why = few(nodes) + ": " + why
	if s.asks && !s.given {
		return why + "; but the tool recognised here (" + s.name + ") writes the same for every reset, and its default is subtract-late"
	}
	if s.asks {
		return why + " (its default; the setting is not exported)"
	}
	return why + ", taken in the same tick"
}

// resetName is the option value of a reset.
func resetName(r graph.Reset) string {
	for _, name := range []string{"zero", "subtract", "zero-late", "subtract-late"} {
		if resets[name] == r {
			return name
		}
	}
	return "none"
}

// compareName is the option value of a comparison.
func compareName(ge bool) string {
	if ge {
		return "ge"
	}
	return "gt"
}

// provenance writes the decisions, the file first.
func (b *builder) provenance() {
	v := b.file.Version
	if v == "" {
		v = "unknown"
	}
	s := b.read
	lines := []string{
		fmt.Sprintf("%s: NIR, format version %s, %d nodes", b.file.Name, v, len(b.nodes)),
		fmt.Sprintf("dialect %s (%s), %g s per tick", s.name, s.source(), s.dt),
	}
	lines = append(lines, b.file.Notices...)
	lines = append(lines, b.remark...)
	for _, a := range s.assumed {
		lines = append(lines, fmt.Sprintf("assumed: %s = %s: %s", a.What, a.Value, a.Why))
	}
	b.net.Provenance = lines
}

// source says where the dialect comes from.
func (s *settled) source() string {
	switch {
	case s.given:
		return "given"
	case s.why != "":
		return s.why
	}
	return "no exporter recognised"
}
