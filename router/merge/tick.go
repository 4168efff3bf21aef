package merge

import "fmt"

// Timing is the sequence of states that a core goes through in a tick, in clock
// cycles from the tick's pulse on. The sequencer works on the rising edge; what
// a state does can be seen Shows cycles later.
type Timing struct {
	Neurons int64
	First   int64 // first cycle of the states of neuron 0
	Each    int64 // cycles of the states of one neuron
	Write   int64 // cycle of the state that sends, from the neuron's first
	Clear   int64 // cycle of the state that clears the row, from the end of the last neuron
	Shows   int64
}

// Cycles is when the row of a core that never waits is clear.
func (t *Timing) Cycles() int64 { return t.First + t.Neurons*t.Each + t.Clear + t.Shows }

// maxCycles bounds a tick.
const maxCycles = 1 << 40

func (t *Timing) ok() bool {
	for _, v := range [...]int64{t.First, t.Each, t.Write, t.Clear, t.Shows} {
		if v < 0 || v > 1<<20 {
			return false
		}
	}
	return t.Neurons >= 1 && t.Neurons <= 1<<17 && t.Write < t.Each && t.Shows >= 1 && t.Each > t.Shows && t.Cycles() < maxCycles
}

// Fire is a neuron that fires. Its word enters the network if Send is set.
type Fire struct {
	Core, Neuron int32
	Send         bool
	Word         Word
}

// Arrival is a word at the tile that it was for. Lost says that it came in the
// very cycle in which the core there cleared its row, which undid it.
type Arrival struct {
	Tile, Tag int32
	Cycle     int64
	Lost      bool
}

// Outcome is what happened in a tick. It is valid until the next one.
type Outcome struct {
	Shots    []int64   // cycle in which each Fire could be seen
	Arrivals []Arrival // in order of cycles, then of tiles
	Clears   []int64   // per core: cycle in which its row was cleared, -1 = it did not run
	Cycles   int64     // the last cycle in which anything happened
}

// Cores are the cores of a network and their timings.
type Cores struct {
	net    *Net
	timing []Timing
	tile   []int32
	at     []int32 // core of a tile, -1 = none
	next   []int   // per core: its first fire to come
	events heap
	pulses []pulse // ascending
	cycle  int64
	visit  func(tile int, tag int32)
	out    Outcome
}

type pulse struct {
	at   int64
	tile int32
	word Word
}

// NewCores puts cores on the tiles of a network, one at most on each.
func NewCores(n *Net, tiles []int, timing []Timing) (*Cores, error) {
	c := &Cores{net: n, timing: timing, tile: make([]int32, len(tiles)), at: make([]int32, n.width*n.height), next: make([]int, len(tiles))}
	for i := range c.at {
		c.at[i] = -1
	}
	if len(timing) != len(tiles) || len(tiles) > 1<<16 {
		return nil, fmt.Errorf("merge: timings of %d cores for %d tiles, need as many, at most %d", len(timing), len(tiles), 1<<16)
	}
	for i, t := range tiles {
		if t < 0 || t >= len(c.at) || c.at[t] >= 0 {
			return nil, fmt.Errorf("merge: core %d at tile %d, need one of %d that has no other core", i, t, len(c.at))
		}
		if !timing[i].ok() || timing[i].Shows != timing[0].Shows {
			return nil, fmt.Errorf("merge: core %d: timing %+v, need neurons, cycles for each, the sending among them, and effects that show after fewer, as many as elsewhere", i, timing[i])
		}
		c.tile[i], c.at[t] = int32(t), int32(i)
	}
	c.out.Clears, c.visit = make([]int64, len(tiles)), c.arrive
	return c, nil
}

// Tick runs one tick until nothing moves any more. Fires ascend by core, then
// neuron. The words of host enter one per cycle from cycle from on. Unless
// running, no core runs and there are no fires.
func (c *Cores) Tick(fires []Fire, host []Word, from int64, running bool) (*Outcome, error) {
	if err := c.start(fires, running); err != nil {
		return nil, err
	}
	still, steps, most := 0, 0, c.net.most(len(fires)+len(host))
	for c.advance(len(host) > 0, from) {
		done := c.writes(fires)
		c.enter()
		if len(host) > 0 && c.cycle >= from {
			c.net.Host(host[0])
			host, done = host[1:], true
		}
		c.net.Step(c.visit)
		if still++; done || c.net.Moved() {
			c.out.Cycles, still = max(c.out.Cycles, c.cycle), 0
		}
		if still > stillMost {
			return nil, fmt.Errorf("merge: cycle %d of a tick: %d words that cannot move: a deadlock", c.cycle, c.net.Held())
		}
		if steps++; steps > most {
			return nil, fmt.Errorf("merge: cycle %d of a tick: %d words still under way, need all to have arrived: they go round in circles", c.cycle, c.net.Held())
		}
	}
	if n := c.net.Held(); n > 0 {
		return nil, fmt.Errorf("merge: %d words wait where nothing takes them", n)
	}
	return &c.out, nil
}

// stillMost is how many cycles a network in which words can move is still: a
// merge asks in one and takes in the next.
const stillMost = 8

// most is how many cycles can be needed for some words, if one moves in every
// other cycle and none passes a row or a column twice, and for their cores.
func (n *Net) most(words int) int {
	return stillMost + words*(4*n.perTile*(n.width+n.height+2)+stillMost)
}

func (c *Cores) start(fires []Fire, running bool) error {
	c.cycle = -1
	c.out.Cycles, c.out.Arrivals = 0, c.out.Arrivals[:0]
	c.out.Shots = append(c.out.Shots[:0], make([]int64, len(fires))...)
	c.events, c.pulses = c.events[:0], c.pulses[:0]
	for k := range c.out.Clears {
		if c.out.Clears[k] = -1; running {
			c.out.Clears[k] = c.timing[k].Cycles()
			c.out.Cycles = max(c.out.Cycles, c.out.Clears[k])
		}
	}
	for i := range fires {
		f := &fires[i]
		if !running || f.Core < 0 || int(f.Core) >= len(c.tile) || f.Neuron < 0 || int64(f.Neuron) >= c.timing[f.Core].Neurons {
			return fmt.Errorf("merge: fire %d is of neuron %d of core %d, need one of %d cores that run", i, f.Neuron, f.Core, len(c.tile))
		}
		if i == 0 || f.Core > fires[i-1].Core {
			t := &c.timing[f.Core]
			c.next[f.Core], c.out.Clears[f.Core] = i, -1
			c.events.push(event{t.First + int64(f.Neuron)*t.Each + t.Write, f.Core})
		} else if f.Core < fires[i-1].Core || f.Neuron <= fires[i-1].Neuron {
			return fmt.Errorf("merge: fire %d is of neuron %d of core %d, need ascending ones", i, f.Neuron, f.Core)
		}
	}
	return nil
}

// advance goes to the next cycle in which anything can happen.
func (c *Cores) advance(host bool, from int64) bool {
	next := int64(maxCycles)
	if len(c.events) > 0 {
		next = c.events[0].at
	}
	if len(c.pulses) > 0 {
		next = min(next, c.pulses[0].at)
	}
	if host {
		next = min(next, max(from, c.cycle+1))
	}
	if !c.net.Idle() {
		next = c.cycle + 1
	}
	c.cycle = next
	return next < maxCycles
}

// writes has the cores whose state sends in this cycle do so, or wait for the
// next one. It says whether any did.
func (c *Cores) writes(fires []Fire) bool {
	done := false
	for len(c.events) > 0 && c.events[0].at == c.cycle {
		k := c.events[0].core
		t, i := &c.timing[k], c.next[k]
		f := &fires[i]
		if f.Send && c.net.Full(int(c.tile[k])) {
			c.events.replace(event{c.cycle + 1, k})
			continue
		}
		done = true
		c.out.Shots[i] = c.cycle + t.Shows
		if f.Send {
			c.pulse(k, f.Word)
		}
		if c.next[k]++; i+1 < len(fires) && fires[i+1].Core == k {
			c.events.replace(event{c.cycle + int64(fires[i+1].Neuron-f.Neuron)*t.Each, k})
			continue
		}
		c.events.pop()
		c.out.Clears[k] = c.cycle + t.Cycles() - (t.First + int64(f.Neuron)*t.Each + t.Write)
		c.out.Cycles = max(c.out.Cycles, c.out.Clears[k])
	}
	return done
}

// pulse has a word enter at the first edge of the FIFOs that sees it.
func (c *Cores) pulse(k int32, w Word) {
	at := c.cycle + c.timing[k].Shows
	if c.net.rising {
		at--
	}
	c.pulses = append(c.pulses, pulse{at, c.tile[k], w})
}

func (c *Cores) enter() {
	n := 0
	for ; n < len(c.pulses) && c.pulses[n].at == c.cycle; n++ {
		c.net.Enter(int(c.pulses[n].tile), c.pulses[n].word)
	}
	c.pulses = c.pulses[:copy(c.pulses, c.pulses[n:])]
}

func (c *Cores) arrive(tile int, tag int32) {
	k := c.at[tile]
	c.out.Arrivals = append(c.out.Arrivals, Arrival{int32(tile), tag, c.cycle, k >= 0 && c.out.Clears[k] == c.cycle})
}
