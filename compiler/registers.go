package compiler

import (
	"fmt"
	"math/bits"

	"hillock/chip"
	"hillock/isa/fixed"
)

// The variables that a description's expressions may use for a neuron. A chip
// that lacks one cannot do what it stands for; a chip that has others must
// give them a default in its description.
const (
	varDecayU   = "decay_u"        // decay of the synaptic current
	varDecayV   = "decay_v"        // decay of the membrane
	varOffsetU  = "u_decay_offset" // what the chip adds to decay_u
	varOffsetV  = "v_decay_offset"
	varThresh   = "vth_mant"  // threshold mantissa
	varBiasMant = "bias_mant" // constant drive = mant << exp
	varBiasExp  = "bias_exp"  //
	varRefract  = "refract"   // 1 = none
	varVMin     = "vmin"      // bounds of the membrane
	varVMax     = "vmax"
	varStart    = "start_delay" // ticks at the start during which the membrane is held
	varUStart   = "u_start"     // synaptic current at the start
	varVStart   = "v_start"     // membrane at the start
	varMaxDelay = "max_delay"   // core: longest synaptic delay in use
)

// The fields of neurons with an exact code: see graph.Code.
const (
	varTheta   = "theta"   // threshold, a whole number
	varDrive   = "drive"   // constant part of the sum
	varLevels  = "levels"  // largest value sent
	varCeiling = "ceiling" // levels x theta; the largest number for a neuron that only sums
	varBegin   = "begin"   // tick of the first input
	varFrames  = "frame"   // ticks of one value
)

// stateV is the state word that the host reads of a neuron that does not spike.
const stateV = "v"

// The limits that the compiler checks, by their names in a description.
const (
	limCores        = "cores"
	limCompartments = "compartments"
	limInAxons      = "in_axons"
	limOutAxons     = "out_axons"
	limWords        = "synapse_words"
	limMaxDelay     = "max_delay"
	limThresholds   = "threshold_profiles"
	limProfiles     = "compartment_profiles"
	limFormats      = "weight_formats"
)

// span is a register's legal range.
type span struct {
	lo, hi int64
	usual  int64 // the description's default, lo if none
	set    bool  // the description has a default
	have   bool
	core   bool // one value per core
}

func (s span) clamp(x int64) int64 { return min(max(x, s.lo), s.hi) }

// registers is what the passes know about the chip's neuron, found once from
// the description.
type registers struct {
	bind       binder
	fields     map[string]span
	group      *chip.GroupTemplate
	unit       int64 // decay factor 1
	threshUnit int64 // one step of the threshold field, in membrane units
	fixedU     int64 // decay_u that the chip adds on its own, no field
	fixedV     int64
	qLim       int64 // largest |input of one tick|
	uLim, vLim int64
	vSat       bool // the membrane saturates: a larger value still spikes
	readShift  int
	memory     chip.SynapseMemory
}

// field is the span of a variable; have is false if the chip lacks it.
func (r *registers) field(name string) span { return r.fields[name] }

// newRegisters reads a description. The scales of registers are measured
// through the description's own expressions, so no scale is written twice.
func newRegisters(f *chip.Family, b binder) (registers, error) {
	r := registers{bind: b, fields: map[string]span{}}
	for _, d := range f.Fields {
		s := span{lo: d.Lo, hi: d.Hi, usual: d.Lo, have: true, core: d.Scope == "core"}
		if d.HasDefault {
			s.usual, s.set = d.Default, true
		}
		r.fields[d.Name] = s
	}
	if f.Event != nil {
		return r, &FitError{Misfits: []Misfit{{"", -1, "ticks", 1, 0, fmt.Sprintf("the cores of %q serve events as they come, and its description says not how a network goes into their memories (mapping addresses)", f.Name)}}}
	}
	if len(f.Core.Groups) == 0 {
		return r, fmt.Errorf("description %q has no neuron group", f.Name)
	}
	r.group = &f.Core.Groups[0]
	if want := strategy(f, "default_group"); want != "" {
		for i := range f.Core.Groups {
			if f.Core.Groups[i].Name == want {
				r.group = &f.Core.Groups[i]
			}
		}
	}
	if z, ok := f.Role("zero"); ok && z.Group == "" {
		if s, ok := f.Role("subtract"); ok && s.Group == "" {
			return r, &FitError{Misfits: []Misfit{{"", -1, "neuron model", 1, 0, s.Lacks}}}
		}
	}
	for _, must := range []string{varDecayU, varDecayV, varThresh} {
		if !r.fields[must].have {
			return r, &FitError{Misfits: []Misfit{{"", -1, "neuron model", 1, 0, fmt.Sprintf("description %q has no field %q: the compiler maps networks to current-based neurons only", f.Name, must)}}}
		}
	}
	if err := r.measure(); err != nil {
		return r, err
	}
	r.widths(f)
	r.memory = b.memory()
	return r, nil
}

// measure finds the scales of decay and threshold by binding one neuron twice.
func (r *registers) measure() error {
	pu, _, err := r.slope(varDecayU)
	if err != nil {
		return err
	}
	pv, _, err := r.slope(varDecayV)
	if err != nil {
		return err
	}
	_, r.threshUnit, err = r.slope(varThresh)
	if err != nil {
		return err
	}
	r.unit = max(pow2above(pu), pow2above(pv))
	loU, loV := r.field(varDecayU).lo, r.field(varDecayV).lo
	r.fixedU = r.unit - pu - loU - r.field(varOffsetU).lo
	r.fixedV = r.unit - pv - loV - r.field(varOffsetV).lo
	if r.threshUnit < 1 {
		return fmt.Errorf("threshold field: one step changes no parameter upward")
	}
	return nil
}

func pow2above(x int64) int64 {
	if x < 2 {
		return 1
	}
	return 1 << bits.Len64(uint64(x-1))
}

// slope binds one neuron with a field at its lowest value and one above; it
// returns the parameter that changed, at the lowest value, and the change.
func (r *registers) slope(name string) (at, step int64, err error) {
	v := r.lowest()
	g0, err := r.bind.group(r.group.Name, 1, v)
	if err != nil {
		return 0, 0, err
	}
	v.neuron[name] = []int64{r.field(name).lo + 1}
	g1, err := r.bind.group(r.group.Name, 1, v)
	if err != nil {
		return 0, 0, err
	}
	for i := range g0.Params {
		if i < len(g1.Params) && g0.Params[i][0] != g1.Params[i][0] {
			return int64(g0.Params[i][0]), int64(g1.Params[i][0]) - int64(g0.Params[i][0]), nil
		}
	}
	return 0, 0, fmt.Errorf("field %q changes no parameter of group %q", name, r.group.Name)
}

// lowest sets every field to its lowest value.
func (r *registers) lowest() settings {
	v := settings{core: map[string]int64{}, neuron: map[string][]int64{}}
	for name, s := range r.fields {
		v.neuron[name] = []int64{s.lo}
		v.core[name] = s.lo
	}
	return v
}

// widths finds how large input, current and membrane may grow.
func (r *registers) widths(f *chip.Family) {
	const wide = 1<<31 - 1
	r.qLim, r.uLim, r.vLim = wide, wide, wide
	if ports := f.Core.Ports; len(ports) > 0 {
		r.qLim = reach(ports[0].Acc)
		if img, err := r.bind.core(r.lowest()); err == nil && len(img.Ports) > 0 {
			r.readShift = int(img.Ports[0].ReadShift)
		}
	}
	for _, s := range r.group.State {
		switch s.Name {
		case "u":
			r.uLim = reach(s.Layout)
		case "v":
			r.vLim = reach(s.Layout)
			r.vSat = s.Layout.Over == fixed.Sat || s.Layout.Over == fixed.Sym
		}
	}
	// A state word may be wider than what the chip keeps of it.
	if s := r.field(varUStart); s.have {
		r.uLim = min(r.uLim, s.hi)
	}
	if s := r.field(varVMax); s.have {
		r.vLim, r.vSat = min(r.vLim, s.hi), true
	}
}

// reach is the largest magnitude that a signed register keeps unchanged.
func reach(l fixed.Layout) int64 {
	if l.Over == fixed.None || l.Width == 0 || l.Width > 31 {
		return 1<<31 - 1
	}
	return 1<<(l.Width-1) - 1
}

// strategy is the value of a named strategy, "" if the chip has none.
func strategy(f *chip.Family, name string) string {
	for _, s := range f.Strategies {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}
