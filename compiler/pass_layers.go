package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// The fields and limits that the mapping to hidden and output neurons knows.
const (
	varShiftSyn    = "dash_syn"
	varShiftMem    = "dash_mem"
	varLayerThresh = "threshold"
	varLayerBias   = "bias"

	limChannels   = "input_channels"
	limHidden     = "hidden_neurons"
	limOutputs    = "output_neurons"
	limInWindow   = "input_window"
	limOutWindow  = "output_window"
	limFanOut     = "fan_out"
	limRecurrent  = "recurrent_weights"
	limEvents     = "input_events"
	strategyScale = "layer_scaler"
	strategyQuirk = "vendor_quirks"

	roleHidden = "hidden"
	roleOutput = "output"
)

var layerPasses = [...]Pass{
	{"check", "the network is sound, and its neurons are such as hidden and output neurons can be", passLayerCheck},
	{"schedule", "ticks by which each population trails the input; delays that join paths", passSchedule},
	{"layers", "populations as hidden and output neurons, in the order of the chip, and what it has room for", passLayers},
	{"leaks", "decays as shifts; weights, drives and thresholds of the float network in the chip's form", passLeaks},
	{"layer-scale", "integers by the scaler that the description names", passLayerScale},
	{"layer-limits", "targets per neuron and weights in all, as stored", passLayerLimits},
	{"encode", "the image", passLayerEncode},
}

var layerOrder = [...]Constraint{
	{"check", "schedule", "a network with a wrong index cannot be walked"},
	{"schedule", "leaks", "a drive that comes too early is reported with the depth of its layer"},
	{"layers", "leaks", "the weights of a layer stand at the numbers of its neurons"},
	{"leaks", "layer-scale", "the scale follows from the weights in the chip's form"},
	{"layer-scale", "layer-limits", "a weight that became 0 needs no memory"},
	{"layer-limits", "encode", "a plan beyond a limit has no encoding"},
}

// layered is a network as one core of hidden and output neurons.
type layered struct {
	hidden, outputs []int // populations, in the order of their neurons
	first           []int // per population: its first channel, hidden or output neuron
	float           Layers
	ints            *LayerInts
}

// isOutput says that a population becomes output neurons.
func (u *Unit) isOutput(pop int) bool { return u.Net.Pops[pop].Output }

// passLayerCheck validates the network and reports what such neurons cannot do.
func passLayerCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	u.Projs = make([]Proj, len(u.Net.Projs))
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q, Gain: make([]float64, u.Net.Pops[q.Post].N)}
	}
	u.Pops = make([]Pop, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, Proof: "states saturate; not proven that they do not"}
		if p.Kind != graph.Input {
			u.checkLayerPop(i)
		}
	}
	for _, q := range u.Net.Projs {
		u.checkLayerProj(q)
	}
	u.assumptions()
	return nil
}

func (u *Unit) checkLayerPop(pop int) {
	p := &u.Pops[pop]
	s := p.Src
	role := roleHidden
	if u.isOutput(pop) {
		role = roleOutput
	}
	u.takeRole(p, role, role+" neurons", "the description names no neuron group for them")
	switch {
	case s.Code != graph.Rate:
		u.lacks(s, "code "+s.Code.String(), "the chip's neurons send counts of spikes, no values")
		return
	case s.Kind == graph.Readout:
		u.checkLayerReadout(p)
		return
	case s.Driven:
		u.lacks(s, "drive", "the first layer of this chip takes spikes, not currents from the host")
	}
	p.subtracts(u)
	for i := range s.Theta {
		if s.Theta[i] <= 0 {
			u.lacks(s, "threshold", fmt.Sprintf("threshold %g of neuron %d, the chip's are above 0", s.Theta[i], i))
			break
		}
	}
	if s.Floor != nil {
		u.lacks(s, "membrane floor", "the chip has no lower bound for the membrane but that of its word")
	}
	if s.V0 != nil {
		u.approximate(s.Name, "start", "the chip's membranes start at 0")
	}
	if !s.Multi && role == roleHidden {
		u.approximate(s.Name, "spikes per tick", "the chip's hidden neurons spike as often in a tick as their membrane holds the threshold, the network's once")
	}
	if s.Multi && role == roleOutput {
		u.approximate(s.Name, "spikes per tick", "the chip's output neurons spike at most once per tick and keep the rest")
	}
}

// checkLayerReadout: an output neuron whose threshold is out of reach, whose
// membrane the host reads.
func (u *Unit) checkLayerReadout(p *Pop) {
	if !p.Src.Output || u.stateWord(p.group, stateV) < 0 {
		u.lacks(p.Src, "readout", "the host reads membranes of output neurons only")
	}
	u.approximate(p.Src.Name, "readout", fmt.Sprintf("the membrane is read from output neurons that spike at %d, and then lose it", u.regs.field(varLayerThresh).hi))
}

// subtracts asks for a reset that takes the threshold off. Where the membrane
// forgets everything in one tick, all resets of the same tick are the same.
func (p *Pop) subtracts(u *Unit) {
	s := p.Src
	if s.Reset == graph.ResetSubtract || !varying(s.AV) && s.AV[0] == 0 && s.Reset != graph.ResetSubtractLate && s.Reset != graph.ResetZeroLate {
		return
	}
	names := map[graph.Reset]string{graph.ResetZero: "zero", graph.ResetZeroLate: "zero-late", graph.ResetSubtractLate: "subtract-late", graph.ResetNone: "none"}
	u.lacks(s, "reset "+names[s.Reset], "the chip's neuron takes its threshold off the membrane in the tick of the spike, nothing else; --reset subtract reads the network so")
}

// checkLayerProj reports connections that have no memory on the chip.
func (u *Unit) checkLayerProj(q *graph.Projection) {
	pre, post := u.Net.Pops[q.Pre], u.Net.Pops[q.Post]
	switch {
	case u.isOutput(q.Pre) && pre.Kind != graph.Input:
		u.lacks(pre, "synapses of output neurons", fmt.Sprintf("projection %q starts at output neurons, which send to the host only", q.Name))
	case pre.Kind == graph.Input && u.isOutput(q.Post):
		u.lacks(post, "synapses from inputs to outputs", fmt.Sprintf("projection %q: inputs reach hidden neurons only, so a network needs at least two layers", q.Name))
	}
}

// passLayers numbers channels and neurons and holds their counts against the
// chip. Populations behind an input come first and those that outputs read
// last, as far as the order of the network allows, because windows lie there.
func passLayers(u *Unit) error {
	l := &layered{first: make([]int, len(u.Pops))}
	u.layers = l
	var ranks [3][]int
	for k, p := range u.Net.Pops {
		switch {
		case p.Kind == graph.Input:
			l.first[k] = l.float.Inputs
			l.float.Inputs += p.N
		case u.isOutput(k):
			l.outputs = append(l.outputs, k)
			l.first[k] = l.float.Outputs
			l.float.Outputs += p.N
		default:
			r := u.layerRank(k)
			ranks[r] = append(ranks[r], k)
		}
	}
	for _, r := range ranks {
		for _, k := range r {
			l.hidden = append(l.hidden, k)
			l.first[k] = l.float.Hidden
			l.float.Hidden += u.Net.Pops[k].N
		}
	}
	u.layerSizes()
	return nil
}

// layerRank is 0 for a population that inputs reach, 2 for one that only
// outputs read, else 1.
func (u *Unit) layerRank(pop int) int {
	read := false
	for _, q := range u.Net.Projs {
		if q.Post == pop && u.Net.Pops[q.Pre].Kind == graph.Input {
			return 0
		}
		read = read || q.Pre == pop && u.isOutput(q.Post)
	}
	if read {
		return 2
	}
	return 1
}

// layerSizes holds counts of channels and neurons, and the windows of inputs
// and outputs, against the limits.
func (u *Unit) layerSizes() {
	l := u.layers
	reached, read := 0, 0
	for _, q := range u.Net.Projs {
		if n := u.Net.Pops[q.Post].N; u.Net.Pops[q.Pre].Kind == graph.Input && !u.isOutput(q.Post) {
			reached = max(reached, l.first[q.Post]+n)
		}
		if u.isOutput(q.Post) && u.Net.Pops[q.Pre].Kind != graph.Input && !u.isOutput(q.Pre) {
			read = max(read, l.float.Hidden-l.first[q.Pre])
		}
	}
	for _, x := range [...]struct {
		name    string
		need    int
		because string
	}{
		{limChannels, l.float.Inputs, "every input of the network is a channel"},
		{limHidden, l.float.Hidden, "every neuron that the host does not read is a hidden neuron"},
		{limOutputs, l.float.Outputs, "every neuron that the host reads is an output neuron"},
		{limCompartments, l.float.Hidden + l.float.Outputs, "hidden and output neurons"},
		{limInWindow, reached, "inputs reach the first hidden neurons only, up to the last that they drive here"},
		{limOutWindow, read, "outputs read the last hidden neurons only, from the first that they read here"},
	} {
		if have, ok := u.limit(x.name); ok && int64(x.need) > have {
			u.misfit(Misfit{"", -1, x.name, int64(x.need), have, x.because})
		}
	}
	if l.float.Hidden == 0 || l.float.Outputs == 0 {
		u.misfit(Misfit{"", -1, "layers", 2, int64(min(l.float.Hidden, 1) + min(l.float.Outputs, 1)), "the chip has hidden and output neurons, and needs both"})
	}
	l.float.States = 1
	l.float.Reached, l.float.Read = reached, read
}

// shiftOf is the shift whose leak comes nearest to a decay factor a: a state
// loses itself shifted right by so many places, 1 - 2^-shift is kept.
func shiftOf(a float64, f span, least int64) int64 {
	switch {
	case a >= 1:
		return f.hi
	case a <= 0:
		return max(f.lo, least)
	}
	return min(max(int64(math.RoundToEven(-math.Log2(1-a))), f.lo, least), f.hi)
}

// kept is the factor that a shift keeps.
func kept(shift int64) float64 { return 1 - math.Ldexp(1, -int(shift)) }
