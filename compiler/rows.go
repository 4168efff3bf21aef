package compiler

import (
	"math/bits"
	"slices"

	"hillock/chip"
	"hillock/core"
)

// rowKey names a block of in-axons of a core that share a storage format: all
// neurons of one source population whose weights have one code.
type rowKey struct {
	pre, exp, lsb int
	delayed       bool
	kernel        int // a projection with a kernel has in-axons of its own: 1 + its index
	port          int
	plan          int // 1 + the learning plan of the synapses, 0 = their weights stay
	role          int // of the source in that plan
}

func compareKeys(a, b rowKey) int {
	for _, d := range [...]int{a.pre - b.pre, a.exp - b.exp, a.lsb - b.lsb, a.kernel - b.kernel, a.port - b.port, a.plan - b.plan, a.role - b.role} {
		if d != 0 {
			return d
		}
	}
	switch {
	case a.delayed == b.delayed:
		return 0
	case b.delayed:
		return -1
	}
	return 1
}

// storedFormat is a synapse format of the hardware: what the memory word
// needs to be told apart.
type storedFormat struct {
	form      core.Format
	bits      int64 // of one weight
	delayBits int64
	indexBits int64 // 0 = dense
	port      int   // a sum per format belongs to one port
}

// rows is a block of in-axons before they are numbered: one synapse list per
// source neuron, targets ascending.
type rows struct {
	key   rowKey
	lists [][]core.Synapse
	store storedFormat
	words []int64     // per source neuron, 0 = no in-axon
	conv  *kernelRows // instead of lists and words
}

// allocation is a core's synapse memory.
type allocation struct {
	blocks []rows
	use    Usage
}

// each visits the in-axons in the order of their numbers: block after block,
// source neurons ascending.
func (a *allocation) each(visit func(block *rows, neuron int)) {
	for b := range a.blocks {
		if w := a.blocks[b].conv; w != nil {
			for _, h := range w.hits {
				visit(&a.blocks[b], int(h.source))
			}
			continue
		}
		for j := range a.blocks[b].lists {
			if len(a.blocks[b].lists[j]) > 0 {
				visit(&a.blocks[b], j)
			}
		}
	}
}

// list is the synapse list of a source neuron.
func (b *rows) list(j int) []core.Synapse {
	if b.conv != nil {
		return b.conv.list(j)
	}
	return b.lists[j]
}

// wordsOf is the memory that an event of a source neuron reads.
func (b *rows) wordsOf(j int) int64 {
	if b.conv != nil {
		return b.conv.words(j)
	}
	return b.words[j]
}

// allocate builds the synapse memory of a core that holds the slices. Those of
// one population stand together, by neuron number.
func (u *Unit) allocate(on []Slice) *allocation {
	all := on
	blocks := map[rowKey]*rows{}
	var keys []rowKey
	for len(on) > 0 {
		same := ofOnePop(on)
		for i := range u.Projs {
			if q := &u.Projs[i]; q.Src.Post == same[0].Pop {
				keys = u.addRows(blocks, keys, i, same)
			}
		}
		on = on[len(same):]
	}
	sortKeys(keys)
	a := &allocation{}
	for _, k := range keys {
		b := blocks[k]
		if b.conv == nil {
			u.store(b)
		}
		a.blocks = append(a.blocks, *b)
	}
	a.use = u.usage(a, all)
	return a
}

// ofOnePop is the slices at the front that are of one population.
func ofOnePop(on []Slice) []Slice {
	n := 1
	for n < len(on) && on[n].Pop == on[0].Pop {
		n++
	}
	return on[:n]
}

// neurons is the number of neurons on slices.
func neurons(on []Slice) int {
	n := 0
	for _, s := range on {
		n += s.N
	}
	return n
}

// addRows adds a projection onto slices of its target to the blocks of a core.
func (u *Unit) addRows(blocks map[rowKey]*rows, keys []rowKey, proj int, on []Slice) []rowKey {
	q := &u.Projs[proj]
	key := q.rowKey()
	if q.kernel != nil {
		key.kernel = proj + 1
		blocks[key] = u.kernelRows(key, q, on)
		return append(keys, key)
	}
	if blocks[key] == nil {
		blocks[key] = u.newRows(key, q)
		keys = append(keys, key)
	}
	if q.raw != nil {
		b := &blocks[key].store
		b.bits = max(b.bits, int64(q.Code.Bits)+q.raw.bits)
	}
	for _, s := range on {
		if q.raw != nil {
			blocks[key].addRaw(q.raw, s)
			continue
		}
		blocks[key].add(q, s)
	}
	return keys
}

// rowKey is the block that the in-axons of a projection belong to, but for its
// kernel.
func (q *Proj) rowKey() rowKey {
	key := rowKey{pre: q.Src.Pre, exp: q.Code.Exp, lsb: q.Code.Lsb(), delayed: q.Delay > 0}
	if r := q.raw; r != nil {
		key.port, key.plan, key.role, key.delayed = r.src.Port, r.plan+1, r.role, r.delayed
		if key.plan > 0 {
			key.lsb = 0
		}
	}
	return key
}

func (u *Unit) newRows(key rowKey, q *Proj) *rows {
	b := &rows{key: key, lists: make([][]core.Synapse, u.Net.Pops[q.Src.Pre].N)}
	b.store.bits, b.store.form, b.store.port = int64(q.Code.Bits), u.form(q), key.port
	return b
}

func sortKeys(keys []rowKey) { slices.SortFunc(keys, compareKeys) }

func (u *Unit) form(q *Proj) core.Format {
	f := q.Code.Format(int(u.Family.Weights.Scale), u.Family.Weights.Clip)
	f.Unsigned = u.Family.Weights.Unsigned()
	if q.raw != nil && q.raw.plan >= 0 {
		f.Lsb = 0 // what learns is stored with all bits
	}
	return f
}

// add appends the synapses of a projection onto a slice.
func (b *rows) add(q *Proj, s Slice) {
	nPost := len(q.Gain)
	delay := uint8(min(q.Delay, 255))
	for j := range b.lists {
		row := q.Mant[j*nPost+s.First : j*nPost+s.First+s.N]
		n := 0
		for _, m := range row {
			if m != 0 {
				n++
			}
		}
		list := slices.Grow(b.lists[j], n)
		for i, m := range row {
			if m != 0 {
				list = append(list, core.Synapse{Target: uint16(s.Base + i), Delay: delay, Mant: m})
			}
		}
		b.lists[j] = list
	}
}

// store chooses between sparse lists and dense rows by memory words. A dense
// row holds every compartment from its first to its last target, zeros
// included, and no compartment twice.
func (u *Unit) store(b *rows) {
	m := u.regs.memory
	lo, hi, twice := b.extent()
	if b.key.delayed {
		b.store.delayBits = m.DelayBits
	}
	b.store.indexBits = indexBits(m, int64(hi))
	sparse, ok := u.wordsSparse(b)
	if hi < lo {
		return
	}
	if b.key.plan > 0 && !b.full(lo, hi) {
		twice = true // what would fill the gaps would learn as well
	}
	if dense := u.wordsDense(b, int64(hi-lo+1)); !twice && canDense(m) && (!ok || sum(dense) <= sum(sparse)) {
		b.store.indexBits = 0
		b.fill(lo, hi)
		b.words = dense
		return
	}
	b.words = sparse
}

// canDense says that the chip has index width 0, or no index widths at all.
func canDense(m chip.SynapseMemory) bool {
	return len(m.IndexBits) == 0 || slices.Contains(m.IndexBits, 0)
}

// indexBits is the smallest index width that reaches a compartment.
func indexBits(m chip.SynapseMemory, top int64) int64 {
	need := int64(max(bits.Len64(uint64(max(top, 0))), 1))
	best := int64(0)
	for _, w := range m.IndexBits {
		if w >= need && (best == 0 || w < best) {
			best = w
		}
	}
	if best == 0 {
		best = need
	}
	return best
}

// extent is the range of targets and whether a list names one twice.
func (b *rows) extent() (lo, hi int, twice bool) {
	lo, hi = core.MaxCompartments, -1
	order := func(x, y core.Synapse) int {
		if x.Target != y.Target {
			return int(x.Target) - int(y.Target)
		}
		return int(x.Delay) - int(y.Delay)
	}
	for _, l := range b.lists {
		if !slices.IsSortedFunc(l, order) {
			slices.SortStableFunc(l, order)
		}
		for k, s := range l {
			lo, hi = min(lo, int(s.Target)), max(hi, int(s.Target))
			twice = twice || k > 0 && l[k-1].Target == s.Target
		}
	}
	return lo, hi, twice
}

// full says that no list has a gap from lo to hi.
func (b *rows) full(lo, hi int) bool {
	for _, l := range b.lists {
		if len(l) > 0 && len(l) != hi-lo+1 {
			return false
		}
	}
	return true
}

// fill turns lists into dense rows from lo to hi.
func (b *rows) fill(lo, hi int) {
	for j, l := range b.lists {
		if len(l) == 0 {
			continue
		}
		row := make([]core.Synapse, hi-lo+1)
		for k := range row {
			row[k].Target = uint16(lo + k)
		}
		for _, s := range l {
			row[int(s.Target)-lo] = s
		}
		b.lists[j] = row
	}
}

// wordsSparse is the memory of sparse lists; ok is false if the chip has only
// dense rows.
func (u *Unit) wordsSparse(b *rows) (words []int64, ok bool) {
	words = make([]int64, len(b.lists))
	for j, l := range b.lists {
		words[j] = u.axonWords(int64(len(l)), b.store.bits+b.store.delayBits+b.store.indexBits)
	}
	m := u.regs.memory
	return words, len(m.IndexBits) == 0 || slices.ContainsFunc(m.IndexBits, func(w int64) bool { return w > 0 })
}

func (u *Unit) wordsDense(b *rows, n int64) []int64 {
	words := make([]int64, len(b.lists))
	for j, l := range b.lists {
		if len(l) > 0 {
			words[j] = u.axonWords(n, b.store.bits+b.store.delayBits)
		}
	}
	return words
}

// axonWords is the memory of an in-axon with n synapses: groups of at most
// GroupSynapses, each with a header, rounded up to whole words.
func (u *Unit) axonWords(n, synapseBits int64) int64 {
	m := u.regs.memory
	group := m.GroupSynapses
	if group < 1 {
		group = max(n, 1)
	}
	word := max(m.WordBits, 1)
	bitsOf := func(k int64) int64 { return (k*(synapseBits+m.TagBits) + m.HeaderBits + word - 1) / word }
	words := n / group * bitsOf(group)
	if rest := n % group; rest > 0 {
		words += bitsOf(rest)
	}
	return words
}

func sum(v []int64) int64 {
	var s int64
	for _, x := range v {
		s += x
	}
	return s
}

// usage adds up what an allocation needs. Out-axons follow when all cores are
// known.
func (u *Unit) usage(a *allocation, slices []Slice) Usage {
	var use Usage
	for _, s := range slices {
		use.Compartments += int64(s.N)
	}
	formats := map[storedFormat]bool{}
	for i := range a.blocks {
		if b := &a.blocks[i]; b.conv != nil && len(b.conv.hits) > 0 {
			formats[b.store] = true
			b.conv.addUse(&use)
		}
	}
	a.each(func(b *rows, j int) {
		if b.conv != nil {
			return
		}
		use.InAxons++
		use.Words += b.words[j]
		use.Synapses += int64(len(b.lists[j]))
		formats[b.store] = true
		for _, s := range b.lists[j] {
			use.MaxDelay = max(use.MaxDelay, int64(s.Delay))
		}
	})
	use.Formats = int64(len(formats))
	use.OutAxons = u.outAxons(slices)
	use.Thresholds, use.Profiles = u.profiles(slices)
	return use
}

// profiles counts distinct thresholds and distinct neuron settings.
func (u *Unit) profiles(slices []Slice) (thresholds, settings int64) {
	type setting struct{ u, v, hold, start, vmin, raw int64 }
	th, se := map[int64]bool{}, map[setting]bool{}
	for _, s := range slices {
		p := &u.Pops[s.Pop]
		for i := s.First; i < s.First+s.N; i++ {
			if p.raw != nil {
				th[p.raw.thresh[i]], se[setting{raw: int64(p.raw.profile[i])}] = true, true
				continue
			}
			th[p.Thresh[i]] = true
			se[setting{p.DecayU[i], p.DecayV[i], int64(p.Hold), int64(p.Start), p.VMin, 0}] = true
		}
	}
	return int64(len(th)), int64(len(se))
}
