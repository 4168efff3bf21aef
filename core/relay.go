package core

import (
	"fmt"
	"slices"

	"hillock/core/simd"
)

// Relay makes compartment To put out what compartment From puts out, too,
// within the cap of its group. A To behind From has it before its program
// runs, which finds it in OUT; any other To gets it afterwards.
type Relay struct{ From, To int32 }

// checkRelays verifies that relays name compartments and are in order.
func (img *Image) checkRelays() error {
	for n, r := range img.Relays {
		switch {
		case r.From < 0 || int(r.From) >= img.N || r.To < 0 || int(r.To) >= img.N:
			return fmt.Errorf("core: relay %d from compartment %d to %d of %d", n, r.From, r.To, img.N)
		case n > 0 && r.From < img.Relays[n-1].From:
			return fmt.Errorf("core: relay %d from compartment %d after %d, need ascending order", n, r.From, img.Relays[n-1].From)
		}
	}
	return nil
}

// relays is what a core with relays knows beside its image.
type relays struct {
	out  []int32 // put out so far in this tick, per compartment
	most []int64 // cap of the compartment's group, 0 = none
	off  []int32 // N+1 offsets into Image.Relays
	stop []int32 // first compartment behind this one that a relay from here on reaches
}

func newRelays(img *Image) *relays {
	if len(img.Relays) == 0 {
		return nil
	}
	r := &relays{out: make([]int32, img.N), most: make([]int64, img.N), off: make([]int32, img.N+1), stop: make([]int32, img.N)}
	for g := range img.Groups {
		grp := &img.Groups[g]
		for i := grp.Base; i < grp.Base+grp.N; i++ {
			r.most[i] = grp.Cap
		}
	}
	for _, x := range img.Relays {
		r.off[x.From+1]++
	}
	for i := range img.N {
		r.off[i+1] += r.off[i]
	}
	first := int32(img.N)
	for i := img.N - 1; i >= 0; i-- {
		for _, x := range img.Relays[r.off[i]:r.off[i+1]] {
			if x.To > x.From {
				first = min(first, x.To)
			}
		}
		r.stop[i] = first
	}
	return r
}

// pass hands on what a compartment has put out.
func (c *Core) pass(comp int, out int32) {
	r := c.relays
	if out == 0 {
		return
	}
	for _, x := range c.Image.Relays[r.off[comp]:r.off[comp+1]] {
		sum := int64(r.out[x.To]) + int64(out)
		if most := r.most[x.To]; most > 0 {
			sum = min(max(sum, -most), most)
		}
		r.out[x.To] = int32(sum)
	}
}

// collect lists the spikes of a tick when all compartments have run.
func (c *Core) collect() {
	for i, out := range c.relays.out {
		if out != 0 {
			c.Spikes = append(c.Spikes, Spike{Comp: int32(i), Payload: out})
		}
	}
	clear(c.relays.out)
}

// relay closes a block of the vector engine: its lanes keep what they put out,
// then pass it on. No relay from a lane of the block reaches a later one of it.
func (v *vector) relay() {
	out := v.block.Rows[simd.RowOut][:v.n]
	copy(v.c.relays.out[v.base:], out)
	for i, x := range out {
		v.c.pass(v.base+i, x)
	}
}

// checkKept verifies a port that is a state word: every group has the word, in
// the accumulator's format, and there is one slot.
func (img *Image) checkKept(p int, port *Port) error {
	switch {
	case !port.Keep && port.Word != 0:
		return fmt.Errorf("core: port %d: state word %d, but the port keeps none", p, port.Word)
	case !port.Keep:
		return nil
	case port.When != AtEvent || port.ReadShift != 0 || img.Ring != 1:
		return fmt.Errorf("core: port %d keeps state word %d: need overflow at the event, read shift 0 and 1 slot, have shift %d and %d slots", p, port.Word, port.ReadShift, img.Ring)
	}
	if slices.ContainsFunc(img.Ports[:p], func(o Port) bool { return o.Keep && o.Word == port.Word }) {
		return fmt.Errorf("core: port %d keeps state word %d, which an earlier port keeps", p, port.Word)
	}
	for g := range img.Groups {
		if s := img.Groups[g].State; int(port.Word) >= len(s) || s[port.Word] != port.Acc {
			return fmt.Errorf("core: port %d keeps state word %d, which group %q does not have in the format of the accumulator", p, port.Word, img.Groups[g].Name)
		}
	}
	return nil
}

// Keep makes the accumulators of kept ports equal to their state words, after
// a host wrote these.
func (c *Core) Keep() { c.State.keep(c.Image) }

// keep makes the accumulators of kept ports equal to their state words.
func (s *State) keep(img *Image) {
	for p := range img.Ports {
		if !img.Ports[p].Keep {
			continue
		}
		for g := range img.Groups {
			copy(s.Acc[p][img.Groups[g].Base:], s.Words[g][img.Ports[p].Word])
		}
	}
}
