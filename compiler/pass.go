package compiler

import (
	"fmt"
	"slices"
)

// Pass is one named step of the compiler. Run changes the Unit; an error is
// bad input or a bug, never a misfit: those are collected in Unit.Misfits.
type Pass struct {
	Name string
	Doc  string
	Run  func(*Unit) error
}

// Constraint says that pass Before must stand ahead of pass After, and why.
type Constraint struct{ Before, After, Why string }

var passes = [...]Pass{
	{"check", "the network is sound and the chip knows every neuron kind and reset in it", passCheck},
	{"schedule", "ticks by which each population trails the input; delays that join paths", passSchedule},
	{"reference", "gains folded, voltages shifted to a reset of 0, float peaks", passReference},
	{"scale", "one scale per population; decays, thresholds and biases as register fields", passScale},
	{"weights", "weights as stored mantissas by the chip's quantiser", passWeights},
	{"prove", "which accumulators and currents cannot overflow, by intervals over the stored weights", passProve},
	{"split", "populations cut into slices and packed onto cores", passSplit},
	{"place", "cores to places on the mesh, near their sources", passPlace},
	{"allocate", "in-axons, synapse lists, out-axons, boxes", passAllocate},
	{"limits", "every limit of the chip against the finished plan", passLimits},
	{"encode", "the image", passEncode},
}

var order = [...]Constraint{
	{"check", "schedule", "a network with a wrong index cannot be walked"},
	{"check", "reference", "the float run trusts every length"},
	{"schedule", "scale", "the start delay of a biased population is its depth"},
	{"schedule", "split", "delay bits are part of a synapse's size"},
	{"reference", "scale", "the scale follows from the float peaks"},
	{"scale", "weights", "a weight is quantised in the unit of its target"},
	{"weights", "prove", "the proof is about the weights that are stored"},
	{"weights", "split", "a weight that became 0 needs no memory"},
	{"split", "place", "only cores that exist can be placed"},
	{"split", "allocate", "an in-axon belongs to one core"},
	{"place", "allocate", "the image orders cores by place, and boxes by core"},
	{"allocate", "limits", "limits are checked on the plan that will be encoded"},
	{"limits", "encode", "a plan beyond a limit has no encoding"},
}

// checkOrder verifies that the pass list has no name twice and obeys every
// constraint, and that every constraint names passes that exist.
func checkOrder(ps []Pass, cs []Constraint) error {
	at := make(map[string]int, len(ps))
	for i, p := range ps {
		if p.Name == "" || p.Doc == "" || p.Run == nil {
			return fmt.Errorf("compiler: pass %d (%q) lacks a name, a doc or a function", i, p.Name)
		}
		if _, twice := at[p.Name]; twice {
			return fmt.Errorf("compiler: pass %q stands twice in the list", p.Name)
		}
		at[p.Name] = i
	}
	for _, c := range cs {
		b, okB := at[c.Before]
		a, okA := at[c.After]
		if !okB || !okA {
			return fmt.Errorf("compiler: constraint %q before %q names a pass that does not exist", c.Before, c.After)
		}
		if b >= a {
			return fmt.Errorf("compiler: pass %q is %d, %q is %d, need the first ahead: %s", c.Before, b, c.After, a, c.Why)
		}
	}
	return nil
}

// Passes lists the passes of every mapping in the order in which they run,
// those that stand in an earlier one once.
func Passes() []Pass {
	var list []Pass
	for _, m := range mappings() {
		for _, p := range m.passes {
			if !slices.ContainsFunc(list, func(x Pass) bool { return x.Name == p.Name }) {
				list = append(list, p)
			}
		}
	}
	return list
}

// runPasses runs the pipeline, verifies the unit after each pass and hands it
// to the dump.
func runPasses(u *Unit) error {
	m := u.mapping()
	if err := checkOrder(m.passes, m.order); err != nil {
		return err
	}
	return u.runAll(m.passes)
}

// runAll runs passes one after the other.
func (u *Unit) runAll(list []Pass) error {
	for _, p := range list {
		if err := p.Run(u); err != nil {
			return fmt.Errorf("compiler: pass %s: %w", p.Name, err)
		}
		u.Done = append(u.Done, p.Name)
		if err := verify(u); err != nil {
			return fmt.Errorf("compiler: after pass %s: %w", p.Name, err)
		}
		if u.Options.Dump != nil {
			u.Options.Dump(p.Name, u)
		}
	}
	return nil
}
