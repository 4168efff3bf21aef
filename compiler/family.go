package compiler

import (
	"hillock/chip"
	"hillock/core"
)

// binder is what the passes need of a description beyond its plain fields.
type binder interface {
	group(name string, n int, v settings) (core.Group, error)
	core(v settings) (core.Image, error)
	limit(name string) (int64, bool)
	memory() chip.SynapseMemory
}

// described is the binder of a loaded description.
type described struct{ f *chip.Family }

func (d described) group(name string, n int, v settings) (core.Group, error) {
	return d.f.BindGroup(name, n, v)
}
func (d described) core(v settings) (core.Image, error) { return d.f.BindCore(v) }
func (d described) limit(name string) (int64, bool)     { return d.f.Limit(name) }
func (d described) memory() chip.SynapseMemory          { return d.f.Memory }

// binder is the description in use, or the one that a test put in.
func (u *Unit) binder() binder {
	if u.Options.bind != nil {
		return u.Options.bind
	}
	return described{u.Family}
}

// settings gives the values of variables to a description's expressions.
type settings struct {
	core   map[string]int64
	neuron map[string][]int64 // length 1 = the same for all
}

// Core is the value of a variable that exists once per core.
func (s settings) Core(name string) (int64, bool) {
	v, ok := s.core[name]
	return v, ok
}

// Neuron is the value of a variable for neuron i of a group.
func (s settings) Neuron(name string, i int) (int64, bool) {
	v, ok := s.neuron[name]
	switch {
	case !ok || len(v) == 0:
		return 0, false
	case len(v) == 1:
		return v[0], true
	case i < 0 || i >= len(v):
		return 0, false
	}
	return v[i], true
}
