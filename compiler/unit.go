package compiler

import (
	"hillock/chip"
	"hillock/compiler/graph"
)

// Unit is what the passes work on: float, quantised and encoded values of the
// same network side by side. A pass fills the fields of its stage and leaves
// earlier ones as they are.
type Unit struct {
	Net     *graph.Network
	Family  *chip.Family
	Options Options
	Done    []string // passes that have run
	Pops    []Pop    // parallel to Net.Pops
	Projs   []Proj   // parallel to Net.Projs
	Cores   []CorePlan
	Misfits []Misfit
	Notes   []string
	Image   *chip.Image
	Mapping Mapping

	raw      *graph.Raw    // instead of what Net means, which is then only its shape
	layers   *layered      // of mapping layers
	crossbar *crossbarPlan // of mapping crossbar
	addr     *addressed    // of mapping addresses
	plans    []plan        // learning plans of raw projections

	tiers []tier // parallel to Pops, for chips whose cores hold one layer each

	regs     registers
	limits   []coreLimit       // of a core
	zeros    []int32           // see scratch
	activity bool              // Pop.Rate comes from calibration
	fan      [][]int64         // out-axons per population and neuron
	inputs   [][][]chip.Target // per input population and neuron
}

// Pop is a population in the compiler.
type Pop struct {
	Src   *graph.Population
	Depth int // ticks by which its spikes trail the input

	// Float, as the chip computes it, with the reset at 0 and all gains in the
	// weights: u' = AU*u + q ; v' = AV*v + u' + C ; spike if v' > Theta.
	AU, AV, C, Theta []float64
	Floor            []float64 // lower bound of v, nil = none
	Lag              []float64 // part of C that passes a synapse, nil = none
	Hold             int       // ticks without spikes after a spike
	Norm             []float64 // factor on everything of a neuron that makes thresholds equal, nil = 1
	PeakQ, PeakU     float64   // worst case of |input of one tick| and |u + C|
	SeenQ, SeenU     float64   // the same in calibration, with headroom; 0 = not calibrated
	Rate             float64   // spikes per neuron and sample, 1 if not calibrated

	// Quantised.
	Scale            float64 // chip units per float unit
	DecayU, DecayV   []int64 // register fields
	OffU, OffV       int64   // what the chip adds to them
	Thresh           []int64 // threshold mantissa
	BiasMant, BiasEx []int64
	VMin             int64
	UStart, VStart   []int64 // state words at the start
	Start            int     // ticks for which the membrane is held at the start
	Loss             PopLoss
	Proof            string // whether accumulator and current can overflow
	Parts            int    // slices

	raw    *rawPop         // fields given by the network
	step   float64         // mapping typed: membranes are whole multiples of it, 0 = no such unit
	unit   []float64       // mapping typed, per neuron: weight on the chip per float weight, before the scale
	group  string          // the chip's neuron group
	drift  int             // ticks by which the drive acts before the first input
	proven bool            // Proof is that nothing can overflow
	exact  bool            // values are whole numbers in an exact code
	seenV  float64         // readout: largest |v| in calibration, with headroom
	stuck  map[string]bool // limits that a single neuron exceeds
}

// PopLoss is what quantising a population changed.
type PopLoss struct {
	Decay         float64 // largest |wanted - got| of a decay factor
	Integral      float64 // largest relative error of the sum that a decaying word runs through
	HalfLife      float64 // largest relative error of the ticks to half
	Threshold     float64 // largest relative error
	Bias          float64 // largest |error| relative to the threshold
	BiasClipped   int     // biases that saturated
	ThreshClipped int     // thresholds that saturated
}

// Proj is a projection in the compiler.
type Proj struct {
	Src   *graph.Projection
	Gain  []float64 // per target neuron: weight on the chip = Gain * W
	Delay int       // ticks in the target's ring
	Late  int       // feedback: ticks by which it acts later than in the reference

	w      []float64     // matrix [post][pre] without gain; nil for a kernel
	kernel *graph.Kernel // with gain, once gains are final
	raw    *rawProj      // synapses given by the network, instead of w and Mant
	stores int64         // synapses of mapping crossbar
	stored bool          // the chip keeps the kernel as it is: in-axons of kernel form

	Code    WeightCode
	Mant    []int16 // stored mantissas [pre][post]: an in-axon reads one row; of a kernel as in Kernel.W
	Loss    ProjLoss
	MaxAbs  float64 // of the float weights with gain
	Lattice float64 // all weights are whole multiples of it, 0 = no such unit
}

// ProjLoss is what quantising a projection changed.
type ProjLoss struct {
	Clipped int     // weights beyond the mantissa's range
	Zeroed  int     // weights that became 0
	RMS     float64 // root mean square error / root mean square weight
}

// weight is the float weight, gain included, from pre neuron j to post i of a
// matrix.
func (q *Proj) weight(i, j, nPre int) float64 { return q.Gain[i] * q.w[i*nPre+j] }

// Slice is a run of neurons of one population on one core.
type Slice struct{ Pop, First, N, Base int }

// CorePlan is one core: its slices, and after allocation all of its lists.
type CorePlan struct {
	ID     int // physical core
	Slices []Slice
	Use    Usage
	alloc  *allocation
	out    [][]chip.Target // per compartment
}

// Usage is what a core needs of each limited resource.
type Usage struct {
	Compartments, InAxons, OutAxons int64
	Words                           int64 // synapse memory
	Synapses                        int64 // as delivered, zeros of dense rows and kernels included
	Formats                         int64
	MaxDelay                        int64
	Thresholds, Profiles            int64 // distinct settings

	own int64 // in-axons of kernels, which join no others
}

// Mapping says how far spikes travel. Packets and loads are per sample if the
// network was calibrated, else for one spike of every neuron.
type Mapping struct {
	Packets float64 `json:"packets"`
	Hops    float64 `json:"hops"`
	MaxLink float64 `json:"max_link"`
	Tree    float64 `json:"tree"`     // hops, each link once per spike
	MaxCore float64 `json:"max_core"` // packets that the busiest core sends to others and receives
}

// lag is the number of ticks from the start of a population's window to the
// start of the windows that its spikes fill: 0 for one driven from outside,
// whose spikes act in the same tick; 1 on the chip, plus the ticks by which an
// exact code's last input comes after the first (the value is known, and its
// first spike can leave, in the tick of the last input).
func lag(p *graph.Population) int {
	if p.Kind == graph.Input {
		return 0
	}
	return window(p)
}

// window is the number of ticks of one value in the population's code.
func window(p *graph.Population) int {
	return p.Code.Ticks(p.Levels)
}
