// Package graph is the neutral network: what an importer makes and a compiler
// reads. A population is a set of neurons of one kind; a projection is a
// weight matrix or a shared kernel between two populations. The dialect
// of a file is settled before a Network exists: every neuron here has exact
// discrete-time meaning.
package graph

// Kind is the kind of a population.
type Kind uint8

// The kinds of population.
const (
	Input     Kind = iota // spikes come from outside
	CubaLIF               // J' = AJ*J + GJ*x ; V' = AV*V + GV*J' + C ; spike, reset
	Threshold             // memoryless: spike if x > theta (CubaLIF with AJ = AV = 0)
	Readout               // leaky integrator without spikes (LI, CubaLI)
	Rectifier             // clipped whole-number rectifier, sent in an exact Code
)

// Code is how a population's values become spikes. Rate is what spiking
// neurons do by themselves. The others are exact: with whole-number weights,
// drives and thresholds a population computes, once per inference,
//
//	z = C + sum over projections of W * a(pre)
//	a = clip(floor((z + floor(Theta/2)) / Theta), 0, Levels)
//
// and a Readout of an exact code ends with V = z. An Input population with an
// exact code sends the values 0..Levels that it is given in that code.
type Code uint8

// The codes.
const (
	Rate      Code = iota
	Graded         // one spike with payload a, in one tick
	TTFS           // one spike at tick Levels - a of a window of Levels ticks
	BitSerial      // bit k of a in tick k of a window, most significant first
)

// Reset is what a spike does to the membrane.
type Reset uint8

// The resets. Late resets act in the update of the next tick: subtract is
// V' = AV*V + GV*J' + C - Theta*s with the spike count s of the last tick; zero
// replaces the old V by VReset before the update, or with LateZeroWipe sets
// V' = VReset whatever the update gave.
const (
	ResetZero     Reset = iota // to VReset, same tick
	ResetSubtract              // V -= Theta, same tick
	ResetZeroLate
	ResetSubtractLate
	ResetNone
)

// Population is n neurons. Parameter slices have length N.
// Update of one tick, exactly in this order, all float64:
//
//	x  = sum of inputs
//	J' = AJ*J + GJ*x
//	V' = AV*V + GV*J' + C      (then the late reset of last tick's spike)
//	spike if V' > Theta (or >= with GE)
//	same-tick reset
//	V' = max(V', Floor)
//
// x is summed projection by projection in the order of Network.Projs; within
// one, over its sources in ascending order and then its bias. Products are
// rounded before they are added (no fused multiply-add).
type Population struct {
	Name   string
	Kind   Kind
	N      int
	Shape  []int
	AJ, GJ []float64
	AV, GV []float64
	C      []float64 // constant drive per tick
	Theta  []float64
	VReset []float64
	Reset  Reset
	// LateZeroWipe: the late zero reset wipes the whole update of the next
	// tick (two-state neurons of one framework) instead of only the old V.
	LateZeroWipe bool
	GE           bool      // spike if V >= Theta
	Multi        bool      // several spikes in one tick: floor(V/Theta), Theta > 0
	Floor        []float64 // lower bound of V after the reset, at most Theta; nil = none
	Output       bool      // read by the host
	V0           []float64 // membrane at the start; nil = 0
	Code         Code      // how values are sent; Rate unless Kind is Rectifier, or the network has an exact code
	Levels       int       // largest value of an exact code (Rectifier, and Input or Readout beside one)
	Driven       bool      // the host adds a constant drive per inference to C (current-driven first layer)
	DriveMax     float64   // Driven: the largest magnitude of that drive
}

// Projection is a matrix or a shared kernel from Pre to Post.
type Projection struct {
	Name      string
	Pre, Post int       // indices into Network.Pops
	W         []float64 // [post][pre] row-major, N(post) x N(pre); nil with a Kernel
	Kernel    *Kernel   // nil = W
	Bias      []float64 // added to x of the target every tick; nil = none
	Delay     int       // extra ticks
	Recurrent bool      // uses the spikes of the previous tick
}

// Network is populations in an order in which every non-recurrent projection
// goes from an earlier population to a later one.
type Network struct {
	Name        string
	Pops        []*Population
	Projs       []*Projection
	Assumptions []Assumption
	Provenance  []string // one line per decision, file first
}

// Assumption is something the file does not say and the reader decided.
type Assumption struct {
	What  string // reset, compare, dt, ...
	Value string
	Why   string
	Flag  string // the flag that sets it, "" if none
}

// Inputs lists the indices of the Input populations, ascending: the k-th one
// is what input ordinal k of Run.Step drives.
func (n *Network) Inputs() []int {
	var at []int
	for i, p := range n.Pops {
		if p.Kind == Input {
			at = append(at, i)
		}
	}
	return at
}

// Outputs lists the indices of the populations that the host reads, ascending.
func (n *Network) Outputs() []int {
	var at []int
	for i, p := range n.Pops {
		if p.Output {
			at = append(at, i)
		}
	}
	return at
}
