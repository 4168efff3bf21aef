package compiler

import (
	"fmt"
	"math"
	"slices"

	"hillock/compiler/graph"
)

// ringBits is the width of a ring entry and of a stored weight.
const ringBits = 16

// RingShift is the shift to the left at which entries of a ring, numbers of 16
// bits without a sign, hold sums up to most: the smallest power of two above
// most, at least 1. The rule is that of the host software which scales the
// weights of such rings (spynnaker 7.4.1, get_ring_buffer_shifts).
func RingShift(most float64) int {
	if most < 1 {
		return 0
	}
	shift := int(math.Ceil(math.Log2(most)))
	if math.Ldexp(1, shift) == most {
		shift++
	}
	return shift
}

// passRing stores every weight without its sign, which is that of its synapse
// type. The shift of a type follows from the largest sum of weights of any
// neuron of the population, as if all its sources spiked at once into one entry:
// so no entry saturates.
func passRing(u *Unit) error {
	shifts := make([][2]int, len(u.Pops))
	for k := range u.Pops {
		if p := &u.Pops[k]; p.Src.Kind != graph.Input {
			shifts[k] = u.ringShifts(k)
			for port, name := range [...]string{varRingShiftExc, varRingShiftInh} {
				if have := u.regs.field(name).hi; int64(shifts[k][port]) > have {
					u.misfit(Misfit{p.Src.Name, -1, name, int64(shifts[k][port]), have, "the weights of a neuron add up to more than a ring entry can be shifted to"})
					shifts[k][port] = int(have)
				}
				p.raw.core[name] = int64(shifts[k][port])
			}
		}
	}
	var out []Proj
	for i := range u.Projs {
		q := &u.Projs[i]
		if u.Net.Pops[q.Src.Post].Kind == graph.Input {
			continue
		}
		out = append(out, u.ringProj(q, shifts[q.Src.Post])...)
	}
	u.Projs = out
	return nil
}

// eachRing visits the weights of a projection that are not 0, gains included,
// in the unit of its target: sources ascending.
func (u *Unit) eachRing(q *Proj, visit func(pre, post int, w float64)) {
	p := &u.Pops[q.Src.Post]
	nPre := u.Net.Pops[q.Src.Pre].N
	for j := range nPre {
		if q.kernel != nil {
			q.kernel.Each(j, func(i, at int) {
				if w := q.kernel.W[at]; w != 0 {
					visit(j, i, p.Scale*p.unit[i]*w)
				}
			})
			continue
		}
		for i := range q.Gain {
			if w := q.weight(i, j, nPre); w != 0 {
				visit(j, i, p.Scale*p.unit[i]*w)
			}
		}
	}
}

// ringShifts are the shifts of both synapse types into a population.
func (u *Unit) ringShifts(pop int) (shift [2]int) {
	n := u.Net.Pops[pop].N
	sum := [2][]float64{make([]float64, n), make([]float64, n)}
	for _, q := range u.into(pop) {
		u.eachRing(q, func(_, post int, w float64) {
			port := one(w < 0)
			sum[port][post] += math.Abs(w)
		})
	}
	for port := range sum {
		shift[port] = RingShift(slices.Max(sum[port]))
	}
	return shift
}

// ringProj is a projection as at most two, one per synapse type.
func (u *Unit) ringProj(q *Proj, shift [2]int) []Proj {
	var syn [2][]graph.RawSynapse
	err2, sum2, zeroed := 0.0, 0.0, 0
	u.eachRing(q, func(pre, post int, w float64) {
		port := one(w < 0)
		unit := math.Ldexp(1, shift[port]-ringBits+1)
		m := math.RoundToEven(math.Abs(w) / unit)
		err2 += (m*unit - math.Abs(w)) * (m*unit - math.Abs(w))
		sum2 += w * w
		if m == 0 {
			zeroed++
			return
		}
		syn[port] = append(syn[port], graph.RawSynapse{Pre: int32(pre), Post: int32(post), Delay: int32(q.Delay), Weight: int32(min(m, 1<<ringBits-1))})
	})
	var out []Proj
	for port := range syn {
		if len(syn[port]) == 0 {
			continue
		}
		x := Proj{Src: q.Src, Gain: q.Gain, Delay: q.Delay, MaxAbs: q.MaxAbs, Code: u.storage()}
		x.Code.Sign = Excitatory
		x.raw = u.ringList(q, port, syn[port])
		if len(out) == 0 && sum2 > 0 {
			x.Loss.RMS, x.Loss.Zeroed = math.Sqrt(err2/sum2), zeroed
		}
		out = append(out, x)
	}
	if len(out) == 0 && zeroed > 0 {
		u.note("%s: all %d weights became 0", q.Src.Name, zeroed)
	}
	return out
}

// ringList is the list of synapses of one type, by source and target.
func (u *Unit) ringList(q *Proj, port int, syn []graph.RawSynapse) *rawProj {
	slices.SortStableFunc(syn, func(a, b graph.RawSynapse) int {
		if a.Pre != b.Pre {
			return int(a.Pre - b.Pre)
		}
		return int(a.Post - b.Post)
	})
	r := &rawProj{plan: -1, delayed: q.Delay > 0, off: make([]int32, u.Net.Pops[q.Src.Pre].N+1), mant: make([]int16, len(syn))}
	r.src = &graph.RawProj{Name: fmt.Sprintf("%s, type %d", q.Src.Name, port), Pre: q.Src.Pre, Post: q.Src.Post, Port: port, Rule: -1, Synapses: syn}
	into := make([]int, u.Net.Pops[q.Src.Post].N)
	for i, s := range syn {
		r.mant[i] = int16(uint16(s.Weight))
		r.off[s.Pre+1]++
		into[s.Post]++
	}
	for j := range len(r.off) - 1 {
		r.off[j+1] += r.off[j]
	}
	r.most = slices.Max(into)
	return r
}
