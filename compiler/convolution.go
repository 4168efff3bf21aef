package compiler

import (
	"fmt"
	"slices"
	"strings"

	"hillock/compiler/graph"
	"hillock/core"
)

// Limits of kernels: beyond maxUnrolled entries one is not turned into a
// matrix; beyond maxSynapses one is refused; beyond the others one is not stored as such but as lists, because a
// core's image bounds its geometry and its walks.
const (
	maxUnrolled   = 1 << 24
	maxSynapses   = 1 << 34 // of one kernel: more could not be counted in a reasonable time
	maxStoredSide = 1 << 24
	maxStoredWalk = 1 << 28
)

// foldKernel puts the gains of the targets into a kernel's weights. A kernel
// has one weight for all positions of a channel, so gains that differ within a
// channel make it a matrix.
func (u *Unit) foldKernel(q *Proj) {
	k := q.Src.Kernel
	if k == nil {
		return
	}
	plane := k.Out[1] * k.Out[2]
	for i, g := range q.Gain {
		if g != q.Gain[i/plane*plane] {
			u.unroll(q)
			return
		}
	}
	folded := *k
	folded.W = make([]float64, len(k.W))
	per := len(k.W) / k.Out[0]
	for i, w := range k.W {
		folded.W[i] = q.Gain[i/per*plane] * w
	}
	q.kernel = &folded
	q.stored = u.storesKernel(k)
}

// unroll makes the matrix of a kernel, if it is not too large; else the gains
// of one position stand for the channel, and a misfit says so.
func (u *Unit) unroll(q *Proj) {
	k := q.Src.Kernel
	name := u.Net.Pops[q.Src.Post].Name
	if n := k.Sources() * k.Targets(); n > maxUnrolled {
		u.misfit(Misfit{name, -1, "kernel as matrix", int64(n), maxUnrolled, fmt.Sprintf("the gains or thresholds of its neurons differ within a channel, so the kernel of %q cannot be shared", q.Src.Name)})
		plane := k.Out[1] * k.Out[2]
		for i := range q.Gain {
			q.Gain[i] = q.Gain[i/plane*plane]
		}
		u.foldKernel(q)
		return
	}
	q.w = make([]float64, k.Sources()*k.Targets())
	for j := range k.Sources() {
		k.Each(j, func(target, weight int) { q.w[target*k.Sources()+j] = k.W[weight] })
	}
	u.note("%s: the gains of its neurons differ within a channel, so the kernel of %q is stored as a matrix", name, q.Src.Name)
}

// storesKernel says that the chip keeps a kernel as it is.
func (u *Unit) storesKernel(k *graph.Kernel) bool {
	if !slices.Contains(strings.Fields(strategy(u.Family, "synapse_forms")), "kernel") {
		return false
	}
	side := k.Size[0] * k.Size[1] * k.Stride[0] * k.Stride[1] // each at most 2^20
	for _, n := range [...]int{side, k.Dilation[0] * k.Dilation[1] * k.Size[0], max(k.Pad[0], k.Pad[1]), k.Sources(), k.Targets(), len(k.W)} {
		if n > maxStoredSide || n < 0 {
			return false
		}
	}
	walk := k.Size[0] * k.Size[1] * (k.Out[0] / k.Groups)
	return side*k.Dilation[0]*k.Dilation[1] <= maxStoredSide && k.Sources()*walk <= maxStoredWalk
}

// each visits weights with their gains until visit returns false: all of a
// matrix, each weight of a kernel once per distinct gain in a row of targets.
func (q *Proj) each(visit func(w float64) bool) {
	k := q.Src.Kernel
	switch {
	case q.kernel != nil:
		for _, w := range q.kernel.W {
			if !visit(w) {
				return
			}
		}
	case q.w == nil && k != nil:
		plane, per := k.Out[1]*k.Out[2], len(k.W)/k.Out[0]
		for i, g := range q.Gain {
			if i%plane > 0 && g == q.Gain[i-1] {
				continue
			}
			for _, w := range k.W[i/plane*per : (i/plane+1)*per] {
				if !visit(g * w) {
					return
				}
			}
		}
	default:
		nPre := len(q.w) / len(q.Gain)
		for i := range q.Gain {
			for j := range nPre {
				if !visit(q.weight(i, j, nPre)) {
					return
				}
			}
		}
	}
}

// addWindows adds the worst case of a whole window to every target: exact
// inside, too much at borders whose windows hang over the source.
func (q *Proj) addWindows(pos, neg []float64) {
	k := q.kernel
	plane, per := k.Out[1]*k.Out[2], len(k.W)/k.Out[0]
	for c := range k.Out[0] {
		p, n := 0.0, 0.0
		for _, w := range k.W[c*per : (c+1)*per] {
			p, n = p+max(w, 0), n-min(w, 0)
		}
		for i := c * plane; i < (c+1)*plane; i++ {
			pos[i], neg[i] = pos[i]+p, neg[i]+n
		}
	}
}

// synapses is the number of logical synapses whose weight is not 0.
func (q *Proj) synapses() int64 {
	n := q.stores
	if q.raw != nil {
		return int64(len(q.raw.mant))
	}
	k := q.kernel
	for i, m := range q.Mant {
		switch {
		case m == 0:
		case k == nil:
			n++
		default:
			n += uses(k, 0, i/k.Size[1]%k.Size[0]) * uses(k, 1, i%k.Size[1])
		}
	}
	return n
}

// uses is how many output coordinates of an axis read a source coordinate
// through a window position.
func uses(k *graph.Kernel, axis, window int) int64 {
	// 0 <= o*stride - pad + window*dilation < in
	off := window*k.Dilation[axis] - k.Pad[axis]
	s := k.Stride[axis]
	lo := max(-off+s-1, 0) / s
	hi := k.In[1+axis] - 1 - off
	if hi < 0 {
		return 0
	}
	return int64(max(min(hi/s, k.Out[1+axis]-1)-lo+1, 0))
}

// convolved says that a kernel leads into a population.
func (u *Unit) convolved(pop int) bool {
	return slices.ContainsFunc(u.into(pop), func(q *Proj) bool { return q.kernel != nil })
}

// suspects are the neurons of a population that may need more than others:
// all, or behind a kernel the middle of every channel, where windows are whole.
func (u *Unit) suspects(pop int) []int {
	var all []int
	for _, q := range u.into(pop) {
		if k := q.kernel; k != nil {
			for c := range k.Out[0] {
				all = append(all, (c*k.Out[1]+k.Out[1]/2)*k.Out[2]+k.Out[2]/2)
			}
			return all
		}
	}
	for i := range u.Pops[pop].Src.N {
		all = append(all, i)
	}
	return all
}

// kernelRows is the block of in-axons of a kernel on a core: which source neurons
// reach the slices and through how many synapses. Synapses themselves are made
// when the image is.
type kernelRows struct {
	u      *Unit
	q      *Proj
	on     []Slice      // of the target, by number, compartments without gaps
	form   *core.Kernel // as it is stored, but for its weights; nil = lists
	crop   [3]int32     // form's source begins at this channel, row, column
	hits   []hit        // sources ascending
	bits   int64        // of one stored synapse
	lo, hi int          // targets of a dense row; hi < lo: sparse
}

// hit is a source neuron and its number of synapses on the slice.
type hit struct{ source, n int32 }

// kernelRows counts the block of a kernel on slices. As stored kernels deliver
// their zeros; lists leave them out, or are dense rows if that takes less
// memory.
func (u *Unit) kernelRows(key rowKey, q *Proj, on []Slice) *rows {
	w := &kernelRows{u: u, q: q, on: on, bits: int64(q.Code.Bits), lo: 0, hi: -1}
	b := &rows{key: key, conv: w, store: storedFormat{form: u.form(q), bits: w.bits}}
	if q.stored {
		w.form, w.crop = tileOf(q.kernel, on)
	}
	switch {
	case len(on) == 1 && (q.stored || !slices.Contains(q.Mant, 0)):
		w.hits = hitsOf(q.kernel, on[0])
	default:
		w.hits = w.hitsByTarget(w.form != nil)
	}
	if w.form != nil {
		return b
	}
	base, n := on[0].Base, neurons(on)
	m := u.regs.memory
	if key.delayed {
		b.store.delayBits = m.DelayBits
	}
	b.store.indexBits = indexBits(m, int64(base+n-1))
	w.bits += b.store.delayBits + b.store.indexBits
	sparse := len(m.IndexBits) == 0 || slices.ContainsFunc(m.IndexBits, func(x int64) bool { return x > 0 })
	if row := u.axonWords(int64(n), w.bits-b.store.indexBits); canDense(m) && (!sparse || row*int64(len(w.hits)) <= w.listWords()) {
		w.bits -= b.store.indexBits
		b.store.indexBits = 0
		w.lo, w.hi = base, base+n-1
		for i := range w.hits {
			w.hits[i].n = int32(n)
		}
	}
	return b
}

// listWords is the memory of all lists.
func (w *kernelRows) listWords() int64 {
	total := int64(0)
	for _, h := range w.hits {
		total += w.u.axonWords(int64(h.n), w.bits)
	}
	return total
}

// addUse adds what the block needs. A stored kernel takes the weights of the
// slice's channels once, whatever the number of in-axons.
func (w *kernelRows) addUse(use *Usage) {
	use.InAxons += int64(len(w.hits))
	use.own += int64(len(w.hits))
	for _, h := range w.hits {
		use.Synapses += int64(h.n)
	}
	use.MaxDelay = max(use.MaxDelay, int64(min(w.q.Delay, 255)))
	if w.form == nil {
		use.Words += w.listWords()
		return
	}
	k := w.q.kernel
	plane, last := k.Out[1]*k.Out[2], w.on[len(w.on)-1]
	channels := (last.First+last.N-1)/plane - w.on[0].First/plane + 1
	use.Words += w.u.axonWords(int64(channels*(len(k.W)/k.Out[0])), w.bits)
}

// n is the number of synapses of a source neuron.
func (w *kernelRows) n(source int) int64 {
	i, ok := slices.BinarySearchFunc(w.hits, int32(source), func(h hit, s int32) int { return int(h.source - s) })
	if !ok {
		return 0
	}
	return int64(w.hits[i].n)
}

// words is the memory that an event of a source neuron reads: its list, or of
// a stored kernel the words that the delivered weights fill.
func (w *kernelRows) words(source int) int64 { return w.u.axonWords(w.n(source), w.bits) }

// stored is the kernel in the core's image.
func (w *kernelRows) stored() core.Kernel {
	k := *w.form
	k.Base, k.Delay, k.Mant = int32(w.on[0].Base), uint8(min(w.q.Delay, 255)), w.mantissas()
	return k
}

// list makes the synapses of a source neuron, targets ascending.
func (w *kernelRows) list(source int) []core.Synapse {
	delay := uint8(min(w.q.Delay, 255))
	var list []core.Synapse
	for c := w.lo; c <= w.hi; c++ {
		list = append(list, core.Synapse{Target: uint16(c)})
	}
	w.q.kernel.Each(source, func(target, weight int) {
		m := w.q.Mant[weight]
		comp := compartment(w.on, target)
		if m == 0 || comp < 0 {
			return
		}
		s := core.Synapse{Target: uint16(comp), Delay: delay, Mant: m}
		if w.hi >= w.lo {
			list[int(s.Target)-w.lo] = s
			return
		}
		list = append(list, s)
	})
	slices.SortFunc(list, func(a, b core.Synapse) int { return int(a.Target) - int(b.Target) })
	return list
}

// compartment is where a neuron sits on slices of its population, -1 if on
// none of them.
func compartment(on []Slice, neuron int) int {
	i, at := slices.BinarySearchFunc(on, neuron, func(s Slice, n int) int { return s.First - n })
	if !at {
		i--
	}
	if i < 0 || neuron >= on[i].First+on[i].N {
		return -1
	}
	return on[i].Base + neuron - on[i].First
}

// hitsByTarget counts, target by target, the synapses that are not 0, or all.
func (w *kernelRows) hitsByTarget(all bool) []hit {
	n := w.u.scratch(w.q.kernel.Sources())
	var touched []int32
	for _, s := range w.on {
		for t := s.First; t < s.First+s.N; t++ {
			touched = w.addTarget(n, touched, t, all)
		}
	}
	slices.Sort(touched)
	hits := make([]hit, len(touched))
	for i, s := range touched {
		hits[i], n[s] = hit{s, n[s]}, 0
	}
	return hits
}

// addTarget counts the synapses of one target.
func (w *kernelRows) addTarget(n, touched []int32, t int, all bool) []int32 {
	k := w.q.kernel
	per, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	o, y, x := t/(k.Out[1]*k.Out[2]), t/k.Out[2]%k.Out[1], t%k.Out[2]
	for c := range per {
		mant := w.q.Mant[(o*per+c)*k.Size[0]*k.Size[1]:][:k.Size[0]*k.Size[1]]
		base := (o/perOut*per + c) * k.In[1]
		for i := range k.Size[0] {
			sy := y*k.Stride[0] - k.Pad[0] + i*k.Dilation[0]
			if sy < 0 || sy >= k.In[1] {
				continue
			}
			for j, m := range mant[i*k.Size[1] : (i+1)*k.Size[1]] {
				sx := x*k.Stride[1] - k.Pad[1] + j*k.Dilation[1]
				if m == 0 && !all || sx < 0 || sx >= k.In[2] {
					continue
				}
				at := (base+sy)*k.In[2] + sx
				if n[at]++; n[at] == 1 {
					touched = append(touched, int32(at))
				}
			}
		}
	}
	return touched
}

// scratch is n zeros; whoever uses them leaves zeros.
func (u *Unit) scratch(n int) []int32 {
	if len(u.zeros) < n {
		u.zeros = make([]int32, n)
	}
	return u.zeros[:n]
}

// hitsOf counts all synapses of a kernel on a slice from its geometry: for each
// position of the plane, the same for all source channels of a group.
func hitsOf(k *graph.Kernel, s Slice) []hit {
	plane, perOut, per := k.Out[1]*k.Out[2], k.Out[0]/k.Groups, k.In[0]/k.Groups
	rows, cols := reaches(k, 0), reaches(k, 1)
	cell := make([]int32, k.In[1]*k.In[2])
	var hits []hit
	first, last := s.First/plane, (s.First+s.N-1)/plane
	for g := first / perOut; g <= last/perOut; g++ {
		clear(cell)
		full := int32(0)
		for c := max(first, g*perOut); c <= min(last, (g+1)*perOut-1); c++ {
			lo, hi := max(s.First-c*plane, 0), min(s.First+s.N-c*plane, plane)
			if lo == 0 && hi == plane {
				full++
				continue
			}
			addPart(cell, rows, cols, k, lo, hi)
		}
		if full > 0 {
			for y := range k.In[1] {
				for x := range k.In[2] {
					cell[y*k.In[2]+x] += full * int32(len(rows[y])*len(cols[x]))
				}
			}
		}
		for c := g * per; c < (g+1)*per; c++ {
			for i, n := range cell {
				if n > 0 {
					hits = append(hits, hit{int32(c*len(cell) + i), n})
				}
			}
		}
	}
	return hits
}

// addPart adds the synapses onto positions lo to hi-1 of one output channel.
func addPart(cell []int32, rows, cols [][]int32, k *graph.Kernel, lo, hi int) {
	for y, out := range rows {
		for _, oy := range out {
			from, to := lo-int(oy)*k.Out[2], hi-int(oy)*k.Out[2]
			if to <= 0 || from >= k.Out[2] {
				continue
			}
			for x, hit := range cols {
				for _, ox := range hit {
					if int(ox) >= from && int(ox) < to {
						cell[y*k.In[2]+x]++
					}
				}
			}
		}
	}
}

// reaches lists, for every source coordinate of an axis, the output
// coordinates that read it.
func reaches(k *graph.Kernel, axis int) [][]int32 {
	list := make([][]int32, k.In[1+axis])
	for i := range k.Size[axis] {
		for o := range k.Out[1+axis] {
			if at := o*k.Stride[axis] - k.Pad[axis] + i*k.Dilation[axis]; at >= 0 && at < len(list) {
				list[at] = append(list[at], int32(o))
			}
		}
	}
	return list
}
