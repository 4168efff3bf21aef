package core

import (
	"errors"
	"fmt"
	"slices"

	"hillock/core/event"
	"hillock/core/learn"
	"hillock/core/simd"
	"hillock/core/synapse"
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
	// Draw serves RND of learning rules. Nil = learn.Seeded(0) from New on.
	Draw learn.Source
	// Miss hears of events that count as lost, late or merged, with the address
	// that they came for; nil = off.
	Miss func(what count.Event, address uint16)
	// LearnTap receives the samples of PRB in learning rules; nil = off.
	LearnTap func(rule, tap int, item, value int32)
	// Number tells cores of a machine apart where rules draw.
	Number int32

	axon     []record        // per in-axon
	mem      *synapse.Memory // of lists
	table    *synapse.Table  // of all in-axons, nil if they are not alike
	batch    []synapse.Batch // per port: lists that wait for the end of delivery
	cells    []cell          // decoded synapses, parallel to Image.Syn; nil = all are in lists
	kern     [][]int32       // decoded kernel weights per in-axon format, see kernelWeights
	patches  []patch         // of kernel in-axons
	kernRows []*kernelRows   // like kern; nil = served synapse by synapse
	stage    []bucket        // per weight format
	group    []uint16        // group of a compartment; nil = no program reads another's words
	served   []router.Packet // of the axon store, in this tick
	drawn    []int32         // per compartment: draws of this tick's events; nil = none draw
	walk     []cell          // synapses of the kernel event in hand
	eng      engine
	slot     int          // ring slot of this tick
	idle     count.Counts // what a tick without events counts
	changed  bool         // the last tick changed a state word, put something out or had an input that was not 0
	timed    bool         // a program or rule can act without input: it reads the tick, draws or learns
	busy     int64        // first tick at which no delayed event can be due
	// Learning: running plans, and what each in-axon is to them.
	rules  []*plastic
	source []source // nil without plans
	fired  []learn.Event
	relays *relays     // nil = none
	events *event.Core // nil = the core has ticks
	stir   bool        // this tick an event came or ACT had a value that is not 0
	active bool
}

// cell is a synapse with its weight decoded: one 8-byte load per event.
type cell struct {
	target uint16
	delay  uint16
	w      int32
}

// engine runs the programs of all groups over one tick. It says whether the
// tick changed a state word, put something out or had an input that is not 0:
// if not, and no program is Timed, the next tick without input is the same.
type engine interface {
	run(c *Core) (changed bool)
}

// Engines lists the engine names, the definition of truth first.
func Engines() []string { return []string{"oracle", "vector"} }

// New checks an image and makes a core with it in its start state.
func New(img *Image, engineName string, noise NoiseSource) (*Core, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	if img.Event != nil && slices.Contains(Engines(), engineName) {
		return newEvent(img, engineName)
	}
	c := &Core{Image: img, State: newState(img), changed: true, Noise: noise, Spikes: make([]Spike, 0, img.N)}
	switch engineName {
	case "oracle":
		c.eng = newOracle(img)
	case "vector":
		c.eng = newVector(img, simd.Best())
	default:
		return nil, fmt.Errorf("core: unknown engine %q, have %v", engineName, Engines())
	}
	for g := range img.Groups {
		if img.Groups[g].Prog.Draws > 0 && noise == nil && img.Generator == Numbered {
			return nil, fmt.Errorf("core: group %q draws random numbers, need a noise source", img.Groups[g].Name)
		}
	}
	if img.chances() {
		if c.drawn = make([]int32, img.N); noise == nil && img.Generator == Numbered {
			return nil, errors.New("core: weights that are probabilities, need a noise source")
		}
	}
	c.relays = newRelays(img)
	c.decode()
	c.Draw = learn.Seeded(0)
	c.startLearning()
	c.priceInstructions()
	c.findGroups()
	return c, nil
}

// findGroups notes the group of every compartment where a program asks for it.
func (c *Core) findGroups() {
	for g := range c.Image.Groups {
		if len(c.Image.Groups[g].Prog.Links) > 0 && c.group == nil {
			c.group = make([]uint16, c.Image.N)
		}
	}
	if c.group == nil {
		return
	}
	for g := range c.Image.Groups {
		grp := &c.Image.Groups[g]
		for i := grp.Base; i < grp.Base+grp.N; i++ {
			c.group[i] = uint16(g)
		}
	}
}

// word is a state word of a compartment as it is now; Check has seen to it
// that both exist.
func (c *Core) word(comp int32, word int) int32 {
	g := c.group[comp]
	return c.State.Words[g][word][comp-int32(c.Image.Groups[g].Base)]
}

// SetParam is a host write between ticks: parameter p of group g gets one
// value per compartment. It lasts until Reset.
func (c *Core) SetParam(g, p int, values []int32) error {
	switch {
	case g < 0 || g >= len(c.Image.Groups) || p < 0 || p >= len(c.Image.Groups[g].Params):
		return fmt.Errorf("core: parameter %d of group %d, which the core does not have", p, g)
	case slices.ContainsFunc(c.Image.Groups[g].Prog.Links, func(l isa.Link) bool { return l.Param == p }):
		return fmt.Errorf("core: parameter %d of group %q names compartments, which a host cannot change", p, c.Image.Groups[g].Name)
	case len(values) != c.Image.Groups[g].N:
		return fmt.Errorf("core: %d values for parameter %d of group %q, need %d", len(values), p, c.Image.Groups[g].Name, c.Image.Groups[g].N)
	}
	c.State.Params[g][p] = append([]int32(nil), values...)
	c.Counts[count.HostWrites] += int64(len(values))
	return nil
}

// priceInstructions counts, once, what every tick issues per group: a
// cancelled instruction costs its issue like any other.
func (c *Core) priceInstructions() {
	c.idle = count.Counts{count.Updates: int64(c.Image.N)}
	for _, grp := range c.Image.Groups {
		for _, i := range grp.Prog.Instrs {
			n := int64(grp.N * grp.Substeps)
			c.idle[int(count.InstrX)+int(isa.Table[i.Op].Class)] += n
		}
		c.timed = c.timed || grp.Prog.Timed
	}
	c.timed = c.timed || len(c.rules) > 0
}

// IdleCounts are the counts of one tick without events.
func (c *Core) IdleCounts() *count.Counts { return &c.idle }

// Quiet says that the last tick changed nothing: until an event arrives or the
// host writes, no later tick can change anything either.
func (c *Core) Quiet() bool {
	return !c.changed && !c.timed && c.State.Tick >= c.busy && c.Tap == nil && c.LearnTap == nil
}

// Active says that in the last tick an event arrived, even at an in-axon
// without synapses, or an ACT had a value that is not 0. A snapshot does not
// hold it: after Restore it is false until a tick has run.
func (c *Core) Active() bool { return c.active }

// Wake says that something outside may have changed the core.
func (c *Core) Wake() {
	if c.events != nil {
		c.events.Touch()
	}
	c.changed = true
	c.busy = max(c.busy, c.State.Tick+int64(max(c.Image.Ring, c.Image.Rows)))
}

// SleepUntil passes over the ticks before a tick, in which a Quiet core does
// nothing but count, and says how many there were.
func (c *Core) SleepUntil(tick int64) int64 {
	n := tick - c.State.Tick
	if n <= 0 {
		return 0
	}
	if c.events != nil {
		c.events.Pass(tick)
	}
	c.State.Tick = tick
	c.slot = int(tick % int64(c.Image.Ring))
	for i, v := range c.idle {
		c.Counts[i] += n * v
	}
	return n
}

// Reset restores the start state; counts go on.
func (c *Core) Reset() {
	if c.events != nil {
		c.events.Reset()
		c.State.Tick, c.Spikes, c.changed, c.active = 0, c.Spikes[:0], true, false
		return
	}
	c.State.reset(c.Image)
	for r, p := range c.rules {
		c.State.Learn[r].Reset(&c.Image.Learning[r].Plan, p.weights)
		p.arrived = p.arrived[:0]
	}
	c.adoptAll()
	c.Spikes = c.Spikes[:0]
	c.slot, c.changed, c.busy = 0, true, 0
	c.stir, c.active = false, false
	for p := range c.batch {
		c.batch[p].Drop()
	}
	if c.table != nil {
		c.table.Drop()
	}
}

// Update runs the neuron programs of the current tick, leaves its spikes in
// Spikes, clears the inputs of the tick and moves on to the next.
func (c *Core) Update() {
	if c.events != nil {
		c.updateEvent()
		return
	}
	c.Spikes = c.Spikes[:0]
	if c.Image.Rows > 0 {
		c.due()
	}
	c.flush()
	if len(c.rules) > 0 {
		c.learn(learn.Delivered)
	}
	c.changed = c.eng.run(c)
	clear(c.drawn)
	if c.relays != nil {
		c.collect()
	}
	c.active, c.stir = c.stir, false
	if len(c.rules) > 0 {
		c.learn(learn.Fired)
	}
	n := c.Image.N
	for _, a := range c.State.Acc {
		clear(a[c.slot*n : (c.slot+1)*n])
	}
	c.State.keep(c.Image)
	if c.slot++; c.slot == c.Image.Ring {
		c.slot = 0
	}
	c.State.Tick++
	c.Counts[count.Updates] += int64(n)
	c.Counts[count.Spikes] += int64(len(c.Spikes))
	if c.Image.Payload == Counted {
		for _, s := range c.Spikes {
			c.Counts[count.Spikes] += Counted.Spikes(s.Payload) - 1
		}
	}
	for k := int(count.InstrX); k < int(count.InstrX)+int(isa.NumClasses); k++ {
		c.Counts[k] += c.idle[k]
	}
}

// SeekTick sets slot, tick and learned weights after State was copied in from
// outside.
func (c *Core) SeekTick() {
	c.slot = int(c.State.Tick % int64(c.Image.Ring))
	c.adoptAll()
	c.busy = 0
	c.stir, c.active = false, false
	c.Wake()
}

// Restore copies in a state, between ticks, and the spikes of its last tick.
func (c *Core) Restore(s *State, spikes []Spike) error {
	if err := s.Fits(c.Image); err != nil {
		return err
	}
	for n, x := range spikes {
		if x.Comp < 0 || int(x.Comp) >= c.Image.N || n > 0 && x.Comp <= spikes[n-1].Comp {
			return fmt.Errorf("core: spike %d is of compartment %d of %d, need ascending ones", n, x.Comp, c.Image.N)
		}
	}
	c.State.CopyFrom(s)
	for g := range c.State.Params {
		for p, row := range c.State.Params[g] {
			if own := c.Image.Groups[g].Params[p]; slices.Equal(row, own) {
				c.State.Params[g][p] = own
			}
		}
	}
	c.Spikes = append(c.Spikes[:0], spikes...)
	c.SeekTick()
	return nil
}

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
