package compiler

import (
	"hillock/chip"
	"hillock/core"
	"hillock/core/event"
)

// mostClears is how many leak words a host sends behind a sample to clear its
// potentials; where more are needed it writes the memories anew.
const mostClears = 64

// passAddrEncode writes the image of the one core and its frame.
func passAddrEncode(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	a := u.addr
	e := addressEncoder{u: u, a: a, init: make([][]uint64, len(a.s.Memories))}
	for _, r := range u.Family.EventReset {
		e.init[a.s.Memory(r.Name)] = []uint64{uint64(r.Value)}
	}
	for _, step := range [...]func() error{e.registers, e.neurons, e.weights, e.outputs} {
		if err := step(); err != nil {
			return err
		}
	}
	for m, words := range e.init {
		e.init[m] = chip.TrimZeros(words)
	}
	u.Image = e.image()
	u.Image.Frame = u.frame()
	u.Image.Meta = u.meta()
	return nil
}

// addressEncoder fills the memories of the one core.
type addressEncoder struct {
	u    *Unit
	a    *addressed
	init [][]uint64
}

// set writes settings of an item.
func (e *addressEncoder) set(list []chip.EventSetting, item int, v chip.EventValues) error {
	for i := range list {
		x, err := list[i].Value(&v)
		if err != nil {
			return err
		}
		if err := e.a.s.Write(e.init, list[i].Field, 0, int64(item), x); err != nil {
			return err
		}
	}
	return nil
}

func (e *addressEncoder) registers() error {
	a := e.a
	return e.set(a.t.Registers, 0, chip.EventValues{0, 0, 0, a.subtract, a.keep, int64(a.rows.inputs), int64(a.rows.neurons), int64(a.outputs)})
}

// neurons writes the fields of neurons and their copies, and of items that are
// none and share no field with any.
func (e *addressEncoder) neurons() error {
	a := e.a
	for item := a.align(a.rows.neurons); item < a.s.Items; item++ {
		if err := e.set(a.t.Unused, item, chip.EventValues{}); err != nil {
			return err
		}
	}
	for n := range a.rows.neurons {
		of := n
		if n >= a.neurons {
			of = a.rows.copies[n-a.neurons]
		}
		if a.thr[of] == 0 {
			continue // padding
		}
		if err := e.set(a.t.Neuron, n, chip.EventValues{a.thr[of], a.leak[of], a.decay[of], a.subtract}); err != nil {
			return err
		}
	}
	return nil
}

// weights writes the rows of all sources; copies of neurons get what these get.
func (e *addressEncoder) weights() error {
	a := e.a
	for src, rows := range a.rows.of {
		from := "inputs"
		if src > a.inputs {
			from = "neurons"
		}
		place := a.t.Place(from, "neurons")
		for _, r := range rows {
			if place.Sign >= 0 && r.sign < 0 {
				if err := a.s.Write(e.init, place.Sign, 0, int64(r.address), 1); err != nil {
					return err
				}
			}
			for n := range a.rows.neurons {
				of := n
				if n >= a.neurons {
					of = a.rows.copies[n-a.neurons]
				}
				if err := e.weight(place, r, n, a.row(src)[of]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// weight writes one weight of a source's address, if it has the sign of it.
func (e *addressEncoder) weight(place *chip.EventWeights, r addressRow, dst int, w int64) error {
	if r.sign != 0 {
		w *= int64(r.sign)
	}
	if w == 0 || r.sign != 0 && w < 0 {
		return nil
	}
	if place.Mark >= 0 {
		if err := e.a.s.Write(e.init, place.Mark, int64(r.address), int64(dst), 1); err != nil {
			return err
		}
	}
	return e.a.s.Write(e.init, place.Field, int64(r.address), int64(dst), w)
}

// outputs writes the weights of outputs that add up.
func (e *addressEncoder) outputs() error {
	a := e.a
	for i, w := range a.wholeOut {
		if n, k := i/a.outputs, i%a.outputs; w != 0 {
			if err := e.weight(a.t.Place("neurons", "outputs"), addressRow{address: n}, k, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// image gives every population of the network its compartments: neurons are
// items, outputs that add up are addresses of the output link.
func (e *addressEncoder) image() *chip.Image {
	u, a, f := e.u, e.a, e.u.Family
	n := a.s.Items + a.s.Outs
	ci := &core.Image{N: n, Ring: 1, OutOff: make([]uint32, n+1), Event: &event.Image{Spec: *a.s, Init: e.init}}
	img := &chip.Image{Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity, Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy, Cores: []chip.Core{{Image: ci}}}
	for k, p := range u.Net.Pops {
		depth := u.Pops[k].Depth
		if a.t.Stepped && !u.isInput(k) && !u.isApart(k) {
			depth++ // it fires when the next step's words come
		}
		img.Pops = append(img.Pops, chip.Population{Name: p.Name, N: p.N, Input: u.isInput(k), Output: p.Output && !u.isInput(k), Depth: depth})
		if u.isInput(k) {
			img.Inputs = append(img.Inputs, e.input(k))
		}
	}
	e.runs(img)
	return img
}

// input is the in-axons of an input population, in the order in which the host
// sends them.
func (e *addressEncoder) input(k int) chip.InputMap {
	in := chip.InputMap{Pop: k, Off: make([]uint32, 1, e.u.Net.Pops[k].N+1)}
	first := chip.FirstAxon(e.a.s, e.a.t.Inlet)
	for i := range e.u.Net.Pops[k].N {
		for _, r := range e.a.rows.of[e.a.first[k]+i] {
			in.Dst = append(in.Dst, chip.Target{Axon: uint16(first + r.address)})
		}
		in.Off = append(in.Off, uint32(len(in.Dst)))
	}
	return in
}

// runs covers all compartments: those of no population of the network belong to
// one beside it.
func (e *addressEncoder) runs(img *chip.Image) {
	a := e.a
	at := 0
	aside := func(name string, to int) {
		if n := to - at; n > 0 {
			img.Pops = append(img.Pops, chip.Population{Name: name, N: n, Aside: true})
			img.Cores[0].Runs = append(img.Cores[0].Runs, chip.Run{Pop: len(img.Pops) - 1, Base: at, N: n})
			at = to
		}
	}
	take := func(apart bool, base int) {
		for k, p := range e.u.Net.Pops {
			if e.u.isInput(k) || e.u.isApart(k) != apart {
				continue
			}
			aside("between "+p.Name, base+a.first[k])
			img.Cores[0].Runs = append(img.Cores[0].Runs, chip.Run{Pop: k, Base: at, N: p.N})
			at += p.N
		}
	}
	take(false, 0)
	aside("copies and relays", a.rows.neurons)
	aside("other addresses", a.s.Items)
	take(true, a.s.Items)
	aside("output link", a.s.Items+a.s.Outs)
}

// frame is how the host shows samples of this network: the chip's own words, and
// behind the inputs of a step the drive and the leak.
func (u *Unit) frame() *chip.Frame {
	a, t := u.addr, u.Family.Frame
	f := &chip.Frame{Before: t.Before}
	inlet := &a.s.Inlets[a.t.Inlet]
	for _, r := range a.rows.of[a.inputs] {
		f.Step = append(f.Step, chip.FrameWord{Port: inlet.Port, Word: inlet.Word + int64(r.address)*inlet.Scale, Times: 1})
	}
	if a.leaks {
		f.Step = append(f.Step, *t.Leak)
	}
	f.Step = append(f.Step, t.Step...)
	f.After = append(f.After, t.After...)
	if t.Leak == nil {
		return f
	}
	n := u.clears()
	if n < 0 || n > mostClears {
		f.Reset = true
		u.note("potentials are not cleared by %d leak words: the host writes all memories anew before every sample, which is counted as a reset and has no price", mostClears)
		return f
	}
	if n > 0 {
		last := *t.Leak
		last.Times = int(n)
		f.After = append(f.After, last)
	}
	u.note("behind a sample %d leak words clear all potentials", n)
	return f
}

// clears is how many leak words make every potential 0, -1 if none do.
func (u *Unit) clears() int64 {
	a := u.addr
	lo, _ := a.s.Range(a.t.Potential)
	times := int64(0)
	for n := range a.neurons {
		far := a.thr[n] - 1
		for src := range a.rows.of {
			if a.row(src)[n] < 0 {
				far = max(far, -lo)
			}
		}
		if far <= 0 {
			continue
		}
		if a.leak[n] == 0 {
			return -1
		}
		times = max(times, (far+a.leak[n]-1)/a.leak[n])
	}
	return times
}
