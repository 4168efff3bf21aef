package compiler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// TestAddressMisfits: what does not fit says how much it needs.
func TestAddressMisfits(t *testing.T) {
	net := func(in, hidden, out int, change func(*graph.Network)) *graph.Network {
		n := &graph.Network{Pops: []*graph.Population{{Name: "in", N: in}, spiking("hidden", hidden, 1, slices.Repeat([]float64{10}, hidden)), spiking("out", out, 1, slices.Repeat([]float64{10}, out))}}
		n.Pops[2].Output = true
		for l := range 2 {
			w := make([]float64, n.Pops[l].N*n.Pops[l+1].N)
			for i := range w {
				w[i] = float64(i%5) - 2
			}
			n.Projs = append(n.Projs, &graph.Projection{Pre: l, Post: l + 1, W: w})
		}
		if change != nil {
			change(n)
		}
		return n
	}
	for _, c := range []struct {
		chip string
		net  *graph.Network
		want string
	}{
		{"tinyodin", net(200, 60, 10, nil), "network, core 0: addresses: need 270, have 256: 70 neurons, 200 inputs and drives; inputs take addresses of neurons"},
		{"odin", net(64, 96, 10, nil), "network, core 0: addresses: need 330, have 256: 106 neurons, 96 copies of such as excite and inhibit, 128 addresses of 64 inputs and drives: the sign of a weight is its source's"},
		{"reckon", net(64, 300, 20, nil), "network, core 0: outputs: need 20, have 16: every neuron that the host reads"},
		{"reckon", net(4, 4, 2, func(n *graph.Network) { n.Pops[1].AV = []float64{0.5, 0.5, 0.5, 0.5} }), "hidden: decay: need 16384, have 28672: neuron 0, in 1/32768 of its potential per tick"},
		{"reckon", net(4, 4, 2, func(n *graph.Network) { n.Pops[1].AV = []float64{1, 0.9, 1, 1} }), "hidden: decay of neighbours: need 1, have 0: neurons 0 and 1 keep 1 and 0.9 of their membranes per tick; 2 neighbours share a register"},
		{"odin", net(4, 4, 2, func(n *graph.Network) { n.Pops[1].Reset = graph.ResetSubtract }), "hidden: reset subtract: need 1, have 0: a spike sets the chip's potential to 0; --reset zero reads the network so"},
		{"tinyodin", net(4, 4, 2, func(n *graph.Network) { n.Projs[0].Delay = 3 }), `hidden: delay: need 3, have 0: projection ""; a spike acts within the step in which it was sent`},
		{"tinyodin", net(4, 4, 2, func(n *graph.Network) { n.Pops[2].Kind = graph.Readout }), "out: readout: need 1, have 0: the host of this chip sees spikes, no potentials"},
		{"tinyodin", net(4, 4, 2, func(n *graph.Network) { n.Pops[1].Floor = make([]float64, 4) }), "hidden: membrane floor: need 1, have 0: the chip has no lower bound of potentials but that of its word"},
	} {
		t.Run(fmt.Sprint(c.chip, c.want[:20]), func(t *testing.T) {
			_, err := Compile(c.net, loaded(t, c.chip), Options{})
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := Compile(net(4, 4, 2, nil), loaded(t, "odin"), Options{Strict: true})
	require.ErrorContains(t, err, "membrane floor: need 1, have 0: strict: ")
}

// TestSelfExciting: a network whose spikes keep each other going ends in an
// error, soon.
func TestSelfExciting(t *testing.T) {
	for _, name := range []string{"tinyodin", "odin"} {
		p := spiking("ring", 4, 1, slices.Repeat([]float64{3}, 4))
		p.Output = true
		net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 1}, p}, Projs: []*graph.Projection{
			{Pre: 0, Post: 1, W: []float64{3, 0, 0, 0}},
			{Pre: 1, Post: 1, W: []float64{0, 0, 0, 3, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0}, Recurrent: true}}}
		res, err := Compile(net, loaded(t, name), Options{})
		require.NoError(t, err)
		m, err := chip.New(res.Image, chip.Options{})
		require.NoError(t, err)
		h, err := chip.NewFramer(m)
		require.NoError(t, err)
		h.Edges = 10_000
		require.NoError(t, h.Begin())
		require.ErrorContains(t, h.Step([]chip.Injection{{Payload: 1}}), `chip: step 0, neuron 0 of input "in": need rest within 10000 clock edges, have a chip that is still at work`)
	}
}

// TestFramerGoesOn: a machine that was restored between two steps goes on with
// a Framer of its own.
func TestFramerGoesOn(t *testing.T) {
	for _, name := range []string{"tinyodin", "odin", "reckon"} {
		net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 3}, spiking("hidden", 4, 1, []float64{5, 5, 6, 6}), spiking("out", 2, 1, []float64{4, 4})}, Projs: []*graph.Projection{
			{Pre: 0, Post: 1, W: []float64{1, 2, 3, -1, 3, 2, 1, 4, 4, 2, 2, 2}}, {Pre: 1, Post: 2, W: []float64{1, 2, -1, 3, 3, 2, 1, -1}}}}
		net.Pops[2].Output = true
		res, err := Compile(net, loaded(t, name), Options{})
		require.NoError(t, err)
		in := []chip.Injection{{Index: 0, Payload: 1}, {Index: 2, Payload: 1}}
		var hashes []string
		for _, cut := range []bool{false, true} {
			m, err := chip.New(res.Image, chip.Options{})
			require.NoError(t, err)
			h, err := chip.NewFramer(m)
			require.NoError(t, err)
			rec := chip.NewRecorder(res.Image, false)
			require.NoError(t, h.Begin())
			for step := range 6 {
				if cut && step == 3 {
					s, err := chip.DecodeSnapshot(m.Snapshot().Encode(), "snapshot")
					require.NoError(t, err)
					m, err = chip.New(res.Image, chip.Options{})
					require.NoError(t, err)
					require.NoError(t, m.Restore(s))
					h, err = chip.NewFramer(m)
					require.NoError(t, err)
				}
				h.Sink = func(_ int64, m *chip.Machine) error { return rec.Tick(int64(step), m) }
				require.NoError(t, h.Step(in))
			}
			require.NoError(t, h.End())
			hashes = append(hashes, rec.MachineHash(), fmt.Sprint(m.Counts(), m.Tick()))
		}
		require.Equal(t, hashes[:2], hashes[2:], name)
	}
}

// wider is tinyodin with weights of 8 bits and two neurons that share a
// threshold, a chip that nobody made.
const wider = `{
  "inherits": "tinyodin", "name": "wider", "title": "what if",
  "fidelity": {"neuron": {"label": "modelled", "source": "made up"}, "synapse": {"label": "modelled", "source": "made up"},
    "learning": {"label": "not modelled", "source": "made up"}, "timing": {"label": "modelled", "source": "made up"}, "energy": {"label": "unknown", "source": "made up"}},
  "event": {"transfers": null, "memories": {
    "neurons": {"words": 128, "bits": 64, "lanes": 2, "fields": {
      "v": {"bit": 0, "width": 12, "stride": 32}, "leak": {"bit": 24, "stride": 32}, "disable": {"bit": 31, "stride": 32}, "thr": {"bit": 44}}},
    "synapses": {"bits": 64, "fields": {"w": {"width": 8, "stride": 8}}}}}}`

type overlaid map[string]string

func (o overlaid) Open(name string) ([]byte, error) {
	if s, ok := o[name]; ok {
		return []byte(s), nil
	}
	return chip.Embedded().Open(name)
}

// TestAddressesAreData: a description of one's own is all that a network needs.
func TestAddressesAreData(t *testing.T) {
	f, err := chip.Load("wider.json", overlaid{"wider.json": wider})
	require.NoError(t, err)
	hid, out := spiking("hidden", 3, 1, []float64{9, 9, 7}), spiking("out", 2, 1, []float64{50, 50})
	out.Output = true
	net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 2}, hid, out}, Projs: []*graph.Projection{
		{Pre: 0, Post: 1, W: []float64{1, 100, 1, -3, 8, 1}}, {Pre: 1, Post: 2, W: []float64{1, -20, 77, 30, 25, 1}}}}
	res, err := Compile(net, f, Options{})
	require.NoError(t, err)
	plain := &oneSpace{lo: -2048, hi: 2047, depth: 128, inputs: 2, n: 5, thr: []int{9, 9, 7, 50, 50}, leak: make([]int, 5),
		w: [][]int{{1, 1, 8, 0, 0}, {100, -3, 1, 0, 0}, make([]int, 5), {0, 0, 0, 1, 30}, {0, 0, 0, -20, 25}, {0, 0, 0, 77, 1}, make([]int, 5), make([]int, 5)}}
	plain.start()
	m, err := chip.New(res.Image, chip.Options{})
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		steps := drawSteps(r, 2)
		got := show(t, res.Image, m, steps, 0)
		plain.start()
		for s, in := range steps {
			require.Equal(t, plain.step(in), slices.Concat(got.counts[s][1], got.counts[s][2]), "step %d", s)
		}
	}
}

// TestSteppedIsTheReference: on a chip whose neurons spike when the next step's
// words come, whole weights without a leak give the spikes of the float
// reference, each population later by its depth.
func TestSteppedIsTheReference(t *testing.T) {
	f := loaded(t, "reckon")
	total := 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 3))
		net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 4}}}
		for l, n := range []int{5, 4, 6, 3} {
			theta := make([]float64, n)
			for i := range theta {
				theta[i] = float64(between(r, 3, 20))
				if i%2 == 1 {
					theta[i] = theta[i-1]
				}
			}
			p := spiking(fmt.Sprint("layer", l), n, 1, theta)
			p.Output = l == 3
			net.Projs = append(net.Projs, &graph.Projection{Pre: l, Post: l + 1, W: wholeDraw(r, net.Pops[l].N, n, 9)})
			net.Pops = append(net.Pops, p)
		}
		net.Projs = append(net.Projs, &graph.Projection{Pre: 2, Post: 2, W: wholeDraw(r, 4, 4, 5), Recurrent: true})
		res, err := Compile(net, f, Options{})
		require.NoError(t, err)
		m, err := chip.New(res.Image, chip.Options{})
		require.NoError(t, err)
		steps := drawSteps(r, 4)
		got := show(t, res.Image, m, steps, int(res.Image.Depth()))
		ref, err := graph.NewRun(net)
		require.NoError(t, err)
		for s, in := range steps {
			x := make([]float64, 4)
			for _, j := range in {
				x[j] = 1
			}
			ref.Step([][]float64{x})
			for l := 1; l < 4; l++ {
				for i, want := range ref.Spikes[l] {
					require.EqualValues(t, want, got.counts[s+res.Image.Pops[l].Depth][l][i], "seed %d, step %d, layer %d, neuron %d", seed, s, l, i)
					total += int(want)
				}
			}
		}
	}
	require.Greater(t, total, 150)
}
