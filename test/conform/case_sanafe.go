package conform

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"hillock/chip"
	"hillock/compiler/import/sanafe"
	event "hillock/isa/count"
	"hillock/power"
	"hillock/router/mesh"
	"hillock/router/queued"
)

// The tolerances of the peer's runs, from the README beside the vectors. Its
// queueing model sends the messages of a neuron in the order of addresses in
// its memory, which no file holds: a network's queued time is judged more
// loosely than that of a list of messages.
const (
	peerExact      = 1e-9
	peerQueued     = 1e-3
	peerMesh       = 0.05
	peerMeshRandom = 0.10
	peerText       = "counters, energies and simple step time to 1e-9, queued step time within 0.1 %, mesh within 5 % (10 % on random networks)"
)

// peerArch is the cost table and the geometry of the recorded runs.
func peerArch() *sanafe.Arch {
	type cost = sanafe.Cost // literals: products with 1e-9 differ in the last bit, on which ties hang
	return &sanafe.Arch{Name: "recorded", W: 8, H: 4, CoresPerTile: 4, Buffer: 16, Neurons: 1024,
		Sync: []sanafe.SyncTime{{Tiles: 1, Seconds: 0.6e-6}, {Tiles: 2, Seconds: 1e-6}, {Tiles: 4, Seconds: 1.4e-6}, {Tiles: 29, Seconds: 1.8e-6}},
		HopX: cost{Joules: 3e-12, Seconds: 4.1e-9}, HopY: cost{Joules: 4.2e-12, Seconds: 6.5e-9},
		MessageIn: cost{Seconds: 16e-9}, MessageOut: cost{Joules: 111e-12, Seconds: 5.1e-9}, Synapse: cost{Joules: 35.5e-12, Seconds: 3.8e-9},
		Access: cost{Joules: 51.2e-12, Seconds: 6e-9}, Update: cost{Joules: 21.6e-12, Seconds: 3.7e-9}, Spike: cost{Joules: 69.3e-12, Seconds: 30e-9}}
}

// peerRecord is one recorded network.
type peerRecord struct {
	Params map[string]any       `json:"params"`
	Steps  int                  `json:"steps"`
	Per    map[string][]float64 `json:"per_step"`
	Times  map[string][]float64 `json:"step_time_s"`
}

// maxPeerSteps bounds the steps of one network.
const maxPeerSteps = 1000

// replayPeerNetworks builds the recorded networks by their rules and runs them.
func replayPeerNetworks(d *doc, c *checker) error {
	nets, err := d.object("networks")
	if err != nil {
		return err
	}
	c.res.Reason = peerText
	for _, name := range nets.keys {
		var r peerRecord
		if err := nets.unpack(name, &r); err != nil {
			return err
		}
		if r.Steps < 1 || r.Steps > maxPeerSteps {
			return nets.fail(name, "steps", span(1, maxPeerSteps), strconv.Itoa(r.Steps))
		}
		net, err := peerNetwork(name, r.Params)
		if err != nil {
			return nets.fail(name, "params", "a network of its rules", err.Error())
		}
		if err := replayPeerNetwork(c, peerArch(), net, name, &r); err != nil {
			return nets.fail(name, "", "a run", err.Error())
		}
	}
	return nil
}

// peerRun is a network under way, with what the last step left behind.
type peerRun struct {
	plan  *sanafe.Plan
	m     *chip.Machine
	net   *sanafe.Network
	queue *queued.Net
	mesh  *mesh.Mesh

	fired, input []bool           // of the step in hand; neurons that the last step's spikes reach
	list, last   []queued.Message // of this step and the one before
	at           []queued.Times
}

func newPeerRun(a *sanafe.Arch, net *sanafe.Network, engine string) (*peerRun, error) {
	p, err := sanafe.NewPlan(a, net)
	if err != nil {
		return nil, err
	}
	img, err := p.Image()
	if err != nil {
		return nil, err
	}
	r := &peerRun{plan: p, net: net, fired: make([]bool, len(net.Neurons)), input: make([]bool, len(net.Neurons))}
	if r.m, err = chip.New(img, chip.Options{Engine: engine}); err != nil {
		return nil, err
	}
	if r.queue, err = queued.New(a.Queue()); err != nil {
		return nil, err
	}
	r.mesh, err = mesh.New(peerMeshSpec(a))
	return r, err
}

// peerMeshSpec is the geometry of the peer's cycle mode, which is compiled into
// it: two networks of one VC of 8 flits, four cores per router.
func peerMeshSpec(a *sanafe.Arch) mesh.Spec {
	s := mesh.Default()
	s.W, s.H, s.Concentration, s.Subnets, s.VCs, s.Credit = a.W, a.H, a.CoresPerTile, 2, 1, 0
	return s
}

// step runs one step: its counts are the machine's of the tick, except for what
// is served a tick later.
func (r *peerRun) step() (event.Counts, error) {
	before, active := r.m.Counts(), r.active()
	if err := r.m.Run(1, nil, nil); err != nil {
		return before, err
	}
	clear(r.fired)
	for k := range r.m.Image().Cores {
		for _, s := range r.m.Spikes(k) {
			r.fired[r.plan.Neuron(k, int(s.Comp))] = true
		}
	}
	var err error
	r.last, r.list = r.list, r.last
	if r.list, err = r.plan.Messages(r.list[:0], r.fired, active); err != nil {
		return before, err
	}
	clear(r.input)
	for _, e := range r.net.Edges {
		r.input[e.Dst] = r.input[e.Dst] || r.fired[e.Src]
	}
	have := r.m.Counts()
	return have.Sub(&before), nil
}

// active says of each neuron whether the next step updates it: it has input,
// bias or potential.
func (r *peerRun) active() []bool {
	const membrane = 0 // state word
	out := make([]bool, len(r.fired))
	for i, x := range r.net.Neurons {
		out[i] = r.input[i] || x.Bias != 0
	}
	for k := range r.m.Image().Cores {
		for comp, v := range r.m.Core(k).State.Words[0][membrane] {
			i := r.plan.Neuron(k, comp)
			out[i] = out[i] || v != 0
		}
	}
	return out
}

// steady says that the step sends what the one before it sent.
func (r *peerRun) steady() bool {
	return slices.EqualFunc(r.list, r.last, func(x, y queued.Message) bool { return x.Dst == y.Dst && x.Proc == y.Proc })
}

// queuedTime is the queued time of the step with its barrier.
func (r *peerRun) queuedTime() (float64, error) {
	r.at = slices.Grow(r.at[:0], len(r.list))[:len(r.list)]
	end, err := r.queue.Step(r.list, r.at)
	return end + r.plan.Barrier(), err
}

// meshTime sends the messages of the step through the mesh, one cycle per
// nanosecond; each core serves what arrives one after the other, and a place in
// its buffer is free when that is done.
func (r *peerRun) meshTime(a *sanafe.Arch) (float64, error) {
	s := peerMeshSpec(a)
	node := func(c int32) int32 {
		t := int(c) / a.CoresPerTile
		return s.Node(t/a.H, t%a.H, int(c)%a.CoresPerTile)
	}
	ready := make([]float64, a.W*a.H*a.CoresPerTile) // when a core is done with what is listed
	sent := slices.Clone(ready)                      // when it sends its last message
	var list []mesh.Message
	var work []int64
	for _, m := range r.list {
		if ready[m.Src] += math.Floor(m.Gen/1e-9+0.5) * 1e-9; m.Dst != queued.None { // it rounds each time
			sent[m.Src] = ready[m.Src]
			list = append(list, mesh.Message{Src: node(m.Src), Dst: node(m.Dst), Cycle: int64(math.Round(ready[m.Src] * 1e9))})
			work = append(work, int64(math.Round(m.Proc*1e9)))
		}
	}
	at := make([]int64, len(list))
	o, err := r.mesh.DeliverServed(list, work, at, 0)
	if err != nil || o.Lost > 0 {
		return 0, cmp.Or(err, fmt.Errorf("%d messages lost", o.Lost))
	}
	last, done := 0.0, 0.0 // of all cores: the last message sent, the last work before the barrier
	for c, t := range ready {
		lag := float64(r.mesh.Lag(node(int32(c)))) * 1e-9
		done, last = max(done, t+lag), max(last, sent[c]+lag)
	}
	end := peerEnd(last, done, float64(o.Last+peerDrain)*1e-9, float64(served(list, work, at, s.Nodes()))*1e-9)
	return end + r.plan.Barrier(), nil
}

// peerDrain is the cycles from the last message's arrival to its last credit,
// peerEject those from the switch, where a core takes a message, to arrival.
const (
	peerDrain = 2
	peerEject = 2
)

// served is the cycle in which the last core is done, if each serves what
// arrives one message after the other.
func served(list []mesh.Message, work, at []int64, nodes int) (end int64) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(at[x], at[y]) })
	free := make([]int64, nodes)
	for _, i := range order {
		f := &free[list[i].Dst]
		*f = max(*f, at[i]-peerEject) + work[i]
		end = max(end, *f)
	}
	return end
}

// peerEnd is the end of a step in the peer's cycle mode. When the last message
// is sent, its cores stop what they still have to generate until the network is
// empty; while they then go on, what was received waits. All three are done one
// after the other, which is no model of a chip.
func peerEnd(sent, generated, drained, served float64) float64 {
	if rest := generated - sent; rest > 0 && drained > sent {
		return drained + rest + max(0, served-drained)
	}
	return max(generated, served)
}

// replayPeerNetwork compares every recorded step of one network, on every engine.
func replayPeerNetwork(c *checker, a *sanafe.Arch, net *sanafe.Network, name string, want *peerRecord) error {
	defer func() { c.engine = "" }()
	for _, c.engine = range c.engines {
		r, err := newPeerRun(a, net, c.engine)
		if err != nil {
			return err
		}
		t, err := power.ParseTable(r.m.Image().Energy, name)
		if err != nil {
			return err
		}
		begin := r.m.Elapsed()
		this, err := r.step()
		if err != nil {
			return err
		}
		for k := range want.Steps {
			if err := r.compareTimes(c, a, name, k, want); err != nil {
				return err
			}
			took := (r.m.Elapsed() - begin).Seconds()
			begin = r.m.Elapsed()
			if r.steady() { // the machine serves a message in the tick after the one that sent it
				c.peerValue("step_time_s.simple of the machine", k, want.Times["simple"], took, peerExact, name)
			}
			next, err := r.step()
			if err != nil {
				return err
			}
			for _, e := range []event.Event{event.SynSparse, event.SynDense, event.SynConv, event.PacketsIn} {
				this[e] = next[e]
			}
			comparePeerCounts(c, &t.Points[0], &this, name, k, want)
			this = next
		}
	}
	return nil
}

// peerValue compares one value of a step, if it is recorded.
func (c *checker) peerValue(field string, step int, want []float64, got, tolerance float64, where string) {
	if step >= len(want) {
		return
	}
	c.res.Compared++
	if !(math.Abs(got-want[step]) <= tolerance*math.Abs(want[step])) {
		c.miss(Failure{Field: field, Tick: step, Index: -1, Where: where, Want: fmt.Sprintf("%.10g within %.3g %%", want[step], 100*tolerance), Got: fmt.Sprintf("%.10g", got)})
	}
}

func (r *peerRun) compareTimes(c *checker, a *sanafe.Arch, name string, k int, want *peerRecord) error {
	q, err := r.queuedTime()
	if err != nil {
		return err
	}
	m, err := r.meshTime(a)
	if err != nil {
		return err
	}
	near := peerMesh
	if _, random := want.Params["permille"]; random {
		near = peerMeshRandom
	}
	c.peerValue("step_time_s.simple", k, want.Times["simple"], r.plan.Simple(r.list)+r.plan.Barrier(), peerExact, name)
	c.peerValue("step_time_s.detailed", k, want.Times["detailed"], q, peerQueued, name)
	c.peerValue("step_time_s.cycle", k, want.Times["cycle"], m, near, name)
	return nil
}

// comparePeerCounts compares counters and energies of a step.
func comparePeerCounts(c *checker, p *power.Point, n *event.Counts, name string, k int, want *peerRecord) {
	joules := func(of ...event.Event) (s float64) {
		for _, x := range p.Coefficients {
			if slices.Contains(of, x.Event) {
				s += float64(x.Value) * 1e-18 * float64(n[x.Event])
			}
		}
		return s
	}
	synapse := joules(event.SynSparse, event.SynDense, event.SynConv)
	soma := joules(event.Updates, event.UpdatesActive, event.Spikes)
	network := joules(event.PacketsOut, event.PacketsIn, event.HopsX, event.HopsY)
	for _, x := range []struct {
		field string
		got   float64
	}{
		{"fired", float64(n[event.Spikes])}, {"updated", float64(n[event.UpdatesActive])}, {"hops", float64(n[event.HopsX] + n[event.HopsY])},
		{"spikes", float64(n[event.SynSparse] + n[event.SynDense] + n[event.SynConv])}, {"packets", float64(n[event.PacketsOut])},
		{"synapse_energy", synapse}, {"dendrite_energy", 0}, {"soma_energy", soma}, {"network_energy", network}, {"total_energy", synapse + soma + network},
	} {
		c.peerValue("per_step."+x.field, k, want.Per[x.field], x.got, peerExact, name)
	}
}
