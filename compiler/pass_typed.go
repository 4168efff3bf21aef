package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
	"hillock/isa/fixed"
)

// The fields of neurons in fixed point: membrane and currents have 15 fraction
// bits, times are in them too, and so is a tick.
const (
	varFixedTauM    = "tau_m"
	varFixedCap     = "c_m"
	varFixedThresh  = "threshold"
	varFixedReset   = "v_reset"
	varFixedRest    = "v_rest"
	varFixedStart   = "v_init"
	varFixedDrive   = "i_offset"
	varFixedHold    = "t_refract"
	varFixedWait    = "refract_init"
	varFixedTauExc  = "tau_exc"
	varFixedTauInh  = "tau_inh"
	varRingShiftExc = "shift_exc"
	varRingShiftInh = "shift_inh"

	fixedOne = 1 << fixed.AccumBits
)

// The roles of groups whose synapses outlast a tick; others have those of a crossbar.
const (
	roleCurrentZero     = "current-zero"
	roleCurrentSubtract = "current-subtract"
)

var typedPasses = [...]Pass{
	{"check", "the network is sound, and the chip has a neuron for each of its kinds", passTypedCheck},
	{"schedule", "ticks by which each population trails the input; delays that join paths", passSchedule},
	{"reference", "gains folded, voltages shifted to a reset of 0, float peaks", passReference},
	{"fixed", "one scale per population; decays, thresholds and drives in fixed point", passFixed},
	{"ring", "the shift of each synapse type, from the most that a ring entry can get; weights as stored", passRing},
	{"split", "populations cut into slices and packed onto cores", passSplit},
	{"place", "cores to places on the mesh, near their sources", passPlace},
	{"allocate", "in-axons, synapse lists, out-axons, boxes", passAllocate},
	{"limits", "every limit of the chip against the finished plan", passLimits},
	{"encode", "the image", passEncode},
}

var typedOrder = [...]Constraint{
	{"check", "schedule", "a network with a wrong index cannot be walked"},
	{"check", "reference", "the float run trusts every length"},
	{"schedule", "fixed", "a biased population waits for its depth"},
	{"reference", "fixed", "the scale follows from the float peaks"},
	{"fixed", "ring", "a weight is stored in the unit of its target"},
	{"ring", "split", "a weight that became 0 needs no memory, and cores share a shift"},
	{"split", "place", "only cores that exist can be placed"},
	{"place", "allocate", "the image orders cores by place, and boxes by core"},
	{"allocate", "limits", "limits are checked on the plan that will be encoded"},
	{"limits", "encode", "a plan beyond a limit has no encoding"},
}

// passTypedCheck validates the network and reports what the chip's neurons
// cannot do.
func passTypedCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	for _, must := range [...]string{varFixedTauM, varFixedCap, varFixedThresh, varFixedReset, varFixedRest, varFixedStart, varFixedDrive, varFixedHold, varFixedWait, varFixedTauExc, varFixedTauInh, varRingShiftExc, varRingShiftInh} {
		if !u.regs.field(must).have {
			return fmt.Errorf("description %q has no field %q, which this mapping sets", u.Family.Name, must)
		}
	}
	u.Projs = make([]Proj, len(u.Net.Projs))
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q}
	}
	u.Pops = make([]Pop, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, Proof: "ring entries cannot saturate; states not proven"}
		if p.Kind != graph.Input {
			u.checkTyped(&u.Pops[i])
		}
	}
	u.assumptions()
	return nil
}

func (u *Unit) checkTyped(p *Pop) {
	s := p.Src
	subtracts := false
	switch memoryless := len(s.AV) > 0 && !varying(s.AV) && s.AV[0] == 0; {
	case s.Code != graph.Rate:
		u.lacks(s, "code "+s.Code.String(), "the chip's neurons spike; they send no values")
		p.exact = true // it has no decays for the passes that follow to read
		return
	case s.Driven:
		u.lacks(s, "drive", "the first layer of this chip takes spikes, not currents from the host")
	case s.Kind == graph.Readout || memoryless || s.Reset == graph.ResetZero || s.Reset == graph.ResetZeroLate:
	case s.Reset == graph.ResetSubtract:
		subtracts = true
	default:
		u.lacks(s, "reset", "the chip's neurons are set to their reset, or lose their threshold, in the tick of the spike")
	}
	if s.Reset == graph.ResetZeroLate && s.LateZeroWipe {
		p.Hold = 1
	}
	role := [...][2]string{{roleZero, roleSubtract}, {roleCurrentZero, roleCurrentSubtract}}[one(decaying(s))][one(subtracts)]
	u.takeRole(p, role, "neurons of role "+role, "the description names no neuron group for them")
	if s.Multi {
		u.lacks(s, "several spikes per tick", "the chip's neuron spikes at most once per tick")
	}
	if s.Floor != nil {
		u.lacks(s, "membrane floor", "the chip has no lower bound for the membrane but that of its word")
	}
	for i := range s.AJ {
		if s.AJ[i] < 0 || s.AJ[i] > 1 || s.AV[i] < 0 || s.AV[i] > 1 {
			u.lacks(s, "decay", fmt.Sprintf("decay factors %g and %g of neuron %d, the chip's are 0..1", s.AJ[i], s.AV[i], i))
			break
		}
	}
	if s.Kind == graph.Readout && u.stateWord(p.group, stateV) < 0 {
		u.lacks(s, "readout", fmt.Sprintf("group %q has no state word %q that the host could read", p.group, stateV))
	}
}

// decaying says that a population has synapses that outlast a tick.
func decaying(s *graph.Population) bool {
	for _, a := range s.AJ {
		if a != 0 {
			return true
		}
	}
	return false
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// membrane is a leaky membrane in fixed point: keep and gain are what the
// chip computes of tau and capacity, in units of 2^-15.
type membrane struct {
	tau, capacity, keep, resist int64
}

// gain is what a tick adds to the membrane per unit of current.
func (m membrane) gain() float64 {
	return float64(fixedOne-m.keep) / fixedOne * float64(m.resist) / fixedOne
}

// membraneOf is the membrane that keeps a of itself per tick. One that keeps all
// does not exist: it would take no current either; the nearest is used. The
// resistance is chosen so that a unit of current adds about one unit.
func membraneOf(a float64) membrane {
	x := int64(1) // tick / tau
	if a <= 0 {
		x = fixedOne * fixedOne
	} else {
		x = max(x, int64(math.Round(-math.Log(a)*fixedOne)))
	}
	m := membrane{tau: max(fixedOne*fixedOne/x, 1)}
	m.keep = int64(fixed.ExpAccum(-fixed.DivAccum(fixedOne, int32(m.tau))))
	m.capacity = max(int64(math.Round(float64(m.tau)*float64(fixedOne-m.keep)/fixedOne)), 1)
	m.resist = int64(fixed.DivAccum(int32(m.tau), int32(m.capacity)))
	return m
}

// synapse is an exponential synapse in fixed point.
type synapse struct {
	tau  int64
	keep float64 // of its current, per tick
	gain float64 // current of a unit of weight
}

// synapseOf is the synapse that keeps a of its current per tick. The chip scales
// inputs by tau times what a tick loses, which must stay below 1.
func synapseOf(a float64, least int64) synapse {
	x := int64(1)
	if a > 0 {
		x = max(x, int64(math.Round(-math.Log(a)*fixedOne)))
	} else {
		x = fixedOne * fixedOne / max(least, 1)
	}
	for ; ; x++ {
		tau := max(fixedOne*fixedOne/x, least, 1)
		keep := fixed.ExpFract(-fixed.DivAccum(fixedOne, int32(tau)))
		first := int64(fixed.DivAccum(int32(tau), fixedOne)) * (math.MaxUint32 - int64(keep)) >> fixed.AccumBits
		if first <= math.MaxUint32 && first > 0 {
			return synapse{tau, math.Ldexp(float64(keep), -32), math.Ldexp(float64(first), -32)}
		}
	}
}
