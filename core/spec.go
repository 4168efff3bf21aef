// Package core is one neuron core: its immutable Spec, the Image that a
// compiler configured, the State that ticks change, and the engines that run
// the neuron program over all compartments.
package core

import (
	"hillock/core/event"
	"hillock/isa"
	"hillock/isa/fixed"
)

// When says at which moment an accumulator's overflow behaviour applies.
type When uint8

// The moments.
const (
	AtRead  When = iota // when the neuron program reads the input
	AtEvent             // after every synaptic event
)

// Port is one synaptic input of a core, an accumulator ring per compartment.
type Port struct {
	Acc       fixed.Layout // format of the accumulator
	When      When
	ReadShift uint8 // the input is accumulator << ReadShift
	// Bucket: the mantissas of one tick are summed per (weight format, slot,
	// compartment) before the format's shift is applied to the sum, once.
	Bucket bool
	// Keep: the accumulator is state word Word of every compartment, so events
	// add to the state itself. The program reads it as its input.
	Keep bool  `json:",omitempty"`
	Word uint8 `json:",omitempty"`
}

// Format turns a stored mantissa into the contribution of one event:
// (mant << (Lsb+Exp)) << Scale, the first shift an arithmetic right shift if
// it is negative (bits below it are lost), then clipped to +/-Clip if Clip > 0.
type Format struct {
	Lsb, Exp, Scale int
	Clip            int64
	Unsigned        bool `json:",omitempty"` // the 16 stored bits are a number without a sign
}

// mantissa is the number that a synapse stores.
func (f *Format) mantissa(m int16) int32 {
	if f.Unsigned {
		return int32(uint16(m))
	}
	return int32(m)
}

// Contribution is the effective weight of a mantissa in this format.
func (f Format) Contribution(mant int32) int32 {
	return int32(f.scaled(int64(mant)))
}

// scaled applies the format to a mantissa or a sum of mantissas.
func (f *Format) scaled(sum int64) int64 {
	x := fixed.Shift(fixed.Shift(sum, f.Lsb+f.Exp), f.Scale)
	if f.Clip > 0 {
		x = min(max(x, -f.Clip), f.Clip)
	}
	return x
}

// DrawFormat is the range of a random draw, inclusive.
type DrawFormat struct{ Lo, Hi int32 }

// Group is a run of compartments with one program and one set of layouts.
type Group struct {
	Name     string
	Base, N  int // compartments Base .. Base+N-1 of the core
	Prog     *isa.Program
	State    []fixed.Layout // one per state word
	Substeps int            // runs of the program per tick, at least 1
	Cap      int64          // OUT is clipped to +/-Cap; 0 = no cap
	Params   [][]int32      // [param][compartment] or length 1 when uniform
	Tables   [][]int32      // look-up tables of LUT
	Init     [][]int32      // start values [state word][compartment]; length 1 = the same for all, 0 or missing = 0
	Words    []string       // names of the state words, for people; none = not known
	Meaning  []string       // what each parameter is, for people; none = not known
}

// Spec and Image of one core together: what never changes during a run.
// Compartments are numbered from 0 without gaps, groups in ascending order.
type Image struct {
	N       int // compartments
	Ring    int // accumulator slots, at least 1; delays are 0..Ring-1
	Ports   []Port
	Groups  []Group
	Formats []Format
	Draws   []DrawFormat
	Payload Payload
	Axons   []Axon    // in-axons
	Syn     []Synapse // synapse lists, in-axon after in-axon; nil = Packed has them
	Packed  *Packed   `json:"-"` // what Pack makes of Syn
	Kernels []Kernel  // shared convolution kernels
	// Crossbars are binary synapse arrays, numbered behind the kernels.
	Crossbars []Crossbar `json:",omitempty"`
	// Relays pass spikes on inside the core, From ascending.
	Relays []Relay   `json:",omitempty"`
	OutOff []uint32  // N+1 offsets into Out
	Out    []OutAxon // out-axons, compartment after compartment
	Boxes  []int32   // destination core of each box of this core, ascending
	// Rows is the number of rows of the axon store; 0 = what arrives is served in
	// its tick, as a list.
	Rows int `json:",omitempty"`
	// OwnFirst: in a tick, packets of neurons are served before those of the host.
	OwnFirst bool `json:",omitempty"`
	// Generator serves the draws of neuron programs and of synapses, from Seed on.
	Generator Generator        `json:",omitempty"`
	Seed      [NumSeeds]uint32 `json:",omitzero"`
	// Learning are the plans of plastic synapses.
	Learning []Learning `json:",omitempty"`
	// Event is the core of a chip without ticks; nil = this core has ticks.
	Event *event.Image `json:",omitempty"`
}

// Axon is one in-axon: its synapse list and how it is stored.
type Axon struct {
	Off, N uint32 // synapses Syn[Off : Off+N]; with a Kernel: source neuron (of a crossbar: row) Off, N synapses on this core
	Format uint8  // index into Formats
	Port   uint8
	Dense  bool   // stored as a dense row: counted as dense events
	Words  uint32 // 64-bit synapse memory words read per event
	Most   uint8  `json:",omitempty"` // most times that one spike is served where payloads repeat
	Kernel uint16 // 0 = a list; k = the synapses follow from Kernels[k-1], or from Crossbars[k-1-len(Kernels)]
}

// Synapse is one synapse: target compartment, delay in ticks and the stored
// mantissa of its weight.
type Synapse struct {
	Target uint16
	Delay  uint8
	Mant   int16
}

// OutAxon sends a spike to in-axon Axon of the core behind box Box.
type OutAxon struct {
	Box  uint16
	Axon uint16
}

// Spike is one emitted spike of the current tick.
type Spike struct {
	Comp    int32
	Payload int32
}

// NoiseSource gives draw k (in program order, from 0) of a compartment at a
// tick, in the inclusive range of f. It is a function: no hidden state.
type NoiseSource func(comp int32, tick int64, k int, f DrawFormat) int32
