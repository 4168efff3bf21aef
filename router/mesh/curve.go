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
	Knee       float64 // load at which the mean latency is KneeFactor times Base; at most 1
	Base       float64 // latency without load: of the lowest load, or computed where the curve has one point
}

// Sweep measures loads, the rate accepted at load 1, and the knee. progress,
// if not nil, is called before each measurement with the load.
func Sweep(s Spec, f Faults, t Traffic, loads []float64, w Window, progress func(load float64)) (*Curve, error) {
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
	at := func(load float64) (Point, error) {
		if progress != nil {
			progress(load)
		}
		t.Load = load
		return m.Measure(t, w)
	}
	for _, l := range loads {
		p, err := at(l)
		if err != nil {
			return nil, err
		}
		c.Points = append(c.Points, p)
	}
	full, err := at(1)
	if err != nil {
		return nil, err
	}
	c.Saturation = full.Accepted
	if c.Base, err = c.base(s, t); err != nil {
		return nil, err
	}
	half := Window{w.Warmup, (w.Cycles + 1) / 2}
	c.Knee, err = c.knee(func(load float64) (Point, error) {
		if progress != nil {
			progress(load)
		}
		t.Load = load
		return m.measure(t, half, true)
	}, full)
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
