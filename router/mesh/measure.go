package mesh

import (
	"fmt"
	"slices"
	"time"
)

// LatencyLimit is the mean latency in cycles above which a load counts as not
// stable.
const LatencyLimit = 500

// checkEvery is the number of cycles between two looks at a draining mesh.
const checkEvery = 1000

// maxDrain is the number of cycles, beside those of the window, after which
// packets that have not ended are given up: a defect can hold them for ever.
const maxDrain = 100 * LatencyLimit

// Window says how long a load is applied.
type Window struct {
	Warmup int64 // cycles before packets are measured
	Cycles int64 // cycles in which the measured packets are generated
}

// Check reports a window that cannot be.
func (w Window) Check() error {
	if w.Warmup < 0 || w.Cycles < 1 || w.Warmup > 1<<40 || w.Cycles > 1<<40 {
		return fmt.Errorf("mesh: window: need 0 or more cycles of warm-up and at least 1 after it, at most 2^40 of each, have %d and %d", w.Warmup, w.Cycles)
	}
	return nil
}

// Point is the steady state under one load.
type Point struct {
	Load     float64         // packets per node and cycle offered
	Latency  float64         // mean cycles from generation to the last flit's ejection
	Min, Max int64           // of the latencies
	Accepted float64         // packets per node and cycle that ended in the window
	Routers  float64         // mean routers visited
	Stable   bool            // the mean latency stayed within LatencyLimit
	Packets  int64           // measured
	Lost     int64           // of the packets generated in the window
	Left     int64           // of these, still under way when the run was given up
	Cycles   int64           // cycles that were run
	Seconds  float64         // of wall time that they took
	Kinds    [NumKinds]int64 // events of each kind in the whole run
	Events   []Event         // the first losses and blocked packets of the run, at most 100
}

// Measure resets the mesh and applies a load: warm-up, then a window whose
// packets are followed to their end while the load goes on. A mesh whose
// measured packets, those under way included, come to a mean latency above
// LatencyLimit is given up as not stable; its latency is then only indicative.
func (m *Mesh) Measure(t Traffic, w Window) (Point, error) { return m.measure(t, w, false) }

// measure is Measure; a probe gives up within the window, so that its accepted
// rate means nothing.
func (m *Mesh) measure(t Traffic, w Window, probe bool) (Point, error) {
	if err := w.Check(); err != nil {
		return Point{}, err
	}
	began := time.Now()
	m.Reset()
	if err := m.Start(t); err != nil {
		return Point{}, err
	}
	end := w.Warmup + w.Cycles
	m.stats = stats{from: w.Warmup, to: end, since: w.Warmup, until: end}
	stable := true
	for m.now < end && stable {
		for range min(checkEvery, end-m.now) {
			m.Step()
		}
		stable = !probe && m.now < end || m.underWay() <= LatencyLimit
	}
	if err := m.Audit(); err != nil {
		return Point{}, err
	}
	for stable && m.outstanding(end) {
		for range checkEvery {
			if m.Step(); !m.outstanding(end) {
				break
			}
		}
		stable = m.underWay() <= LatencyLimit && m.now < end+maxDrain+w.Cycles
	}
	s := &m.stats
	p := Point{Load: t.Load, Min: s.min, Max: s.max, Stable: stable, Packets: s.done, Lost: s.lost, Left: s.made - s.done - s.lost, Cycles: m.now, Seconds: time.Since(began).Seconds()}
	p.Accepted = float64(s.accepted) / float64(w.Cycles) / float64(len(m.src))
	p.Kinds = m.fault.count
	p.Events = slices.Clone(m.fault.events[:min(len(m.fault.events), 100)])
	if s.done > 0 {
		p.Latency, p.Routers = float64(s.sum)/float64(s.done), float64(s.routers)/float64(s.done)
	}
	return p, m.Audit()
}

// outstanding says whether packets generated before end are still to come.
func (m *Mesh) outstanding(end int64) bool {
	if m.stats.done+m.stats.lost < m.stats.made {
		return true
	}
	for _, n := range m.traffic.active {
		if m.src[n].next < end {
			return true
		}
	}
	for i := range m.src { // sources without a credit
		if x := &m.src[i]; x.left > 0 && x.next < end {
			return true
		}
	}
	return false
}

// underWay is the mean latency of the measured packets, those that have not
// ended counted with their age.
func (m *Mesh) underWay() float64 {
	s := &m.stats
	sum, n := float64(s.sum), s.done
	for i := range m.packets {
		if b := m.packets[i].born; b >= s.from && b < s.to {
			sum += float64(m.now - b)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// Hop is the latency of a packet that meets no other.
type Hop struct{ Hops, Latency int }

// ZeroLoad sends a single packet over every distance of the mesh, x as far as
// it goes first, and gives the latencies by hops between routers.
func (m *Mesh) ZeroLoad() ([]Hop, error) {
	s := m.spec
	at := make([]int64, 1)
	out := make([]Hop, 0, s.W+s.H-1)
	for h := range s.W + s.H - 1 {
		hx := min(h, s.W-1)
		dst := int32((hx + s.W*(h-hx)) * s.Concentration)
		if _, err := m.Deliver([]Message{{0, dst, 0}}, at, 0); err != nil {
			return nil, err
		}
		out = append(out, Hop{h, int(at[0])})
	}
	return out, nil
}

// Unloaded is the mean latency of a pattern's packets where none meets
// another, from the latencies of single packets over the links that the
// pattern takes.
func Unloaded(s Spec, t Traffic) (float64, error) {
	if err := s.Check(); err != nil {
		return 0, err
	}
	if err := t.Check(s); err != nil {
		return 0, err
	}
	targets := t.Hotspots
	if t.Pattern == Uniform {
		targets = make([]int, s.W*s.H)
		for i := range targets {
			targets[i] = i * s.Concentration
		}
	}
	one := traffic{pattern: t.Pattern}
	hx, hy := make([]int64, s.W), make([]int64, s.H)
	n := int64(0)
	for a := range s.W * s.H {
		if t.Pattern == Uniform || t.Pattern == Hotspot {
			continue
		}
		b := int(one.target(&s, int32(s.Nodes()), int32(a*s.Concentration), 0)) / s.Concentration
		hx[distance(a%s.W, b%s.W)]++
		hy[distance(a/s.W, b/s.W)]++
		n++
	}
	if n == 0 {
		axes(s, targets, hx, hy)
		n = int64(s.W * s.H * len(targets))
	}
	base := float64(s.ZeroLoad(0, 0))
	sum := 0.0
	for d, c := range hx {
		sum += float64(c) * (float64(s.ZeroLoad(d, 0)) - base)
	}
	for d, c := range hy {
		sum += float64(c) * (float64(s.ZeroLoad(0, d)) - base)
	}
	return base + sum/float64(n), nil
}

// axes counts the distances along both axes from every router to every target.
func axes(s Spec, targets []int, hx, hy []int64) {
	cx, cy := make([]int64, s.W), make([]int64, s.H)
	for _, d := range targets {
		r := d / s.Concentration
		cx[r%s.W]++
		cy[r/s.W]++
	}
	for x := range s.W {
		for tx, c := range cx {
			hx[distance(x, tx)] += c * int64(s.H)
		}
	}
	for y := range s.H {
		for ty, c := range cy {
			hy[distance(y, ty)] += c * int64(s.W)
		}
	}
}

func distance(a, b int) int { return max(a-b, b-a) }
