package compiler

import (
	"math"

	"hillock/compiler/graph"
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
	w := u.Family.Weights
	scale := u.Pops[q.Src.Post].Scale
	unit := math.Ldexp(1, int(w.Scale)+q.Code.Exp)
	form := u.form(q)
	nPre := u.Net.Pops[q.Src.Pre].N
	q.Mant = make([]int16, len(q.Src.W))
	var err2, sum2 float64
	for i := range q.Gain {
		for j := range nPre {
			want := q.weight(i, j, nPre) * scale
			m, clipped, err := NearestWeight(w.Quantiser, want/unit, q.Code)
			if err != nil {
				return err
			}
			q.Mant[j*len(q.Gain)+i] = int16(m)
			got := float64(form.Contribution(int32(m)))
			err2 += (got - want) * (got - want)
			sum2 += want * want
			if clipped {
				q.Loss.Clipped++
			}
			if got == 0 && want != 0 {
				q.Loss.Zeroed++
			}
		}
	}
	if sum2 > 0 {
		q.Loss.RMS = math.Sqrt(err2 / sum2)
	}
	return nil
}
