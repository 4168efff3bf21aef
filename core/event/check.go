package event

import (
	"fmt"
	"slices"

	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// Limits that keep a small file from asking for unbounded memory or time.
const (
	maxBits  = 1 << 26 // of one memory
	maxDepth = 1 << 16
	maxEdges = 1 << 20 // of any number of edges in a description
	maxList  = 4096
)

// Check verifies every index and size of an image, so that no run can read or
// write outside it.
func (img *Image) Check() error {
	if err := img.Spec.check(); err != nil {
		return err
	}
	if img.AckDelay < 0 || img.AckDelay > maxEdges {
		return fmt.Errorf("event: acknowledge delay of %d edges, need 0..%d", img.AckDelay, maxEdges)
	}
	if len(img.Init) > len(img.Spec.Memories) {
		return fmt.Errorf("event: start contents of %d memories, have %d", len(img.Init), len(img.Spec.Memories))
	}
	for m, words := range img.Init {
		mem := &img.Spec.Memories[m]
		if len(words) > mem.Words*mem.chunks() {
			return fmt.Errorf("event: %d chunks of memory %q, need at most %d", len(words), mem.Name, mem.Words*mem.chunks())
		}
		top := mem.Bits % 64
		for i, w := range words {
			if i%mem.chunks() == mem.chunks()-1 && top != 0 && w>>top != 0 {
				return fmt.Errorf("event: word %d of memory %q has bits above %d", i/mem.chunks(), mem.Name, mem.Bits-1)
			}
		}
	}
	return img.refused()
}

func (s *Spec) check() error {
	if s.Items < 1 || s.Items > 1<<15 || s.Outs < 0 || s.Outs > 1<<15 {
		return fmt.Errorf("event: %d items and %d outputs, need 1..%d and 0..%d", s.Items, s.Outs, 1<<15, 1<<15)
	}
	total := 0
	for _, m := range s.Memories {
		if m.Words >= 1 && m.Bits >= 1 && m.Bits <= maxBits && m.Words <= maxBits/m.Bits {
			if total += m.Words * m.chunks() * 64; total > 4*maxBits {
				return fmt.Errorf("event: memories of more than %d bits, with words in whole chunks of 64", 4*maxBits)
			}
		}
		if m.Words < 1 || m.Bits < 1 || m.Lanes < 1 || m.Row < 0 || m.Bits > maxBits || m.Words > maxBits/m.Bits || m.Lanes > 1<<16 {
			return fmt.Errorf("event: memory %q of %d words of %d bits, %d items to a word, rows of %d: need 1 or more, at most %d bits", m.Name, m.Words, m.Bits, m.Lanes, m.Row, maxBits)
		}
	}
	for i := range s.Fields {
		if err := s.checkField(&s.Fields[i]); err != nil {
			return fmt.Errorf("event: field %q: %w", s.Fields[i].Name, err)
		}
	}
	for k, t := range s.Tables {
		if len(t) == 0 {
			return fmt.Errorf("event: table %d is empty", k)
		}
	}
	for _, x := range s.Streams {
		if x.Length < 1 || x.Length > 64 || len(x.Seeds) < 1 || x.Taps[0] < 1 || x.Taps[0] > x.Length || x.Taps[1] < 1 || x.Taps[1] > x.Length {
			return fmt.Errorf("event: stream %q of length %d with taps %v and %d seeds, need a length of 1..64, taps within it and a seed", x.Name, x.Length, x.Taps, len(x.Seeds))
		}
	}
	for i, d := range s.Draws {
		if d.Stream < 0 || d.Stream >= len(s.Streams) || d.Bits < 1 || d.Bits > 31 {
			return fmt.Errorf("event: draw %d takes %d bits of stream %d, need 1..31 of 0..%d", i, d.Bits, d.Stream, len(s.Streams)-1)
		}
		if err := s.checkOperand(&d.Shift); err != nil {
			return fmt.Errorf("event: draw %d: %w", i, err)
		}
	}
	for i := range s.Programs {
		if err := s.checkProgram(&s.Programs[i]); err != nil {
			return fmt.Errorf("event: program %q: %w", s.Programs[i].Name, err)
		}
	}
	for _, x := range s.Inlets {
		if x.Port < 0 || x.Port >= len(s.Control.Ports) || x.N < 1 || x.N > 1<<15 || min(x.Word, x.Scale) < 0 || max(x.Word, x.Scale) > 1<<31 {
			return fmt.Errorf("event: inlet %q of %d neurons at port %d of %d", x.Name, x.N, x.Port, len(s.Control.Ports))
		}
	}
	if err := s.checkTransfers(); err != nil {
		return err
	}
	return s.checkControl()
}

func (s *Spec) checkField(f *Field) error {
	if err := f.Layout.Valid(); err != nil {
		return err
	}
	if f.Layout.Over == fixed.None || f.Layout.Width > 32 {
		return fmt.Errorf("layout of %d bits, %s: need a width of at most 32", f.Layout.Width, f.Layout.Over)
	}
	if f.Memory < 0 {
		return nil
	}
	if f.Memory >= len(s.Memories) || f.Bit < 0 || f.Stride < 0 {
		return fmt.Errorf("memory %d, bit %d, stride %d, need one of %d memories and no negative bit", f.Memory, f.Bit, f.Stride, len(s.Memories))
	}
	m := &s.Memories[f.Memory]
	if f.Bit > m.Bits || f.Stride > m.Bits || f.Bit+(m.Lanes-1)*f.Stride+int(f.Layout.Width) > m.Bits {
		return fmt.Errorf("bits %d.. of %d items, stride %d: need them within the %d bits of memory %q", f.Bit, m.Lanes, f.Stride, m.Bits, m.Name)
	}
	return nil
}

func (s *Spec) checkOperand(o *Operand) error {
	switch {
	case o.From >= NumSources:
		return fmt.Errorf("operand from %d, need 0..%d", o.From, NumSources-1)
	case o.Right < 0 || o.Right > 63:
		return fmt.Errorf("operand is shifted right by %d, need 0..63", o.Right)
	case o.From == Stored && (o.Field < 0 || o.Field >= len(s.Fields)):
		return fmt.Errorf("operand is field %d of %d", o.Field, len(s.Fields))
	case o.From == Word && (o.Bit < 0 || o.Width < 1 || o.Bit+o.Width > 63):
		return fmt.Errorf("operand is %d bits from %d on, need at least 1, below bit 63", o.Width, o.Bit)
	}
	return nil
}

func (s *Spec) checkOperands(list ...*Operand) error {
	for _, o := range list {
		if err := s.checkOperand(o); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) checkProgram(p *Program) error {
	if p.Prog == nil || p.Prog.Kind != isa.Event {
		return fmt.Errorf("need microcode of kind %s", isa.Event)
	}
	if p.Prog.NumS > len(p.State) || len(p.State) > isa.NumS || p.Prog.NumP > len(p.Params) || len(p.Params) > isa.NumP {
		return fmt.Errorf("%d state words and %d parameters, microcode uses %d and %d", len(p.State), len(p.Params), p.Prog.NumS, p.Prog.NumP)
	}
	if p.Prog.Draws > len(s.Draws) || p.Prog.Tables > len(s.Tables) {
		return fmt.Errorf("microcode uses %d draws and %d tables, have %d and %d", p.Prog.Draws, p.Prog.Tables, len(s.Draws), len(s.Tables))
	}
	for i := range p.State {
		if p.State[i].From != Stored {
			return fmt.Errorf("state word %d is no field", i)
		}
		if err := s.checkOperand(&p.State[i]); err != nil {
			return err
		}
	}
	for i := range p.Params {
		if err := s.checkOperand(&p.Params[i]); err != nil {
			return err
		}
	}
	for n, in := range p.Prog.Instrs {
		switch in.Op {
		case isa.RDX, isa.ACT, isa.SMP:
			return &isa.WordError{Word: n, Op: in.Op, Err: fmt.Errorf("an event core does not execute it")}
		case isa.LDF, isa.STF:
			if int(in.Imm) >= len(s.Fields) {
				return &isa.WordError{Word: n, Op: in.Op, Err: fmt.Errorf("field %d of %d", in.Imm, len(s.Fields))}
			}
		}
	}
	return nil
}

func (s *Spec) checkControl() error {
	k := &s.Control
	if k.Depth < 0 || k.Depth > maxDepth || k.Bits < 0 || k.Bits > 63 || len(k.Ports) < 1 || len(k.Ports) > maxList {
		return fmt.Errorf("event: queue of %d entries of %d bits, %d ports: need at most %d entries of 63 bits, and a port", k.Depth, k.Bits, len(k.Ports), maxDepth)
	}
	for _, n := range [...]int64{k.Sync, k.Hold, k.PerAck, k.Settle, k.Return, k.ReturnPerAck} {
		if n < 0 || n > maxEdges {
			return fmt.Errorf("event: %d edges of the controller, need 0..%d", n, maxEdges)
		}
	}
	for _, c := range k.Order {
		if c >= NumChoices || (c == FullQueue || c == HeadOfQueue) && k.Depth == 0 {
			return fmt.Errorf("event: choice %d of the controller with a queue of %d entries", c, k.Depth)
		}
	}
	for p := range k.Ports {
		if k.Ports[p].Bits < 1 || k.Ports[p].Bits > 63 || k.Ports[p].Sender < 0 || k.Ports[p].Sender > maxEdges {
			return fmt.Errorf("event: port %q of %d bits with %d edges between requests, need 1..63 and 0..%d", k.Ports[p].Name, k.Ports[p].Bits, k.Ports[p].Sender, maxEdges)
		}
		if !complete(k.Input, p) {
			return fmt.Errorf("event: port %q: no row takes every event, need one of mask 0 at the end", k.Ports[p].Name)
		}
	}
	if k.Depth > 0 && !complete(k.Head, -1) {
		return fmt.Errorf("event: no row takes every head of the queue, need one of mask 0 at the end")
	}
	for _, rows := range [...][]Row{k.Input, k.Head} {
		for i := range rows {
			if err := s.checkRow(&rows[i]); err != nil {
				return fmt.Errorf("event: row %q: %w", rows[i].Name, err)
			}
		}
	}
	return s.checkWheel()
}

// complete says that some row of a port, or of any for -1, takes every event.
func complete(rows []Row, port int) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.Mask == 0 && r.Match == 0 && (port < 0 || r.Port == port) })
}

func (s *Spec) checkRow(r *Row) error {
	if r.Port < 0 || r.Port >= len(s.Control.Ports) || r.Tail < 1 || r.Tail > maxEdges || r.Pop < 0 || r.Pop > maxEdges || r.PushAt < 0 || r.PushAt > maxEdges {
		return fmt.Errorf("port %d, tail %d, pop %d, push %d: need an existing port, a tail of 1 or more, at most %d edges", r.Port, r.Tail, r.Pop, r.PushAt, maxEdges)
	}
	if r.Push != nil && s.Control.Depth == 0 {
		return fmt.Errorf("pushes, but there is no queue")
	}
	if err := s.checkPieces(r.Push, s.Control.Bits); err != nil {
		return err
	}
	for i := range r.Walks {
		if k := &r.Walks[i]; r.Aside && (k.Gap+k.Start+k.Step > 0 || len(k.Sub)+len(k.Emit)+len(k.Until) > 0 || k.Sent || r.Push != nil || r.Deferred) {
			return fmt.Errorf("aside, but walk %d takes edges, waits, emits or has sub-walks, or the row pushes or is deferred", i)
		}
		if err := s.checkWalk(&r.Walks[i], 0); err != nil {
			return fmt.Errorf("walk %d (%s): %w", i, r.Walks[i].Name, err)
		}
		if n := s.atOnce(&r.Walks[i]); n > maxAtOnce {
			return fmt.Errorf("walk %d (%s) may serve %d items or more at one edge, need at most %d: give it a step or narrower bounds", i, r.Walks[i].Name, maxAtOnce+1, maxAtOnce)
		}
	}
	return nil
}

// maxAtOnce bounds the items that a walk serves without an edge between, so that
// no edge takes for ever.
const maxAtOnce = 1 << 24

// atOnce is how many items a walk may serve at one edge, its sub-walks
// included; more than maxAtOnce are not counted further.
func (s *Spec) atOnce(k *Walk) int64 {
	n := min(s.most(&k.Last), maxItems) + int64(max(k.Group, 1))
	if k.Sources != nil {
		n *= s.most(k.Sources) + 1
	}
	if k.Step > 0 {
		n = int64(max(k.Group, 1))
	}
	below := int64(1)
	for i := range k.Sub {
		below += s.atOnce(&k.Sub[i])
	}
	return min(min(n, maxAtOnce+1)*min(below, maxAtOnce+1), maxAtOnce+1)
}

// most is the largest value of an operand.
func (s *Spec) most(o *Operand) int64 {
	n := int64(maxItems)
	switch o.From {
	case Constant:
		n = min(max(o.Value, 0), 1<<31)
	case Stored:
		n = 1<<min(s.Fields[o.Field].Layout.Width, 31) - 1
	case Word:
		n = 1<<min(o.Width, 31) - 1
	case Fired:
		n = 1
	}
	return n >> o.Right
}

// checkPieces verifies the pieces of a word of so many bits.
func (s *Spec) checkPieces(pieces []Piece, bits int) error {
	for i := range pieces {
		p := &pieces[i]
		if p.Bit < 0 || p.Width < 1 || p.Bit+p.Width > bits {
			return fmt.Errorf("bits %d..%d of a word of %d", p.Bit, p.Bit+p.Width-1, bits)
		}
		if err := s.checkOperand(&p.Value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) checkWalk(k *Walk, level int) error {
	if k.Group < 0 || k.Group > 1<<15 || min(k.Gap, k.Start, k.Step) < 0 || max(k.Gap, k.Start, k.Step) > maxEdges {
		return fmt.Errorf("groups of %d, gap %d, start %d, step %d: need 0 or more", k.Group, k.Gap, k.Start, k.Step)
	}
	if len(k.Sub) > 0 && (level > 0 || k.Group > 1) {
		return fmt.Errorf("sub-walks of a sub-walk or of a group, need those of single items")
	}
	if err := s.checkParts(k); err != nil {
		return err
	}
	for _, m := range k.Clear {
		if m < 0 || m >= len(s.Memories) {
			return fmt.Errorf("clears memory %d of %d", m, len(s.Memories))
		}
	}
	for _, p := range k.Programs {
		if p < 0 || p >= len(s.Programs) {
			return fmt.Errorf("program %d of %d", p, len(s.Programs))
		}
	}
	for _, e := range k.Count {
		if e >= count.NumEvents {
			return fmt.Errorf("count %d of %d", e, count.NumEvents)
		}
	}
	if l := k.Learn; l != nil && (l.Program < 0 || l.Program >= len(s.Programs) || l.Granule < 1 || l.Memory < 0 || l.Memory >= len(s.Memories)) {
		return fmt.Errorf("learning with program %d in granules of %d of memory %d", l.Program, l.Granule, l.Memory)
	}
	for i := range k.Sub {
		if err := s.checkWalk(&k.Sub[i], level+1); err != nil {
			return fmt.Errorf("sub-walk %d (%s): %w", i, k.Sub[i].Name, err)
		}
	}
	return nil
}

// checkParts verifies the operands of a walk.
func (s *Spec) checkParts(k *Walk) error {
	ops := []*Operand{&k.Src, &k.First, &k.Last}
	if k.Sources != nil {
		ops = append(ops, k.Sources)
	}
	if k.Model != nil {
		ops = append(ops, k.Model)
	}
	for _, w := range [...]*Weight{k.In0, k.Pay} {
		if w != nil {
			ops = append(ops, &w.Value, &w.Neg, &w.Shift)
			for i := range w.Gate {
				ops = append(ops, &w.Gate[i])
			}
		}
	}
	if len(k.While) > 0 && k.Step < 1 {
		return fmt.Errorf("goes on while conditions hold without edges between, need a step of 1 or more")
	}
	terms := [][]Term{k.When, k.While, k.Keep, k.Until}
	for i := range k.Emit {
		e := &k.Emit[i]
		if e.On >= NumMoments || e.To >= NumSinks || e.To == ToQueue && s.Control.Depth == 0 {
			return fmt.Errorf("emission %d to %d at %d", i, e.To, e.On)
		}
		terms, ops = append(terms, e.When), append(ops, &e.Value)
		for _, o := range [...]*Operand{e.At, e.Gap} {
			if o != nil {
				ops = append(ops, o)
			}
		}
		if e.To == ToWheel && (s.Control.Wheel == nil || e.Gap == nil || e.On != OnSpike || e.Last < 0 || e.Last > 62) {
			return fmt.Errorf("emission %d to a wheel, need one, a gap, a spike, and a last bit of 0..62", i)
		}
		if err := s.checkPieces(e.Parts, 63); err != nil {
			return fmt.Errorf("emission %d: %w", i, err)
		}
	}
	if k.Learn != nil {
		terms = append(terms, k.Learn.When)
	}
	for _, list := range terms {
		if err := s.checkTerms(list); err != nil {
			return err
		}
	}
	return s.checkOperands(ops...)
}
