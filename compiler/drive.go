package compiler

import (
	"fmt"
	"math"
)

// Drive says how a host writes the constant drive of a driven population (see
// graph.Population.Driven) into its bias registers.
type Drive struct {
	Pop   int // index in the image's populations
	Param int // parameter word that holds the bias

	p   *Pop
	top int64 // largest mantissa
	exp int   // largest exponent
}

// Drive finds the registers of a driven population.
func (r *Result) Drive(pop int) (*Drive, error) {
	u := r.Unit
	if pop < 0 || pop >= len(u.Pops) || !u.Pops[pop].Src.Driven {
		return nil, fmt.Errorf("compiler: population %d is not driven by the host", pop)
	}
	mant, exp := u.regs.field(varBiasMant), u.regs.field(varBiasExp)
	if !mant.have {
		return nil, fmt.Errorf("compiler: population %q is driven by constant currents and the chip has no bias register", u.Pops[pop].Src.Name)
	}
	v := u.regs.lowest()
	v.neuron[varBiasMant] = []int64{0}
	zero, err := u.regs.bind.group(u.Pops[pop].group, 1, v)
	if err != nil {
		return nil, err
	}
	v.neuron[varBiasMant] = []int64{1}
	one, err := u.regs.bind.group(u.Pops[pop].group, 1, v)
	if err != nil {
		return nil, err
	}
	for i := range zero.Params {
		if zero.Params[i][0] == 0 && one.Params[i][0] == 1 {
			return &Drive{Pop: pop, Param: i, p: &u.Pops[pop], top: min(mant.hi, -mant.lo), exp: int(exp.hi)}, nil
		}
	}
	return nil, fmt.Errorf("compiler: no parameter of group %q is the bias", u.Pops[pop].group)
}

// Registers appends the bias words for a drive, in the network's units, to dst:
// each as near as mantissa and exponent allow.
func (d *Drive) Registers(drive []float64, dst []int32) []int32 {
	for i, x := range drive {
		b := math.RoundToEven(d.p.Scale * (d.p.C[i] + d.p.norm(i)*x))
		limit := math.Ldexp(float64(d.top), d.exp)
		m, e := QuantiseBias(int64(min(max(b, -limit), limit)), d.top, d.exp)
		dst = append(dst, int32(m<<uint(e)))
	}
	return dst
}
