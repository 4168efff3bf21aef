package core

import (
	"fmt"

	"hillock/isa"
	"hillock/router"
)

// InstrTrace is what one instruction did in one compartment and tick.
type InstrTrace struct {
	Substep, Word int // run within the tick and word of the program, both from 0
	Instr         isa.Instr
	Ran           bool  // the predicate held
	A, B          int64 // values of the operands that the instruction names, before it
	Result        int64 // what it computed, at full width; of a comparison 0 or 1; valid if Ran
	Value         int64 // what its destination, flag or output holds afterwards, also if it did not run
	Flags         [3]bool
}

// Arrival is one synaptic event of a compartment.
type Arrival struct {
	Event   int // index of the packet in the order of the tick
	Axon    uint16
	Payload int32
	Delay   int   // ticks until the neuron sees it
	Mant    int32 // stored mantissa
	Weight  int32 // its contribution in its format, for a payload of 1
	Port    int
}

// Explanation is one compartment in one tick, instruction by instruction.
type Explanation struct {
	Comp, Group, Lane int
	Tick              int64
	Before, After     []int32   // state words
	Inputs            []int32   // what each port gave to the program
	Arrivals          []Arrival // synaptic events of this tick, in order of service; at most MaxArrivals
	Events            int       // how many there were
	Steps             []InstrTrace
	Out               int32 // payload of its spike before later compartments relay theirs, 0 = none
}

// MaxArrivals bounds the arrivals that an explanation lists.
const MaxArrivals = 1 << 14

// Explain runs one compartment through one tick on the oracle: from the state
// before the tick and the packets of the tick, in order of service. Neither
// image nor state is changed. Noise may be nil if the programs do not draw.
func Explain(img *Image, before *State, events []router.Packet, comp int, noise NoiseSource) (*Explanation, error) {
	c, err := New(img, "oracle", noise)
	if err != nil {
		return nil, err
	}
	if comp < 0 || comp >= img.N {
		return nil, fmt.Errorf("core: compartment %d, need 0..%d", comp, img.N-1)
	}
	if err := before.Fits(img); err != nil {
		return nil, err
	}
	c.State.CopyFrom(before)
	c.SeekTick()
	x := &Explanation{Comp: comp, Tick: before.Tick}
	for x.Group = range img.Groups {
		if g := &img.Groups[x.Group]; comp < g.Base+g.N {
			x.Lane = comp - g.Base
			break
		}
	}
	c.Deliver(events)
	if img.Rows > 0 {
		c.due()
		events = c.served
	}
	for n, e := range events {
		x.arrive(img, n, e)
	}
	c.flush()
	x.run(c)
	return x, nil
}

// arrive lists the synapses of a packet that end at the compartment.
func (x *Explanation) arrive(img *Image, n int, e router.Packet) {
	if int(e.Axon) >= len(img.Axons) {
		return
	}
	a := &img.Axons[e.Axon]
	note := func(mant int32, delay int) {
		x.Events++
		if len(x.Arrivals) < MaxArrivals {
			x.Arrivals = append(x.Arrivals, Arrival{Event: n, Axon: e.Axon, Payload: e.Payload, Delay: delay, Mant: mant,
				Weight: img.Formats[a.Format].Contribution(mant), Port: int(a.Port)})
		}
	}
	img.EachSynapse(a, func(comp int32, delay uint8, mant int32) {
		if int(comp) == x.Comp {
			note(mant, int(delay))
		}
	})
}

// run executes the compartment's program with a watch on it.
func (x *Explanation) run(c *Core) {
	grp, words := &c.Image.Groups[x.Group], c.State.Words[x.Group]
	for w := range words {
		x.Before = append(x.Before, words[w][x.Lane])
	}
	for p := range c.Image.Ports {
		x.Inputs = append(x.Inputs, c.input(p, x.Comp))
	}
	o := newOracle(c.Image)
	if c.group != nil { // it may read what earlier groups leave in this tick
		for g := range x.Group {
			for i := range c.Image.Groups[g].N {
				o.compartment(c, g, &c.Image.Groups[g], i)
			}
		}
	}
	if c.relays != nil { // what earlier compartments pass on
		for g := range c.Image.Groups {
			for i := range c.Image.Groups[g].N {
				if b := c.Image.Groups[g].Base + i; b < x.Comp && (c.group == nil || g >= x.Group) {
					o.compartment(c, g, &c.Image.Groups[g], i)
				}
			}
		}
	}
	o.watch = func(t InstrTrace) { x.Steps = append(x.Steps, t) }
	o.compartment(c, x.Group, grp, x.Lane)
	for w := range words {
		x.After = append(x.After, words[w][x.Lane])
	}
	x.Out = int32(o.lane.out)
}

// watched runs one instruction and says what it did. Operands are read from a
// copy of the lane first, because reading an input clears it.
func (o *oracle) watched(c *Core, grp *Group, substep, k, i int) {
	in := &grp.Prog.Instrs[k]
	t := InstrTrace{Substep: substep, Word: k, Instr: *in, Ran: o.holds(in.Pred)}
	kept := o.lane
	t.A, t.B = o.read(c, grp, in.A, i), o.read(c, grp, in.B, i)
	o.lane = kept
	o.step(c, grp, in, i)
	l := &o.lane
	t.Flags = l.flag
	kept = o.lane
	switch isa.Table[in.Op].Form {
	case isa.FormCmp, isa.FormTest:
		if l.flag[in.Flag] {
			t.Value = 1
		}
		t.Result = t.Value
	case isa.FormSrc:
		t.Result, t.Value = l.out, l.out
	default:
		t.Result, t.Value = l.wide, o.read(c, grp, in.D, i)
	}
	o.lane = kept
	o.watch(t)
}
