package compiler

import (
	"fmt"
	"io"
)

// Dump writes what the passes have filled in so far, a line for each
// population, projection and core, in stable order.
func (u *Unit) Dump(w io.Writer) error {
	for k := range u.Pops {
		p := &u.Pops[k]
		fmt.Fprintf(w, "population %s: depth %d, scale %.9g, peak input %.6g, peak u %.6g, parts %d%s\n", p.Src.Name, p.Depth, p.Scale, p.PeakQ, p.PeakU, p.Parts, p.first())
	}
	for k := range u.Projs {
		q := &u.Projs[k]
		fmt.Fprintf(w, "projection %s -> %s: delay %d, format %+v, largest weight %.6g, loss %+v\n",
			u.Net.Pops[q.Src.Pre].Name, u.Net.Pops[q.Src.Post].Name, q.Delay, q.Code, q.MaxAbs, q.Loss)
	}
	for k := range u.Cores {
		c := &u.Cores[k]
		fmt.Fprintf(w, "core %d: slices %+v, use %+v\n", c.ID, c.Slices, c.Use)
	}
	for _, m := range u.Misfits {
		fmt.Fprintf(w, "misfit %s\n", m)
	}
	_, err := fmt.Fprintf(w, "passes done: %v\n", u.Done)
	return err
}

// first is the registers of the first neuron, once they are quantised.
func (p *Pop) first() string {
	if len(p.Thresh) == 0 || len(p.DecayU) == 0 || len(p.DecayV) == 0 {
		return ""
	}
	return fmt.Sprintf(", neuron 0: decay_u %d decay_v %d threshold %d", p.DecayU[0], p.DecayV[0], p.Thresh[0])
}
