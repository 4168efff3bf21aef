package compiler

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler/crossbar"
)

// crossEncoder makes the model of the cores and the image.
type crossEncoder struct {
	u       *Unit
	model   crossbar.Model
	ways    [][][]crossbar.Dest // per population and neuron: the in-axons that it drives
	extra   []chip.Population   // copies, relays and constants
	runs    [][]chip.Run        // per core of the model
	relayed [][]crossbar.Dest   // per core of relays: where they send
}

// passCrossEncode writes the image: cores as a model of crossbars, then the
// network's populations in place of the model's.
func passCrossEncode(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	x := u.crossbar
	e := &crossEncoder{u: u, ways: make([][][]crossbar.Dest, len(u.Pops))}
	m := u.Family.Mesh
	e.model.X = min(max(m.X, 1), int(math.Ceil(math.Sqrt(float64(len(x.cores))))))
	e.model.Y = (len(x.cores) + e.model.X - 1) / e.model.X
	e.model.Axons = x.axons
	for k := range u.Pops {
		e.ways[k] = make([][]crossbar.Dest, u.Net.Pops[k].N)
	}
	e.findWays()
	e.relayWays()
	e.populations()
	for i := range x.cores {
		c, err := e.core(i)
		if err != nil {
			return err
		}
		e.model.Cores = append(e.model.Cores, c)
	}
	img, err := e.model.Image(u.Family)
	if err != nil {
		return err
	}
	e.rename(img)
	e.plan(img)
	img.Meta = u.meta()
	u.Image = img
	return nil
}

// cell is the place of core i.
func (e *crossEncoder) cell(i int) (x, y int) { return i % e.model.X, i / e.model.X }

// findWays lists the in-axons that every neuron drives.
func (e *crossEncoder) findWays() {
	x := e.u.crossbar
	for i := range x.cores {
		if x.cores[i].tile < 0 {
			continue
		}
		c := &x.pops[x.cores[i].pop]
		t := &c.tiles[x.cores[i].tile]
		axon := t.constant
		for j, s := range t.sources {
			q := c.sources[s]
			for range t.kinds[j] {
				d := crossbar.Dest{Axon: axon, Delay: e.u.Projs[q.proj].Delay}
				d.X, d.Y = e.cell(i)
				e.ways[q.pre][q.neuron] = append(e.ways[q.pre][q.neuron], d)
				axon++
			}
		}
	}
}

// relayWays puts the in-axons of relays in place of those that they drive.
func (e *crossEncoder) relayWays() {
	x := e.u.crossbar
	taken := make([][]int, len(x.pops))
	for k := range x.pops {
		taken[k] = make([]int, e.u.Net.Pops[k].N)
	}
	e.relayed = make([][]crossbar.Dest, len(x.cores))
	heads := make([][][]crossbar.Dest, len(x.pops))
	for i := range x.cores {
		k := x.cores[i].pop
		for axon, r := range x.cores[i].relays {
			from := taken[k][r.neuron]
			e.relayed[i] = append(e.relayed[i], e.ways[k][r.neuron][from:from+r.n]...)
			taken[k][r.neuron] += r.n
			if heads[k] == nil {
				heads[k] = make([][]crossbar.Dest, e.u.Net.Pops[k].N)
			}
			d := crossbar.Dest{Axon: axon}
			d.X, d.Y = e.cell(i)
			heads[k][r.neuron] = append(heads[k][r.neuron], d)
		}
	}
	for k := range heads {
		if heads[k] != nil {
			e.ways[k] = heads[k]
		}
	}
}

// populations numbers the neurons that are not the network's own: they have
// populations of their own behind the network's.
func (e *crossEncoder) populations() {
	u, x := e.u, e.u.crossbar
	index := map[[2]int]int{} // population and kind
	add := func(pop, kind, n, depth int) (at, first int) {
		key := [2]int{pop, kind}
		if _, ok := index[key]; !ok {
			index[key] = len(e.extra)
			e.extra = append(e.extra, chip.Population{Name: u.Net.Pops[pop].Name + [...]string{".copies", ".relays", ".constant"}[kind], Depth: depth, Aside: true})
		}
		p := &e.extra[index[key]]
		p.N += n
		return len(u.Pops) + index[key], p.N - n
	}
	for i := range x.cores {
		c := &x.cores[i]
		var runs []chip.Run
		depth := u.Pops[c.pop].Depth
		for b, col := range c.columns {
			pop, first := c.pop, int(col.neuron)
			if col.copy > 0 {
				pop, first = add(c.pop, 0, 1, depth)
			}
			runs = joinRun(runs, chip.Run{Pop: pop, First: first, Base: b, N: 1})
		}
		base := len(c.columns)
		if c.tile >= 0 {
			if n := x.pops[c.pop].tiles[c.tile].constant; n > 0 {
				pop, first := add(c.pop, 2, n, 0)
				runs = append(runs, chip.Run{Pop: pop, First: first, Base: base, N: n})
			}
		}
		for _, r := range c.relays {
			pop, first := add(c.pop, 1, r.n, depth+1)
			runs = joinRun(runs, chip.Run{Pop: pop, First: first, Base: base, N: r.n})
			base += r.n
		}
		e.runs = append(e.runs, runs)
	}
}

// joinRun appends a run, or lengthens the last one.
func joinRun(runs []chip.Run, r chip.Run) []chip.Run {
	if n := len(runs); n > 0 {
		if l := &runs[n-1]; l.Pop == r.Pop && l.First+l.N == r.First && l.Base+l.N == r.Base {
			l.N += r.N
			return runs
		}
	}
	return append(runs, r)
}

// core makes the model of a core.
func (e *crossEncoder) core(i int) (crossbar.Core, error) {
	x := e.u.crossbar
	plan := &x.cores[i]
	c := crossbar.Core{Name: fmt.Sprintf("core %d", i), Types: make([]uint8, x.axons)}
	c.X, c.Y = e.cell(i)
	var ask []asked
	if plan.tile < 0 {
		ask = e.relays(&c, i)
	} else {
		ask = e.columns(&c, i)
	}
	return c, e.registers(&c, e.u.crossbar.pops[plan.pop].role, ask)
}

// pulse is a neuron that passes every spike on: one unit is its threshold.
var pulse = asked{1, 0, 0, noFloor, 0}

// relays fills a core of relays: an in-axon of type 0 per source, a weight of
// the threshold, a neuron per in-axon that is driven in turn.
func (e *crossEncoder) relays(c *crossbar.Core, i int) (ask []asked) {
	plan := &e.u.crossbar.cores[i]
	for _, r := range plan.relays {
		c.N += r.n
	}
	c.Weights = [][]int32{make([]int32, c.N)}
	n := 0
	for axon, r := range plan.relays {
		for range r.n {
			c.Set(axon, n)
			c.Weights[0][n] = 1
			ask = append(ask, pulse)
			n++
		}
	}
	c.Dest = e.relayed[i]
	return ask
}

// columns fills a core of targets and the neurons of its constant source,
// which spike in every tick from the one on in which the first input arrives.
func (e *crossEncoder) columns(c *crossbar.Core, i int) (ask []asked) {
	x := e.u.crossbar
	plan := &x.cores[i]
	p := &x.pops[plan.pop]
	t, f := &p.tiles[plan.tile], &p.fits[plan.tile]
	c.N = len(plan.columns) + t.constant
	c.Weights = make([][]int32, f.types)
	for k := range c.Weights {
		c.Weights[k] = make([]int32, c.N)
	}
	e.axons(c, t, f)
	where := map[int32]int{}
	for k, j := range t.targets {
		where[j] = k
	}
	out := e.u.Net.Pops[plan.pop].Output
	for n, col := range plan.columns {
		k := where[col.neuron]
		ask = append(ask, f.asked[k])
		for ty, w := range f.value[k] {
			c.Weights[ty][n] = w
		}
		axon := 0
		for j := range f.base {
			for b := range t.inAxons(j) {
				if f.bits[k][j]>>b&1 == 1 {
					c.Set(axon, n)
				}
				axon++
			}
		}
		c.Dest = append(c.Dest, e.destination(plan.pop, col, out))
	}
	depth := e.u.Pops[plan.pop].Depth
	for b := range t.constant {
		ask = append(ask, asked{1, 0, 1, noFloor, 0})
		c.Dest = append(c.Dest, crossbar.Dest{X: c.X, Y: c.Y, Axon: b, Delay: max(depth-1, 0)})
	}
	return ask
}

// inAxons is the in-axons of a source, the constant one being 0.
func (t *crossTile) inAxons(j int) int {
	if j == 0 {
		return t.constant
	}
	return int(t.kinds[j-1])
}

func (e *crossEncoder) axons(c *crossbar.Core, t *crossTile, f *crossFit) {
	axon := 0
	for j := range f.base {
		for b := range t.inAxons(j) {
			c.Types[axon] = uint8(f.base[j] + b)
			axon++
		}
	}
}

// destination is where a copy sends: the first copy of a population that the
// host reads sends to the host alone.
func (e *crossEncoder) destination(pop int, col column, output bool) crossbar.Dest {
	ways := e.ways[pop][col.neuron]
	at := int(col.copy)
	if output && len(ways) > 0 {
		at--
	}
	if at < 0 || at >= len(ways) {
		return crossbar.Dest{None: true}
	}
	return ways[at]
}

// registers evaluates the settings of a role for all neurons of a core.
func (e *crossEncoder) registers(c *crossbar.Core, role string, ask []asked) error {
	r, _ := e.u.Family.Role(role)
	for i := range r.Set {
		col := crossbar.Column{Name: r.Set[i].Field, Values: make([]int64, len(ask))}
		if e.u.regs.field(col.Name).core { // one value, whatever a neuron asks for
			col.Values = col.Values[:1]
		}
		for n := range col.Values {
			v, err := r.Set[i].Value(ask[n])
			if err != nil {
				return err
			}
			col.Values[n] = v
		}
		c.Fields = append(c.Fields, col)
	}
	return nil
}

// rename gives an image the network's populations and inputs.
func (e *crossEncoder) rename(img *chip.Image) {
	u := e.u
	img.Pops, img.Inputs = nil, nil
	for k, p := range u.Net.Pops {
		img.Pops = append(img.Pops, chip.Population{Name: p.Name, N: p.N, Input: u.isInput(k), Output: p.Output && !u.isInput(k), Depth: u.Pops[k].Depth})
	}
	img.Pops = append(img.Pops, e.extra...)
	for i, runs := range e.runs {
		img.Cores[e.model.Place(i)].Runs = runs
	}
	for k := range u.Pops {
		if !u.isInput(k) {
			continue
		}
		in := chip.InputMap{Pop: k, Off: make([]uint32, 1, u.Net.Pops[k].N+1)}
		for _, ways := range e.ways[k] {
			for _, d := range ways {
				at := e.model.Place(d.Y*e.model.X + d.X)
				in.Dst = append(in.Dst, chip.Target{Core: uint16(at), Axon: uint16(d.Axon + d.Delay*e.model.Axons)})
			}
			in.Off = append(in.Off, uint32(len(in.Dst)))
		}
		img.Inputs = append(img.Inputs, in)
	}
}

// plan says what the cores hold, for the report, and how far spikes go.
func (e *crossEncoder) plan(img *chip.Image) {
	u := e.u
	u.regs.memory.WordBits = 1
	for i := range img.Cores {
		k := img.Cores[i].Image
		bar := &k.Crossbars[0]
		c := CorePlan{ID: img.Cores[i].ID, out: make([][]chip.Target, k.N)}
		c.Use.Compartments, c.Use.InAxons = int64(k.N), int64(len(k.Axons))
		c.Use.Words = int64(len(bar.Types)) * int64(bar.N)
		for a := range bar.Types {
			c.Use.Synapses += int64(bar.Count(a))
		}
		for _, r := range img.Cores[i].Runs {
			if r.Pop < len(u.Pops) {
				c.Slices = append(c.Slices, Slice{Pop: r.Pop, First: r.First, N: r.N, Base: r.Base})
			}
		}
		for n := range k.N {
			for _, o := range k.Out[k.OutOff[n]:k.OutOff[n+1]] {
				c.out[n] = append(c.out[n], chip.Target{Core: uint16(k.Boxes[o.Box]), Axon: o.Axon})
			}
		}
		u.Cores = append(u.Cores, c)
	}
	u.measureMapping()
	if n := len(e.extra); n > 0 {
		for _, p := range e.extra {
			u.note("%s: %d neurons beside the network's own", p.Name, p.N)
		}
	}
}
