package conform

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"hillock/chip"
	"hillock/core"
)

// build makes the image: one core per block, spread over the mesh so that
// spikes travel between tiles.
func (k *nefChip) build() error {
	mesh := k.fam.Mesh // as long as the network needs, if it is larger than the chip
	mesh.X = max(mesh.X, (len(k.blocks)+mesh.Y*mesh.CoresPerTile-1)/(mesh.Y*mesh.CoresPerTile))
	k.img = &chip.Image{Chip: k.fam.Name, ChipHash: k.fam.Hash, Mesh: mesh}
	apart := mesh.X * mesh.Y * mesh.CoresPerTile / len(k.blocks)
	room := nefMaxSyn
	for i := range k.blocks {
		b := &k.blocks[i]
		m, err := k.coreOf(b, &room)
		if err != nil {
			return err
		}
		k.img.Pops = append(k.img.Pops, chip.Population{Name: fmt.Sprintf("block %d", i), N: b.n, Output: true})
		k.img.Cores = append(k.img.Cores, chip.Core{ID: i * apart, Image: m, Runs: []chip.Run{{Pop: i, N: b.n}}})
	}
	for i := range k.blocks {
		k.connect(i)
	}
	for i := range k.inputs {
		k.drive(i)
	}
	return k.bound()
}

// coreOf makes the core of a block with its synapses, without out-axons.
func (k *nefChip) coreOf(b *nefBlock, room *int) (*core.Image, error) {
	m, err := k.fam.BindCore(b.vars)
	if err != nil {
		return nil, err
	}
	g, err := k.fam.BindGroup(b.group, b.n, b.vars)
	if err != nil {
		return nil, err
	}
	if err := k.threshold(b, &g); err != nil {
		return nil, err
	}
	m.N, m.Groups = b.n, []core.Group{g}
	l := nefLists{b: b, m: &m, room: room, format: map[int]uint8{}}
	for s := range b.synapses {
		if err := l.add(s); err != nil {
			return nil, err
		}
	}
	return &m, nil
}

// threshold writes the parameter that holds the threshold. The file has it
// whole, the description in units of 64.
func (k *nefChip) threshold(b *nefBlock, g *core.Group) error {
	for p, e := range k.fam.Group(b.group).Params {
		if e != "vth_mant * 64" {
			continue
		}
		g.Params[p] = make([]int32, b.n)
		for i := range g.Params[p] {
			g.Params[p][i] = int32(b.vth.at(i))
		}
		return nil
	}
	return fmt.Errorf("conform: group %q of %s has no threshold in units of 64", b.group, k.fam.Name)
}

// nefLists makes the synapse lists of a core.
type nefLists struct {
	b      *nefBlock
	m      *core.Image
	room   *int          // synapses that all cores may still store
	format map[int]uint8 // shift -> weight format
}

// add appends an in-axon for every input of synapse s. Inputs with the same
// row at the same place share its list.
func (l *nefLists) add(s int) error {
	syn := &l.b.synapses[s]
	for _, r := range syn.rows {
		*l.room += len(r.w)
	}
	made := map[nefInAxon]core.Axon{}
	for i, a := range syn.axons {
		if _, ok := made[a]; !ok {
			x := core.Axon{Off: uint32(len(l.m.Syn))}
			if len(l.m.Formats) == 0 {
				l.m.Formats = []core.Format{{}}
				l.format[0] = 0
			}
			if a.base >= 0 {
				var err error
				if x, err = l.list(s, i, &syn.rows[a.row], a.base); err != nil {
					return err
				}
			}
			made[a] = x
		}
		l.m.Axons = append(l.m.Axons, made[a])
	}
	return nil
}

// list appends the synapses of in-axon i. A row has one format, as on the
// chip: what its weights have in common at the low end is the shift.
func (l *nefLists) list(s, i int, r *nefRow, base int) (core.Axon, error) {
	fail := func(what, need, have string) (core.Axon, error) {
		return core.Axon{}, l.b.doc.fail(fmt.Sprintf("synapses[%d]", s), fmt.Sprintf("in-axon %d, %s", i, what), need, have)
	}
	if *l.room -= len(r.w); *l.room < 0 {
		return fail("all synapses up to here", fmt.Sprintf("at most %d beyond the weights of the file", nefMaxSyn), fmt.Sprintf("%d more", -*l.room))
	}
	all := uint64(1) << 23
	for _, w := range r.w {
		all |= uint64(w)
	}
	shift := bits.TrailingZeros64(all)
	f, ok := l.format[shift]
	if !ok {
		f = uint8(len(l.m.Formats))
		l.format[shift] = f
		l.m.Formats = append(l.m.Formats, core.Format{Scale: shift})
	}
	x := core.Axon{Off: uint32(len(l.m.Syn)), N: uint32(len(r.w)), Format: f, Dense: r.to == nil}
	for j, w := range r.w {
		to := int64(base + j)
		if r.to != nil {
			to = int64(base) + r.to[j]
		}
		mant := w >> shift
		switch {
		case to >= int64(l.b.n):
			return fail(fmt.Sprintf("weight %d", j), fmt.Sprintf("a target below %d", l.b.n), fmt.Sprint(to))
		case mant < math.MinInt16 || mant > math.MaxInt16:
			return fail(fmt.Sprintf("weight %d", j), fmt.Sprintf("16 bits in units of %d, which the row has in common", 1<<shift), fmt.Sprint(w))
		}
		l.m.Syn = append(l.m.Syn, core.Synapse{Target: uint16(to), Mant: int16(mant)})
	}
	return x, nil
}

// connect makes the out-axons of block i: one box per core that it reaches.
func (k *nefChip) connect(i int) {
	b, m := &k.blocks[i], k.img.Cores[i].Image
	for _, a := range b.out {
		m.Boxes = append(m.Boxes, int32(a.block))
	}
	slices.Sort(m.Boxes)
	m.Boxes = slices.Compact(m.Boxes)
	m.OutOff = make([]uint32, b.n+1)
	first, box := make([]uint16, len(b.out)), make([]uint16, len(b.out))
	for n, a := range b.out {
		at, _ := slices.BinarySearch(m.Boxes, int32(a.block))
		first[n], box[n] = k.blocks[a.block].synapses[a.synapse].first, uint16(at)
	}
	for c := range b.n {
		for n, a := range b.out {
			if a.to[c] >= 0 {
				m.Out = append(m.Out, core.OutAxon{Box: box[n], Axon: first[n] + uint16(a.to[c])})
			}
		}
		m.OutOff[c+1] = uint32(len(m.Out))
	}
}

// drive makes the population of input i. An input without axons has none.
func (k *nefChip) drive(i int) {
	in := &k.inputs[i]
	if in.pop = -1; len(in.axons) == 0 || in.lines == 0 {
		return
	}
	in.pop = len(k.img.Pops)
	k.img.Pops = append(k.img.Pops, chip.Population{Name: fmt.Sprintf("input %d", i), N: in.lines, Input: true})
	m := chip.InputMap{Pop: in.pop, Off: make([]uint32, in.lines+1)}
	for _, a := range in.axons {
		for line, x := range a.to {
			if x >= 0 {
				m.Off[line+1]++
			}
		}
	}
	for line := range in.lines {
		m.Off[line+1] += m.Off[line]
	}
	m.Dst = make([]chip.Target, m.Off[in.lines])
	next := slices.Clone(m.Off)
	for _, a := range in.axons {
		first := k.blocks[a.block].synapses[a.synapse].first
		for line, x := range a.to {
			if x >= 0 {
				m.Dst[next[line]] = chip.Target{Core: uint16(a.block), Axon: first + uint16(x)}
				next[line]++
			}
		}
	}
	k.img.Inputs = append(k.img.Inputs, m)
}

// bound refuses a run that could take more than a bounded number of events: a
// short file may list one large row for many axons.
func (k *nefChip) bound() error {
	events := int64(0)
	add := func(core int, axon uint16, times int64) error {
		events += times * int64(1+k.img.Cores[core].Image.Axons[axon].N)
		if events > nefMaxEvents {
			return k.doc.fail("steps", "", fmt.Sprintf("a run of at most %d synaptic events", int64(nefMaxEvents)), "more, if all compartments fire")
		}
		return nil
	}
	for i := range k.img.Cores {
		m := k.img.Cores[i].Image
		for _, o := range m.Out {
			if err := add(int(m.Boxes[o.Box]), o.Axon, int64(k.steps)); err != nil {
				return err
			}
		}
	}
	for i := range k.inputs {
		in := &k.inputs[i]
		if in.pop < 0 {
			continue
		}
		m := &k.img.Inputs[slices.IndexFunc(k.img.Inputs, func(m chip.InputMap) bool { return m.Pop == in.pop })]
		for _, line := range in.spikes.flat {
			for _, t := range m.Dst[m.Off[line]:m.Off[line+1]] {
				if err := add(int(t.Core), t.Axon, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// nefWorkers are the numbers of workers of the runs that are compared: what
// cores send must not depend on it.
var nefWorkers = [...]int{1, 3}

// run replays the network on every engine.
func (k *nefChip) run(c *checker) error {
	for _, w := range nefWorkers {
		for _, e := range c.engines {
			if c.engine = e; w > 1 {
				if c.res.Mismatches > 0 || len(k.blocks) == 1 {
					break
				}
				c.engine = fmt.Sprintf("%s with %d workers", e, w)
			}
			if err := k.compare(c, e, w); err != nil {
				return err
			}
		}
	}
	c.engine = ""
	return nil
}

func (k *nefChip) source(tick int64, dst []chip.Injection) []chip.Injection {
	for i := range k.inputs {
		in := &k.inputs[i]
		if in.pop < 0 {
			continue
		}
		for _, line := range in.spikes.at(tick) {
			dst = append(dst, chip.Injection{Pop: int32(in.pop), Index: line, Payload: 1})
		}
	}
	return dst
}

// draw is the recorded draw of a compartment of the chip.
func (k *nefChip) draw(comp int32, tick int64, _ int, _ core.DrawFormat) int32 {
	return int32(k.draws[int(tick)*(len(k.draws)/k.steps)+int(k.columns[comp])])
}

// compare runs the image and compares every tick and the last states.
func (k *nefChip) compare(c *checker, engine string, workers int) error {
	m, err := chip.New(k.img, chip.Options{Engine: engine, Workers: workers, Noise: k.draw})
	if err != nil {
		return err
	}
	var words [2][]int // state words u and v, per block
	for w, name := range [...]string{"u", "v"} {
		for _, b := range k.blocks {
			at, ok := word(k.fam, b.group, name)
			if !ok {
				return fmt.Errorf("conform: group %q of %s has no state word %q", b.group, k.fam.Name, name)
			}
			words[w] = append(words[w], at)
		}
	}
	var got []int32
	err = m.Run(int64(k.steps), k.source, func(tick int64, m *chip.Machine) error {
		got = got[:0]
		var sum [2]int64
		for i, b := range k.blocks {
			for _, s := range m.Core(i).Spikes {
				got = append(got, int32(b.first)+s.Comp)
			}
			for w := range sum {
				for _, x := range m.Core(i).State.Words[0][words[w][i]] {
					sum[w] += int64(x)
				}
			}
		}
		c.spikes("spikes", int(tick), k.n, k.want.spikes.at(tick), got)
		c.equal("u_sum", int(tick), -1, k.want.uSum[tick], sum[0])
		c.equal("v_sum", int(tick), -1, k.want.vSum[tick], sum[1])
		return nil
	})
	if err != nil {
		return err
	}
	k.compareLast(c, m, "u_last", k.want.uLast, words[0])
	k.compareLast(c, m, "v_last", k.want.vLast, words[1])
	return nil
}

func (k *nefChip) compareLast(c *checker, m *chip.Machine, field string, want []int64, words []int) {
	for i, b := range k.blocks {
		for n, x := range m.Core(i).State.Words[0][words[i]] {
			c.equalAt(field, b.first+n, want[b.first+n], int64(x), func() string { return fmt.Sprintf("block %d, compartment %d", i, n) })
		}
	}
}
