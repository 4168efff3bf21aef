package crossbar

import (
	"fmt"
	"math"
)

// maxInputs bounds the input neurons of an image.
const maxInputs = 1 << 23

// check holds a model against itself and the limits of the description.
func (b *builder) check() error {
	m := b.m
	delays := max(1, m.Delays)
	switch {
	case m.X < 1 || m.Y < 1 || m.X > maxGrid || m.Y > maxGrid:
		return fmt.Errorf("grid of %d x %d cells, need 1..%d each", m.X, m.Y, maxGrid)
	case len(m.Cores) == 0:
		return fmt.Errorf("no core, need at least 1")
	case len(m.Cores)+len(m.Buses) > 1<<16:
		return fmt.Errorf("%d cores and buses, need at most %d", len(m.Cores)+len(m.Buses), 1<<16)
	case m.Axons < 1 || delays > 1<<16/m.Axons:
		return fmt.Errorf("%d in-axons with %d delays, need at least 1 and at most %d together", m.Axons, delays, 1<<16)
	case len(m.Cores) > maxInputs/(m.Axons*delays):
		return fmt.Errorf("%d cores of %d in-axons with %d delays, need at most %d together", len(m.Cores), m.Axons, delays, maxInputs)
	}
	for _, l := range [...]struct {
		name string
		have int
	}{{"cores", len(m.Cores)}, {"in_axons", m.Axons}} {
		if most, ok := b.f.Limit(l.name); ok && int64(l.have) > most {
			return fmt.Errorf("%s: need %d, %s has %d", l.name, l.have, b.f.Name, most)
		}
	}
	for i := range m.Buses {
		if u := &m.Buses[i]; !b.inside(u.X, u.Y) || u.Pins < 1 || u.Pins > 1<<15 {
			return fmt.Errorf("bus %s at (%d, %d) with %d pins, need a cell of the grid of %d x %d and 1..%d pins", u.Name, u.X, u.Y, u.Pins, m.X, m.Y, 1<<15)
		}
	}
	for i := range m.Cores {
		if err := b.checkCore(&m.Cores[i]); err != nil {
			return fmt.Errorf("core %s: %w", m.Cores[i].Name, err)
		}
	}
	return b.checkDests()
}

func (b *builder) inside(x, y int) bool { return x >= 0 && y >= 0 && x < b.m.X && y < b.m.Y }

func (b *builder) checkCore(c *Core) error {
	most, limited := b.f.Limit("compartments")
	decode, _ := b.f.Strategy("decode")
	switch {
	case !b.inside(c.X, c.Y):
		return fmt.Errorf("cell (%d, %d), need one of the grid of %d x %d", c.X, c.Y, b.m.X, b.m.Y)
	case c.N < 1 || c.N > 1<<16 || limited && int64(c.N) > most:
		return fmt.Errorf("%d neurons, need at least 1 and at most %d", c.N, min(most, 1<<16))
	case len(c.Types) != b.m.Axons || len(c.Dest) != c.N:
		return fmt.Errorf("%d in-axons and %d destinations, need %d and %d", len(c.Types), len(c.Dest), b.m.Axons, c.N)
	case c.Points != nil && len(c.Points) != b.m.Axons*c.Words():
		return fmt.Errorf("%d words of points, need %d", len(c.Points), b.m.Axons*c.Words())
	case c.Chance != nil && decode != "stochastic-sign":
		return fmt.Errorf("weights that are probabilities: description %q has decode %q", b.f.Name, decode)
	}
	if most, ok := b.f.Limit("axon_types"); ok && int64(len(c.Weights)) > most {
		return fmt.Errorf("%d axon types, need at most %d", len(c.Weights), most)
	}
	for t, row := range c.Weights {
		for j, w := range row {
			if int64(w) < b.f.Weights.MantLo || int64(w) > b.f.Weights.MantHi {
				return fmt.Errorf("neuron %d: weight %d of type %d, need %d..%d", j, w, t, b.f.Weights.MantLo, b.f.Weights.MantHi)
			}
		}
	}
	for _, col := range c.Fields {
		if len(col.Values) != 1 && len(col.Values) != c.N {
			return fmt.Errorf("%d values of %s, need 1 or %d", len(col.Values), col.Name, c.N)
		}
	}
	return nil
}

// checkDests verifies that every destination exists and is in reach.
func (b *builder) checkDests() error {
	have := map[int]int{} // in-axons or pins by tile
	for i := range b.m.Cores {
		have[b.tile(b.m.Cores[i].X, b.m.Cores[i].Y)] = b.m.Axons
	}
	for i := range b.m.Buses {
		have[b.tile(b.m.Buses[i].X, b.m.Buses[i].Y)] = b.m.Buses[i].Pins
	}
	reach := int64(math.MaxInt64)
	if bits, ok := b.f.Limit("offset_bits"); ok && bits > 0 && bits < 64 {
		reach = 1 << (bits - 1)
	}
	for i := range b.m.Cores {
		c := &b.m.Cores[i]
		for j, d := range c.Dest {
			if d.None {
				continue
			}
			dx, dy := int64(d.X)-int64(c.X), int64(d.Y)-int64(c.Y)
			axons, ok := have[b.tile(d.X, d.Y)]
			switch {
			case !b.inside(d.X, d.Y):
				return fmt.Errorf("core %s: neuron %d sends to cell (%d, %d), need one of the grid of %d x %d", c.Name, j, d.X, d.Y, b.m.X, b.m.Y)
			case !ok:
				return fmt.Errorf("core %s: neuron %d sends to cell (%d, %d), where nothing is", c.Name, j, d.X, d.Y)
			case d.Axon < 0 || d.Axon >= axons:
				return fmt.Errorf("core %s: neuron %d sends to in-axon or pin %d, have %d", c.Name, j, d.Axon, axons)
			case min(dx, dy) < -reach || max(dx, dy) >= reach:
				return fmt.Errorf("core %s: neuron %d sends %d and %d cells away, need %d..%d", c.Name, j, dx, dy, -reach, reach-1)
			case d.Delay < 0 || d.Delay >= 1<<16:
				return fmt.Errorf("core %s: neuron %d has delay %d, need 0..%d", c.Name, j, d.Delay, 1<<16-1)
			}
		}
	}
	return nil
}
