package compiler

import (
	"fmt"
	"slices"
	"strings"

	"hillock/compiler/partition"
)

// slack is how much of the synapse memory a partition plans with, in percent:
// headers and rounding to words are known only once lists are built.
const slack = 85

// remap replaces the packed cores by those of Options.
func (u *Unit) remap() error {
	switch {
	case u.Options.Part != nil:
		return u.given()
	case u.Options.Effort > Packed:
		u.spread()
	}
	return nil
}

// given makes the cores of Options.Part.
func (u *Unit) given() error {
	t := u.traffic()
	if t == nil {
		return fmt.Errorf("the network has more than %d synapses, too many for a given mapping", mostPins)
	}
	part := make([]int32, t.graph.Neurons)
	for k, p := range u.Net.Pops {
		if t.input[k] {
			continue
		}
		if k >= len(u.Options.Part) || len(u.Options.Part[k]) != p.N {
			return fmt.Errorf("mapping of population %q: need a core for each of its %d neurons", p.Name, p.N)
		}
		for i, c := range u.Options.Part[k] {
			if c < 0 || int(c) >= t.graph.Neurons {
				return fmt.Errorf("mapping of population %q: neuron %d: core %d, need 0..%d", p.Name, i, c, t.graph.Neurons-1)
			}
			part[t.first[k]+i] = c
		}
	}
	u.fan = nil
	u.Cores = u.settle(t, part)
	u.spreadFan()
	u.countParts()
	return nil
}

// spread divides the neurons among cores by their traffic, and keeps that if
// it breaks fewer limits than the packed cores, or as many and with fewer
// packets.
func (u *Unit) spread() {
	if len(u.Cores) < 2 {
		return
	}
	t := u.traffic()
	if t == nil || u.anyStuck() {
		u.note("mapping: cores are packed: %s", map[bool]string{true: "the network has too many synapses for a partition", false: "a neuron fits no core"}[t == nil])
		return
	}
	packed, fan := u.Cores, u.fan
	before := u.rated(t)
	best, found := before, packed
	parts := u.partitions(t)
	chosen := ""
	for i := range parts {
		u.fan = nil
		u.Cores = u.settle(t, parts[i].part)
		u.join()
		u.spreadFan()
		if now := u.rated(t); now.less(best) {
			best, found, fan, chosen = now, u.Cores, u.fan, parts[i].says
		}
	}
	u.Cores, u.fan = found, fan
	if best == before {
		u.note("mapping: cores are packed, as no partition has fewer packets")
	} else {
		u.note("mapping: %s; %.4g of the packets of packed cores, inputs counted", chosen, float64(best.packets)/float64(max(before.packets, 1)))
	}
	u.countParts()
}

// division is a partition to try and how it was made.
type division struct {
	part []int32
	says string
}

// countParts counts the cores of each population.
func (u *Unit) countParts() {
	for k := range u.Pops {
		u.Pops[k].Parts = 0
		for c := range u.Cores {
			if u.Cores[c].holds(k) {
				u.Pops[k].Parts++
			}
		}
	}
}

// anyStuck says that a single neuron exceeds a limit.
func (u *Unit) anyStuck() bool {
	return slices.ContainsFunc(u.Pops, func(p Pop) bool { return len(p.stuck) > 0 })
}

// rating orders plans: first by broken limits, then by cost, then by cores. The
// cost is the packets, and a tenth as much for a busiest core that does as much
// as all others: its load times the number of cores, by two as every packet is
// sent and received. The busiest core decides how long a tick takes.
type rating struct{ broken, packets, busiest, cores int64 }

func (a rating) cost() int64 { return 10*a.packets + a.busiest*a.cores/2 }

func (a rating) less(b rating) bool {
	switch {
	case a.broken != b.broken:
		return a.broken < b.broken
	case a.cost() != b.cost():
		return a.cost() < b.cost()
	}
	return a.cores < b.cores
}

func (u *Unit) rated(t *traffic) rating {
	r := rating{cores: int64(len(u.Cores))}
	r.packets, r.busiest = t.remote(u.coreOf(t))
	for c := range u.Cores {
		for _, l := range u.coreLimits(u.Cores[c].Use) {
			if l.ok && l.need > l.have {
				r.broken++
			}
		}
	}
	if have, ok := u.limit(limCores); ok {
		r.broken += max(0, r.cores-have)
	}
	return r
}

// coreOf is the core of each vertex, -1 for inputs.
func (u *Unit) coreOf(t *traffic) []int32 {
	core := make([]int32, t.graph.Neurons)
	for v := range core {
		core[v] = -1
	}
	for c := range u.Cores {
		for _, s := range u.Cores[c].Slices {
			for i := range s.N {
				core[t.first[s.Pop]+s.First+i] = int32(c)
			}
		}
	}
	return core
}

// partitions are the divisions to try: blocks of channels, rows and columns
// behind kernels, and the partitioner's over the resources that add up and the
// in-axons.
func (u *Unit) partitions(t *traffic) []division {
	var out []division
	if part, plan := u.tiled(t); part != nil {
		out = append(out, division{part, "tiles: " + u.sayTilings(plan)})
	}
	p := &partition.Problem{Graph: t.graph, Coords: u.coords(), Resources: u.resources(t)}
	if have, ok := u.limit(limInAxons); ok {
		p.MaxInAxons = min(have, mostAxons)
	}
	u.roomy(p)
	r, err := partition.Run(p, partition.Options{Effort: u.Options.Effort.partition(), Workers: max(u.Options.Workers, 1)})
	switch {
	case err != nil:
		u.note("mapping: %v", err)
	case r.Note != "":
		u.note("mapping: %s", r.Note)
		fallthrough
	default:
		out = append(out, division{r.Part, "partition by packets, start " + r.From})
	}
	return out
}

// roomy lowers the neurons per core of a problem to what leads to the fewest
// cores. The partitioner aims at the cores that the neurons ask for; where
// in-axons bind first, it needs to aim at more.
func (u *Unit) roomy(p *partition.Problem) {
	if p.MaxInAxons == 0 {
		return
	}
	sum := int64(0)
	for _, n := range p.Resources[0].Need {
		sum += int64(n)
	}
	full, best, least := p.Resources[0].Limit, p.Resources[0].Limit, 0
	for room := min(full, sum); room > 0; room = room * 2 / 3 {
		p.Resources[0].Limit = room
		if least > 0 && sum/room > int64(least) {
			break // more cores than were needed
		}
		r, err := partition.Run(p, partition.Options{Effort: partition.Fast})
		if err != nil {
			break
		}
		if least == 0 || r.Cores < least {
			best, least = room, r.Cores
		}
		if int64(r.Cores) <= sum*103/100/room+1 {
			break // the limit did not bind
		}
	}
	p.Resources[0].Limit = best
	if best == min(full, sum) {
		p.Resources[0].Limit = full
	}
}

// sayTilings is the plan of all tilings.
func (u *Unit) sayTilings(plan []*tiling) string {
	var say []string
	for k, x := range plan {
		if x != nil {
			say = append(say, u.Net.Pops[k].Name+" "+x.String())
		}
	}
	return strings.Join(say, "; ")
}

// resources are the needs that add up: compartments, and bits of synapse
// lists. Inputs need nothing.
func (u *Unit) resources(t *traffic) []partition.Resource {
	n := t.graph.Neurons
	one := partition.Resource{Name: limCompartments, Need: make([]int32, n), Limit: int64(n)}
	if have, ok := u.limit(limCompartments); ok {
		one.Limit = have
	}
	bits := partition.Resource{Name: limWords, Need: make([]int32, n)}
	for k := range u.Pops {
		if t.input[k] {
			continue
		}
		for i := range u.Pops[k].Src.N {
			one.Need[t.first[k]+i] = 1
		}
	}
	list := []partition.Resource{one}
	have, ok := u.wordLimit()
	if !ok {
		return list
	}
	bits.Limit = max(have*max(u.regs.memory.WordBits, 1)*slack/100, 1)
	for i := range u.Projs {
		u.addBits(t, bits.Need, &u.Projs[i])
	}
	for v, b := range bits.Need {
		bits.Need[v] = int32(min(int64(b), bits.Limit))
	}
	return append(list, bits)
}

// wordLimit is the synapse memory of a core.
func (u *Unit) wordLimit() (int64, bool) {
	for _, l := range u.limitValues() {
		if l.name == limWords {
			return l.have, l.ok
		}
	}
	return 0, false
}

// addBits adds the bits of the synapses of each target. A stored kernel costs
// a core its weights once, which does not add up: it is left out.
func (u *Unit) addBits(t *traffic, need []int32, q *Proj) {
	if q.stored {
		return
	}
	each := int32(q.Code.Bits) + int32(u.regs.memory.TagBits)
	if q.raw != nil {
		each += int32(q.raw.bits)
	}
	if q.Delay > 0 || q.raw != nil && q.raw.delayed {
		each += int32(u.regs.memory.DelayBits)
	}
	post := t.first[q.Src.Post]
	for j := range u.Net.Pops[q.Src.Pre].N {
		u.targets(q, j, func(target int) { need[post+target] = min(need[post+target]+each, 1<<30) })
	}
}

// settle makes cores of a partition. What does not fit a core in truth is
// halved until it does.
func (u *Unit) settle(t *traffic, part []int32) []CorePlan {
	lists := make([][]int32, slices.Max(part)+1)
	for k := range u.Pops {
		if t.input[k] {
			continue
		}
		for i := range u.Pops[k].Src.N {
			v := int32(t.first[k] + i)
			lists[part[v]] = append(lists[part[v]], v)
		}
	}
	var out []CorePlan
	for _, l := range lists {
		for _, same := range u.alike(t, l) {
			out = u.settleList(out, t, same)
		}
	}
	return out
}

// alike divides neurons by the registers that exist once per core.
func (u *Unit) alike(t *traffic, list []int32) [][]int32 {
	var out [][]int32
	var of []int
	for _, v := range list {
		pop := t.pop(v)
		at := slices.IndexFunc(of, func(k int) bool { return u.samePops(k, pop) })
		if at < 0 {
			at = len(of)
			of, out = append(of, pop), append(out, nil)
		}
		out[at] = append(out[at], v)
	}
	return out
}

// pop is the population of a vertex.
func (t *traffic) pop(v int32) int {
	i, at := slices.BinarySearch(t.first, int(v))
	for at && i+1 < len(t.first) && t.first[i+1] == int(v) {
		i++
	}
	if !at {
		i--
	}
	return i
}

// settleList appends the cores that a list of neurons takes.
func (u *Unit) settleList(out []CorePlan, t *traffic, list []int32) []CorePlan {
	on := t.slices(list)
	a := u.allocate(on)
	if len(list) == 1 || u.excess(a.use, nil) == 0 {
		return append(out, CorePlan{ID: -1, Slices: on, Use: a.use, alloc: a})
	}
	out = u.settleList(out, t, list[:len(list)/2])
	return u.settleList(out, t, list[len(list)/2:])
}

// slices are the runs of consecutive neurons of a sorted list.
func (t *traffic) slices(list []int32) []Slice {
	var on []Slice
	pop := -1
	for base, v := range list {
		if pop < 0 || pop+1 < len(t.first) && int(v) >= t.first[pop+1] {
			pop = t.pop(v)
		}
		i := int(v) - t.first[pop]
		if n := len(on); n > 0 && on[n-1].Pop == pop && on[n-1].First+on[n-1].N == i {
			on[n-1].N++
			continue
		}
		on = append(on, Slice{Pop: pop, First: i, N: 1, Base: base})
	}
	return on
}

// spreadFan halves cores with too many out-axons until none has: every new
// core may cost others more out-axons.
func (u *Unit) spreadFan() {
	for range fanRounds {
		if !u.countFan() {
			return
		}
		have, _ := u.limit(limOutAxons)
		var out []CorePlan
		for c := range u.Cores {
			core := &u.Cores[c]
			if core.Use.OutAxons <= have || core.Use.Compartments < 2 {
				out = append(out, *core)
				continue
			}
			for _, on := range halved(core.Slices) {
				a := u.allocate(on)
				out = append(out, CorePlan{ID: -1, Slices: on, Use: a.use, alloc: a})
			}
		}
		u.Cores = out
	}
	u.countFan()
}

// halved divides the compartments of a core in the middle.
func halved(on []Slice) [2][]Slice {
	var out [2][]Slice
	half, seen := neurons(on)/2, 0
	for _, s := range on {
		k := min(max(half-seen, 0), s.N)
		if k > 0 {
			out[0] = append(out[0], Slice{s.Pop, s.First, k, seen})
		}
		if k < s.N {
			out[1] = append(out[1], Slice{s.Pop, s.First + k, s.N - k, max(seen+k-half, 0)})
		}
		seen += s.N
	}
	return out
}
