package power

import (
	"fmt"
	"io"
	"strings"

	"hillock/isa/count"
)

// Sweep is the total over one thing that varies, for a picture.
type Sweep struct {
	Over   string // what varies, with its unit
	Curves []Curve
	Notes  []string
}

// Curve is one line of a sweep, energies in joules.
type Curve struct {
	Label string
	X     []float64
	Y     []Span
}

// SweepKinds are the names that NewSweep knows.
var SweepKinds = []string{"activity", "supply", "clock", "precision"}

// NewSweep prices c over a range: "activity" scales every count that spikes
// cause, "supply" moves each point that states its volts to other supplies,
// "clock" each point that pays for its clock to other clocks, "precision" changes the bits of a weight in the memory model of the baseline.
// Time is as counted in all of them. It fails if nothing can be varied.
func NewSweep(t *Table, c Census, kind string) (*Sweep, error) {
	switch kind {
	case "activity":
		return sweepActivity(t, c)
	case "supply":
		return sweepSupply(t, c)
	case "clock":
		return sweepClock(t, c)
	case "precision":
		return sweepPrecision(t, c)
	}
	return nil, fmt.Errorf("power: a sweep over %q, need one of %s", kind, strings.Join(SweepKinds, ", "))
}

// driven says whether spikes cause e; updates of idle neurons, barriers and the
// host's own work go on without them.
func driven(e count.Event) bool {
	switch e {
	case count.Updates, count.Barriers, count.Resets, count.HostReads, count.HostWrites, count.HostMultiplies,
		count.InstrX, count.InstrA, count.InstrM, count.InstrL:
		return false
	}
	return true
}

func sweepActivity(t *Table, c Census) (*Sweep, error) {
	s := &Sweep{Over: "activity, times that of the census", Notes: []string{
		"every count that spikes cause is scaled; updates of all neurons, barriers, the host and the time stay"}}
	for i := range t.Points {
		k := Curve{Label: t.Points[i].Name}
		for _, x := range []struct{ n, d int64 }{{0, 1}, {1, 10}, {1, 4}, {1, 2}, {1, 1}, {2, 1}, {4, 1}, {10, 1}} {
			v := c
			v.Samples = nil
			for e := range count.NumEvents {
				if driven(e) && v.Counts[e] < 1<<58 {
					v.Counts[e] = v.Counts[e] * x.n / x.d
				}
			}
			r, err := Price(t, t.Points[i].Name, v)
			if err != nil {
				return nil, err
			}
			k.add(float64(x.n)/float64(x.d), r)
		}
		s.keep(k)
	}
	return s, s.empty()
}

func sweepSupply(t *Table, c Census) (*Sweep, error) {
	s := &Sweep{Over: "supply, V", Notes: []string{"static power in proportion to the voltage, energy per event with its square: assumed, nobody measured it"}}
	c.Samples = nil
	for i := range t.Points {
		p := &t.Points[i]
		if p.Volts == 0 || p.allIn() || p.running() {
			continue
		}
		k := Curve{Label: p.Name}
		for _, percent := range []int64{70, 80, 90, 100, 110, 120, 130} {
			at, err := t.AtVolts(p.Name, p.Volts*Microvolts(percent)/100)
			if err != nil {
				return nil, err
			}
			r, err := Price(at, "", c)
			if err != nil {
				return nil, err
			}
			k.add(at.Points[0].Volts.Volts(), r)
		}
		s.keep(k)
	}
	return s, s.empty()
}

func sweepClock(t *Table, c Census) (*Sweep, error) {
	s := &Sweep{Over: "clock, MHz", Notes: []string{"the time stays as counted: a slower clock that still keeps up saves clock power only"}}
	c.Samples = nil
	for i := range t.Points {
		p := &t.Points[i]
		base := c.Clock
		if base == 0 {
			base = p.Clock
		}
		if p.static(PerMHz, Powered) == nil || base == 0 {
			continue
		}
		k := Curve{Label: p.Name}
		for _, percent := range []Hertz{10, 25, 50, 75, 100, 150, 200} {
			v := c
			v.Clock = max(1, base/100*percent)
			r, err := Price(t, p.Name, v)
			if err != nil {
				return nil, err
			}
			k.add(float64(v.Clock)/1e6, r)
		}
		s.keep(k)
	}
	return s, s.empty()
}

func sweepPrecision(t *Table, c Census) (*Sweep, error) {
	r, err := Price(t, t.Points[0].Name, c)
	if err != nil {
		return nil, err
	}
	b, ok := r.Baseline()
	m, err := theMemory()
	if !ok || err != nil {
		return nil, fmt.Errorf("power: a sweep over precision needs the network of the census (neurons, synapses, weight_bits, state_bits) and its inferences")
	}
	s := &Sweep{Over: "bits of a weight", Notes: []string{"energy per inference by the memory model of the baseline, no chip; the 8-bit network stays at 8 bits"}}
	spiking, dense := Curve{Label: "this spiking network"}, Curve{Label: "8-bit network, batch 1"}
	for _, bits := range []int64{1, 2, 4, 6, 8, 12, 16} {
		spiking.X, spiking.Y = append(spiking.X, float64(bits)), append(spiking.Y, r.spikingCost(m, r.Context.Network, bits))
		dense.X, dense.Y = append(dense.X, float64(bits)), append(dense.Y, b.Batch1)
	}
	s.Curves = []Curve{spiking, dense}
	return s, nil
}

func (k *Curve) add(x float64, r *Report) {
	if !r.Used {
		return
	}
	k.X = append(k.X, x)
	k.Y = append(k.Y, Span{r.Total.Low.Joules(), r.Total.Nominal.Joules(), r.Total.High.Joules()})
}

func (s *Sweep) keep(k Curve) {
	if len(k.X) > 0 {
		s.Curves = append(s.Curves, k)
	}
}

func (s *Sweep) empty() error {
	if len(s.Curves) == 0 {
		return fmt.Errorf("power: nothing to sweep over %s: no point of the table prices these counts and can be varied", s.Over)
	}
	return nil
}

// Text writes the sweep as a table, one row per x and curve.
func (s *Sweep) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "total energy over %s\n", s.Over)
	g := grid{align: "lrrrr"}
	g.add("curve", "x", "nominal", "low", "high")
	for _, k := range s.Curves {
		for i, x := range k.X {
			g.add(k.Label, fmt.Sprintf("%g", x), engineering(k.Y[i].Nominal, "J"), engineering(k.Y[i].Low, "J"), engineering(k.Y[i].High, "J"))
		}
	}
	g.text(&b)
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
