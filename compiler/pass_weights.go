package compiler

import (
	"math"

	"hillock/compiler/graph"
	"hillock/core"
)

// passWeights stores every weight in the unit of its target population.
func passWeights(u *Unit) error {
	for i := range u.Projs {
		q := &u.Projs[i]
		if u.Net.Pops[q.Src.Post].Kind == graph.Input {
			continue
		}
		if err := u.quantise(q); err != nil {
			return err
		}
		if q.Loss.Clipped > 0 {
			u.note("%s: %d of %d weights exceed the mantissa and were clipped", q.Src.Name, q.Loss.Clipped, len(q.Mant))
		}
	}
	return nil
}

func (u *Unit) quantise(q *Proj) error {
	z := quantising{u: u, q: q, form: u.form(q), scale: u.Pops[q.Src.Post].Scale}
	if q.kernel != nil {
		q.Mant = make([]int16, len(q.kernel.W))
		for i, w := range q.kernel.W {
			if err := z.weight(i, w); err != nil {
				return err
			}
		}
	} else {
		nPre := u.Net.Pops[q.Src.Pre].N
		q.Mant = make([]int16, len(q.w))
		for i := range q.Gain {
			for j := range nPre {
				if err := z.weight(j*len(q.Gain)+i, q.weight(i, j, nPre)); err != nil {
					return err
				}
			}
		}
	}
	if z.sum2 > 0 {
		q.Loss.RMS = math.Sqrt(z.err2 / z.sum2)
	}
	return nil
}

// quantising stores the weights of one projection and adds up the loss.
type quantising struct {
	u                 *Unit
	q                 *Proj
	form              core.Format
	scale, err2, sum2 float64
}

// weight stores one weight as mantissa at.
func (z *quantising) weight(at int, weight float64) error {
	w, q := z.u.Family.Weights, z.q
	want := weight * z.scale
	m, clipped, err := NearestWeight(w.Quantiser, want/math.Ldexp(1, int(w.Scale)+q.Code.Exp), q.Code)
	if err != nil {
		return err
	}
	q.Mant[at] = int16(m)
	got := float64(z.form.Contribution(int32(m)))
	z.err2 += (got - want) * (got - want)
	z.sum2 += want * want
	if clipped {
		q.Loss.Clipped++
	}
	if got == 0 && want != 0 {
		q.Loss.Zeroed++
	}
	return nil
}
