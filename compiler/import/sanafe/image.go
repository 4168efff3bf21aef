package sanafe

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/count"
)

// Options choose how an image is made.
type Options struct {
	// CountZero makes a spike over synapses that all have weight 0 count as
	// input, as in the peer. Each carries 1/128 of the smallest weight, which
	// no register of the base family can hold and which adds up where nothing
	// leaks or resets: it is for counting, not for computing.
	CountZero bool
}

// base is the family whose compartments the neurons become.
const base = "loihi1"

const (
	maxAxons = math.MaxUint16
	fine     = 7 // a weight of one step is 1 << fine in the membrane
	weightHi = 255
	biasHi   = 4095
	vthHi    = 131071
	decayOne = 4096
)

// Image makes a chip image: the architecture's mesh, times and energies, and
// the neurons as current-based compartments of 24 bits whose current lasts one
// tick. Weights, biases and thresholds are scaled by one power of two so that
// they are whole numbers; what does not fit is refused.
// deviation: a leak is rounded to 1/4096, and one of 0 becomes 1/4096; the peer
// computes with float64 and cuts to 1/64.
func (p *Plan) Image(o Options) (*chip.Image, error) {
	f, err := chip.LoadNamed(base)
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
		own, err := p.core(f, k, steps)
		if err != nil {
			return nil, err
		}
		img.Cores = append(img.Cores, chip.Core{ID: int(c), Image: own, Runs: p.runs(k)})
	}
	for _, g := range p.net.Groups {
		img.Pops = append(img.Pops, chip.Population{Name: g.Name, N: g.N})
	}
	return img, p.fill(img, at, steps, o)
}

// steps is how many parts a unit is divided into so that all numbers are whole.
func (p *Plan) steps() (float64, error) {
	steps := 1.0
	for _, e := range p.net.Edges {
		for ; e.Weight*steps != math.Trunc(e.Weight*steps); steps *= 2 {
			if steps > 64 {
				return 0, fmt.Errorf("sanafe: edge %d -> %d: need a weight that is a multiple of 1/64, have %g", e.Src, e.Dst, e.Weight)
			}
		}
	}
	for i, x := range p.net.Neurons {
		for ; x.Bias*steps != math.Trunc(x.Bias*steps); steps *= 2 {
			if steps > 64 {
				return 0, fmt.Errorf("sanafe: neuron %d: need a bias that is a multiple of 1/64, have %g", i, x.Bias)
			}
		}
	}
	for _, e := range p.net.Edges {
		if math.Abs(e.Weight*steps) > weightHi {
			return 0, fmt.Errorf("sanafe: edge %d -> %d: need a weight of at most %g, have %g", e.Src, e.Dst, weightHi/steps, e.Weight)
		}
	}
	return steps, nil
}

// registers are the fields of the neurons of a core.
type registers struct{ bias, vth, decay []int64 }

// Core is a value that all neurons share.
func (r *registers) Core(name string) (int64, bool) { return r.Neuron(name, 0) }

// Neuron is the value of neuron i.
func (r *registers) Neuron(name string, i int) (int64, bool) {
	switch name {
	case "decay_u":
		return decayOne - 1, true // and one more by its offset: the current is gone
	case "decay_v":
		return r.decay[i], true
	case "bias_mant":
		return r.bias[i], true
	case "bias_exp":
		return fine, true
	case "vth_mant":
		return r.vth[i], true
	}
	return 0, false
}

func (p *Plan) core(f *chip.Family, k int, steps float64) (*core.Image, error) {
	var r registers
	for _, i := range p.comps[k] {
		x := &p.net.Neurons[i]
		th := math.Floor(x.Threshold * steps)
		if th < 0 || 2*th > vthHi {
			return nil, fmt.Errorf("sanafe: neuron %d: need a threshold of 0 to %g, have %g", i, vthHi/2/steps, x.Threshold)
		}
		if math.Abs(x.Bias*steps) > biasHi {
			return nil, fmt.Errorf("sanafe: neuron %d: need a bias of at most %g, have %g", i, biasHi/steps, x.Bias)
		}
		if x.Leak < 0 || x.Leak > 1 {
			return nil, fmt.Errorf("sanafe: neuron %d: need a leak_decay of 0 to 1, have %g", i, x.Leak)
		}
		r.bias = append(r.bias, int64(x.Bias*steps))
		r.vth = append(r.vth, max(1, int64(2*th))) // potentials are multiples of 128, a threshold of 64
		r.decay = append(r.decay, min(decayOne-1, int64(math.Round((1-x.Leak)*decayOne))))
	}
	ci, err := f.BindCore(&r)
	if err != nil {
		return nil, err
	}
	g, err := f.BindGroup("cuba", len(r.vth), &r)
	if err != nil {
		return nil, err
	}
	scale := int(f.Weights.Scale)
	ci.N, ci.Groups = len(r.vth), []core.Group{g}
	ci.Formats = []core.Format{{Exp: fine - scale, Scale: scale}, {}}
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
func (p *Plan) fill(img *chip.Image, at []int32, steps float64, o Options) error {
	comp := make([]uint16, len(p.net.Neurons))
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
				p.axon(to, f, comp, steps, o)
			}
			own.OutOff = append(own.OutOff, uint32(len(own.Out)))
		}
	}
	return nil
}

// axon appends an in-axon with the synapses of one source.
func (p *Plan) axon(to *core.Image, f fan, comp []uint16, steps float64, o Options) {
	x := core.Axon{Off: uint32(len(to.Syn)), N: uint32(len(f.edges)), Dense: true, Words: 1}
	zero := o.CountZero && !slices.ContainsFunc(f.edges, func(e int32) bool { return p.net.Edges[e].Weight != 0 })
	if zero {
		x.Format = 1
	}
	for _, e := range f.edges {
		mant := int16(p.net.Edges[e].Weight * steps)
		if zero {
			mant = 1
		}
		to.Syn = append(to.Syn, core.Synapse{Target: comp[p.net.Edges[e].Dst], Mant: mant})
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
