package timing

import (
	"fmt"
	"math"

	"hillock/router/mesh"
	"hillock/router/queued"
)

// Spec describes how packets travel between tiles: the times that the levels
// queued and mesh need. Cycles are of the routers' clock. The zero Spec is that
// of a chip whose network is not described.
type Spec struct {
	CycleFs int64 // of the routers' clock; 0 = not described

	// For mesh.
	Subnets       int    // independent meshes that share cores
	Choose        string // subnet of a packet: round-robin, random, source
	VCs, Buffer   int    // virtual channels per link; flits per VC
	Alloc         string // split, joint
	Flits         int    // per packet
	Routing       int
	Crossbar      int
	LinkX, LinkY  int // cycles
	Inject, Eject int // cycles
	Credit        int
	CyclesPerFlit int
	DropAfter     int // cycles after which a packet that cannot leave a router is dropped; 0 = waits forever

	// For queued.
	HopXFs, HopYFs int64
	Hold           int // messages that a link holds

	LinkFs   int64 // for analytic: how long one packet keeps a link; 0 = links do not bind
	PeriodFs int64 // length of a tick where it is fixed: what is served after it is late; 0 = the barrier waits
	Source   string
}

// Described says that the network is described.
func (s *Spec) Described() bool { return s.CycleFs > 0 }

// MeshSpec is the mesh of a grid.
func (s *Spec) MeshSpec(p Place) (mesh.Spec, error) {
	alloc, err := mesh.ParseAlloc(s.Alloc)
	if err != nil {
		return mesh.Spec{}, err
	}
	choose, err := mesh.ParseChoice(s.Choose)
	if err != nil {
		return mesh.Spec{}, err
	}
	m := mesh.Spec{W: p.Grid.X, H: p.Grid.Y, Concentration: p.Grid.CoresPerTile, Subnets: s.Subnets, Choose: choose, VCs: s.VCs, Buffer: s.Buffer,
		Alloc: alloc, Flits: s.Flits, Routing: s.Routing, Crossbar: s.Crossbar, LinkX: s.LinkX, LinkY: s.LinkY,
		InjectLink: s.Inject, EjectLink: s.Eject, Credit: s.Credit, CyclesPerFlit: s.CyclesPerFlit, DropAfter: s.DropAfter}
	return m, m.Check()
}

// queue is the network of SANA-FE's model for a grid.
func (s *Spec) queue(p Place) queued.Spec {
	return queued.Spec{W: p.Grid.X, H: p.Grid.Y, CoresPerTile: p.Grid.CoresPerTile, HopX: float64(s.HopXFs) * 1e-15, HopY: float64(s.HopYFs) * 1e-15, Buffer: s.Hold}
}

// maxFs bounds every time of a Spec: 1 s.
const maxFs = 1_000_000_000_000_000

// Check reports the first field of a described network that cannot be.
func (s *Spec) Check() error {
	if !s.Described() {
		if *s != (Spec{}) {
			return fmt.Errorf("timing: network without a clock: need cycle_fs of 1 to %d", int64(maxFs))
		}
		return nil
	}
	for _, f := range []struct {
		name   string
		v      int64
		lo, hi int64
	}{{"cycle", s.CycleFs, 1, maxFs}, {"x hop", s.HopXFs, 0, maxFs}, {"y hop", s.HopYFs, 0, maxFs}, {"hold", int64(s.Hold), 0, 1 << 20}, {"period", s.PeriodFs, 0, maxFs}, {"link", s.LinkFs, 0, maxFs}} {
		if f.v < f.lo || f.v > f.hi {
			return fmt.Errorf("timing: network: %s: need %d to %d, have %d", f.name, f.lo, f.hi, f.v)
		}
	}
	one := Place{}
	one.Grid.X, one.Grid.Y, one.Grid.CoresPerTile = 1, 1, 1
	_, err := s.MeshSpec(one)
	return err
}

// network is what the levels that time single messages share.
type network struct {
	spec      Spec
	place     Place
	x, y      []int32 // of the tile of a core, by index
	at        []Passage
	incidents []Incident
	crossings []int64              // per link, see cross
	lag       []int64              // per core: how long it waited for the network before it went on
	sent      []int64              // messages per source core, like crossings
	taken     []int64              // messages per target core
	crossed   int64                // tick of crossings, -1 = none
	alone     func(*Message) int64 // time of a message that meets no other
	each      int64                // time that a message keeps a link
	order     []int32
}

func newNetwork(s Spec, p Place) network {
	n := network{spec: s, place: p, crossings: make([]int64, p.Grid.X*p.Grid.Y*4), crossed: -1,
		lag: make([]int64, len(p.Cores)), sent: make([]int64, len(p.Cores)), taken: make([]int64, len(p.Cores))}
	for _, id := range p.Cores {
		x, y := p.Grid.Place(id)
		n.x, n.y = append(n.x, int32(x)), append(n.y, int32(y))
	}
	return n
}

// Flows says no: messages say more.
func (n *network) Flows() bool { return false }

// Single says yes.
func (n *network) Single() bool { return true }

// Passages are what became of the messages of the last tick.
func (n *network) Passages() []Passage { return n.at }

// Incidents are those of the last tick.
func (n *network) Incidents() []Incident { return n.incidents }

// begin makes room for a tick.
func (n *network) begin(w *Work) error {
	if len(w.Messages) > math.MaxInt32 {
		return fmt.Errorf("timing: tick %d: need at most %d messages, have %d", w.Tick, math.MaxInt32, len(w.Messages))
	}
	if n.at == nil || cap(n.at) < len(w.Messages) {
		n.at = make([]Passage, len(w.Messages))
	}
	n.at = n.at[:len(w.Messages)]
	n.incidents, n.crossed = n.incidents[:0], -1
	return nil
}

// hops is the number of links along each axis.
func (n *network) hops(m *Message) (x, y int64) {
	dx, dy := n.x[m.Src]-n.x[m.Dst], n.y[m.Src]-n.y[m.Dst]
	return int64(max(dx, -dx)), int64(max(dy, -dy))
}

// link is the number of a link.
func (n *network) link(l LinkID) int32 { return (l.X+int32(n.place.Grid.X)*l.Y)*4 + l.Side }

// walk visits the links of a message: along x, then along y.
func (n *network) walk(m *Message, visit func(LinkID)) {
	x, y, tx, ty := n.x[m.Src], n.y[m.Src], n.x[m.Dst], n.y[m.Dst]
	for ; x < tx; x++ {
		visit(LinkID{x, y, 0})
	}
	for ; x > tx; x-- {
		visit(LinkID{x, y, 1})
	}
	for ; y < ty; y++ {
		visit(LinkID{x, y, 2})
	}
	for ; y > ty; y-- {
		visit(LinkID{x, y, 3})
	}
}

// cross counts the crossings of each link in a tick, once.
func (n *network) cross(w *Work) {
	if n.crossed == w.Tick {
		return
	}
	n.crossed = w.Tick
	clear(n.crossings)
	clear(n.sent)
	clear(n.taken)
	for i := range w.Messages {
		n.sent[w.Messages[i].Src]++
		n.taken[w.Messages[i].Dst]++
		n.walk(&w.Messages[i], func(l LinkID) { n.crossings[n.link(l)]++ })
	}
}
