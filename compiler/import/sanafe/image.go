package sanafe

import (
	_ "embed" // the program of the neurons
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"hillock/chip"
	"hillock/chip/timing"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// neuronText is the program of all neurons.
//
//go:embed neuron.uasm
var neuronText string

// base is the family whose cores the cores become.
const base = "loihi1"

const (
	maxAxons  = math.MaxUint16
	unit      = 64 // potential of 1 in the membrane: the peer cuts to 1/64
	leakBits  = 20 // of what stays of a potential
	zeroBits  = 10 // of an input, below its weights: spikes of weight 0
	maxZero   = 1<<zeroBits - 1
	weightHi  = math.MaxInt16
	potential = 1 << 24 // largest bias, threshold and reset
)

// Image makes a chip image: the architecture's mesh, times and energies, cores
// of the base family, and neurons with the peer's own model, exact for weights
// and biases that are multiples of 1/64; others are refused. A spike over a
// synapse of weight 0 counts as input, as in the peer, if all synapses of its
// source on that core have weight 0.
// deviation: a leak is rounded to 2^-20. A neuron whose potential is above 0
// and does not change counts as updated in the peer only.
func (p *Plan) Image() (*chip.Image, error) {
	f, err := chip.LoadNamed(base)
	if err != nil {
		return nil, err
	}
	prog, err := asm.Assemble(neuronText, "neuron.uasm", asm.Options{})
	if err != nil {
		return nil, err
	}
	steps, err := p.steps()
	if err != nil {
		return nil, err
	}
	a := p.arch
	img := &chip.Image{Chip: f.Name, ChipHash: f.Hash, Mesh: chip.Mesh{X: a.W, Y: a.H, CoresPerTile: a.CoresPerTile, ColumnMajor: true},
		Latency: a.latency(), Meta: []chip.KV{{Key: "import", Value: "SANA-FE network " + strconv.Quote(clip(p.net.Name))}}}
	if img.Energy, err = a.energy(f.Name); err != nil {
		return nil, err
	}
	at := make([]int32, a.W*a.H*a.CoresPerTile) // core number to index
	for k, c := range p.cores {
		at[c] = int32(k)
		own, err := p.core(f, prog, k, steps)
		if err != nil {
			return nil, err
		}
		img.Cores = append(img.Cores, chip.Core{ID: int(c), Image: own, Runs: p.runs(k)})
	}
	for _, g := range p.net.Groups {
		img.Pops = append(img.Pops, chip.Population{Name: g.Name, N: g.N})
	}
	return img, p.fill(img, at, steps)
}

// steps is how many parts a weight of 1 is divided into so that all weights are
// whole: a power of two, 64 at most.
func (p *Plan) steps() (int, error) {
	steps := 1
	for _, e := range p.net.Edges {
		if !whole(e.Weight * unit) {
			return 0, fmt.Errorf("sanafe: edge %d -> %d: need a weight that is a multiple of 1/%d, have %g", e.Src, e.Dst, unit, e.Weight)
		}
		for !whole(e.Weight * float64(steps)) {
			steps *= 2
		}
	}
	for _, e := range p.net.Edges {
		if math.Abs(e.Weight*float64(steps)) > weightHi {
			return 0, fmt.Errorf("sanafe: edge %d -> %d: need a weight of at most %d beside ones of 1/%d, have %g", e.Src, e.Dst, weightHi/steps, steps, e.Weight)
		}
	}
	return steps, nil
}

func whole(v float64) bool { return v == math.Trunc(v) }

// coreVars are the registers of a core of the base family.
type coreVars struct{}

// Core leaves the defaults.
func (coreVars) Core(string) (int64, bool) { return 0, false }

// Neuron leaves the defaults.
func (coreVars) Neuron(string, int) (int64, bool) { return 0, false }

func (p *Plan) core(f *chip.Family, prog *isa.Program, k, steps int) (*core.Image, error) {
	params := make([][]int32, 4)
	for _, i := range p.comps[k] {
		x := &p.net.Neurons[i]
		if x.Leak < 0 || x.Leak > 1 {
			return nil, fmt.Errorf("sanafe: neuron %d: need a leak_decay of 0 to 1, have %g", i, x.Leak)
		}
		if !whole(x.Bias*unit) || !whole(x.Reset*unit) {
			return nil, fmt.Errorf("sanafe: neuron %d: need a bias and a reset that are multiples of 1/%d, have %g and %g", i, unit, x.Bias, x.Reset)
		}
		if m := max(math.Abs(x.Bias), math.Abs(x.Reset), math.Abs(x.Threshold)); m > potential {
			return nil, fmt.Errorf("sanafe: neuron %d: need bias, reset and threshold of at most %d, have %g", i, potential, m)
		}
		for j, v := range []float64{math.Round(x.Leak * (1 << leakBits)), x.Bias * unit, math.Floor(x.Threshold * unit), x.Reset * unit} {
			params[j] = append(params[j], int32(v))
		}
	}
	ci, err := f.BindCore(coreVars{})
	if err != nil {
		return nil, err
	}
	wide := fixed.Layout{Width: 32, Over: fixed.Sat}
	ci.N = len(p.comps[k])
	ci.Ports[0].Acc = wide
	ci.Draws = nil
	ci.Groups = []core.Group{{Name: "lif", N: ci.N, Prog: prog, State: []fixed.Layout{wide}, Substeps: 1, Cap: 1, Params: params, Words: []string{"v"}}}
	ci.Formats = []core.Format{{Scale: zeroBits + bits.TrailingZeros(unit) - bits.TrailingZeros(uint(steps))}, {}}
	return &ci, nil
}

// runs says which neurons the compartments of a core are.
func (p *Plan) runs(k int) (out []chip.Run) {
	pop := 0
	for b, i := range p.comps[k] {
		g := &p.net.Groups[pop]
		if int(i) < g.First || int(i) >= g.First+g.N {
			pop = slices.IndexFunc(p.net.Groups, func(g Group) bool { return int(i) >= g.First && int(i) < g.First+g.N })
			g = &p.net.Groups[pop]
		}
		if l := len(out) - 1; l >= 0 && out[l].Pop == pop && out[l].First+out[l].N == int(i)-g.First {
			out[l].N++
			continue
		}
		out = append(out, chip.Run{Pop: pop, First: int(i) - g.First, Base: b, N: 1})
	}
	return out
}

// fill adds synapses, in-axons and out-axons.
func (p *Plan) fill(img *chip.Image, at []int32, steps int) error {
	comp, zeros := make([]uint16, len(p.net.Neurons)), make([]uint16, len(p.net.Neurons))
	for _, list := range p.comps {
		for b, i := range list {
			comp[i] = uint16(b)
		}
	}
	for k := range p.cores {
		own := img.Cores[k].Image
		var reached []int32
		for _, i := range p.comps[k] {
			for _, f := range p.out[i] {
				reached = append(reached, at[f.core])
			}
		}
		slices.Sort(reached)
		own.Boxes = slices.Compact(reached)
		own.OutOff = []uint32{0}
		for _, i := range p.comps[k] {
			for _, f := range p.out[i] {
				to := img.Cores[at[f.core]].Image
				if len(to.Axons) >= maxAxons {
					return fmt.Errorf("sanafe: core %d: need at most %d sources", f.core, maxAxons)
				}
				box, _ := slices.BinarySearch(own.Boxes, at[f.core])
				own.Out = append(own.Out, core.OutAxon{Box: uint16(box), Axon: uint16(len(to.Axons))})
				p.axon(to, f, comp, steps, zeros)
			}
			own.OutOff = append(own.OutOff, uint32(len(own.Out)))
		}
	}
	return nil
}

// axon appends an in-axon with the synapses of one source. zeros counts, per
// neuron, the synapses of weight 0 that mark their spikes.
func (p *Plan) axon(to *core.Image, f fan, comp []uint16, steps int, zeros []uint16) {
	x := core.Axon{Off: uint32(len(to.Syn)), N: uint32(len(f.edges)), Dense: true, Words: 1}
	zero := !slices.ContainsFunc(f.edges, func(e int32) bool { return p.net.Edges[e].Weight != 0 })
	if zero {
		x.Format = 1
	}
	for _, k := range f.edges {
		e := &p.net.Edges[k]
		mant := int16(e.Weight * float64(steps))
		if zero && zeros[e.Dst] < maxZero {
			mant = 1
			zeros[e.Dst]++
		}
		to.Syn = append(to.Syn, core.Synapse{Target: comp[e.Dst], Mant: mant})
	}
	to.Axons = append(to.Axons, x)
}

// price is one event and what it costs.
type price struct {
	event count.Event
	Cost
	stage string
}

func (a *Arch) prices() []price {
	const generate, process = "generate", "process"
	return []price{{count.SynDense, a.Synapse, process}, {count.Updates, a.Access, generate}, {count.UpdatesActive, a.Update, generate},
		{count.Spikes, a.Spike, generate}, {count.PacketsOut, a.MessageOut, generate}, {count.PacketsIn, a.MessageIn, process},
		{count.HopsX, a.HopX, ""}, {count.HopsY, a.HopY, ""}}
}

const source = "imported from an architecture of SANA-FE"

func (a *Arch) latency() chip.Latency {
	l := chip.Latency{Source: source}
	fs := func(s float64) int64 { return int64(math.Round(s * 1e15)) }
	for _, x := range a.prices() {
		if x.stage != "" {
			l.PerEvent = append(l.PerEvent, chip.EventTime{Event: x.event.String(), Fs: fs(x.Seconds), Stage: x.stage, Source: source})
		}
	}
	l.Network = timing.Spec{CycleFs: 1e6, Subnets: 2, Choose: "round-robin", VCs: 1, Buffer: 8, Alloc: "split", Flits: 1, Crossbar: 1, LinkX: 1, LinkY: 1,
		Inject: 1, Eject: 1, CyclesPerFlit: 1, HopXFs: fs(a.HopX.Seconds), HopYFs: fs(a.HopY.Seconds), Hold: a.Buffer, Source: source + "; the mesh is that of its cycle mode"}
	for _, s := range a.Sync {
		l.Sync = append(l.Sync, chip.SyncTime{Tiles: s.Tiles, Fs: fs(s.Seconds)})
	}
	return l
}

// energy is the energy table of the architecture.
func (a *Arch) energy(chip string) ([]byte, error) {
	type coefficient struct {
		Event  string      `json:"event"`
		Value  json.Number `json:"value"`
		Unit   string      `json:"unit"`
		Kind   string      `json:"kind"`
		Scope  string      `json:"scope"`
		Source string      `json:"source"`
	}
	type point struct {
		Name         string        `json:"name"`
		Supply       string        `json:"supply"`
		Node         string        `json:"node"`
		Coefficients []coefficient `json:"coefficients"`
	}
	p := point{Name: "imported", Supply: "not stated", Node: "not stated"}
	for _, x := range a.prices() {
		value := strconv.FormatFloat(math.Round(x.Joules*1e18)/1e6, 'f', -1, 64) // attojoules are the unit of prices
		p.Coefficients = append(p.Coefficients, coefficient{x.event.String(), json.Number(value), "pJ", "assumed", "per-term", source})
	}
	return json.Marshal(struct {
		Schema string  `json:"schema"`
		Name   string  `json:"name"`
		Chip   string  `json:"chip"`
		Points []point `json:"points"`
	}{"hillock/energy-table/1", "imported", chip, []point{p}})
}
