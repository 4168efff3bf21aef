package learn

import (
	"slices"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
)

// Neurons are compartments First .. First+N-1, which have the same words:
// Words[word][comp-First]. A word beyond them is 0.
type Neurons struct {
	First, N int32
	Words    [][]int32
}

// Lanes runs a plan over one State like a Unit, but one instruction over a
// block of items, then the next. A run for an item reads and writes words of
// that item, and reads words that no step of its walk writes, so items do not
// see each other, and this equals the Unit for every plan. Item by item run
// steps that newLanePlan refuses, steps with PRB under a tap, whose samples
// come in the order of items, and blocks of a few items.
//
// Env.Neurons must list all compartments, ascending; Env.Neuron is not called
// over lanes. The Source is asked in another order, which it cannot tell: it is
// a function.
type Lanes struct {
	*Unit
	plans   []lanePlan // per step
	now     *lanePlan
	loops   *simd.Table
	block   simd.Block
	items   []int32 // of the block in hand, nil = lo, lo+1, ...
	pre     []int32 // sources of the block, of synapses
	post    []int32 // and their targets
	lo, n   int32
	payload int32             // of the event that brought the block, if items is nil
	opened  int32             // bits of EVT that the epoch opens
	breaks  []int32           // where targets do not count up by 1, see straight
	whole   int               // n, rounded up to what a loop takes
	stores  [simd.Lanes]int32 // stores of watched words per lane, see listed
	several bool              // stores has some
	gathered
}

// gathered are the items of a block that do not follow each other.
type gathered struct {
	chosen, from, to, payloads [simd.Lanes]int32
	taken                      []bool // items, or sources of synapses, in chosen
	len                        int
}

// Fewer items are run one by one: it costs less than filling the rows.
const few = 2

// short runs of synapses are gathered with others into one block.
const short = 64

// NewLanes makes a runner for a plan that Check found good.
func NewLanes(p *Plan, n *Net, loops *simd.Table) *Lanes {
	l := &Lanes{Unit: New(p, n), loops: loops, breaks: straight(n), gathered: gathered{taken: make([]bool, max(n.NPre, n.NPost))}}
	for k := range p.Steps {
		l.plans = append(l.plans, newLanePlan(l.Unit, &p.Steps[k], loops))
	}
	l.makeRows()
	return l
}

// makeRows makes the rows that some plan uses.
func (l *Lanes) makeRows() {
	states, params := 0, 0
	for k := range l.plans {
		states, params = max(states, l.plans[k].state), max(params, l.plan.Steps[k].Prog.NumP)
	}
	for k := range l.block.Rows {
		switch {
		case k < simd.RowState, k < simd.RowState+states, k >= simd.RowParam && k < simd.RowParam+params, k >= int(isa.PAY) && k <= rowGate:
			l.block.Rows[k] = make([]int32, simd.Lanes)
		}
	}
}

// Run makes all steps of a moment, see Unit.Run.
func (l *Lanes) Run(s *State, at Moment, env *Env, arrived, fired []Event) {
	l.begin(s, env, arrived, fired)
	for k := range l.plan.Steps {
		step := &l.plan.Steps[k]
		switch {
		case step.At != at:
		case !l.plans[k].ok || env.Tap != nil && step.Prog.Taps > 0:
			l.walk(k, step, arrived, fired)
		default:
			l.now = &l.plans[k]
			l.walkLanes(k, step, arrived, fired)
		}
	}
	l.end(arrived, fired)
}

func (l *Lanes) walkLanes(k int, step *Step, arrived, fired []Event) {
	if step.On == Tick && !step.due(l.env.Tick) {
		return
	}
	l.step = step
	clear(l.have)
	l.spread()
	runs := int64(0)
	for l.pass = 1; l.pass <= int32(step.Passes); l.pass++ {
		l.n = simd.Lanes
		for _, p := range l.now.same {
			l.load(step.Params[p], 0, l.block.Rows[simd.RowParam+p])
		}
		switch {
		case step.On == Tick:
			n := int32(l.net.items(step.Over))
			l.span(0, n, 0)
			runs += int64(n)
		case step.On == Fire:
			l.events(fired)
			runs += int64(len(fired))
		case step.Over == Pre:
			l.events(arrived)
			runs += int64(len(arrived))
		default:
			runs += l.runsOf(arrived)
		}
		if step.Keep {
			l.keep()
		}
	}
	for c, n := range l.cost[k] {
		l.env.Counts[int(count.InstrX)+c] += n * runs
	}
}

// spread copies what is the same for all items over the lanes.
func (l *Lanes) spread() {
	l.opened = 0
	for _, g := range l.now.every {
		if l.open(g[1]) {
			l.opened |= int32(g[0])
		}
	}
	if l.now.tick {
		fill(l.block.Rows[isa.TCK], int32(l.env.Tick))
	}
	if l.now.mods {
		fill(l.block.Rows[isa.MOD], l.env.Mods[0])
		for k, m := range l.env.Mods[1:] {
			fill(l.block.Rows[int(isa.MD1)+k], m)
		}
	}
}

// fill writes a few values, and copies what is there already.
func fill(row []int32, x int32) {
	head := min(len(row), 16)
	for i := range head {
		row[i] = x
	}
	for at := head; at < len(row); at *= 2 {
		copy(row[at:], row[:at])
	}
}

// span runs items from..to-1; of a tick, or of an event with a payload.
func (l *Lanes) span(from, to, payload int32) {
	l.payload = payload
	for lo := from; lo < to; lo += simd.Lanes {
		l.lo, l.n, l.items = lo, min(simd.Lanes, to-lo), nil
		if l.step.Over == Synapse {
			l.pre, l.post = l.net.Pre[lo:lo+l.n], l.net.Post[lo:lo+l.n]
		}
		if l.now.pay {
			row := l.block.Rows[isa.PAY][:l.n]
			switch {
			case l.step.On == Arrive:
				fill(row, payload)
			case l.step.Over == Post:
				copy(row, l.Unit.pay[1][lo:])
			default:
				l.gather(row, l.Unit.pay[0], Pre)
			}
		}
		l.program()
	}
}

// runsOf runs the synapses of all sources that a spike came in at, long lists
// by themselves, and says how many there were.
func (l *Lanes) runsOf(arrived []Event) int64 {
	runs := int64(0)
	for _, e := range arrived {
		from, to := l.off[e.Item], l.off[e.Item+1]
		runs += int64(to - from)
		if to-from >= short {
			l.flush()
			l.span(from, to, e.Payload)
			continue
		}
		if l.taken[e.Item] || l.len+int(to-from) > simd.Lanes {
			l.flush()
		}
		for i := from; i < to; i++ {
			l.taken[e.Item] = true
			l.chosen[l.len], l.from[l.len], l.to[l.len], l.payloads[l.len] = i, e.Item, l.net.Post[i], e.Payload
			l.len++
		}
	}
	l.flush()
	return runs
}

// events runs the items of events.
func (l *Lanes) events(list []Event) {
	for _, e := range list {
		if l.taken[e.Item] || l.len == simd.Lanes {
			l.flush()
		}
		l.taken[e.Item] = true
		l.chosen[l.len], l.payloads[l.len] = e.Item, e.Payload
		l.len++
	}
	l.flush()
}

// flush runs the items gathered so far. No item is twice among them.
func (l *Lanes) flush() {
	if l.len == 0 {
		return
	}
	l.items, l.n = l.chosen[:l.len], int32(l.len)
	keys := l.items
	if l.step.Over == Synapse {
		l.pre, l.post = l.from[:l.len], l.to[:l.len]
		keys = l.pre
	}
	for _, i := range keys {
		l.taken[i] = false
	}
	l.len = 0
	if l.now.pay {
		copy(l.block.Rows[isa.PAY], l.payloads[:l.n])
	}
	l.program()
}

// lane is the item of a lane.
func (l *Lanes) lane(i int) int32 {
	if l.items != nil {
		return l.items[i]
	}
	return l.lo + int32(i)
}

// program runs the step for the block in hand.
func (l *Lanes) program() {
	if l.n < few {
		l.oneByOne()
		return
	}
	l.whole = int(l.n+simd.Width-1) &^ (simd.Width - 1)
	words := l.st.Words[l.step.Over]
	for k, r := range l.step.State[:l.now.state] {
		l.gather(l.block.Rows[simd.RowState+k][:l.n], words[r.Word], r.Space)
	}
	for k := range l.now.calls {
		c := &l.now.calls[k]
		if c.kind == loop {
			c.run(&l.block, &c.step, l.whole)
			continue
		}
		l.call(c)
	}
	for _, k := range l.now.back {
		l.scatter(words[l.step.State[k].Word], l.block.Rows[simd.RowState+k][:l.n])
	}
	l.listed()
}

func (l *Lanes) oneByOne() {
	for i := range int(l.n) {
		payload := l.payloads[i] // flush leaves them
		if l.items == nil {
			payload = l.payload
			if l.step.On == Tick {
				payload = l.arrivedAt(l.lo + int32(i))
			}
		}
		l.run(l.lane(i), payload)
	}
}

// list are the items of a space that the lanes belong to; nil = lo, lo+1, ...
func (l *Lanes) list(s Space) []int32 {
	switch {
	case s == l.step.Over || l.step.Over != Synapse:
		return l.items
	case s == Pre:
		return l.pre
	}
	return l.post
}

// gather reads what a word is for the items of the block.
func (l *Lanes) gather(to, word []int32, s Space) {
	list := l.list(s)
	switch {
	case list == nil:
		copy(to, word[l.lo:l.lo+l.n])
		return
	case l.items == nil && s == Pre:
		l.bySource(to, word)
		return
	case l.items == nil && s != Pre && l.breaks != nil:
		l.byTarget(to, word)
		return
	}
	to = to[:len(list)]
	for i, x := range list {
		to[i] = word[x]
	}
}

// bySource reads a word of the sources of a block of synapses that follow each
// other: one source after the other.
func (l *Lanes) bySource(to, word []int32) {
	for i := int32(0); i < l.n; {
		source := l.pre[i]
		end := min(l.off[source+1]-l.lo, l.n)
		fill(to[i:end], word[source])
		i = end
	}
}

// byTarget reads a word of the targets of a block of synapses that follow each
// other: one stretch of neighbouring targets after the other.
func (l *Lanes) byTarget(to, word []int32) {
	next, _ := slices.BinarySearch(l.breaks, l.lo+1)
	for i := int32(0); i < l.n; next++ {
		end := min(l.breaks[next]-l.lo, l.n)
		copy(to[i:end], word[l.post[i]:])
		i = end
	}
}

// straight lists the synapses whose target is not the one after the target of
// the synapse before, and the number of synapses at the end; nil if most
// stretches are shorter than a copy is worth.
func straight(n *Net) []int32 {
	var breaks []int32
	for i := 1; i < len(n.Post); i++ {
		if n.Post[i] == n.Post[i-1]+1 {
			continue
		}
		if breaks = append(breaks, int32(i)); len(breaks) > len(n.Post)/8 {
			return nil
		}
	}
	return append(breaks, int32(len(n.Post)))
}

// scatter writes a word of the items of the block.
func (l *Lanes) scatter(word, from []int32) {
	if l.items == nil {
		copy(word[l.lo:l.lo+l.n], from)
		return
	}
	for i, x := range l.items {
		word[x] = from[i]
	}
}

// listed puts changed synapses in the order of items: each as often as it was
// stored.
func (l *Lanes) listed() {
	if !l.several {
		return
	}
	l.several = false
	for i := range int(l.n) {
		for range l.stores[i] {
			l.Changed = append(l.Changed, l.lane(i))
		}
		l.stores[i] = 0
	}
}
