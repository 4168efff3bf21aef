package compiler

import (
	"math"

	"hillock/compiler/graph"
)

// typedFit is how one neuron's weights are expressed: a value per axon type,
// and per source the set of its in-axons that have a synapse.
type typedFit struct {
	value []float64
	bits  []uint8 // per source: bit k = its k-th in-axon
}

// fitRounds bounds the rounds of a fit.
const fitRounds = 16

// fitTypes finds values s and sets so that the sum of s over a source's set
// comes close to its weight, least squares: sets for given values and values
// for given sets, in turn, from several beginnings. kinds says how many of the
// values, from the first on, a source can use; weights of 0 use none.
func fitTypes(w []float64, kinds []uint8, width int) typedFit {
	pos, neg := 0.0, 0.0
	for _, x := range w {
		pos, neg = max(pos, x), max(neg, -x)
	}
	best, least := typedFit{make([]float64, width), make([]uint8, len(w))}, math.Inf(1)
	if pos == 0 && neg == 0 {
		return best
	}
	for _, s := range beginnings(pos, neg, width) {
		bits := make([]uint8, len(w))
		e := chooseSets(w, kinds, s, bits)
		for range fitRounds {
			next := solveValues(w, bits, width)
			again := make([]uint8, len(w))
			f := chooseSets(w, kinds, next, again)
			if f >= e*(1-1e-9) {
				break
			}
			s, bits, e = next, again, f
		}
		if e < least {
			best, least = typedFit{s, bits}, e
		}
	}
	return best
}

// beginnings are values to start from: a sign and halves (two's complement),
// both signs in halving pairs, and halves of the stronger sign alone.
func beginnings(pos, neg float64, width int) [][]float64 {
	out := make([][]float64, 3)
	for k := range out {
		out[k] = make([]float64, width)
	}
	one := pos
	if neg > pos {
		one = -neg
	}
	for k := range width {
		out[0][k] = pos * math.Ldexp(1, width-1-k) / max(math.Ldexp(1, width-1)-1, 1)
		out[1][k] = math.Ldexp(pos, -k/2)
		if k%2 == 1 {
			out[1][k] = -math.Ldexp(neg, -k/2)
		}
		out[2][k] = one * math.Ldexp(1, width-1-k) / (math.Ldexp(1, width) - 1)
	}
	out[0][0] = -neg
	return out
}

// chooseSets takes the nearest sum for every weight and returns the squared
// error.
func chooseSets(w []float64, kinds []uint8, s []float64, bits []uint8) float64 {
	var sums [1 << mostPerSource]float64
	n := 1 << len(s)
	for b := 1; b < n; b++ {
		for k := range s {
			if b>>k&1 == 1 {
				sums[b] = sums[b&^(1<<k)] + s[k]
				break
			}
		}
	}
	err2 := 0.0
	for j, x := range w {
		bits[j] = 0
		if x == 0 {
			continue
		}
		e := math.Abs(x)
		for b := 1; b < min(n, 1<<kinds[j]); b++ {
			if d := math.Abs(x - sums[b]); d < e {
				e, bits[j] = d, uint8(b)
			}
		}
		err2 += e * e
	}
	return err2
}

// solveValues is the least squares solution for given sets: normal equations;
// a value that the sets do not settle is 0.
func solveValues(w []float64, bits []uint8, width int) []float64 {
	var a [mostPerSource][mostPerSource + 1]float64
	for j, x := range w {
		for k := range width {
			if bits[j]>>k&1 == 0 {
				continue
			}
			a[k][width] += x
			for l := range width {
				if bits[j]>>l&1 == 1 {
					a[k][l]++
				}
			}
		}
	}
	free := [mostPerSource]bool{}
	for k := range width { // the matrix is positive semidefinite: no pivoting
		free[k] = a[k][k] < 1e-6
		for i := range width {
			if i == k || free[k] {
				continue
			}
			f := a[i][k] / a[k][k]
			for l := k; l <= width; l++ {
				a[i][l] -= f * a[k][l]
			}
		}
	}
	s := make([]float64, width)
	for k := range s {
		if !free[k] {
			s[k] = a[k][width] / a[k][k]
		}
	}
	return s
}

// crossFit is what the fit of a tile gives: per target of the tile, values by
// axon type in whole numbers, the sets of its sources, and its registers.
type crossFit struct {
	base  []int // per source, the constant one first: its first axon type
	types int
	value [][]int32 // [target][type]
	bits  [][]uint8 // [target][source], the constant one first
	asked []asked
}

// passCrossTypes fits the weights of every target.
func passCrossTypes(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	if err := u.calibrateCross(); err != nil {
		return err
	}
	for k := range u.Pops {
		if u.isInput(k) {
			continue
		}
		p, c := &u.Pops[k], &u.crossbar.pops[k]
		p.Thresh, p.DecayU, p.DecayV = make([]int64, p.Src.N), make([]int64, p.Src.N), make([]int64, p.Src.N)
		loss := make([]crossLoss, len(u.Projs))
		c.fits = make([]crossFit, len(c.tiles))
		for t := range c.tiles {
			if err := u.fitTile(k, t, loss); err != nil {
				return err
			}
		}
		for i := range loss {
			if loss[i].sum2 > 0 {
				u.Projs[i].Loss.RMS = math.Sqrt(loss[i].err2 / loss[i].sum2)
			}
			u.Projs[i].Loss.Zeroed += loss[i].zeroed
			u.Projs[i].stores += loss[i].stored
		}
		p.Scale = float64(p.Thresh[0]) / p.Theta[0]
	}
	return nil
}

// crossLoss adds up what fitting a projection loses.
type crossLoss struct {
	err2, sum2 float64
	zeroed     int
	stored     int64
}

// fitTile fits all targets of a tile.
func (u *Unit) fitTile(pop, tile int, loss []crossLoss) error {
	c := &u.crossbar.pops[pop]
	t := &c.tiles[tile]
	f := &c.fits[tile]
	kinds := append([]uint8{uint8(t.constant)}, t.kinds...)
	width := 1
	for _, k := range kinds {
		width = max(width, int(k))
	}
	groups := max(1, min(u.crossbar.types/width, len(kinds)))
	f.types = groups * width
	for j := range kinds {
		f.base = append(f.base, j%groups*width)
	}
	at := map[int32]int{}
	for j, s := range t.sources {
		at[s] = j + 1
	}
	for _, i := range t.targets {
		w := make([]float64, len(kinds))
		if c.constant {
			w[0] = u.Pops[pop].C[i]
		}
		for e := c.off[i]; e < c.off[i+1]; e++ {
			w[at[c.src[e]]] = c.w[e]
		}
		if err := u.fitTarget(pop, int(i), f, w, kinds, width); err != nil {
			return err
		}
		f.losses(c, t, w, u.Pops[pop].Scale, loss)
	}
	return nil
}

// fitTarget fits one neuron: its values by type as floats, then in the unit in
// which the largest of them and all registers fit, and the sets again.
func (u *Unit) fitTarget(pop, i int, f *crossFit, w []float64, kinds []uint8, width int) error {
	value, bits := make([]float64, f.types), make([]uint8, len(w))
	groups := f.types / width
	part, some, at := make([]float64, 0, len(w)), make([]uint8, 0, len(w)), make([]int, 0, len(w))
	each := func(fit func(g int)) {
		for g := range groups {
			part, some, at = part[:0], some[:0], at[:0]
			for j := g; j < len(w); j += groups {
				part, some, at = append(part, w[j]), append(some, kinds[j]), append(at, j)
			}
			fit(g)
		}
	}
	largest := 0.0
	each(func(g int) {
		got := fitTypes(part, some, width)
		copy(value[g*width:], got.value)
		for _, s := range got.value {
			largest = max(largest, math.Abs(s))
		}
	})
	n := u.crossNeuron(pop, i)
	scale, a, err := u.unit(u.crossbar.pops[pop].role, &n, largest, lattice(value))
	if err != nil {
		return err
	}
	ints := make([]int32, f.types)
	for k, s := range value {
		ints[k] = int32(math.RoundToEven(s * scale))
		value[k] = float64(ints[k]) / scale
	}
	each(func(g int) {
		sets := make([]uint8, len(part))
		chooseSets(part, some, value[g*width:(g+1)*width], sets)
		for k, j := range at {
			bits[j] = sets[k]
		}
	})
	f.value, f.bits, f.asked = append(f.value, ints), append(f.bits, bits), append(f.asked, a)
	p := &u.Pops[pop]
	p.Thresh[i], p.Scale = a[askThreshold], scale
	return nil
}

// lattice is the unit of which all values are whole multiples, 0 if none is
// coarse enough.
func lattice(value []float64) float64 {
	unit := 0.0
	for _, v := range value {
		switch v = math.Abs(v); {
		case v < 1e-7:
		case unit == 0:
			unit = v
		default:
			if unit = commonUnit(unit, v); unit <= 0 {
				return 0
			}
		}
	}
	return unit
}

// losses adds up what the last fitted target lost.
func (f *crossFit) losses(c *crossPop, t *crossTile, w []float64, scale float64, loss []crossLoss) {
	last := len(f.bits) - 1
	for j, x := range w[1:] {
		if x == 0 {
			continue
		}
		got := float64(f.weight(last, j+1)) / scale
		l := &loss[c.sources[t.sources[j]].proj]
		l.err2, l.sum2 = l.err2+(got-x)*(got-x), l.sum2+x*x
		if l.stored++; got == 0 {
			l.zeroed++
			l.stored--
		}
	}
}

// weight is what a spike of source j, the constant one being 0, adds to target
// i of the tile.
func (f *crossFit) weight(i, j int) int64 {
	sum := int64(0)
	for k := range mostPerSource {
		if f.bits[i][j]>>k&1 == 1 {
			sum += int64(f.value[i][f.base[j]+k])
		}
	}
	return sum
}

// crossNeuron is a neuron of the network as the chip is asked for it.
func (u *Unit) crossNeuron(pop, i int) crossNeuron {
	p, c := &u.Pops[pop], &u.crossbar.pops[pop]
	s := p.Src
	n := crossNeuron{theta: p.Theta[i], ge: s.GE, memoryless: memoryless(s)}
	if c.cap.leak {
		n.leak = (1 - p.AV[i]) * u.levelOf(pop, i)
	}
	if s.Reset == graph.ResetSubtract && s.Theta != nil {
		n.theta = s.Theta[i] // what the reset takes off, whatever the reset voltage
	}
	if s.V0 != nil {
		n.start = s.V0[i]
	}
	n.start -= s.VReset[i]
	switch {
	case c.constant && p.Depth == 0:
		n.start += p.C[i] // the constant's first spike is a tick late
	case !c.constant:
		n.drive = p.C[i]
		n.start -= float64(p.Depth) * p.C[i] // it acts before the first input
	}
	if p.Floor != nil {
		n.floor, n.bounded = p.Floor[i], true
	}
	return n
}
