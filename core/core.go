package core

import (
	"fmt"

	"hillock/isa"
	"hillock/isa/count"
	"hillock/router"
)

// MaxCompartments is the most compartments one core can have: targets and
// axon numbers are 16 bits in every stored form.
const MaxCompartments = 1 << 16

// Core is one running core: an Image, a State and an engine.
type Core struct {
	Image  *Image
	State  State
	Counts count.Counts
	// Spikes are the spikes of the last tick, compartments ascending.
	Spikes []Spike
	// Noise serves RND. Nil means zero draws are refused at New.
	Noise NoiseSource
	// Tap receives the samples of PRB instructions; nil = off, and costs nothing.
	Tap func(tap int, comp int32, value int32)

	cells []cell // decoded synapses, parallel to Image.Syn
	eng   engine
	slot  int // ring slot of this tick
	instr []([isa.NumClasses]int64)
}

// cell is a synapse with its weight decoded: one 8-byte load per event.
type cell struct {
	target uint16
	delay  uint16
	w      int32
}

// engine runs the programs of all groups over one tick.
type engine interface {
	run(c *Core)
}

// Engines lists the engine names, the definition of truth first.
func Engines() []string { return []string{"oracle", "vector"} }

// New checks an image and makes a core with it in its start state.
func New(img *Image, engineName string, noise NoiseSource) (*Core, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	c := &Core{Image: img, State: newState(img), Noise: noise, Spikes: make([]Spike, 0, img.N)}
	switch engineName {
	case "oracle":
		c.eng = newOracle(img)
	case "vector":
		c.eng = newVector(img)
	default:
		return nil, fmt.Errorf("core: unknown engine %q, have %v", engineName, Engines())
	}
	for g := range img.Groups {
		if img.Groups[g].Prog.Draws > 0 && noise == nil {
			return nil, fmt.Errorf("core: group %q draws random numbers, need a noise source", img.Groups[g].Name)
		}
	}
	c.decode()
	c.priceInstructions()
	return c, nil
}

func (c *Core) decode() {
	c.cells = make([]cell, len(c.Image.Syn))
	for _, a := range c.Image.Axons {
		f := c.Image.Formats[a.Format]
		for i := a.Off; i < a.Off+a.N; i++ {
			s := c.Image.Syn[i]
			c.cells[i] = cell{s.Target, uint16(s.Delay), f.Contribution(int32(s.Mant))}
		}
	}
}

// priceInstructions counts, once, what every tick issues per group: a
// cancelled instruction costs its issue like any other.
func (c *Core) priceInstructions() {
	c.instr = make([][isa.NumClasses]int64, len(c.Image.Groups))
	for g, grp := range c.Image.Groups {
		for _, i := range grp.Prog.Instrs {
			c.instr[g][isa.Table[i.Op].Class] += int64(grp.N * grp.Substeps)
		}
	}
}

// Reset restores the start state; counts go on.
func (c *Core) Reset() {
	c.State.reset(c.Image)
	c.Spikes = c.Spikes[:0]
	c.slot = 0
}

// Deliver serves axon events of the current tick, in order. An event whose
// in-axon does not exist is counted as lost: a real router would drop it.
func (c *Core) Deliver(events []router.Packet) {
	n := c.Image.N
	ring := c.Image.Ring
	for _, e := range events {
		if int(e.Axon) >= len(c.Image.Axons) {
			c.Counts[count.Lost]++
			continue
		}
		a := &c.Image.Axons[e.Axon]
		c.countAxon(a)
		acc := c.State.Acc[a.Port]
		list := c.cells[a.Off : a.Off+a.N]
		switch {
		case c.Image.Ports[a.Port].When == AtEvent:
			c.deliverChecked(list, acc, a.Port)
		case ring == 1:
			for _, s := range list {
				acc[s.target] += s.w
			}
		default:
			for _, s := range list {
				at := c.slot + int(s.delay)
				if at >= ring {
					at -= ring
				}
				acc[at*n+int(s.target)] += s.w
			}
		}
	}
}

func (c *Core) countAxon(a *Axon) {
	c.Counts[count.AxonEvents]++
	c.Counts[count.SynWords] += int64(a.Words)
	if a.Dense {
		c.Counts[count.SynDense] += int64(a.N)
	} else {
		c.Counts[count.SynSparse] += int64(a.N)
	}
}

// deliverChecked applies the accumulator's format after every event.
func (c *Core) deliverChecked(list []cell, acc []int32, port uint8) {
	layout := c.Image.Ports[port].Acc
	for _, s := range list {
		at := (c.slot+int(s.delay))%c.Image.Ring*c.Image.N + int(s.target)
		sum := int64(acc[at]) + int64(s.w)
		acc[at] = layout.Apply(sum)
		if int64(acc[at]) != sum {
			c.Counts[count.Overflowed]++
		}
	}
}

// Update runs the neuron programs of the current tick, leaves its spikes in
// Spikes, clears the inputs of the tick and moves on to the next.
func (c *Core) Update() {
	c.Spikes = c.Spikes[:0]
	c.eng.run(c)
	n := c.Image.N
	for _, a := range c.State.Acc {
		clear(a[c.slot*n : (c.slot+1)*n])
	}
	if c.slot++; c.slot == c.Image.Ring {
		c.slot = 0
	}
	c.State.Tick++
	c.Counts[count.Updates] += int64(n)
	c.Counts[count.Spikes] += int64(len(c.Spikes))
	for g := range c.instr {
		for k, v := range c.instr[g] {
			c.Counts[int(count.InstrX)+k] += v
		}
	}
}

// SeekTick sets slot and tick after State was copied in from outside.
func (c *Core) SeekTick() { c.slot = int(c.State.Tick % int64(c.Image.Ring)) }

// input is the value that port p gives to compartment comp this tick.
func (c *Core) input(p int, comp int) int32 {
	port := &c.Image.Ports[p]
	raw := int64(c.State.Acc[p][c.slot*c.Image.N+comp]) << port.ReadShift
	v := int32(raw)
	if port.When == AtRead {
		v = port.Acc.Apply(raw)
	}
	if int64(v) != raw {
		c.Counts[count.Overflowed]++
	}
	return v
}
