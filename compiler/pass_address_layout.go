package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

// passAddresses numbers inputs, neurons and outputs, holds their counts against
// the chip, and writes the float weights at those numbers. A network beyond the
// counts has no such form.
func passAddresses(u *Unit) error {
	a := u.addr
	a.first = make([]int, len(u.Pops))
	for k, p := range u.Net.Pops {
		at := &a.neurons
		switch {
		case p.Kind == graph.Input:
			at = &a.inputs
		case u.isApart(k):
			at = &a.outputs
		default:
			a.neurons = a.align(a.neurons)
		}
		a.first[k] = *at
		*at += p.N
	}
	a.neurons = a.align(a.neurons)
	drives := u.addrDrives()
	if u.addrSizes(drives); len(u.Misfits) > 0 {
		return nil
	}
	a.pop, a.index = make([]int, a.neurons), make([]int, a.neurons)
	for i := range a.pop {
		a.pop[i] = -1
	}
	a.w, a.out = make([]float64, a.sources()*a.neurons), make([]float64, a.neurons*a.outputs)
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.Src.Kind == graph.Input || u.isApart(k) {
			continue
		}
		for i := range p.Src.N {
			n := a.first[k] + i
			a.pop[n], a.index[n] = k, i
			a.w[a.inputs*a.neurons+n] = p.C[i]
		}
	}
	for i := range u.Projs {
		u.addrWeights(&u.Projs[i])
	}
	return nil
}

// addrDrives folds voltages and biases into drives, and gains into weights; it
// says how many neurons and outputs have a drive.
func (u *Unit) addrDrives() (n [2]int) {
	a := u.addr
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.Src.Kind == graph.Input || p.Src.Code != graph.Rate {
			continue // values in a code are a misfit already, and have no membranes
		}
		p.fold()
		for _, q := range u.into(k) {
			for i := range q.Gain {
				if q.Gain[i] = p.Src.GV[i] * p.Src.GJ[i]; q.Src.Bias != nil {
					p.C[i] += q.Gain[i] * q.Src.Bias[i]
				}
			}
		}
		driven := 0
		for _, c := range p.C {
			if c != 0 {
				driven++
			}
		}
		if driven > 0 && p.Depth > 0 && !u.isApart(k) {
			u.approximate(p.Src.Name, "start delay", fmt.Sprintf("the drives of %d neurons act from the first tick, %d before the first input reaches them", driven, p.Depth))
		}
		if u.isApart(k) {
			n[1] += driven
			a.outDrive = append(a.outDrive, p.C...)
		} else {
			n[0] += driven
		}
	}
	if n[1] > 0 {
		a.relay = a.neurons
		a.neurons = a.align(a.neurons + 1)
	}
	return n
}

// addrSizes holds the counts against the limits.
func (u *Unit) addrSizes(drives [2]int) {
	a := u.addr
	in := a.inputs + min(drives[0]+drives[1], 1)
	neurons := "every neuron"
	if a.relay >= 0 {
		neurons += ", and one that spikes in every tick for the drives of outputs"
	}
	if a.share > 1 {
		neurons += fmt.Sprintf(", in groups of %d that share a threshold", a.share)
	}
	have, _ := u.limit(limAddrNeurons)
	if a.t.OneSpace() {
		if need := int64(a.neurons + in); need > have {
			u.misfit(Misfit{"", 0, "addresses", need, have, fmt.Sprintf("%d neurons, %d inputs and drives; inputs take addresses of neurons", a.neurons, in)})
		}
	} else if int64(a.neurons) > have {
		u.misfit(Misfit{"", 0, limAddrNeurons, int64(a.neurons), have, neurons})
	}
	if have, ok := u.limit(limAddrInputs); ok && int64(in) > have {
		u.misfit(Misfit{"", 0, limAddrInputs, int64(in), have, "inputs, and one that spikes in every tick for drives"})
	}
	if have, ok := u.limit(limAddrOutputs); ok && int64(a.outputs) > have {
		u.misfit(Misfit{"", 0, limAddrOutputs, int64(a.outputs), have, "every neuron that the host reads"})
	}
	if a.apart && a.outputs == 0 || a.neurons == 0 {
		u.misfit(Misfit{"", -1, "layers", 2, int64(min(a.neurons, 1) + min(a.outputs, 1)), "the chip has neurons and outputs, and needs both"})
	}
}

// addrWeights adds a projection to the matrix that it belongs to.
func (u *Unit) addrWeights(q *Proj) {
	a := u.addr
	from, to, width, rows := a.first[q.Src.Pre], a.first[q.Src.Post], a.neurons, a.w
	switch {
	case u.isApart(q.Src.Post):
		width, rows = a.outputs, a.out
	case !u.isInput(q.Src.Pre):
		from = a.neuronRow(from)
	}
	q.eachWeight(func(pre, post int, w float64) {
		rows[(from+pre)*width+to+post] += w * q.Gain[post]
	})
}
