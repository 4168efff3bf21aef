package nir

import (
	"fmt"
	"math"
	"slices"

	"hillock/compiler/graph"
)

// term is a path from a population to where we are: a matrix and a delay.
type term struct {
	src   int // node index of the population
	ticks int
	m     matrix
	via   string // name for the projection
}

// form is the value at a node: terms plus a constant.
type form struct {
	terms []term
	bias  []float64 // nil = none
}

// maxTerms bounds the paths that meet in one node and cannot be added into one
// matrix or kernel.
const maxTerms = 64

// folder evaluates the linear nodes between populations.
type folder struct {
	*flat
	read  *settled
	forms []form
	spent int
}

// fold gives the form of every node that is not a population, and of every
// population its own identity.
func fold(d *flat, r *settled) ([]form, error) {
	f := &folder{flat: d, read: r, forms: make([]form, len(d.nodes))}
	inLinear := make([]int, len(d.nodes)) // preds that still have no form
	var ready []int
	for _, i := range d.order {
		n := d.nodes[i]
		if n.source() {
			if err := f.spend(n.name, n.out); err != nil {
				return nil, err
			}
			f.forms[i] = form{terms: []term{{src: i, m: ones(n.out)}}}
		}
		for _, u := range n.preds {
			if !d.nodes[u].source() {
				inLinear[i]++
			}
		}
		if !n.source() && inLinear[i] == 0 {
			ready = append(ready, i)
		}
	}
	for k := 0; k < len(ready); k++ {
		i := ready[k]
		if err := f.eval(i); err != nil {
			return nil, err
		}
		for _, s := range d.nodes[i].succs {
			if inLinear[s]--; inLinear[s] == 0 && !d.nodes[s].source() {
				ready = append(ready, s)
			}
		}
	}
	for _, i := range d.order {
		if n := d.nodes[i]; !n.source() && inLinear[i] > 0 {
			return nil, d.fail(n.name, "edges", "a neuron in every cycle", "a cycle of "+n.Type+" and other linear nodes only")
		}
	}
	return f.forms, nil
}

// source reports whether the node is a population: an input or a neuron.
func (n *flatNode) source() bool {
	return n.class == spiking || n.class == reading || n.rooted && n.Type == "Input"
}

// spend bounds the numbers made while folding.
func (f *folder) spend(node string, n int) error {
	if f.spent += n; f.spent > graph.MaxWeights || n > graph.MaxWeights {
		return f.fail(node, "weight", fmt.Sprintf("at most %d matrix entries while folding", graph.MaxWeights), fmt.Sprintf("%d or more", f.spent))
	}
	return nil
}

// gather sums the forms of the predecessors of a node; terms of one source and
// delay become one, but for kernels beside anything but their like.
func (f *folder) gather(i int) (form, error) {
	var all form
	n := f.nodes[i]
	for _, u := range n.preds {
		for _, t := range f.forms[u].terms {
			if len(all.terms) > maxTerms {
				return all, f.fail(n.name, "edges", fmt.Sprintf("at most %d different paths into it", maxTerms), "more")
			}
			k := slices.IndexFunc(all.terms, func(o term) bool { return o.src == t.src && o.ticks == t.ticks && o.m.joins(t.m) })
			if k < 0 {
				all.terms = append(all.terms, t)
				continue
			}
			if err := f.spend(n.name, all.terms[k].m.plusSize(t.m)); err != nil {
				return all, err
			}
			all.terms[k].m = all.terms[k].m.plus(t.m)
			all.terms[k].via = joinVia(all.terms[k].via, "|", t.via)
		}
		all.bias = sum(all.bias, f.forms[u].bias)
	}
	return all, f.spend(n.name, len(all.bias)+16*len(all.terms))
}

// joinVia joins the names of a path, as long as they stay short.
func joinVia(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	if len(a)+len(b) > 200 {
		return a
	}
	return a + sep + b
}

// eval computes the form of one linear node.
func (f *folder) eval(i int) error {
	n := f.nodes[i]
	in, err := f.gather(i)
	if err != nil {
		return err
	}
	if n.class != pass {
		for k := range in.terms {
			in.terms[k].via = joinVia(in.terms[k].via, ">", n.name)
		}
	}
	switch n.Type {
	case "Affine", "Linear":
		in, err = f.matrixNode(n, in)
	case "Scale":
		in, err = f.scaleNode(n, in)
	case "Delay":
		in, err = f.delayNode(n, in)
	case "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d":
		in, err = f.windowNode(n, in)
	}
	f.forms[i] = in
	return err
}

// matrixNode applies W x + b.
func (f *folder) matrixNode(n *flatNode, in form) (form, error) {
	w := n.values("weight")
	wp, _ := n.Param("weight")
	if lead, _ := product(wp.Dims[:len(wp.Dims)-2]); lead != 1 {
		return in, f.fail(n.name, "weight", "one matrix (rows, columns)", fmt.Sprintf("shape %v: a batch of %d", wp.Dims, lead))
	}
	for k, t := range in.terms {
		if err := f.spend(n.name, n.out*t.m.cols); err != nil {
			return in, err
		}
		if err := f.work(n.name, t.m.synapses(), n.out); err != nil {
			return in, err
		}
		in.terms[k].m = t.m.times(w, n.out)
	}
	if in.bias != nil {
		in.bias = matrix{rows: n.in, cols: 1, dense: in.bias}.times(w, n.out).dense
	}
	if n.Type == "Affine" {
		b, _ := n.spread("bias", n.out)
		in.bias = sum(in.bias, b)
	}
	return in, nil
}

// scaleNode applies s * x.
func (f *folder) scaleNode(n *flatNode, in form) (form, error) {
	s, _ := n.spread("scale", n.in)
	for k, t := range in.terms {
		if err := f.spend(n.name, t.m.scaledSize(s)); err != nil {
			return in, err
		}
		in.terms[k].m = t.m.scaled(s)
	}
	if in.bias != nil {
		in.bias = matrix{rows: n.in, cols: 1, dense: in.bias}.scaled(s).dense
	}
	return in, nil
}

// delayNode adds ticks; elements of different delay become terms of their own.
func (f *folder) delayNode(n *flatNode, in form) (form, error) {
	seconds, _ := n.spread("delay", n.in)
	ticks, distinct := make([]int, n.in), []int(nil)
	for i, s := range seconds {
		exact := s / f.read.dt
		t := math.Round(exact)
		if !(t >= 0 && t <= graph.MaxDelay) {
			return in, f.fail(n.name, fmt.Sprintf("delay[%d]", i), fmt.Sprintf("0 to %d steps of %g s", graph.MaxDelay, f.read.dt), fmt.Sprintf("%g s", s))
		}
		if math.Abs(exact-t) > 1e-6*max(1, t) {
			f.read.rounded(n.name, i, s, int(t))
		}
		ticks[i] = int(t)
		if !slices.Contains(distinct, int(t)) {
			distinct = append(distinct, int(t))
		}
	}
	slices.Sort(distinct)
	if in.bias != nil && distinct[len(distinct)-1] > 0 {
		f.say("node %q: a constant passes the delay, taken to act from the first tick on", n.name)
	}
	if len(distinct) == 1 {
		for k := range in.terms {
			in.terms[k].ticks += distinct[0]
		}
		return in, nil
	}
	out := form{bias: in.bias}
	for _, t := range in.terms {
		for _, d := range distinct {
			keep := make([]float64, n.in)
			for i := range keep {
				if ticks[i] == d {
					keep[i] = 1
				}
			}
			if err := f.spend(n.name, t.m.scaledSize(keep)+n.in); err != nil {
				return in, err
			}
			out.terms = append(out.terms, term{src: t.src, ticks: t.ticks + d, m: t.m.scaled(keep), via: fmt.Sprintf("%s@%d", t.via, d)})
		}
	}
	return out, nil
}

// spread gives a field for n elements: as stored, or one value for all.
func (n *Node) spread(name string, size int) (v []float64, ok bool) {
	p, ok := n.Param(name)
	if !ok {
		return make([]float64, size), false
	}
	if len(p.Values) == 1 && size != 1 {
		v = make([]float64, size)
		for i := range v {
			v[i] = p.Values[0]
		}
		return v, true
	}
	return slices.Clone(p.Values), true
}
