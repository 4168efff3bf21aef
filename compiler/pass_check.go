package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

// passCheck validates the network and reports every kind, reset and option
// that the chip's neuron cannot do. Later passes treat such a population as a
// plain spiking one, so that size misfits are found in the same run.
func passCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	var err error
	if u.regs, err = newRegisters(u.Family, u.binder()); err != nil {
		return err
	}
	u.Pops = make([]Pop, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, group: u.regs.group.Name}
		if p.Kind != graph.Input {
			u.checkPop(&u.Pops[i])
		}
	}
	u.Projs = make([]Proj, len(u.Net.Projs))
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q}
	}
	for _, a := range u.Net.Assumptions {
		if u.Options.Strict {
			u.misfit(Misfit{"", -1, "assumption " + a.What, 1, 0, fmt.Sprintf("strict: the file does not say it; the reader took %q: %s", a.Value, a.Why)})
		}
	}
	return nil
}

// lacks records a feature that the chip does not have.
func (u *Unit) lacks(p *graph.Population, feature, because string) {
	u.misfit(Misfit{p.Name, -1, feature, 1, 0, because})
}

func (u *Unit) checkPop(p *Pop) {
	s := p.Src
	if s.Code != graph.Rate {
		u.checkExact(p)
		return
	}
	u.checkDriven(s)
	if s.Kind == graph.Readout {
		u.checkReadout(p)
		return
	}
	if s.Multi {
		u.lacks(s, "several spikes per tick", "the chip's neuron spikes at most once per tick")
	}
	u.checkReset(p)
	for i := range s.Theta {
		if s.Theta[i] <= s.VReset[i] {
			u.lacks(s, "threshold", fmt.Sprintf("threshold %g of neuron %d is not above its reset %g; the chip's threshold register is positive", s.Theta[i], i, s.VReset[i]))
			break
		}
	}
	for i := range s.AJ {
		if s.AJ[i] < 0 || s.AJ[i] > 1 || s.AV[i] < 0 || s.AV[i] > 1 {
			u.lacks(s, "decay", fmt.Sprintf("decay factors %g and %g of neuron %d, the chip's are 0..1", s.AJ[i], s.AV[i], i))
			break
		}
	}
	if s.Floor != nil && !u.regs.field(varVMin).have {
		u.lacks(s, "membrane floor", "the chip has no lower bound register for the membrane")
	}
	if (varying(s.VReset) || len(s.VReset) > 0 && s.VReset[0] != 0) && (!u.regs.field(varVStart).have || p.Depth > 0) {
		u.note("%s: the reset voltage is not 0; the chip's membrane starts at the reset (it cannot be set, or the layer's bias must wait), the reference starts at 0", s.Name)
	}
}

// checkDriven: the host's currents need a register.
func (u *Unit) checkDriven(s *graph.Population) {
	if s.Driven && !u.regs.field(varBiasMant).have {
		u.lacks(s, "drive", "the host drives its neurons by constant currents and the chip has no bias register")
	}
}

// checkReset maps the reset to the chip's "to 0, same tick". Where the
// membrane forgets everything in one tick (AV = 0), all same-tick resets are
// the same. A late reset to zero equals a same-tick one, because nothing reads
// the membrane in between; if it wipes the whole next update, that update is
// one tick of refractory hold.
func (u *Unit) checkReset(p *Pop) {
	s := p.Src
	memoryless := !varying(s.AV) && s.AV[0] == 0
	switch s.Reset {
	case graph.ResetZero:
	case graph.ResetZeroLate:
		if !s.LateZeroWipe {
			break
		}
		p.Hold = 1
		if f := u.regs.field(varRefract); !f.have || f.hi < 2 {
			u.lacks(s, "reset zero-late that wipes a tick", "the chip has no refractory hold of one tick")
		}
	case graph.ResetNone:
		if !memoryless {
			u.lacks(s, "reset none", "the chip's neuron sets its membrane to 0 when it spikes")
		}
	case graph.ResetSubtract:
		if !memoryless {
			u.takeRole(p, "subtract", "reset subtract", "the chip's neuron sets its membrane to 0 when it spikes; it cannot subtract the threshold")
		}
	case graph.ResetSubtractLate:
		u.lacks(s, "reset subtract-late", "the chip's neuron sets its membrane to 0 when it spikes; it cannot subtract the threshold a tick later")
	}
}

// takeRole gives a population the group that the description names for a
// role, or records that the chip has none.
func (u *Unit) takeRole(p *Pop, role, feature, because string) {
	r, known := u.Family.Role(role)
	switch {
	case r.Group != "":
		p.group = r.Group
	case known:
		u.lacks(p.Src, feature, r.Lacks)
	default:
		u.lacks(p.Src, feature, because)
	}
}

// checkReadout: a readout is a neuron that never spikes, whose membrane the
// host reads at the end.
func (u *Unit) checkReadout(p *Pop) {
	if u.stateWord(p.group, stateV) < 0 {
		u.lacks(p.Src, "readout", fmt.Sprintf("group %q has no state word %q that the host could read", p.group, stateV))
	}
	if p.Src.Floor != nil && !u.regs.field(varVMin).have {
		u.lacks(p.Src, "membrane floor", "the chip has no lower bound register for the membrane")
	}
}

// stateWord is the number of a named state word of a group, -1 if none.
func (u *Unit) stateWord(group, name string) int {
	if t := u.Family.Group(group); t != nil {
		for i, s := range t.State {
			if s.Name == name {
				return i
			}
		}
	}
	return -1
}

func varying(v []float64) bool {
	for i := 1; i < len(v); i++ {
		if v[i] != v[0] {
			return true
		}
	}
	return false
}
