package timing

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/router/mesh"
)

// meshLevel is the cycle-level mesh.
type meshLevel struct {
	network
	net    *mesh.Mesh
	node   []int32 // by index
	list   []mesh.Message
	serve  []int64 // cycles
	cycle  []int64 // of arrival
	busy   []int64 // by node, cycles: work of the host
	last   []int32 // per core: the message that it served last
	free   []int64 // per core: when it is done
	served bool
}

// MeshOptions say what the mesh reports and what is broken. Links, Routers and
// Stuck are the probabilities that a link, a router or a buffer is defect, Drop
// that a packet is lost on a link; all follow from Seed.
type MeshOptions struct {
	BlockedAfter                int // a packet that waits in a router for so many cycles is reported; 0 = never
	Links, Routers, Stuck, Drop float64
	Seed                        uint64
}

// Check reports the first probability that is none.
func (o *MeshOptions) Check() error {
	for _, x := range []struct {
		name string
		p    float64
	}{{"dead links", o.Links}, {"dead routers", o.Routers}, {"stuck buffers", o.Stuck}, {"drop", o.Drop}} {
		if !(x.p >= 0 && x.p <= 1) {
			return fmt.Errorf("timing: %s: need a probability of 0 to 1, have %v", x.name, x.p)
		}
	}
	return nil
}

// faulty says that something may be broken.
func (o *MeshOptions) faulty() bool { return o.Links+o.Routers+o.Stuck+o.Drop > 0 }

// NewMesh is the level of package mesh: packets of flits through routers with
// finite buffers. A core serves what arrives one message after the other, and
// holds the place in its buffer until it is done.
func NewMesh(s Spec, p Place, o MeshOptions) (Level, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	spec, err := s.MeshSpec(p)
	if err != nil {
		return nil, err
	}
	if spec.BlockedAfter = o.BlockedAfter; spec.DropAfter > 0 {
		spec.BlockedAfter = 0
	}
	m := &meshLevel{network: newNetwork(s, p), last: make([]int32, len(p.Cores)), free: make([]int64, len(p.Cores)), busy: make([]int64, spec.Nodes())}
	if m.net, err = mesh.New(spec); err != nil {
		return nil, err
	}
	if f := mesh.RandomFaults(spec, o.Seed, o.Links, o.Routers, o.Stuck, o.Drop); o.faulty() {
		if err := m.net.SetFaults(f); err != nil {
			return nil, err
		}
	}
	for i, id := range p.Cores {
		m.node = append(m.node, spec.Node(int(m.x[i]), int(m.y[i]), id%p.Grid.CoresPerTile))
	}
	m.alone = func(x *Message) int64 {
		hx, hy := m.hops(x)
		return int64(spec.ZeroLoad(int(hx), int(hy))) * s.CycleFs
	}
	// Under split allocation a VC is held for two cycles.
	cycles := max(float64(s.Flits*s.CyclesPerFlit), 2/float64(s.VCs)) / float64(s.Subnets)
	m.each = int64(cycles * float64(s.CycleFs))
	return m, nil
}

// cycles rounds a time to the routers' clock.
func (m *meshLevel) cycles(fs int64) int64 { return (fs + m.spec.CycleFs/2) / m.spec.CycleFs }

// Time sends the messages through the mesh.
func (m *meshLevel) Time(w *Work, b *Bound) error {
	if err := m.begin(w); err != nil {
		return err
	}
	clear(m.lag)
	if len(w.Messages) > 0 {
		if err := m.deliver(w); err != nil {
			return err
		}
	}
	m.path(w, b)
	return nil
}

func (m *meshLevel) deliver(w *Work) error {
	m.load(w)
	m.cycle = grown(m.cycle, len(m.list))
	m.net.SetTick(w.Tick)
	var o mesh.Outcome
	var err error
	if m.served && m.net.Spec().Flits == 1 {
		m.net.Occupy(m.busy)
		o, err = m.net.DeliverServed(m.list, m.serve, m.cycle, 0)
	} else {
		o, err = m.net.Deliver(m.list, m.cycle, 0)
	}
	if err != nil {
		return err
	}
	if o.Arrived+o.Lost != len(m.list) {
		return fmt.Errorf("timing: tick %d: %d messages arrived and %d lost of %d: the network does not conserve them", w.Tick, o.Arrived, o.Lost, len(m.list))
	}
	for _, c := range w.Cores {
		m.lag[c] = m.net.Lag(m.node[c]) * m.spec.CycleFs
	}
	m.note(w)
	m.queue(w)
	return nil
}

// load lists the messages of the tick for the mesh.
func (m *meshLevel) load(w *Work) {
	m.list, m.serve, m.served = m.list[:0], m.serve[:0], false
	clear(m.busy)
	for _, c := range w.Cores {
		m.busy[m.node[c]] = m.cycles(w.Host[c])
	}
	for i := range w.Messages {
		x := &w.Messages[i]
		m.list = append(m.list, mesh.Message{Src: m.node[x.Src], Dst: m.node[x.Dst], Cycle: m.cycles(x.Ready)})
		m.serve = append(m.serve, m.cycles(x.Proc))
		m.served = m.served || x.Proc > 0
	}
}

// queue lets each core serve what arrives, in the order of arrival.
func (m *meshLevel) queue(w *Work) {
	for i := range m.last {
		m.last[i], m.free[i] = -1, 0
	}
	for _, c := range w.Cores {
		m.free[c] = w.Host[c]
	}
	order(w, &m.network, func(i int32) int64 { return m.cycle[i] }, func(i int32) {
		x, p := &w.Messages[i], &m.at[i]
		*p = Passage{Sent: x.Ready, Arrived: m.cycle[i] * m.spec.CycleFs, Before: -1}
		if p.Lost = m.cycle[i] == mesh.Lost; p.Lost {
			return
		}
		p.Arrived = max(p.Arrived, p.Sent)
		p.Start = max(p.Arrived, m.free[x.Dst])
		p.Done = p.Start + x.Proc
		p.Before, m.last[x.Dst], m.free[x.Dst] = m.last[x.Dst], i, p.Done
	})
}

// note takes the events of the mesh.
func (m *meshLevel) note(w *Work) {
	for _, e := range m.net.Events() {
		k := Dropped
		if e.Kind == mesh.Blocked && (e.Tag < 0 || m.cycle[e.Tag] != mesh.Lost) {
			k = Blocked
		}
		x := Incident{Kind: k, Cycle: e.Cycle, Message: e.Tag, Src: -1, Dst: -1, Axon: -1, X: e.X, Y: e.Y, Port: e.Port, Reason: e.Kind.String()}
		if e.Tag >= 0 {
			msg := &w.Messages[e.Tag]
			x.Src, x.Dst, x.Axon = msg.Src, msg.Dst, int32(msg.Axon)
		}
		m.incidents = append(m.incidents, x)
	}
}

// Watch makes the mesh note crossings.
func (m *meshLevel) Watch() { m.net.Watch(true) }

// Crossings are those of the routers' switches.
func (m *meshLevel) Crossings(dst []Crossing) []Crossing {
	if len(m.at) == 0 {
		return dst // nothing was delivered in this tick
	}
	w := int32(m.place.Grid.X)
	for _, c := range m.net.Crossings() {
		from := c.Cycle * m.spec.CycleFs
		dst = append(dst, Crossing{c.Tag, LinkID{c.Router % w, c.Router / w, c.Port}, from, from + int64(m.spec.CyclesPerFlit)*m.spec.CycleFs})
	}
	return dst
}

// order visits the messages of a tick by a key, those of one key in the order
// of the list.
func order(w *Work, n *network, key func(int32) int64, visit func(int32)) {
	n.order = grown(n.order, len(w.Messages))
	for i := range n.order {
		n.order[i] = int32(i)
	}
	slices.SortFunc(n.order, func(a, b int32) int { return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a, b)) })
	for _, i := range n.order {
		visit(i)
	}
}
