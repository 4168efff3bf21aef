package mesh

import (
	"fmt"
	"math"
)

// Faults are defects of the mesh. Ports are 0 = +x, 1 = -x, 2 = +y, 3 = -y.
type Faults struct {
	Links   []Link   // links that carry nothing: what is routed over one is dropped before it
	Routers []int    // routers that are dead, with all their links and nodes
	Stuck   []Buffer // buffers of an input that never give a place back
	Drop    float64  // probability that a packet is lost on one crossing of a link
	Seed    uint64   // of Drop
}

// Link is the link that leaves a router through a port.
type Link struct{ Router, Port int }

// Buffer is the VC of the input at the far end of a link.
type Buffer struct{ Router, Port, VC int }

// faultState is the defects and what they did.
type faultState struct {
	Faults
	drop    uint64         // probability in 64-bit fixed point
	watch   bool           // packets in front are timed
	any     bool           // there are defects, or packets that may be dropped
	gaveUp  bool           // a delivery ended with packets in the mesh
	dead    map[int32]bool // routers, as seen by their nodes
	waiting deadlines
	why     Kind // of the packet that is being discarded
	events  []Event
	count   [NumKinds]int64
	tick    int64
}

// SetFaults resets the mesh with these defects.
func (m *Mesh) SetFaults(f Faults) error {
	n := len(m.rt)
	for _, l := range f.Links {
		if l.Router < 0 || l.Router >= n || l.Port < 0 || l.Port >= local0 {
			return fmt.Errorf("mesh: dead link: need a router of 0..%d and a port of 0..3, have %d and %d", n-1, l.Router, l.Port)
		}
	}
	for _, r := range f.Routers {
		if r < 0 || r >= n {
			return fmt.Errorf("mesh: dead router: need 0..%d, have %d", n-1, r)
		}
	}
	for _, b := range f.Stuck {
		if b.Router < 0 || b.Router >= n || b.Port < 0 || b.Port >= local0 || b.VC < 0 || b.VC >= m.spec.VCs {
			return fmt.Errorf("mesh: stuck buffer: need a router of 0..%d, a port of 0..3 and a VC of 0..%d, have %d, %d and %d", n-1, m.spec.VCs-1, b.Router, b.Port, b.VC)
		}
	}
	if !(f.Drop >= 0 && f.Drop <= 1) {
		return fmt.Errorf("mesh: drop probability: need 0 to 1, have %v", f.Drop)
	}
	m.fault.Faults = f
	m.Reset()
	return nil
}

// RandomFaults draws defects: each link, router and buffer is defect with the
// probability given.
func RandomFaults(s Spec, seed uint64, links, routers, stuck, drop float64) Faults {
	f := Faults{Drop: drop, Seed: seed}
	hit := func(what, place uint64, p float64) bool {
		u := mix(seed, what, place, streamFault)
		return p >= 1 || u < uint64(math.Ldexp(math.Max(p, 0), 64))
	}
	for r := range s.W * s.H * s.Subnets {
		if hit(0, uint64(r), routers) {
			f.Routers = append(f.Routers, r)
		}
		for p := range local0 {
			at := uint64(r*local0 + p)
			if hit(1, at, links) {
				f.Links = append(f.Links, Link{r, p})
			}
			for v := range s.VCs {
				if hit(2+uint64(v), at, stuck) {
					f.Stuck = append(f.Stuck, Buffer{r, p, v})
				}
			}
		}
	}
	return f
}

// applyFaults marks the dead links and empties the credits of stuck buffers.
func (m *Mesh) applyFaults() {
	f := &m.fault
	f.events, f.count, f.waiting = f.events[:0], [NumKinds]int64{}, deadlines{at: f.waiting.at[:0]}
	f.watch = m.spec.DropAfter > 0 || m.spec.BlockedAfter > 0
	f.any = f.watch || f.Drop > 0 || len(f.Links)+len(f.Routers)+len(f.Stuck) > 0 || m.watched != nil
	f.dead = nil
	f.drop = 0
	if f.Drop > 0 {
		f.drop = math.MaxUint64
		if f.Drop < 1 {
			f.drop = uint64(math.Ldexp(f.Drop, 64))
		}
	}
	for _, l := range f.Links {
		m.rt[l.Router].port[l.Port].dead = true
	}
	for _, r := range f.Routers {
		if f.dead == nil {
			f.dead = map[int32]bool{}
		}
		f.dead[int32(r)] = true
		x, y := int(m.rt[r].x), int(m.rt[r].y)
		for p, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			m.rt[r].port[p].dead = true
			if nx, ny := x+d[0], y+d[1]; nx >= 0 && ny >= 0 && nx < m.spec.W && ny < m.spec.H {
				m.rt[r+d[0]+m.spec.W*d[1]].port[p^1].dead = true
			}
		}
	}
	for _, b := range f.Stuck {
		m.credit[b.Router*lanes+b.Port*m.spec.VCs+b.VC] = 0
		m.rt[b.Router].port[b.Port].cred &^= 1 << b.VC
	}
}

// deadNode says that the router of a node is dead in its first subnet.
func (m *Mesh) deadNode(n int32) bool {
	return m.fault.dead != nil && m.fault.dead[n/int32(m.spec.Concentration)]
}

// lost says whether a flit is lost on its way to a buffer: a function of the
// packet and the link, so that all flits of a packet share one fate.
func (m *Mesh) lost(e arrival) bool {
	r, i := e.vc>>laneBits, e.vc&(lanes-1)
	if m.portOf[i] >= local0 {
		return false
	}
	p := &m.packets[e.f.slot()]
	seed := m.fault.Seed + uint64(m.fault.tick)*0x9e3779b97f4a7c15 // other packets every tick
	if u := mix(seed, uint64(r)<<4|uint64(m.portOf[i]), p.serial, streamDrop); u >= m.fault.drop {
		return false
	}
	m.returnCredit(&m.rt[r], i)
	if e.f.tail() {
		m.loss(Dropped, r, i, e.f.slot())
	}
	return true
}

// discard throws away the packet in front of input VC i: the flits that are
// there now, the others as they come. The next packet goes on as usual.
func (m *Mesh) discard(r uint32, rt *router, i uint32) {
	v := &rt.lane[i]
	v.out = dropping
	for v.n > 0 {
		f := v.f
		if v.n--; v.n > 0 {
			m.behind(rt, v, i)
		}
		m.returnCredit(rt, i)
		if !f.tail() {
			continue
		}
		m.loss(m.fault.why, r, i, f.slot())
		v.out = none
		if v.n > 0 {
			m.next(r, rt, i, v.f)
		}
		return
	}
}

// loss records the end of a packet that does not arrive.
func (m *Mesh) loss(k Kind, r, i uint32, slot int32) {
	p := &m.packets[slot]
	if p.born >= m.stats.from && p.born < m.stats.to {
		m.stats.lost++
	}
	m.eventAt(k, r, i, p)
	if p.tag >= 0 {
		m.traffic.list[p.tag].Cycle = Lost
	}
	p.born = never
	m.freePacket(slot)
}
