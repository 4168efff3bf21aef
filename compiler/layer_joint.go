package compiler

import (
	"fmt"
	"math"
)

// ScaleJoint is the layer scaler of chips with one scale per layer for weights,
// drives, threshold and lower bound (sinabs 3.1.3, backend/dynapcnn/discretize).
const ScaleJoint = "scale-joint"

// JointLayer are the float parameters of one layer. They are taken as float32:
// that is what files hold and what the vendor's code computes with.
type JointLayer struct {
	Weights, Bias    []float64 // Bias nil = none
	Threshold, Floor float64
	Bounded          bool // Floor is set
}

// JointCode says how a JointLayer is scaled.
type JointCode struct {
	WeightBits, StateBits int // of weights and biases, of threshold and floor, sign included: 2..16
	// Quirks keeps what the vendor's code does: a floor that is not set counts as
	// the lowest number of StateBits before scaling, so that the scale is at most 1.
	Quirks bool
}

// JointInts are the integers of a JointLayer.
type JointInts struct {
	Weights, Bias    []int64 // Bias nil = none
	Threshold, Floor int64
	Scale            float64 // integer per float
}

// ScaleJointly turns the parameters of a layer into integers: the largest scale
// at which all fit, then the nearest integers, ties to even. A floor that is not
// set becomes the lowest number of its bits.
func ScaleJointly(l *JointLayer, code JointCode) (*JointInts, error) {
	if code.WeightBits < 2 || code.WeightBits > 16 || code.StateBits < 2 || code.StateBits > 16 {
		return nil, fmt.Errorf("compiler: layer with weights of %d bits and states of %d, need 2..16", code.WeightBits, code.StateBits)
	}
	lowest := -math.Ldexp(1, code.StateBits-1)
	states := []float64{l.Threshold}
	switch {
	case l.Bounded:
		states = append(states, l.Floor)
	case code.Quirks: // without: a deviation from the vendor, see docs/deviations.md
		states = append(states, lowest)
	}
	for _, x := range [...]struct {
		name string
		v    []float64
	}{{"weights", l.Weights}, {"biases", l.Bias}, {"threshold and floor", states}} {
		if err := layerValues(x.name, x.v); err != nil {
			return nil, err
		}
	}
	s := min(jointScale(l.Weights, code.WeightBits), jointScale(l.Bias, code.WeightBits), jointScale(states, code.StateBits))
	if math.IsInf(float64(s), 1) {
		s = 1 // nothing but zeros
	}
	out := &JointInts{Weights: jointInts(l.Weights, s), Bias: jointInts(l.Bias, s), Scale: float64(s), Floor: int64(lowest)}
	v := jointInts(states, s)
	if out.Threshold = v[0]; len(v) > 1 {
		out.Floor = v[1]
	}
	return out, nil
}

// jointScale is the largest scale at which values fit so many bits. Which end of
// the range decides is found by the magnitudes of the least and the largest
// value. The quotient is a reciprocal times a number, as the vendor's library
// takes it: it may differ from a division in the last bit.
func jointScale(v []float64, bits int) float32 {
	lo, hi := float32(0), float32(0)
	for i, x := range v {
		f := float32(x)
		if i == 0 {
			lo, hi = f, f
		}
		lo, hi = min(lo, f), max(hi, f)
	}
	least, most := float32(-int64(1)<<(bits-1)), float32(int64(1)<<(bits-1)-1)
	ratio := float32(math.Abs(float64(-int64(1)<<(bits-1)) / float64(int64(1)<<(bits-1)-1)))
	lo, hi = magnitude(lo), magnitude(hi)
	if lo <= float32(hi*ratio) {
		return float32(float32(1/hi) * most)
	}
	return float32(float32(1/lo) * -least)
}

func magnitude(x float32) float32 { return max(x, -x) }

func jointInts(v []float64, scale float32) []int64 {
	if v == nil {
		return nil
	}
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(math.RoundToEven(float64(float32(float32(x) * scale))))
	}
	return out
}
