package learn

import (
	"hillock/core/alu"
	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
)

// call runs what has no loop.
func (l *Lanes) call(c *call) {
	switch c.kind {
	case load:
		l.load(c.ref, int(c.view), l.block.Rows[c.step.D])
	case gate:
		fill(l.block.Rows[isa.EVT][:l.n], l.opened)
	case draw:
		l.draws(c)
	case look:
		table, to := l.step.Tables[c.in.Sh], l.block.Rows[rowResult]
		for i, x := range l.block.Rows[c.step.A][:l.n] {
			to[i] = alu.LookUp(table, int64(x))
		}
	case odd:
		l.odd(c)
	case store:
		for _, k := range c.words {
			l.store(c, k)
		}
	}
}

// selected says that the predicate of a call holds for lane i.
func (l *Lanes) selected(c *call, i int) bool {
	return !c.mask || l.block.Rows[c.step.M][i]^c.step.Inv != 0
}

// load fills a row with a value under a view.
func (l *Lanes) load(r Ref, view int, row []int32) {
	switch r.Space {
	case Neuron:
		l.neurons(r.Word, row)
		return
	case Const, Phase, Pass:
		fill(row[:l.n], int32(l.value(r)))
		return
	}
	h := &l.kept[r.Space][r.Word]
	if view == 0 || h.n == 0 {
		l.gather(row[:l.n], l.st.Words[r.Space][r.Word], r.Space)
		return
	}
	switch v := l.step.Views[view-1]; {
	case v.Space == Pre && l.step.Over == Synapse && l.items == nil:
		l.loadBySource(r, v, row)
	default:
		l.loadByItem(r, v, row)
	}
}

// loadBySource is load under the view v that is the same for all synapses of a
// source: a block that is a part of the block in hand.
func (l *Lanes) loadBySource(r, v Ref, row []int32) {
	h, now, moments := &l.kept[r.Space][r.Word], l.st.Words[r.Space][r.Word], l.st.Words[Pre][v.Word]
	lo, n, pre, post := l.lo, l.n, l.pre, l.post
	for i := int32(0); i < n; {
		source := pre[i]
		end := min(l.off[source+1]-lo, n)
		word := now
		if m := moments[source]; m >= 1 && int(m) <= h.n {
			word = h.after[m-1]
		}
		l.lo, l.n, l.pre, l.post = lo+i, end-i, pre[i:end], post[i:end]
		l.gather(row[i:end], word, r.Space)
		i = end
	}
	l.lo, l.n, l.pre, l.post = lo, n, pre, post
}

// loadByItem is load under the view v.
func (l *Lanes) loadByItem(r, v Ref, row []int32) {
	l.gather(row[:l.n], l.st.Words[r.Space][r.Word], r.Space)
	h, moments := &l.kept[r.Space][r.Word], l.block.Rows[rowMoment]
	l.load(v, 0, moments)
	list := l.list(r.Space)
	for i, m := range moments[:l.n] {
		switch {
		case m < 1 || int(m) > h.n:
		case list == nil:
			row[i] = h.after[m-1][int(l.lo)+i]
		default:
			row[i] = h.after[m-1][list[i]]
		}
	}
}

// neurons fills a row with a state word of the targets.
func (l *Lanes) neurons(word int32, row []int32) {
	var in Neurons
	list := l.list(Post)
	for i := range int(l.n) {
		comp := l.lo + int32(i)
		if list != nil {
			comp = list[i]
		}
		if comp < in.First || comp >= in.First+in.N {
			in = l.group(comp)
		}
		if int(word) < len(in.Words) {
			row[i] = in.Words[word][comp-in.First]
		} else {
			row[i] = 0
		}
	}
}

func (l *Lanes) group(comp int32) Neurons {
	for k := range l.env.Neurons {
		if g := &l.env.Neurons[k]; comp >= g.First && comp < g.First+g.N {
			return *g
		}
	}
	return Neurons{First: comp, N: 1}
}

// draws is RND: into rowResult, from where a loop stores it.
func (l *Lanes) draws(c *call) {
	k, to := int(c.in.Sh), l.block.Rows[rowResult]
	if !l.step.Draws[k].Each {
		for i := 0; i < int(l.n) && !l.have[k]; i++ {
			if l.selected(c, i) {
				l.Unit.draw(k)
			}
		}
		fill(to[:l.n], l.once[k])
		return
	}
	for i := range int(l.n) {
		if l.selected(c, i) {
			l.item = l.lane(i)
			to[i] = l.Unit.draw(k)
		}
	}
}

// odd is an operation without a loop.
func (l *Lanes) odd(c *call) {
	s := &c.step
	a, b, d, before := l.block.Rows[s.A], l.block.Rows[s.B], l.block.Rows[s.D], l.block.Rows[s.E]
	for i := range int(l.n) {
		if l.selected(c, i) {
			d[i] = c.layout.Apply(alu.Arith(c.in.Op, int64(a[i]), int64(b[i]), uint(c.in.Sh)))
		} else {
			d[i] = before[i]
		}
	}
}

// store is STW for one word, see Unit.store.
func (l *Lanes) store(c *call, k int) {
	r := l.step.State[k]
	word, from, changed := l.st.Words[r.Space][r.Word], l.block.Rows[simd.RowState+k][:l.n], int64(0)
	if l.items == nil {
		word = word[l.lo:][:len(from)]
	}
	watched := l.watches(r)
	for i, x := range from {
		at := i
		if l.items != nil {
			at = int(l.items[i])
		}
		if word[at] == x || !l.selected(c, i) {
			continue
		}
		word[at] = x
		changed++
		if watched {
			l.note(i)
		}
	}
	l.env.Counts[count.LearnUpdates] += changed
}

// note notes that the weight or presence of a lane was stored.
func (l *Lanes) note(i int) {
	if l.now.direct {
		l.Changed = append(l.Changed, l.lane(i))
		return
	}
	l.stores[i]++
	l.several = true
}
