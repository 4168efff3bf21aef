package compiler

import (
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/compiler/graph"
)

// mostPool bounds the side of a pooling window that is looked for.
const mostPool = 16

// passTiers finds for every population the one convolution, behind a sum
// pooling, that all of its projections are.
func passTiers(u *Unit) error {
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.Src.Kind == graph.Input {
			continue
		}
		in := u.forward(k)
		if len(in) == 0 {
			u.lacks(p.Src, "input", "nothing drives the layer, and a core holds a convolution")
			continue
		}
		for i, q := range in {
			u.joinTier(k, i, q)
		}
		l := &u.tiers[k]
		if l.kernel == nil {
			continue
		}
		l.shape.Sources = len(in)
		if u.biased(k) {
			l.shape.Biases = l.shape.Out[0]
		}
		for _, q := range u.Net.Projs {
			if q.Pre == k {
				l.shape.Destinations++
			}
		}
		if err := u.tierRules(k); err != nil {
			return err
		}
	}
	return nil
}

// biased says that a layer stores drives.
func (u *Unit) biased(pop int) bool {
	for _, q := range u.forward(pop) {
		if q.Src.Bias != nil {
			return true
		}
	}
	return varies(u.Pops[pop].C, 0)
}

// joinTier reads projection number i into a population.
func (u *Unit) joinTier(pop, i int, q *Proj) {
	l, name := &u.tiers[pop], u.Pops[pop].Src.Name
	if i > 0 && l.kernel == nil {
		return
	}
	forms, ok := u.tierForms(q)
	if !ok {
		l.kernel = nil
		return
	}
	at := u.bestForm(forms)
	if i > 0 {
		same := slices.IndexFunc(forms, func(f tierForm) bool { return sameKernel(f.kernel, l.kernel) })
		if same < 0 {
			u.misfit(Misfit{name, -1, "kernels", int64(i + 1), 1, fmt.Sprintf("projection %q has other weights or another geometry than the first, and a layer has one convolution for all that it reads", q.Src.Name)})
			return
		}
		at = same
	}
	q.kernel = forms[at].kernel
	l.pools = append(l.pools, forms[at].pool)
	if i == 0 {
		l.kernel, l.shape = forms[at].kernel, forms[at].shape()
	}
}

// tierForm is one way to see a projection: a convolution of what a sum pooling
// with square windows leaves of its source.
type tierForm struct {
	kernel *graph.Kernel
	pool   int
}

func (f tierForm) shape() chip.TierShape {
	k := f.kernel
	return chip.TierShape{In: k.In, Out: k.Out, Window: k.Size, Stride: k.Stride, Pad: k.Pad, Dilation: k.Dilation, Groups: k.Groups, Pool: [2]int{f.pool, f.pool}}
}

// tierForms lists the forms of a projection, without pooling first.
func (u *Unit) tierForms(q *Proj) ([]tierForm, bool) {
	k, ok := u.wholeKernel(q)
	if !ok {
		return nil, false
	}
	forms := []tierForm{{k, 1}}
	if post := u.Net.Pops[q.Src.Post].Shape; q.Src.Kernel == nil && len(post) == 3 {
		if found := refold(k.W, k.In, [3]int(post)); found != nil {
			return found, true
		}
	}
	for p := 2; p <= mostPool; p++ {
		if small, ok := unpool(k, p); ok {
			forms = append(forms, tierForm{small, p})
		}
	}
	if q.Src.Kernel == nil && u.Net.Pops[q.Src.Pre].Kind == graph.Input {
		flat := *k // the host may number its inputs as channels
		flat.In, flat.Size = [3]int{k.Sources(), 1, 1}, [2]int{1, 1}
		forms = append(forms, tierForm{&flat, 1})
	}
	for _, f := range forms {
		if square, ok := squared(f.kernel); ok {
			forms = append(forms, tierForm{square, f.pool})
		}
	}
	return forms, true
}

// squared widens a window with zeros to a square, along an axis with one output
// position. Padding and stride follow, so that there is still one. A deviation:
// the vendor's tool refuses such layers.
func squared(k *graph.Kernel) (*graph.Kernel, bool) {
	a := 0
	if k.Size[1] < k.Size[0] {
		a = 1
	}
	side := k.Size[1-a]
	if k.Size[a] == side || k.Out[1+a] != 1 || k.Dilation[a] != 1 || len(k.W)/k.Size[a] > graph.MaxWeights/side {
		return nil, false
	}
	s := *k
	front := (side - k.Size[a] + 1) / 2
	s.Size[a], s.Pad[a], s.Stride[a] = side, k.Pad[a]+front, 1
	for k.In[1+a]+2*s.Pad[a]-side >= s.Stride[a] {
		s.Stride[a] *= 2
	}
	s.W = make([]float64, s.Weights())
	area := k.Size[0] * k.Size[1]
	for i, w := range k.W {
		at := [2]int{i % area / k.Size[1], i % k.Size[1]}
		at[a] += front
		s.W[i/area*side*side+at[0]*side+at[1]] = w
	}
	return &s, true
}

// bestForm is the form that breaks the fewest rules of the chip, the one with
// the fewest weights on a tie.
func (u *Unit) bestForm(forms []tierForm) int {
	best, least := 0, -1
	for i, f := range forms {
		broken, err := u.Family.Tiers.Breaches(f.shape())
		if n := len(broken); err == nil && (least < 0 || n < least || n == least && len(f.kernel.W) < len(forms[best].kernel.W)) {
			best, least = i, n
		}
	}
	return best
}

// wholeKernel is a projection as a convolution with gains: its kernel, or a
// window over the whole source for a matrix.
func (u *Unit) wholeKernel(q *Proj) (*graph.Kernel, bool) {
	p, pre := &u.Pops[q.Src.Post], u.Net.Pops[q.Src.Pre]
	if q.Src.Kernel == nil {
		in := u.tierPlane(q.Src.Pre)
		k := &graph.Kernel{In: in, Out: [3]int{p.Src.N, 1, 1}, Size: [2]int{in[1], in[2]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: make([]float64, len(q.w))}
		for i := range k.W {
			k.W[i] = q.weight(i/pre.N, i%pre.N, pre.N)
		}
		return k, true
	}
	k := *q.Src.Kernel
	if in := u.tierPlane(q.Src.Pre); pre.Kind != graph.Input && in != k.In {
		u.misfit(Misfit{p.Src.Name, -1, "shape", 1, 0, fmt.Sprintf("projection %q reads %v, its source is a layer of %v (channels, rows, columns), and a core's events carry those", q.Src.Name, k.In, in)})
		return nil, false
	}
	plane, per := k.Out[1]*k.Out[2], len(k.W)/k.Out[0]
	for i, g := range q.Gain {
		if g != q.Gain[i/plane*plane] {
			u.lacks(p.Src, "threshold per neuron", fmt.Sprintf("gains or thresholds differ within channel %d, and a layer has one kernel and one threshold", i/plane))
			return nil, false
		}
	}
	k.W = make([]float64, len(q.Src.Kernel.W))
	for i, w := range q.Src.Kernel.W {
		k.W[i] = q.Gain[i/per*plane] * w
	}
	return &k, true
}

// tierPlane is what a population is for those that read it: channels, rows and
// columns.
func (u *Unit) tierPlane(pop int) [3]int {
	p := u.Net.Pops[pop]
	if l := &u.tiers[pop]; l.kernel != nil {
		return l.kernel.Out
	}
	if len(p.Shape) == 3 {
		return [3]int(p.Shape)
	}
	return [3]int{p.N, 1, 1}
}

// unpool splits a kernel into a sum over windows of p x p and the convolution of
// those sums: its weights are the same all over such a window.
func unpool(k *graph.Kernel, p int) (*graph.Kernel, bool) {
	s := *k
	for a := range 2 {
		if k.Out[1+a] == 1 {
			s.Stride[a] = p // any: there is one position
		}
		reach := (k.Out[1+a]-1)*s.Stride[a] - k.Pad[a] + k.Size[a]
		if k.Size[a]%p != 0 || s.Stride[a]%p != 0 || k.Pad[a]%p != 0 || k.Dilation[a] != 1 || k.In[1+a] < p || k.In[1+a]%p != 0 && reach > k.In[1+a]/p*p {
			return nil, false
		}
		s.In[1+a], s.Size[a], s.Stride[a], s.Pad[a] = k.In[1+a]/p, k.Size[a]/p, s.Stride[a]/p, k.Pad[a]/p
	}
	s.W = make([]float64, 0, len(k.W)/(p*p))
	area := k.Size[0] * k.Size[1]
	for from := 0; from < len(k.W); from += area {
		for y := 0; y < k.Size[0]; y += p {
			for x := 0; x < k.Size[1]; x += p {
				w := k.W[from+y*k.Size[1]+x]
				for i := range p * p {
					if k.W[from+(y+i/p)*k.Size[1]+x+i%p] != w {
						return nil, false
					}
				}
				s.W = append(s.W, w)
			}
		}
	}
	return &s, true
}

func sameKernel(a, b *graph.Kernel) bool { return a.SameGeometry(b) && slices.Equal(a.W, b.W) }

// tierRules holds the shape of a layer against the chip and finds what it
// takes of a core's memories.
func (u *Unit) tierRules(pop int) error {
	l, t := &u.tiers[pop], u.Family.Tiers
	broken, err := t.Breaches(l.shape)
	if err != nil {
		return err
	}
	for _, b := range broken {
		have, because := b.Rule.Max, b.Rule.Source
		if len(b.Rule.Of) > 0 {
			have = slices.Max(b.Rule.Of)
			because = fmt.Sprintf("one of %v: %s", b.Rule.Of, because)
		}
		u.misfit(Misfit{u.Pops[pop].Src.Name, -1, b.Rule.Name, b.Need, have, because})
	}
	l.needs, err = t.Needs(l.shape)
	return err
}
