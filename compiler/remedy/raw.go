package remedy

import (
	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
)

// FindRaw is Find for a network in the chip's own numbers, of which nothing
// may change: other mappings, and boards of the same chip.
func FindRaw(raw *graph.Raw, f *chip.Family, o compiler.Options, answer *compiler.FitResult) [][]Found {
	out := make([][]Found, len(answer.Misfits))
	sized := false
	for _, m := range answer.Misfits {
		sized = sized || size(m.Resource)
	}
	if !sized {
		return out
	}
	for _, c := range rawChanges(f, o) {
		_, family, options, err := Apply(nil, f, o, []Change{c})
		if err != nil {
			continue
		}
		r, err := compiler.FitRaw(raw, family, options)
		if err != nil || !r.Fits {
			continue
		}
		x := Found{Changes: []Change{c}, Kind: Exact, Cores: r.Cores}
		if family.Name != f.Name {
			x.Chip = family.Name
		}
		for i, m := range answer.Misfits {
			if size(m.Resource) && len(out[i]) < mostFound {
				out[i] = append(out[i], x)
			}
		}
	}
	return out
}

// rawChanges are the changes that leave every number as it is.
func rawChanges(f *chip.Family, o compiler.Options) []Change {
	var out []Change
	for _, e := range [...]compiler.Effort{compiler.Fast, compiler.Normal} {
		if e > o.Effort {
			out = append(out, Change{Verb: "effort", Subject: e.String()})
		}
	}
	for _, name := range boards(f) {
		out = append(out, Change{Verb: "chip", Subject: name})
	}
	return out
}

// boards lists the families that differ from one in nothing but how much
// there is.
func boards(f *chip.Family) []string {
	var out []string
	for _, name := range chip.Names() {
		if g, err := chip.LoadNamed(name); err == nil && name != f.Name && sameMachine(g, f) {
			out = append(out, name)
		}
	}
	return out
}

// size says that a resource is one that cores have only so much of.
func size(resource string) bool {
	switch resource {
	case "cores", "compartments", "in_axons", "out_axons", "synapse_words", "threshold_profiles", "compartment_profiles", "weight_formats":
		return true
	}
	return false
}
