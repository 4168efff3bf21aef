package mesh

import (
	"fmt"
	"math"
	"slices"
)

// KneeFactor is how many times the latency without load the latency is at the
// knee of a curve.
const KneeFactor = 3

// kneePrecision is the width of the final bracket of the knee, relative to it.
const kneePrecision = 1.0 / 256

// Curve is latency and accepted rate over load.
type Curve struct {
	Points     []Point
	ZeroLoad   []Hop
	Saturation float64 // accepted packets per node and cycle at an offered load of 1
	Knee       float64 // load at which the mean latency is KneeFactor times Base; at most 1; 0 = not looked for
	Base       float64 // latency without load: of the lowest load, or computed where the curve has one point
}

// limitWindow bounds the window in which the rate accepted at load 1 and the
// knee are measured: both are known long before a latency is.
var limitWindow = Window{Warmup: 5000, Cycles: 10000}

// Sweep measures loads and, with limits, the rate accepted at load 1 and the
// knee, in a window of at most 5,000 and 10,000 cycles. progress, if not nil, is
// called before each measurement with the load.
func Sweep(s Spec, f Faults, t Traffic, loads []float64, w Window, limits bool, progress func(load float64)) (*Curve, error) {
	if len(loads) == 0 {
		return nil, fmt.Errorf("mesh: sweep: need at least one load, have none")
	}
	m, err := New(s)
	if err != nil {
		return nil, err
	}
	c := &Curve{}
	if c.ZeroLoad, err = m.ZeroLoad(); err != nil { // before there are faults
		return nil, err
	}
	if err := m.SetFaults(f); err != nil {
		return nil, err
	}
	at := func(load float64, w Window, probe bool) (Point, error) {
		if progress != nil {
			progress(load)
		}
		t.Load = load
		return m.measure(t, w, probe)
	}
	for _, l := range loads {
		p, err := at(l, w, false)
		if err != nil {
			return nil, err
		}
		c.Points = append(c.Points, p)
	}
	if c.Base, err = c.base(s, t); err != nil || !limits {
		return c, err
	}
	w = Window{min(w.Warmup, limitWindow.Warmup), min(w.Cycles, limitWindow.Cycles)}
	full, err := at(1, w, false)
	if err != nil {
		return nil, err
	}
	c.Saturation = full.Accepted
	c.Knee, err = c.knee(func(load float64) (Point, error) { return at(load, w, true) }, full)
	return c, err
}

// base is the latency at the lowest load that had packets, or without load if
// there is but one point.
func (c *Curve) base(s Spec, t Traffic) (float64, error) {
	low := slices.MinFunc(c.Points, func(a, b Point) int {
		switch {
		case a.Load < b.Load:
			return -1
		case a.Load > b.Load:
			return 1
		}
		return 0
	})
	u, err := Unloaded(s, t)
	if err != nil || len(c.Points) == 1 || low.Packets == 0 || low.Latency > 1.5*u {
		return u, err
	}
	return low.Latency, nil
}

// knee narrows the bracket that the measured points leave, then halves it.
func (c *Curve) knee(at func(float64) (Point, error), full Point) (float64, error) {
	limit := KneeFactor * c.Base
	below := func(p Point) bool { return p.Stable && p.Latency < limit }
	if below(full) {
		return 1, nil
	}
	lo, hi := 0.0, 1.0
	for _, p := range c.Points {
		if !below(p) {
			hi = math.Min(hi, p.Load)
		}
	}
	for _, p := range c.Points {
		if below(p) && p.Load < hi {
			lo = math.Max(lo, p.Load)
		}
	}
	for hi-lo > kneePrecision*hi && hi > 1e-9 {
		mid := (lo + hi) / 2
		p, err := at(mid)
		if err != nil {
			return 0, err
		}
		if below(p) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2, nil
}
