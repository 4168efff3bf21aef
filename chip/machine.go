package chip

import (
	"fmt"

	"hillock/chip/timing"
	"hillock/core"
	"hillock/core/learn"
	"hillock/isa/count"
	"hillock/router"
)

// Options choose how a machine runs; none of them changes what it computes.
type Options struct {
	Engine  string           // "" = vector; see core.Engines
	Workers int              // goroutines that step cores; 0 = 1
	Noise   core.NoiseSource // for programs that draw; nil = refuse them
	Draw    learn.Source     // for learning rules that draw; nil = learn.Seeded(0)
	// Incidents: note packets that are late, dropped, merged or blocked.
	Incidents bool
	// Mesh says what the level mesh reports and what of it is broken.
	Mesh timing.MeshOptions
	// Watch: note which messages occupy which links when.
	Watch  bool
	Timing string // level of detail of times, "" = analytic; see package timing
}

// Injection is a spike from outside: neuron Index of input population Pop
// (an index into Image.Pops), Payload 1 for a plain spike.
type Injection struct {
	Pop, Index int32
	Payload    int32
}

// Source gives the spikes that are injected at a tick by appending to dst.
type Source func(tick int64, dst []Injection) []Injection

// Sink sees the machine between two ticks, after tick was computed. Returning
// an error stops the run.
type Sink func(tick int64, m *Machine) error

// Machine is a loaded image that advances in ticks.
type Machine struct {
	img    *Image
	cores  []*core.Core
	net    *router.Net
	ext    [][]router.Packet // host packets of this tick, per core
	inj    []Injection
	input  []int32 // population -> index into Image.Inputs, -1 = none
	tick   int64
	now    Femtoseconds
	host   count.Counts   // events outside cores: host traffic, barriers, resets
	net1   []count.Counts // packets and hops, per source core (no sharing)
	time   clock
	sched  schedule
	misses [][]timing.Incident // per core: of this tick; nil = not noted
	pieces [][]piece           // per modulator of the image
	read   [][]bool            // per core: compartment is read by the host; nil = none
	opt    Options
	hash   string // of the image's bytes, made when first needed

	via   *transit // described routers at work, nil = none
	wires []wiring // output links that are wired to input links
}

// New loads an image. The image is checked whole before anything runs.
func New(img *Image, o Options) (*Machine, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	if o.Engine == "" {
		o.Engine = "vector"
	}
	o.Workers = max(1, min(o.Workers, len(img.Cores)))
	m := &Machine{img: img, opt: o, ext: make([][]router.Packet, len(img.Cores)), net1: make([]count.Counts, len(img.Cores))}
	ids, dst := make([]int, len(img.Cores)), make([][]int32, len(img.Cores))
	for i := range img.Cores {
		c, err := core.New(img.Cores[i].Image, o.Engine, m.noiseOf(i))
		if err != nil {
			return nil, fmt.Errorf("chip: core %d: %w", img.Cores[i].ID, err)
		}
		if c.Number = int32(i); o.Draw != nil {
			c.Draw = o.Draw
		}
		m.cores = append(m.cores, c)
		ids[i], dst[i] = img.Cores[i].ID, img.Cores[i].Image.Boxes
	}
	var err error
	if m.net, err = router.New(m.grid(), ids, dst); err != nil {
		return nil, err
	}
	m.input = make([]int32, len(img.Pops))
	for i := range m.input {
		m.input[i] = -1
	}
	for i, in := range img.Inputs {
		m.input[in.Pop] = int32(i)
	}
	m.sched = newSchedule(m.cores, len(img.Modulators) > 0)
	if m.time, err = newClock(m); err != nil {
		return nil, err
	}
	if o.Incidents {
		m.watch()
	}
	m.read = outputsOf(img)
	m.pieces = piecesOf(img)
	if m.via, err = newTransit(m); err != nil {
		return nil, err
	}
	return m, m.wire()
}

// grid is the tiles of the image.
func (m *Machine) grid() router.Grid {
	k := &m.img.Mesh
	return router.Grid{X: k.X, Y: k.Y, CoresPerTile: k.CoresPerTile, ColumnMajor: k.ColumnMajor}
}

// outputsOf marks, per core, the compartments whose spikes the host reads.
func outputsOf(img *Image) [][]bool {
	marks := make([][]bool, len(img.Cores))
	for i, c := range img.Cores {
		for _, r := range c.Runs {
			if !img.Pops[r.Pop].Output {
				continue
			}
			if marks[i] == nil {
				marks[i] = make([]bool, c.Image.N)
			}
			for k := r.Base; k < r.Base+r.N; k++ {
				marks[i][k] = true
			}
		}
	}
	return marks
}

// noiseOf makes streams of different cores different: the source sees
// compartment numbers that are unique over the machine.
func (m *Machine) noiseOf(i int) core.NoiseSource {
	if m.opt.Noise == nil {
		return nil
	}
	base := int32(0)
	for k := 0; k < i; k++ {
		base += int32(m.img.Cores[k].Image.N)
	}
	return func(comp int32, tick int64, k int, f core.DrawFormat) int32 {
		return m.opt.Noise(base+comp, tick, k, f)
	}
}

// Image is what the machine runs.
func (m *Machine) Image() *Image { return m.img }

// Tick is the number of ticks since the last reset.
func (m *Machine) Tick() int64 { return m.tick }

// Core is core i, for probes and host writes between ticks. A core that was
// handed out never sleeps again. For spikes alone, see Spikes.
func (m *Machine) Core(i int) *core.Core {
	m.touch(i)
	m.sched.held[i] = true
	return m.cores[i]
}

// Spikes are the spikes of core i in the last tick, compartments ascending.
func (m *Machine) Spikes(i int) []core.Spike { return m.cores[i].Spikes }

// touch makes core i current and runs it in the next tick.
func (m *Machine) touch(i int) {
	m.passOver(i)
	m.cores[i].Wake()
	m.sched.wake(i)
}

// current brings the ticks and counts of sleeping cores up to date.
func (m *Machine) current() {
	for i := range m.cores {
		m.passOver(i)
	}
}

// passOver lets core i count the ticks before this one that it slept through.
func (m *Machine) passOver(i int) {
	if n := m.cores[i].SleepUntil(m.tick); n > 0 {
		m.time.skipped(i, n, m.cores[i].IdleCounts())
	}
}

// Elapsed is the time of all ticks since the machine was made, at the level of
// Options.Timing.
func (m *Machine) Elapsed() Femtoseconds { return m.now }

// Counts is the sum of everything counted since the machine was made.
func (m *Machine) Counts() count.Counts {
	m.current()
	sum := m.host
	for i, c := range m.cores {
		sum.Add(&c.Counts)
		sum.Add(&m.net1[i])
	}
	return sum
}

// Reset puts all State back to the configured start; counts and time go on.
func (m *Machine) Reset() {
	for _, c := range m.cores {
		c.Reset()
	}
	m.net.Clear()
	m.time.under = -1
	m.sched.reset()
	for i := range m.ext {
		m.ext[i] = m.ext[i][:0]
	}
	m.tick = 0
	m.host[count.Resets]++
}

// inject turns the host's spikes into packets of this tick.
func (m *Machine) inject(src Source) error {
	if m.inj = m.inj[:0]; src == nil {
		return nil
	}
	m.inj = src(m.tick, m.inj)
	return m.address(m.inj, m.post, &m.host[count.HostIn])
}

// post puts a packet of the host before a core.
func (m *Machine) post(core uint16, p router.Packet) {
	m.ext[core] = append(m.ext[core], p)
	m.sched.mail[core/64] |= 1 << (core % 64)
}

// address turns spikes of the host into packets and counts the spikes.
func (m *Machine) address(spikes []Injection, send func(core uint16, p router.Packet), spent *int64) error {
	for _, s := range spikes {
		if s.Pop < 0 || int(s.Pop) >= len(m.input) || m.input[s.Pop] < 0 {
			return fmt.Errorf("chip: tick %d: population %d takes no input from outside", m.tick, s.Pop)
		}
		in := &m.img.Inputs[m.input[s.Pop]]
		if s.Index < 0 || int(s.Index)+1 >= len(in.Off) {
			return fmt.Errorf("chip: tick %d: neuron %d of input %q, have %d", m.tick, s.Index, m.img.Pops[s.Pop].Name, len(in.Off)-1)
		}
		*spent++
		for _, t := range in.Dst[in.Off[s.Index]:in.Off[s.Index+1]] {
			send(t.Core, router.Packet{Axon: t.Axon, Payload: s.Payload})
		}
	}
	return nil
}

// stepCore is one tick of core i: packets of the host and of other cores in
// source order, then the neurons, then out-axons.
func (m *Machine) stepCore(i int) {
	c := m.cores[i]
	m.passOver(i)
	fill := int(m.tick & 1)
	if m.misses != nil {
		m.misses[i] = m.misses[i][:0]
	}
	if m.time.single {
		m.hostWork(i, m.ext[i])
	}
	if c.Image.OwnFirst {
		m.take(i, fill^1)
	}
	if len(m.ext[i]) > 0 {
		c.Deliver(m.ext[i])
		m.ext[i] = m.ext[i][:0]
	}
	if !c.Image.OwnFirst {
		m.take(i, fill^1)
	}
	c.Update()
	if len(c.Spikes) > 0 {
		m.send(i, fill)
	}
	m.sched.settle(i, c.Quiet())
	m.time.core(m, i)
	if m.time.single {
		m.time.gather(m, i)
	}
}

// take serves the packets that cores sent to core i in the last tick.
func (m *Machine) take(i, last int) {
	n := &m.net1[i]
	m.net.Take(i, last, func(p []router.Packet) {
		n[count.PacketsIn] += m.cores[i].Image.Payload.Packets(p)
		m.cores[i].Deliver(p)
	})
}

// send turns the spikes of core i into packets.
func (m *Machine) send(i, fill int) {
	c := m.cores[i]
	halves := m.net.Halves(i, fill)
	n := &m.net1[i]
	img, read := c.Image, m.read[i]
	n[count.PacketsOut] += touch(c.Image, c.Spikes)
	for _, s := range c.Spikes {
		if read != nil && read[s.Comp] {
			n[count.HostOut] += img.Payload.Spikes(s.Payload)
		}
		for _, o := range img.Out[img.OutOff[s.Comp]:img.OutOff[s.Comp+1]] {
			halves[o.Box].Send(router.Packet{Axon: o.Axon, Payload: s.Payload})
		}
	}
	for b, box := range m.net.Boxes(i) {
		sent := img.Payload.Packets(halves[b].Packets())
		n[count.PacketsOut] += sent
		n[count.HopsX] += sent * box.DX
		n[count.HopsY] += sent * box.DY
	}
}

// touch reads the routes of all spikes and gives 0: the reads do not wait for
// each other, so that they are near when they are needed one after the other.
func touch(img *core.Image, spikes []core.Spike) int64 {
	seen := uint32(0)
	for _, s := range spikes {
		if lo := int(img.OutOff[s.Comp]); lo < len(img.Out) {
			seen |= uint32(img.Out[lo].Box)
		}
	}
	return int64(seen >> 16) // a box has 16 bits
}
