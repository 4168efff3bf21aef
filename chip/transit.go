package chip

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/chip/timing"
	"hillock/isa/count"
	"hillock/router"
	"hillock/router/merge"
)

// Transit is what a described network did with the spikes of the tick before
// Tick and with those that the host sends to Tick, in clock cycles from the
// pulse of the tick before. Before tick 0 no core runs.
type Transit struct {
	Tick     int64
	Sent     []SentSpike      // by core, then compartment
	Arrivals []ArrivingPacket // by cycle, then place on the grid
	Clears   []int64          // per core: cycle in which its row was cleared, -1 = it has no sequencer or did not run
	Cycles   int64            // until nothing moved and every core was done
}

// SentSpike is a spike of a core (index into Image.Cores) and the cycle in
// which it could be seen.
type SentSpike struct {
	Core, Comp int32
	Cycle      int64
}

// ArrivingPacket is a packet at its target: the core (index into Image.Cores)
// and the address there. Lost says that the row was cleared in that very cycle.
type ArrivingPacket struct {
	Core  int32
	Axon  uint16
	Cycle int64
	Lost  bool
}

// transit is the network of a machine at work.
type transit struct {
	Transit
	desc   *Routers
	net    *merge.Net
	cores  *merge.Cores
	number []int32 // per core: its number among those with a sequencer, -1 = none
	owner  []int32 // the reverse
	tile   []int32 // per core
	at     []int32 // per tile: its core, -1 = none
	fires  []merge.Fire
	host   []merge.Word
	under  []underway // by tag
	least  int64      // cycles of a tick in which no core waits
	filled []int      // per box of a core, or per core: packets seen
}

// underway is where a packet waits for its target: number n in a box of core
// src, or, for src -1, of what the host sends to core box.
type underway struct{ src, box, n int32 }

// newTransit builds the network of an image, nil if it has none.
func newTransit(m *Machine) (*transit, error) {
	img := m.img
	g := router.Grid{X: img.Mesh.X, Y: img.Mesh.Y, CoresPerTile: img.Mesh.CoresPerTile, ColumnMajor: img.Mesh.ColumnMajor}
	if img.Routers == nil {
		return nil, nil
	}
	t := &transit{desc: img.Routers}
	var err error
	if t.net, err = merge.New(&img.Routers.Router, g.X, g.Y); err != nil {
		return nil, fmt.Errorf("chip: routers: %w", err)
	}
	t.at = slices.Repeat([]int32{-1}, g.X*g.Y)
	var tiles []int
	var timing []merge.Timing
	for i := range img.Cores {
		if err := t.place(img, g, i); err != nil {
			return nil, err
		}
		ci := img.Cores[i].Image
		if len(ci.Groups) == 0 || !slices.Contains(t.desc.Sequencer.Groups, ci.Groups[0].Name) {
			continue
		}
		s, err := t.desc.Sequencer.timing(len(ci.Axons), ci.N)
		if err != nil {
			return nil, fmt.Errorf("chip: sequencer of core %d: %w", img.Cores[i].ID, err)
		}
		t.number[i], t.least = int32(len(tiles)), max(t.least, s.Cycles())
		tiles, timing, t.owner = append(tiles, int(t.tile[i])), append(timing, s), append(t.owner, int32(i))
	}
	if t.cores, err = merge.NewCores(t.net, tiles, timing); err != nil {
		return nil, fmt.Errorf("chip: routers: %w", err)
	}
	t.Clears = make([]int64, len(img.Cores))
	return t, nil
}

// place puts core i on its tile.
func (t *transit) place(img *Image, g router.Grid, i int) error {
	ci := img.Cores[i].Image
	x, y := g.Place(img.Cores[i].ID)
	tile := int32(y*g.X + x)
	if t.at[tile] >= 0 {
		return fmt.Errorf("chip: routers: core %d is the second of its tile, need one", img.Cores[i].ID)
	}
	t.at[tile], t.tile, t.number = int32(i), append(t.tile, tile), append(t.number, -1)
	for n := range ci.N {
		if k := ci.OutOff[n+1] - ci.OutOff[n]; k > 1 {
			return fmt.Errorf("chip: routers: compartment %d of core %d has %d out-axons, need at most 1", n, img.Cores[i].ID, k)
		}
	}
	return nil
}

// Transit is what the described network did before the last tick, nil if the
// image has none. It is valid until the next tick.
func (m *Machine) Transit() *Transit {
	if m.via == nil {
		return nil
	}
	return &m.via.Transit
}

// carry takes the packets that wait for the coming tick through the network,
// and those that get lost there away.
func (m *Machine) carry() error {
	t := m.via
	t.fires, t.host, t.under = t.fires[:0], t.host[:0], t.under[:0]
	for i := range m.cores {
		if err := t.spikes(m, i); err != nil {
			return err
		}
	}
	t.inputs(m)
	running, from, cycles := m.tick > 0, t.desc.Enter, int64(0)
	if !running {
		// The last tick of a run is carried by the next run: until then it counts
		// like one in which no core waits.
		from, cycles = t.desc.Before, t.least
	}
	out, err := t.cores.Tick(t.fires, t.host, from, running)
	if err != nil {
		t.net.Clear()
		return fmt.Errorf("chip: tick %d: %w", m.tick, err)
	}
	lost := t.record(m, out)
	m.lose(lost)
	m.now += Femtoseconds((cycles + out.Cycles) * t.desc.ClockFs)
	return nil
}

// spikes makes words of the spikes of core i in the last tick.
func (t *transit) spikes(m *Machine, i int) error {
	ci, k := m.cores[i].Image, t.number[i]
	halves := m.net.Halves(i, m.inFlight())
	t.filled = append(t.filled[:0], make([]int, len(halves))...)
	for _, s := range m.cores[i].Spikes {
		outs := ci.Out[ci.OutOff[s.Comp]:ci.OutOff[s.Comp+1]]
		if k < 0 {
			if len(outs) > 0 {
				return fmt.Errorf("chip: tick %d: core %d sends packets, but has no sequencer", m.tick, m.img.Cores[i].ID)
			}
			continue
		}
		f := merge.Fire{Core: k, Neuron: s.Comp}
		for _, o := range outs {
			n := t.filled[o.Box]
			if n >= len(halves[o.Box].Packets()) {
				return fmt.Errorf("chip: tick %d: core %d has fewer packets than spikes", m.tick, m.img.Cores[i].ID)
			}
			t.filled[o.Box]++
			f.Send, f.Word = true, t.word(t.tile[i], ci.Boxes[o.Box], m, underway{int32(i), int32(o.Box), int32(n)})
		}
		t.fires = append(t.fires, f)
	}
	return nil
}

// word is a packet from a tile to a core.
func (t *transit) word(from, core int32, m *Machine, u underway) merge.Word {
	w := int32(m.img.Mesh.X)
	to := t.tile[core]
	t.under = append(t.under, u)
	return merge.Word{DX: int16(to%w - from%w), DY: int16(to/w - from/w), Tag: int32(len(t.under) - 1)}
}

// inputs makes words of what the host sends to the coming tick, in its order.
func (t *transit) inputs(m *Machine) {
	first := int32(t.desc.Router.Host.Y*m.img.Mesh.X + t.desc.Router.Host.X)
	t.filled = append(t.filled[:0], make([]int, len(m.cores))...)
	for _, s := range m.inj {
		in := &m.img.Inputs[m.input[s.Pop]]
		for _, to := range in.Dst[in.Off[s.Index]:in.Off[s.Index+1]] {
			t.host = append(t.host, t.word(first, int32(to.Core), m, underway{-1, int32(to.Core), int32(t.filled[to.Core])}))
			t.filled[to.Core]++
		}
	}
}

// packet is what waits at a place.
func (m *Machine) packet(u underway) (core int32, p router.Packet) {
	if u.src < 0 {
		return u.box, m.ext[u.box][u.n]
	}
	return m.cores[u.src].Image.Boxes[u.box], m.net.Halves(int(u.src), m.inFlight())[u.box].Packets()[u.n]
}

// record fills the Transit and gives the packets that were lost.
func (t *transit) record(m *Machine, out *merge.Outcome) []underway {
	t.Tick, t.Cycles = m.tick, out.Cycles
	t.Sent, t.Arrivals = t.Sent[:0], t.Arrivals[:0]
	for i, f := range t.fires {
		t.Sent = append(t.Sent, SentSpike{t.owner[f.Core], f.Neuron, out.Shots[i]})
	}
	for i, k := range t.number {
		if t.Clears[i] = -1; k >= 0 {
			t.Clears[i] = out.Clears[k]
		}
	}
	var lost []underway
	for _, a := range out.Arrivals {
		core, p := m.packet(t.under[a.Tag])
		t.Arrivals = append(t.Arrivals, ArrivingPacket{core, p.Axon, a.Cycle, a.Lost})
		if a.Lost {
			lost = append(lost, t.under[a.Tag])
		}
	}
	return lost
}

// lose takes packets away.
func (m *Machine) lose(lost []underway) {
	slices.SortFunc(lost, func(a, b underway) int { return cmp.Compare(b.n, a.n) })
	for _, u := range lost {
		n := int(u.n)
		if u.src < 0 {
			m.ext[u.box] = slices.Delete(m.ext[u.box], n, n+1)
			m.host[count.Lost]++
			continue
		}
		h := &m.net.Halves(int(u.src), m.inFlight())[u.box]
		h.Refill(slices.Delete(h.Packets(), n, n+1))
		m.net1[u.src][count.Lost]++
	}
}

// incidents appends the packets that the routers lost.
func (t *transit) incidents(dst []timing.Incident) []timing.Incident {
	for _, a := range t.Arrivals {
		if a.Lost {
			dst = append(dst, timing.Incident{Kind: timing.Dropped, Cycle: a.Cycle, Message: -1, Src: -1, Dst: a.Core, Axon: int32(a.Axon), X: -1, Y: -1, Port: -1, Reason: "in the cycle in which its row was cleared"})
		}
	}
	return dst
}
