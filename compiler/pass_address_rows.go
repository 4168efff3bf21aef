package compiler

import "fmt"

// addressRows are the addresses of sources: of inputs, the drive and neurons,
// one for each sign that their weights have where the sign is the source's.
type addressRows struct {
	of      [][]addressRow // per source of addressed.w
	copies  []int          // neurons that have a second address, ascending
	neurons int            // addresses of neurons, copies included
	inputs  int            // addresses of inputs and of the drive
}

// addressRow is an address of a source and the sign of the weights there: 0 =
// weights have signs of their own.
type addressRow struct{ address, sign int }

// passAddrRows gives every source its addresses: neurons from 0 on, their
// copies behind them, then inputs where they share the addresses. A copy of a
// neuron has its threshold and inputs, and so spikes when it does.
func passAddrRows(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	a := u.addr
	r := &a.rows
	r.of = make([][]addressRow, a.sources())
	signed := a.t.Place("neurons", "neurons").Sign >= 0
	r.neurons = a.neurons
	for n := range a.neurons {
		src := a.neuronRow(n)
		pos, neg := signsOf(a.row(src))
		sign := 0
		if signed {
			if sign = 1; neg && !pos {
				sign = -1
			}
		}
		r.of[src] = []addressRow{{n, sign}}
		if signed && pos && neg {
			r.copies = append(r.copies, n)
		}
	}
	for i, n := range r.copies {
		src := a.neuronRow(n)
		r.of[src] = append(r.of[src], addressRow{a.neurons + i, -1})
	}
	r.neurons += len(r.copies)
	u.inputRows()
	if have, _ := u.limit(limAddrNeurons); a.t.OneSpace() && int64(r.neurons+r.inputs) > have {
		u.misfit(Misfit{"", 0, "addresses", int64(r.neurons + r.inputs), have, fmt.Sprintf("%d neurons, %d copies of such as excite and inhibit, %d addresses of %d inputs and drives: the sign of a weight is its source's", a.neurons, len(r.copies), r.inputs, a.inputs+u.driven())})
	}
	if len(r.copies) > 0 {
		u.note("%d neurons excite and inhibit: each has a copy that does the latter, the sign of a weight is its source's", len(r.copies))
	}
	u.addrPlan()
	return nil
}

// inputRows gives inputs and the drive their addresses; those without a weight
// have none where addresses are scarce.
func (u *Unit) inputRows() {
	a := u.addr
	r := &a.rows
	signed := a.t.Place("inputs", "neurons").Sign >= 0
	base := 0
	if a.t.OneSpace() {
		base = r.neurons
	}
	at := base
	for src := range a.inputs + 1 {
		pos, neg := signsOf(a.row(src))
		switch {
		case !a.t.OneSpace():
			if at = src; pos || neg {
				r.of[src] = []addressRow{{src, 0}}
				r.inputs = src + 1
			}
			continue
		case !pos && !neg:
			continue
		case !signed:
			r.of[src] = append(r.of[src], addressRow{at, 0})
			at++
			continue
		}
		for _, s := range [...]struct {
			has  bool
			sign int
		}{{pos, 1}, {neg, -1}} {
			if s.has {
				r.of[src] = append(r.of[src], addressRow{at, s.sign})
				at++
			}
		}
	}
	if a.t.OneSpace() {
		r.inputs = at - base
	}
}

// driven is 1 if some neuron has a drive.
func (u *Unit) driven() int {
	pos, neg := signsOf(u.addr.row(u.addr.inputs))
	return one(pos || neg)
}

func signsOf(row []int64) (pos, neg bool) {
	for _, w := range row {
		pos, neg = pos || w > 0, neg || w < 0
	}
	return pos, neg
}

// addrPlan is the one core, for the report.
func (u *Unit) addrPlan() {
	a := u.addr
	plan := CorePlan{}
	for k, p := range u.Net.Pops {
		if !u.isInput(k) {
			plan.Slices = append(plan.Slices, Slice{Pop: k, N: p.N, Base: a.first[k]})
		}
	}
	plan.Use.Compartments = int64(a.rows.neurons + a.outputs)
	for _, list := range [...][]int64{a.whole, a.wholeOut} {
		for _, w := range list {
			if w != 0 {
				plan.Use.Synapses++
			}
		}
	}
	plan.Use.Words = plan.Use.Synapses
	f := a.s.Fields[a.t.Place("neurons", "neurons").Field]
	u.regs.memory.WordBits = int64(f.Layout.Width)
	if a.t.Place("neurons", "neurons").Mark >= 0 {
		u.regs.memory.WordBits++
	}
	u.Cores = []CorePlan{plan}
	u.note("%d addresses of neurons, %d of inputs and drives, %d outputs", a.rows.neurons, a.rows.inputs, a.outputs)
}
