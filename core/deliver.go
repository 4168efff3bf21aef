package core

import (
	"hillock/core/synapse"
	"hillock/isa/count"
	"hillock/router"
)

// form is how the events of an in-axon reach the accumulators.
type form uint8

const (
	formPlain   form = iota // a list into a ring of one slot
	formRing                // a list into a ring of several
	formChecked             // the accumulator's format applies after every event
	formBucket              // mantissas are summed before the format's shift
)

// record is what Deliver needs of an in-axon, in half a cache line.
type record struct {
	list    synapse.List // None = its synapses are in cells, a kernel or a crossbar
	n       uint32       // synaptic events of one spike
	words   uint32       // synapse memory words read
	class   uint8        // count.Event of its synaptic events
	port    uint8
	form    form
	learns  bool
	outside bool   // not a list of the image: a kernel or crossbar
	patch   uint32 // a kernel's source, from 1: its place in patches
}

// free says that events may be added in any order.
func (f form) free() bool { return f == formPlain || f == formRing }

// bucket stages the mantissas of one weight format for one tick.
type bucket struct {
	sum  []int32 // [slot*N + compartment]; nil = the format has no bucket
	used []int32 // places that were added to
	port uint8
}

// decode prepares what Deliver needs of the image: weights instead of
// mantissas, and one form per in-axon.
func (c *Core) decode() {
	img := c.Image
	c.axon = make([]record, len(img.Axons))
	c.stage = make([]bucket, len(img.Formats))
	c.kern = make([][]int32, len(img.Kernels)*len(img.Formats))
	c.kernRows = make([]*kernelRows, len(c.kern))
	longest := uint32(0)
	for n := range img.Axons {
		a := &img.Axons[n]
		c.axon[n] = record{n: a.N, words: a.Words, class: uint8(img.class(a)), port: a.Port, form: c.formOf(a), outside: a.Kernel > 0}
		if a.Kernel > 0 {
			if img.crossbar(a) == nil {
				c.decodeKernel(a, c.axon[n].form == formBucket)
				c.prepare(a, &c.axon[n])
			}
			longest = max(longest, a.N)
		}
	}
	c.compact()
	for n := range img.Axons {
		if a := &img.Axons[n]; a.Kernel == 0 && c.axon[n].list.Form == synapse.None {
			c.decodeList(a, c.axon[n].form == formBucket)
		} else if a.Kernel == 0 {
			longest = max(longest, a.N)
		}
	}
	c.walk = make([]cell, 0, longest)
}

// decodeList decodes a list into plain cells, which lie like the synapses of
// the image.
func (c *Core) decodeList(a *Axon, raw bool) {
	if c.cells == nil {
		c.cells = make([]cell, c.Image.Synapses())
	}
	for i, s := range c.Image.List(a.Off, a.N, nil) {
		c.cells[int(a.Off)+i] = cell{s.Target, uint16(s.Delay), c.weight(a.Format, c.Image.Formats[a.Format].mantissa(s.Mant), raw)}
	}
}

// compact stores the lists that may be added in any order in the compact forms
// of package synapse: those that do not learn, into accumulators that wrap.
// Lists that in-axons share are stored once; where they overlap otherwise, what
// is stored is bounded by twice the image's synapses.
func (c *Core) compact() {
	img := c.Image
	c.mem, c.batch = synapse.New(img.N, img.Ring), make([]synapse.Batch, len(img.Ports))
	for r := range img.Learning {
		for _, n := range img.Learning[r].Axons {
			c.axon[n].learns = true
		}
	}
	type span struct{ off, n uint32 }
	stored, left := map[span]synapse.List{}, 2*img.Synapses()
	var list []synapse.Entry
	var syn []Synapse // a list of the image, or of a packed one in a buffer
	for n := range img.Axons {
		a := &img.Axons[n]
		if x := &c.axon[n]; x.outside || x.learns || !x.form.free() {
			continue
		}
		l, ok := stored[span{a.Off, a.N}]
		if !ok {
			if left -= int(a.N); left < 0 {
				continue
			}
			list = list[:0]
			syn = img.List(a.Off, a.N, syn)
			for _, s := range syn {
				list = append(list, synapse.Entry{Target: s.Target, Delay: s.Delay, W: c.weight(a.Format, img.Formats[a.Format].mantissa(s.Mant), false)})
			}
			if l, ok = c.mem.Add(list); !ok {
				continue
			}
			stored[span{a.Off, a.N}] = l
		}
		c.axon[n].list = l
	}
	c.compactCrossbars()
	c.mem.Seal()
	c.tabulate()
}

// tabulate makes the table of a core whose in-axons are all alike: compact
// lists into one port, counted as one class, and spikes that count once.
func (c *Core) tabulate() {
	c.table = nil
	if len(c.axon) == 0 || c.Image.Payload != Plain {
		return
	}
	for n := range c.axon {
		if x := &c.axon[n]; x.learns || x.port != c.axon[0].port || x.class != c.axon[0].class {
			return
		}
	}
	c.table = synapse.NewTable(len(c.axon), func(n int) (*synapse.List, uint32, uint32) {
		return &c.axon[n].list, c.axon[n].n, c.axon[n].words
	})
}

// compactCrossbars stores the crossbars all of whose in-axons may be added in
// any order and share a weight format.
func (c *Core) compactCrossbars() {
	img := c.Image
	users := make([][]int, len(img.Crossbars))
	for n := range img.Axons {
		if k := int(img.Axons[n].Kernel) - len(img.Kernels); k > 0 {
			users[k-1] = append(users[k-1], n)
		}
	}
	for k, axons := range users {
		x, free := &img.Crossbars[k], len(axons) > 0 && img.Crossbars[k].Chance == nil
		for _, n := range axons {
			free = free && c.axon[n].form.free() && img.Axons[n].Format == img.Axons[axons[0]].Format
		}
		if !free {
			continue
		}
		weights := make([][]int32, len(x.Mant))
		for t, mant := range x.Mant {
			for _, w := range mant {
				weights[t] = append(weights[t], c.weight(img.Axons[axons[0]].Format, w, false))
			}
		}
		if rows, ok := c.mem.AddCrossbar(int(x.Base), int(x.N), x.Delay, x.Types, x.Bits, weights); ok {
			for _, n := range axons {
				c.axon[n].list = rows[img.Axons[n].Off]
			}
		}
	}
}

// formOf also sets up the bucket of the in-axon's format. A shift to the left
// loses nothing, so its sum needs no bucket.
func (c *Core) formOf(a *Axon) form {
	port := &c.Image.Ports[a.Port]
	f := &c.Image.Formats[a.Format]
	switch {
	case port.When == AtEvent:
		return formChecked
	case port.Bucket && (f.Lsb+f.Exp < 0 || f.Clip > 0):
		if c.stage[a.Format].sum == nil {
			c.stage[a.Format] = bucket{sum: make([]int32, c.Image.Ring*c.Image.N), port: a.Port}
		}
		return formBucket
	case c.Image.Ring == 1:
		return formPlain
	}
	return formRing
}

func (c *Core) weight(format uint8, mant int32, raw bool) int32 {
	if raw {
		return mant
	}
	return c.Image.Formats[format].Contribution(mant)
}

// decodeKernel decodes a kernel's mantissas once per weight format that
// in-axons use it with.
func (c *Core) decodeKernel(a *Axon, raw bool) {
	at := c.kernelAt(a)
	if c.kern[at] != nil {
		return
	}
	k := &c.Image.Kernels[a.Kernel-1]
	w := make([]int32, len(k.Mant))
	for i, m := range k.Mant {
		w[i] = c.weight(a.Format, c.Image.Formats[a.Format].mantissa(m), raw)
	}
	c.kern[at] = w
	if c.axonFree(a) {
		c.kernRows[at] = rowsOf(k, w)
	}
}

// prepare settles what a spike at a kernel's in-axon does, if it is served row
// by row.
func (c *Core) prepare(a *Axon, x *record) {
	if rows := c.kernRows[c.kernelAt(a)]; rows != nil && x.form.free() {
		c.patches = append(c.patches, rows.patch(&c.Image.Kernels[a.Kernel-1], int32(a.Off)))
		x.patch = uint32(len(c.patches))
	}
}

// axonFree says that the events of an in-axon may be added in any order.
func (c *Core) axonFree(a *Axon) bool { return c.formOf(a).free() }

func (c *Core) kernelAt(a *Axon) int {
	return int(a.Kernel-1)*len(c.Image.Formats) + int(a.Format)
}

// Deliver takes axon events of the current tick, in order; the accumulators
// have them all when Update begins. An event whose in-axon does not exist is
// counted as lost: a real router would drop it.
func (c *Core) Deliver(events []router.Packet) {
	if c.events != nil {
		c.deliverEvent(events)
		return
	}
	if c.Image.Rows > 0 {
		c.keep(events)
		return
	}
	c.serve(events)
}

// serve is Deliver for the events that act in this tick.
func (c *Core) serve(events []router.Packet) {
	graded := c.Image.Payload.Graded()
	if c.Image.Ring > 1 {
		c.busy = max(c.busy, c.State.Tick+int64(c.Image.Ring))
	}
	c.stir = c.stir || len(events) > 0 && c.Image.Payload != Repeated
	if c.table != nil {
		c.table.Put(events)
		return
	}
	if c.Image.Payload == Repeated {
		c.deliverRepeated(events)
		return
	}
	for _, e := range events {
		c.event(e, graded)
	}
	if c.Image.Payload == Counted {
		c.countMore(events)
	}
}

// event takes one axon event.
func (c *Core) event(e router.Packet, graded bool) {
	if int(e.Axon) >= len(c.axon) {
		c.miss(count.Lost, e.Axon)
		return
	}
	x := &c.axon[e.Axon]
	c.Counts[count.AxonEvents]++
	c.Counts[count.SynWords] += int64(x.words)
	c.Counts[x.class%uint8(count.NumEvents)] += int64(x.n)
	if x.learns {
		if c.arrive(e); c.source[e.Axon].silent {
			return
		}
	}
	if x.list.Form != synapse.None && (!graded || e.Payload == 1) {
		c.batch[x.port].Put(c.mem, &x.list, c.slot)
		return
	}
	c.deliver(x, e, graded)
}

// deliver adds the synapses of an event one by one.
func (c *Core) deliver(x *record, e router.Packet, graded bool) {
	a := &c.Image.Axons[e.Axon]
	if c.patched(x, a, e, graded) {
		return
	}
	var list []cell
	switch {
	case x.list.Form != synapse.None:
		list = c.expand(&x.list)
	case x.outside:
		list = c.window(a)
	default:
		list = c.cells[a.Off : a.Off+a.N]
	}
	if graded && e.Payload != 1 {
		c.deliverScaled(list, e.Axon, e.Payload)
		return
	}
	switch x.form {
	case formPlain:
		acc := c.State.Acc[a.Port]
		for _, s := range list {
			acc[s.target] += s.w
		}
	case formRing:
		c.deliverRing(list, c.State.Acc[a.Port])
	case formChecked:
		c.deliverChecked(list, x, 1)
	case formBucket:
		c.deliverBucket(list, &c.stage[a.Format], 1)
	}
}

// patched adds the event of a kernel row by row, if it can.
func (c *Core) patched(x *record, a *Axon, e router.Packet, graded bool) bool {
	if x.patch == 0 || graded && e.Payload != 1 {
		return false
	}
	k := &c.Image.Kernels[a.Kernel-1]
	at := c.place(cell{uint16(k.Base), uint16(k.Delay), 0})
	c.kernRows[c.kernelAt(a)].serve(k, &c.patches[x.patch-1], c.State.Acc[a.Port][at:][:k.N])
	return true
}

// class is the event class of an in-axon's synaptic events.
func (img *Image) class(a *Axon) count.Event {
	switch {
	case a.Kernel > 0 && int(a.Kernel) <= len(img.Kernels):
		return count.SynConv
	case a.Dense:
		return count.SynDense
	}
	return count.SynSparse
}

// window lists the synapses of an event of a kernel or crossbar.
func (c *Core) window(a *Axon) []cell {
	c.walk = c.walk[:0]
	if x := c.Image.crossbar(a); x != nil {
		raw := c.Image.Ports[a.Port].Bucket && c.stage[a.Format].sum != nil
		x.Each(int32(a.Off), func(comp, m int32) {
			if x.Chance != nil && x.Chance[x.Types[a.Off]][comp-x.Base] == 1 {
				m = c.chance(x, comp, m)
			}
			c.walk = append(c.walk, cell{uint16(comp), uint16(x.Delay), c.weight(a.Format, m, raw)})
		})
		return c.walk
	}
	k := &c.Image.Kernels[a.Kernel-1]
	w := c.kern[c.kernelAt(a)]
	k.Each(int32(a.Off), func(comp, m int32) {
		c.walk = append(c.walk, cell{uint16(comp), uint16(k.Delay), w[m]})
	})
	return c.walk
}

// expand lists the synapses of a compact list.
func (c *Core) expand(l *synapse.List) []cell {
	c.walk = c.walk[:0]
	c.mem.Each(l, func(e synapse.Entry) { c.walk = append(c.walk, cell{e.Target, uint16(e.Delay), e.W}) })
	return c.walk
}

func (c *Core) deliverRing(list []cell, acc []int32) {
	n, ring := c.Image.N, c.Image.Ring
	for _, s := range list {
		at := c.slot + int(s.delay)
		if at >= ring {
			at -= ring
		}
		acc[at*n+int(s.target)] += s.w
	}
}

// place is the accumulator that a synapse adds to.
func (c *Core) place(s cell) int {
	return (c.slot+int(s.delay))%c.Image.Ring*c.Image.N + int(s.target)
}

// deliverScaled multiplies every weight by the payload of a graded spike.
func (c *Core) deliverScaled(list []cell, axon uint16, payload int32) {
	a := &c.Image.Axons[axon]
	switch c.axon[axon].form {
	case formChecked:
		c.deliverChecked(list, &c.axon[axon], payload)
	case formBucket:
		c.deliverBucket(list, &c.stage[a.Format], payload)
	default:
		acc := c.State.Acc[a.Port]
		for _, s := range list {
			at := c.place(s)
			c.add(&acc[at], int64(s.w)*int64(payload))
		}
	}
}

// add keeps the low 32 bits of a sum and counts what they lose.
func (c *Core) add(to *int32, v int64) {
	sum := int64(*to) + v
	*to = int32(sum)
	if int64(*to) != sum {
		c.Counts[count.Overflowed]++
	}
}

// deliverChecked applies the accumulator's format after every event. What
// plastic synapses lose by it is counted apart.
func (c *Core) deliverChecked(list []cell, x *record, payload int32) {
	acc, layout := c.State.Acc[x.port], c.Image.Ports[x.port].Acc
	lost := count.Overflowed
	if x.learns {
		lost = count.OverflowedPlastic
	}
	n, ring, wrong := c.Image.N, c.Image.Ring, int64(0)
	clips, lo, hi := layout.Bounds()
	for _, s := range list {
		at := c.slot + int(s.delay)
		if at >= ring {
			at -= ring
		}
		to := &acc[at*n+int(s.target)]
		sum := int64(*to) + int64(s.w)*int64(payload)
		if clips && (sum < lo || sum > hi) || !clips && int64(layout.Apply(sum)) != sum {
			wrong++
			*to = layout.Apply(sum)
			continue
		}
		*to = int32(sum)
	}
	c.Counts[lost] += wrong
}

// deliverBucket adds mantissas to the stage of their format.
func (c *Core) deliverBucket(list []cell, b *bucket, payload int32) {
	for _, s := range list {
		at := c.place(s)
		if b.sum[at] == 0 {
			b.used = append(b.used, int32(at))
		}
		c.add(&b.sum[at], int64(s.w)*int64(payload))
	}
}

// flush serves what waits: compact lists, then staged sums.
func (c *Core) flush() {
	if c.table != nil && c.table.Waiting() > 0 {
		n := int64(c.table.Waiting())
		s := c.table.Serve(c.mem, c.State.Acc[c.axon[0].port], c.slot)
		c.Counts[count.AxonEvents] += n - s.Lost
		c.Counts[count.SynWords] += s.Words
		c.Counts[c.axon[0].class] += s.Events
		c.Counts[count.Lost] += s.Lost
	}
	for p := range c.batch {
		if b := &c.batch[p]; !b.Empty() {
			b.Serve(c.mem, c.State.Acc[p])
		}
	}
	c.flushStage()
}

// flushStage shifts the staged sums of a tick and adds them to the accumulators,
// format by format. A place that is listed twice is empty the second time.
func (c *Core) flushStage() {
	for f := range c.stage {
		b := &c.stage[f]
		if len(b.used) == 0 {
			continue
		}
		form, acc := &c.Image.Formats[f], c.State.Acc[b.port]
		for _, at := range b.used {
			c.add(&acc[at], form.scaled(int64(b.sum[at])))
			b.sum[at] = 0
		}
		b.used = b.used[:0]
	}
}
