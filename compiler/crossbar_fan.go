package compiler

import "hillock/compiler/graph"

// fanRoundsCross bounds how often the cores of a network with feedback are
// counted again, coresCross the cores that are counted at all.
const (
	fanRoundsCross = 32
	coresCross     = 1 << 16
)

// crossCore is a core of the plan: columns of a tile, or relays.
type crossCore struct {
	pop, tile int // tile -1 = relays
	columns   []column
	relays    []relay
}

// column is a neuron of a core: a copy of a target. Copy 0 is the neuron
// itself; copies compute the same and send elsewhere.
type column struct {
	neuron int32
	copy   int32
}

// relay passes the spikes of one copy of a neuron on to n in-axons.
type relay struct {
	neuron int32
	copy   int32
	n      int
}

// passCrossFan finds how many in-axons every neuron drives and makes as many
// of it: a neuron has one destination. Where copies of a layer would need more
// cores, which would ask for more copies of the layer before it, spikes go
// through relays, a tick later. Feedback has no tick to lose and is copied; only
// where that ends at no size that the chip has it is relayed, and late.
func passCrossFan(u *Unit) error {
	x := u.crossbar
	if x.stopped {
		return nil
	}
	have := u.coresHave()
	for {
		u.countCores()
		if int64(x.count) <= have || x.late {
			break
		}
		x.late = true
		for k := range x.pops {
			x.pops[k].relayed = false
			for i := range x.pops[k].tiles {
				x.pops[k].tiles[i].cores = 1
			}
		}
	}
	if x.count <= coresCross {
		u.formCores()
		x.count = len(x.cores)
	}
	if n := int64(x.count); n > have {
		x.stopped = true
		u.misfit(Misfit{"", -1, limCores, n, have, "targets that share in-axons, and copies and relays for neurons that drive several"})
	}
	return nil
}

// countCores counts until nothing changes, or there are too many.
func (u *Unit) countCores() {
	x := u.crossbar
	for range fanRoundsCross {
		changed := false
		x.count = 0
		for k := len(u.Pops) - 1; k >= 0; k-- {
			if !u.isInput(k) {
				changed = u.fanOf(k) || changed
				for i := range x.pops[k].tiles {
					x.count += x.pops[k].tiles[i].cores
				}
			}
		}
		if !changed || x.count > coresCross {
			return
		}
	}
	x.count = coresCross + 1 // every round asks for more
}

func (u *Unit) coresHave() int64 {
	if n, ok := u.limit(limCores); ok {
		return n
	}
	return int64(places(u.Family.Mesh))
}

// fanOf counts the in-axons that the neurons of a population drive and the
// cores that their copies need; it says whether anything changed.
func (u *Unit) fanOf(pop int) bool {
	x := u.crossbar
	c := &x.pops[pop]
	c.wanted = make([]int, u.Net.Pops[pop].N)
	for k := range x.pops {
		to := &x.pops[k]
		for i := range to.tiles {
			t := &to.tiles[i]
			for j, s := range t.sources {
				if q := to.sources[s]; int(q.pre) == pop {
					c.wanted[q.neuron] += int(t.kinds[j]) * t.cores
				}
			}
		}
	}
	changed := false
	for again := true; again; {
		again = false
		for i := range c.tiles {
			t := &c.tiles[i]
			n := 0
			for _, j := range t.targets {
				n += u.copies(pop, j)
			}
			room := x.neurons - t.constant
			cores := (n + room - 1) / room
			if cores > 1 && !c.relayed && u.mayRelay(pop) {
				c.relayed, again, changed = true, true, true
				break
			}
			changed = changed || cores != t.cores
			t.cores = cores
		}
	}
	return changed
}

// mayRelay says that a population's spikes may take another tick.
func (u *Unit) mayRelay(pop int) bool {
	if u.isRecurrent(pop) {
		return u.crossbar.late
	}
	return !u.inputsOnly(pop)
}

// copies is how often a neuron is there: once per in-axon that it drives, or
// per group of relays, once more if the host reads it as well.
func (u *Unit) copies(pop int, neuron int32) int {
	c := &u.crossbar.pops[pop]
	n := c.wanted[neuron]
	if c.relayed {
		room := u.crossbar.neurons
		n = (n + room - 1) / room
	}
	if u.Net.Pops[pop].Output && n > 0 {
		n++
	}
	return max(n, 1)
}

// inputsOnly says that a population listens to inputs alone, which the host
// sends to as many in-axons as there are.
func (u *Unit) inputsOnly(pop int) bool {
	for _, q := range u.Net.Projs {
		if q.Post == pop && u.Net.Pops[q.Pre].Kind != graph.Input {
			return false
		}
	}
	return true
}

// formCores makes the cores: tiles in order, each on as many as its columns
// need, then the relays of each population.
func (u *Unit) formCores() {
	x := u.crossbar
	for k := range x.pops {
		c := &x.pops[k]
		for i := range c.tiles {
			t := &c.tiles[i]
			var all []column
			for copyNo, left := int32(0), true; left; copyNo++ {
				left = false
				for _, j := range t.targets {
					if int(copyNo) < u.copies(k, j) {
						all, left = append(all, column{j, copyNo}), true
					}
				}
			}
			room := x.neurons - t.constant
			for from := 0; from < len(all); from += room {
				x.cores = append(x.cores, crossCore{pop: k, tile: i, columns: all[from:min(from+room, len(all))]})
			}
		}
		if c.relayed {
			u.formRelays(k)
		}
	}
}

func (u *Unit) formRelays(pop int) {
	x := u.crossbar
	c := &x.pops[pop]
	core := crossCore{pop: pop, tile: -1}
	used := 0
	first := int32(0)
	if u.Net.Pops[pop].Output {
		first = 1 // copy 0 is for the host
	}
	for i, n := range c.wanted {
		for copyNo := first; n > 0; copyNo++ {
			part := min(n, x.neurons)
			if len(core.relays) == x.axons || used+part > x.neurons {
				x.cores = append(x.cores, core)
				core, used = crossCore{pop: pop, tile: -1}, 0
			}
			core.relays = append(core.relays, relay{int32(i), copyNo, part})
			used += part
			n -= part
		}
	}
	if used > 0 {
		x.cores = append(x.cores, core)
	}
}

// passCrossSchedule is passSchedule where relayed spikes arrive a tick later.
func passCrossSchedule(u *Unit) error {
	if u.crossbar.stopped {
		return nil
	}
	for _, q := range topological(u.Net) {
		if !q.Recurrent {
			u.Pops[q.Post].Depth = max(u.Pops[q.Post].Depth, u.Pops[q.Pre].Depth+u.crossLag(q.Pre))
		}
	}
	for i := range u.Projs {
		q := &u.Projs[i]
		pre, post := &u.Pops[q.Src.Pre], &u.Pops[q.Src.Post]
		need := post.Depth + q.Src.Delay
		if q.Src.Recurrent {
			need++
		}
		q.Delay = need - pre.Depth - u.crossLag(q.Src.Pre)
		if q.Delay < 0 {
			u.late(q, -q.Delay)
			q.Delay = 0
		}
		if most := u.crossbar.rows - 2; q.Delay > most {
			u.misfit(Misfit{post.Src.Name, -1, "delay", int64(q.Delay), int64(most), u.waits(q)})
		}
	}
	return nil
}

// lagOf is lag, or what relays make of it.
func (u *Unit) lagOf(pop int) int {
	if u.crossbar != nil {
		return u.crossLag(pop)
	}
	return lag(u.Pops[pop].Src)
}

// crossLag is the ticks that a population's spikes take.
func (u *Unit) crossLag(pop int) int {
	switch {
	case u.isInput(pop):
		return 0
	case u.crossbar.pops[pop].relayed:
		return 2
	}
	return 1
}
