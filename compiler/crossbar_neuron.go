package compiler

import (
	"fmt"
	"math"
)

// The roles of neurons by their reset.
const (
	roleZero     = "zero"
	roleSubtract = "subtract"
)

// noFloor stands for a membrane without a lower bound.
const noFloor = 1 << 30

// asked is what a network asks of a neuron: values of chip.RoleVars.
type asked [5]int64

// The indices of asked.
const (
	askThreshold = iota
	askLeak
	askDrive
	askFloor
	askStart
)

// ability is what the settings of a role can express, found by asking.
type ability struct {
	leak      bool // a loss towards 0 per tick
	both      bool // with a constant drive beside it
	drive     bool
	zeroFloor bool // a lower bound of 0
	floor     bool // any lower bound
	start     bool
}

// abilities asks the settings of a role twice for each thing: where the answer
// does not change, the chip does not have it.
func (u *Unit) abilities(role string) (a ability, err error) {
	plain := asked{100, 0, 0, noFloor, 0}
	for _, x := range [...]struct {
		to       *bool
		from, by asked
	}{
		{&a.leak, plain, asked{100, 1, 0, noFloor, 0}},
		{&a.drive, plain, asked{100, 0, 1, noFloor, 0}},
		{&a.both, asked{100, 0, 1, noFloor, 0}, asked{100, 1, 1, noFloor, 0}},
		{&a.zeroFloor, plain, asked{100, 0, 0, 0, 0}},
		{&a.floor, asked{100, 0, 0, 50, 0}, asked{100, 0, 0, 51, 0}},
		{&a.start, plain, asked{100, 0, 0, noFloor, 1}},
	} {
		differ, err := u.differ(role, x.from, x.by)
		if err != nil {
			return a, err
		}
		*x.to = differ
	}
	return a, nil
}

func (u *Unit) differ(role string, a, b asked) (bool, error) {
	r, _ := u.Family.Role(role)
	for i := range r.Set {
		x, err := r.Set[i].Value(a)
		if err != nil {
			return false, err
		}
		y, err := r.Set[i].Value(b)
		if err != nil || x != y {
			return err == nil, err
		}
	}
	return false, nil
}

// inRange says that the registers of a role can hold what is asked.
func (u *Unit) inRange(role string, a asked) (bool, error) {
	r, _ := u.Family.Role(role)
	for i := range r.Set {
		x, err := r.Set[i].Value(a)
		if err != nil {
			return false, err
		}
		if f := u.regs.field(r.Set[i].Field); x < f.lo || x > f.hi {
			return false, nil
		}
	}
	return true, nil
}

// crossNeuron is a neuron in units of the network.
type crossNeuron struct {
	theta, leak, drive, floor, start float64
	bounded                          bool // floor holds
	ge                               bool // spikes at the threshold too
	memoryless                       bool
}

// scaled writes a neuron in units of 1/scale. A whole-number membrane that is
// compared with >= reaches a threshold from the next whole number on. A neuron
// without memory has a threshold of 1 and loses the rest of it beforehand, so
// that what is left below 1 can be held at 0.
func (n *crossNeuron) scaled(scale float64) asked {
	const slack = 1e-8
	at := n.theta * scale
	t := math.Floor(at*(1+slack)) + 1
	if n.ge {
		t = math.Ceil(at * (1 - slack))
	}
	a := asked{int64(max(t, 1)), int64(math.Round(n.leak * scale)), int64(math.Round(n.drive * scale)), noFloor, int64(math.Round(n.start * scale))}
	if n.bounded {
		a[askFloor] = int64(min(max(math.Round(-n.floor*scale), 0), noFloor))
	}
	if n.memoryless {
		a[askDrive] += 1 - a[askThreshold]
		a[askThreshold], a[askLeak], a[askFloor], a[askStart] = 1, 0, 0, 0
	}
	return a
}

// unit finds the largest scale at which a neuron's largest weight and all its
// registers fit, by halving. Where all values are whole multiples of a unit,
// scales that keep them whole come first.
func (u *Unit) unit(role string, n *crossNeuron, largest, unit float64) (scale float64, a asked, err error) {
	top := float64(min(u.Family.Weights.MantHi, -u.Family.Weights.MantLo, math.MaxInt16))
	if largest == 0 {
		largest = n.theta
	}
	scale = top / largest
	if math.IsInf(scale, 0) || scale > 1<<24 {
		scale = 1 << 24
	}
	for range 64 {
		if whole := math.Floor(scale * unit * (1 + 1e-9)); whole >= 1 {
			scale = whole / unit
		}
		a = n.scaled(scale)
		ok, err := u.inRange(role, a)
		if err != nil || ok {
			return scale, a, err
		}
		scale /= 2
	}
	return 0, a, fmt.Errorf("no scale at which a threshold of %g fits", n.theta)
}
