package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

// The limits that the mapping to crossbars knows beside those of all. A chip
// whose cores have any size says which one networks get.
const (
	limTypes        = "axon_types"
	limUsualNeurons = "usual_compartments"
	limUsualAxons   = "usual_in_axons"
	limUsualTypes   = "usual_axon_types"
)

// mostTypes is the number of axon types that an image can tell apart,
// mostPerSource how many in-axons of one core a source gets at most: so many
// types already give 16 weights.
const (
	mostTypes     = 256
	mostPerSource = 4
	mostCrossings = 1 << 24 // synapses that are listed one by one
)

var crossbarPasses = [...]Pass{
	{"check", "the network is sound, and its neurons are such as a crossbar's can be", passCrossCheck},
	{"reference", "voltages shifted to a reset of 0, synapses by target", passCrossSources},
	{"tiles", "targets that share in-axons, and how many in-axons each source has there", passCrossTiles},
	{"fan-out", "copies of neurons, or relays, for every in-axon that a neuron drives", passCrossFan},
	{"schedule", "ticks by which each population trails the input, relays included", passCrossSchedule},
	{"types", "weights as sums of a neuron's weights by axon type; thresholds and leaks in their unit", passCrossTypes},
	{"encode", "the image", passCrossEncode},
}

var crossbarOrder = [...]Constraint{
	{"check", "reference", "a network with a wrong index cannot be walked"},
	{"reference", "tiles", "targets share in-axons where they share sources"},
	{"tiles", "fan-out", "a source needs a spike of its own for every in-axon"},
	{"fan-out", "schedule", "a relay costs a tick"},
	{"tiles", "types", "how many in-axons a source has says which weights it can have"},
	{"schedule", "types", "constants that neurons send start with the layer's first input"},
	{"types", "encode", "the image holds the fitted weights"},
}

// crossbarPlan is a network as cores of crossbars.
type crossbarPlan struct {
	axons, neurons, types int // of a core
	rows                  int // of the axon store: delays go up to rows - 1
	pops                  []crossPop
	cores                 []crossCore
	level                 [][]float64 // per population and neuron: mean membrane above the reset in calibration; nil = none
	count                 int         // cores, also where there are more than the chip has
	stopped               bool        // a size misfit: there are no cores to go on with
	late                  bool        // feedback goes through relays as well
}

// crossPop is a population behind crossbars.
type crossPop struct {
	role     string
	cap      ability
	sources  []crossSource
	off      []int   // synapses of target i: off[i] .. off[i+1]
	src      []int32 // into sources
	w        []float64
	tiles    []crossTile
	fits     []crossFit
	constant bool // drives come from neurons that spike in every tick
	relayed  bool
	wanted   []int // per neuron: in-axons that it drives
}

// crossSource is a neuron that a population listens to, through one of its
// projections.
type crossSource struct{ pre, neuron, proj int32 }

// passCrossCheck validates the network and reports what neurons behind a
// crossbar cannot do.
func passCrossCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	x := &crossbarPlan{pops: make([]crossPop, len(u.Net.Pops))}
	u.crossbar = x
	x.neurons = u.usual(limUsualNeurons, limCompartments, 256)
	x.axons = u.usual(limUsualAxons, limInAxons, 256)
	x.types = min(u.usual(limUsualTypes, limTypes, mostTypes), mostTypes)
	ci, err := u.regs.bind.core(settings{})
	if err != nil {
		return err
	}
	if x.rows = ci.Rows; x.rows < 2 || x.axons < 1 || x.neurons < 1 || x.types < 1 || x.axons > 1<<16/x.rows {
		return fmt.Errorf("description %q: cores of %d in-axons, %d neurons, %d axon types and %d rows: need 1 or more, 2 or more rows, and at most %d in-axons in all rows", u.Family.Name, x.axons, x.neurons, x.types, x.rows, 1<<16)
	}
	u.Projs = make([]Proj, len(u.Net.Projs))
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q, Gain: make([]float64, u.Net.Pops[q.Post].N)}
	}
	u.Pops = make([]Pop, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, Proof: "a tick's sum fits the membrane; over many ticks not proven"}
		if p.Kind != graph.Input {
			if err := u.checkCrossPop(i); err != nil {
				return err
			}
		}
	}
	u.assumptions()
	return nil
}

// usual is the first of two limits that the description has.
func (u *Unit) usual(name, limit string, otherwise int) int {
	for _, l := range [...]string{name, limit} {
		if v, ok := u.limit(l); ok {
			return int(min(v, 1<<20))
		}
	}
	return otherwise
}

func (u *Unit) checkCrossPop(pop int) error {
	p, c := &u.Pops[pop], &u.crossbar.pops[pop]
	s := p.Src
	switch {
	case s.Code != graph.Rate:
		u.lacks(s, "code "+s.Code.String(), "a crossbar's neurons send spikes, no values")
		return nil
	case s.Kind == graph.Readout:
		u.lacks(s, "readout", "the host sees spikes of this chip, no membranes")
		return nil
	case s.Driven:
		u.lacks(s, "drive", "the first layer of this chip takes spikes, not currents from the host")
	}
	if s.Multi {
		u.lacks(s, "several spikes per tick", "the chip's neuron spikes at most once per tick")
	}
	c.role = roleZero
	switch {
	case memoryless(s):
	case s.Reset == graph.ResetSubtract:
		c.role = roleSubtract
	case s.Reset == graph.ResetZero || s.Reset == graph.ResetZeroLate && !s.LateZeroWipe:
	default:
		u.lacks(s, "reset "+[...]string{"zero", "subtract", "zero-late that wipes a tick", "subtract-late", "none"}[s.Reset], "the chip's neuron sets its membrane to 0 or takes its threshold off, in the tick of the spike")
	}
	u.takeRole(p, c.role, "reset "+c.role, "the description names no neuron group for it")
	for i := range s.Theta {
		if s.Theta[i] <= s.VReset[i] {
			u.lacks(s, "threshold", fmt.Sprintf("threshold %g of neuron %d is not above its reset %g", s.Theta[i], i, s.VReset[i]))
			break
		}
	}
	var err error
	if c.cap, err = u.abilities(c.role); err != nil {
		return err
	}
	u.checkCrossCap(s, &c.cap)
	return nil
}

// checkCrossCap notes what the chip's neuron does otherwise.
func (u *Unit) checkCrossCap(s *graph.Population, c *ability) {
	synapse, leak := false, false
	for i := range s.AV {
		synapse = synapse || s.AJ[i] != 0
		leak = leak || s.AV[i] != 1 && !memoryless(s)
	}
	if s.Floor != nil && !c.floor {
		u.lacks(s, "membrane floor", "the chip has no lower bound for the membrane that can be chosen")
	}
	if memoryless(s) && !c.zeroFloor {
		u.lacks(s, "neuron without memory", "the chip's membrane keeps what it has, and cannot be held at 0 from below")
	}
	if synapse {
		u.approximate(s.Name, "synapse", "synapses of this chip have no decay: the whole charge of a spike arrives in its tick")
	}
	switch {
	case leak && c.leak:
		u.approximate(s.Name, "membrane decay", "the chip's membrane loses a constant per tick: what the decay takes at half the threshold, or at the mean that calibration sees")
	case leak:
		u.approximate(s.Name, "membrane decay", "the chip's membrane does not decay")
	}
}

// memoryless says that neurons forget everything in every tick, so that their
// reset is of no matter.
func memoryless(s *graph.Population) bool {
	forgets := func(a []float64) bool { return len(a) > 0 && !varying(a) && a[0] == 0 }
	return s.Kind == graph.Threshold || forgets(s.AV) && forgets(s.AJ)
}
