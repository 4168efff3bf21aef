// Package compiler turns a neutral network into the image of a chip: named
// passes over one Unit, with a verifier after each. Everything that depends on
// the chip is read from its description: register ranges, weight formats,
// limits and strategies.
package compiler

import (
	"errors"
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/compiler/graph"
)

// Samples is a source of calibration input.
type Samples interface {
	// Len is the number of samples.
	Len() int
	// Ticks is the number of ticks of a sample.
	Ticks(sample int) int
	// Fill writes the values of one tick: in[k][i] for neuron i of the k-th
	// input population (graph.Network.Inputs), all 0 on entry.
	Fill(sample, tick int, in [][]float64)
}

// Options choose how a network is compiled. The same network, description and
// options always give the same image.
type Options struct {
	Calib  Samples                    // nil = worst-case bounds
	Seed   int64                      // recorded; no pass draws random numbers yet
	Dump   func(pass string, u *Unit) // called after each pass; nil = off
	Ticks  int                        // ticks of input of one inference, for bounds of what accumulates; 0 = 64
	Widen  bool                       // scale neurons of small weights up, to use more of their mantissas
	Strict bool                       // approximations of timing and assumptions of the file are misfits
	Effort Effort                     // of the mapping to cores

	// WeightBits is the most bits of a stored weight, 0 = as many as the chip
	// has.
	WeightBits int

	// Part is a mapping from elsewhere: for every population that is no input,
	// the number of each neuron's core. What does not fit a core in truth is
	// halved until it does. nil = found by Effort.
	Part [][]int32

	// Workers is the goroutines of the mapping, 0 = 1; the result is the same
	// for any number.
	Workers int

	bind   binder            // tests: a description without a file
	places func(n int) []int // tests: where cores go
}

// Result is a compiled network.
type Result struct {
	Image  *chip.Image
	Unit   *Unit
	Report *Report
}

// FitResult answers whether a network fits; Misfits holds all reasons if not.
// Result is nil unless it fits.
type FitResult struct {
	Fits    bool
	Cores   int // cores of the plan, also if there are more than the chip has
	Misfits []Misfit
	Report  *Report
	Unit    *Unit // what the passes made, as far as they came
	Result  *Result
}

// Compile runs all passes. If the network does not fit, the error is a
// *FitError with every misfit.
func Compile(net *graph.Network, f *chip.Family, o Options) (*Result, error) {
	r, err := Fit(net, f, o)
	if err != nil {
		return nil, err
	}
	if !r.Fits {
		return nil, &FitError{Misfits: r.Misfits}
	}
	return r.Result, nil
}

// Fit runs all passes and reports every misfit at once. The error is for bad
// input only.
func Fit(net *graph.Network, f *chip.Family, o Options) (*FitResult, error) {
	if net == nil || f == nil {
		return nil, fmt.Errorf("compiler: need a network and a chip description")
	}
	u := &Unit{Net: net, Family: f, Options: o}
	if m := u.mapping(); (o.Effort > Packed || o.Part != nil) && !slices.ContainsFunc(m.passes, func(p Pass) bool { return p.Name == "split" }) {
		u.note("mapping: the chip's way from networks to cores (%s) knows no effort", m.name)
	}
	err := runPasses(u)
	var fe *FitError // a chip without a neuron for networks ends the passes
	if errors.As(err, &fe) {
		u.Misfits = append(u.Misfits, fe.Misfits...)
	} else if err != nil {
		return nil, err
	}
	return u.answer(), nil
}

// answer is the result of the passes.
func (u *Unit) answer() *FitResult {
	r := &FitResult{Fits: len(u.Misfits) == 0, Cores: len(u.Cores), Misfits: u.Misfits, Report: newReport(u), Unit: u}
	if u.crossbar != nil {
		r.Cores = u.crossbar.count
	}
	if r.Fits {
		r.Result = &Result{Image: u.Image, Unit: u, Report: r.Report}
	}
	return r
}
