package chip

import (
	"fmt"

	"golang.org/x/sync/errgroup"

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
	time   timing
	pieces [][]piece // per modulator of the image
	read   [][]bool  // per core: compartment is read by the host; nil = none
	opt    Options
	hash   string // of the image's bytes, made when first needed
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
	grid := router.Grid{X: img.Mesh.X, Y: img.Mesh.Y, CoresPerTile: img.Mesh.CoresPerTile, ColumnMajor: img.Mesh.ColumnMajor}
	var err error
	if m.net, err = router.New(grid, ids, dst); err != nil {
		return nil, err
	}
	m.input = make([]int32, len(img.Pops))
	for i := range m.input {
		m.input[i] = -1
	}
	for i, in := range img.Inputs {
		m.input[in.Pop] = int32(i)
	}
	m.time = newTiming(img)
	m.read = outputsOf(img)
	m.pieces = piecesOf(img)
	return m, nil
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

// Core is core i, for probes. It must only be read between ticks.
func (m *Machine) Core(i int) *core.Core { return m.cores[i] }

// Elapsed is the analytic time of all ticks since the machine was made.
func (m *Machine) Elapsed() Femtoseconds { return m.now }

// Counts is the sum of everything counted since the machine was made.
func (m *Machine) Counts() count.Counts {
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
	m.tick = 0
	m.host[count.Resets]++
}

// Run advances n ticks. Results do not depend on Workers: a core writes only
// its own State and boxes, and reads boxes that were filled a tick earlier.
func (m *Machine) Run(n int64, src Source, sink Sink) error {
	if m.opt.Workers == 1 {
		return m.loop(n, src, sink, func() {
			for i := range m.cores {
				m.stepCore(i)
			}
		})
	}
	return m.runParallel(n, src, sink)
}

// runParallel keeps one goroutine per worker for the whole run; a tick is one
// round trip of signals, which does not allocate.
func (m *Machine) runParallel(n int64, src Source, sink Sink) error {
	w := m.opt.Workers
	var g errgroup.Group
	start, done := make([]chan struct{}, w), make(chan struct{}, w)
	for k := 0; k < w; k++ {
		start[k] = make(chan struct{}, 1)
		g.Go(func() error {
			for range start[k] {
				for i := k; i < len(m.cores); i += w {
					m.stepCore(i)
				}
				done <- struct{}{}
			}
			return nil
		})
	}
	err := m.loop(n, src, sink, func() {
		for k := range start {
			start[k] <- struct{}{}
		}
		for range start {
			<-done
		}
	})
	for k := range start {
		close(start[k])
	}
	if werr := g.Wait(); err == nil {
		err = werr
	}
	return err
}

func (m *Machine) loop(n int64, src Source, sink Sink, step func()) error {
	for ; n > 0; n-- {
		if err := m.inject(src); err != nil {
			return err
		}
		step()
		m.host[count.Barriers]++
		m.now += m.time.tick(m)
		m.tick++
		m.modulate()
		if sink != nil {
			if err := sink(m.tick-1, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// inject turns the host's spikes into packets of this tick.
func (m *Machine) inject(src Source) error {
	for i := range m.ext {
		m.ext[i] = m.ext[i][:0]
	}
	if src == nil {
		return nil
	}
	m.inj = src(m.tick, m.inj[:0])
	return m.address(m.inj, func(core uint16, p router.Packet) { m.ext[core] = append(m.ext[core], p) }, &m.host[count.HostIn])
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

// stepCore is one tick of core i: packets of the host, then of other cores
// in source order, then the neurons, then out-axons.
func (m *Machine) stepCore(i int) {
	c := m.cores[i]
	fill, last := int(m.tick&1), int(m.tick&1)^1
	c.Deliver(m.ext[i])
	in := int64(0)
	for k := 0; k < m.net.Sources(i); k++ {
		p := m.net.Receive(i, k, last)
		in += int64(len(p))
		c.Deliver(p)
	}
	c.Update()
	boxes := m.net.Open(i, fill)
	n := &m.net1[i]
	n[count.PacketsIn] += in
	img, read := c.Image, m.read[i]
	for _, s := range c.Spikes {
		if read != nil && read[s.Comp] {
			n[count.HostOut]++
		}
		for _, o := range img.Out[img.OutOff[s.Comp]:img.OutOff[s.Comp+1]] {
			b := &boxes[o.Box]
			b.Send(fill, router.Packet{Axon: o.Axon, Payload: s.Payload})
			n[count.PacketsOut]++
			n[count.HopsX] += b.DX
			n[count.HopsY] += b.DY
		}
	}
}
