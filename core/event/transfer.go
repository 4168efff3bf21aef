package event

import "slices"

// Transfer is what a host shifts into the serial port: the head, then words of
// data. Its first bit is put on the line at edge At, or when the transfer
// before it ends; a bit takes Period edges, its rising edge lies half of them,
// rounded down, behind its start.
type Transfer struct {
	At, Period int64
	Words      []uint64
}

// Shifting is what the serial port is at.
type Shifting struct {
	// Waiting are transfers to come, the first of them on its way if Begun. Its
	// next moment is number Stage of word Word.
	Waiting     []Transfer
	Begun       bool
	Word, Stage int
	// Latched is the word in hand as the port's logic keeps it.
	Latched uint64
	// Asked: an access waits to be done. Write: it writes, else it reads. Up is
	// the edge from which on it is seen, Down the last at which it is.
	Asked, Write bool
	Up, Down     int64
	// Doing: the access is done at edge Edge. Held: the controller waits for the
	// clock to fall, to decide from edge Least on.
	Doing, Held bool
	Edge, Least int64
	// Storing: register row Row takes Value at edge Due.
	Storing bool
	Row     int
	Value   uint64
	Due     int64
	// Opening: the gate is set when the controller waits, from edge OpenAt on.
	Opening    bool
	OpenAt     int64
	Fetched    bool   // the value of this word was read in time
	Read       uint64 // what was read last
	Out        []uint64
	Missed     int      // accesses that came to nothing, of the transfer in Out
	Unmodelled int      // words of the transfer in Out that meant what the model has not
	Written    []uint64 // bit m: register m was written
}

func (s *Shifting) clone() Shifting {
	c := *s
	c.Waiting, c.Out, c.Written = slices.Clone(s.Waiting), slices.Clone(s.Out), slices.Clone(s.Written)
	for i := range c.Waiting {
		c.Waiting[i].Words = slices.Clone(s.Waiting[i].Words)
	}
	return c
}

// The moments of a word of a transfer.
const (
	firstFall = iota // the end of its first bit
	taking           // the end of bit Taken, of data
	lastRise         // the middle of the last bit, of data
	lastFall         // its end
)

// moment is the edge before which the next thing happens on the line.
func (s *Shifting) moment(x *Transfers) int64 {
	t := &s.Waiting[0]
	bit := int64(0)
	width := int64(x.Head)
	if s.Word > 0 {
		bit, width = int64(x.Head)+int64(s.Word-1)*int64(x.Data), int64(x.Data)
	}
	start := t.At + bit*t.Period
	switch s.Stage {
	case firstFall:
		return start + t.Period
	case taking:
		return start + int64(x.Taken+1)*t.Period
	case lastRise:
		return start + (width-1)*t.Period + t.Period/2
	}
	return start + width*t.Period
}

// nextShift is the first edge from t on at which the serial port does anything
// by itself.
func (c *Core) nextShift(t int64) int64 {
	x, s := c.img.Spec.Transfers, &c.State.Shift
	if x == nil {
		return Never
	}
	next := Never
	if len(s.Waiting) > 0 {
		next = s.moment(x)
	}
	if s.Storing {
		next = min(next, s.Due)
	}
	next = min(next, c.dueOpen())
	if s.Doing {
		next = min(next, s.Edge)
	}
	if s.Asked && !x.Aside && !s.Held && c.gated() && !c.State.Walk.Running {
		if n := max(c.State.Decision, c.State.Busy+1, s.Up, t); n <= s.Down {
			next = min(next, n)
		}
	}
	return max(next, t)
}

// dueOpen is the edge at which a gate that waits for the controller is set.
func (c *Core) dueOpen() int64 {
	s := &c.State.Shift
	if !s.Opening || c.State.Walk.Running {
		return Never
	}
	return max(s.OpenAt, c.State.Decision)
}

// Gated says that the gate of the serial port is set.
func (c *Core) Gated() bool { return c.gated() }

// gated says that the gate is set.
func (c *Core) gated() bool {
	x := c.img.Spec.Transfers
	return x != nil && c.State.Mem[x.Gate.Register][0] != 0
}

// blocked says that the gate keeps the controller from everything else.
func (c *Core) blocked() bool { return c.gated() && !c.img.Spec.Transfers.Aside }

// shift does what happens at the serial port before or at edge t.
func (c *Core) shift(t int64) {
	x, s := c.img.Spec.Transfers, &c.State.Shift
	if x == nil {
		return
	}
	for {
		if s.Doing && s.Edge <= t && (len(s.Waiting) == 0 || s.Edge < s.moment(x)) {
			c.access(x)
			continue
		}
		if len(s.Waiting) > 0 && !s.Begun {
			s.begin(x)
		}
		if len(s.Waiting) == 0 || s.moment(x) > t {
			break
		}
		c.pass(x, s.moment(x))
	}
	if s.Storing && s.Due <= t {
		c.storeRegister(x, t)
	}
	if c.dueOpen() <= t {
		c.openGate(x, t)
	}
	if c.blocked() && s.Asked && !s.Held && !c.State.Walk.Running && t >= max(c.State.Decision, c.State.Busy+1, s.Up) && t <= s.Down {
		c.admit(x, t)
	}
}

// begin starts the first transfer.
func (s *Shifting) begin(x *Transfers) {
	s.Begun, s.Word, s.Stage = true, 0, firstFall
	s.Out, s.Missed, s.Unmodelled = nil, 0, 0
}

// pass does what the line's moment at edge m does, and goes to the next.
func (c *Core) pass(x *Transfers, m int64) {
	s := &c.State.Shift
	t := &s.Waiting[0]
	switch s.Stage {
	case firstFall:
		if s.Write && (s.Asked || s.Held) {
			c.fall(x, m)
		}
		if s.Stage = taking; s.Word == 0 {
			s.Stage = lastFall
		}
		return
	case taking:
		c.take(x, m)
		s.Stage = lastRise
		return
	case lastRise:
		c.direct(x, m)
		s.Stage = lastFall
		return
	}
	c.wordEnd(x, m)
	if s.Word, s.Stage = s.Word+1, firstFall; s.Word < len(t.Words) {
		return
	}
	c.State.Ended = max(c.State.Ended, m)
	if s.Waiting = s.Waiting[1:]; len(s.Waiting) == 0 {
		s.Waiting = nil
	} else {
		s.Waiting[0].At = max(s.Waiting[0].At, m)
	}
	s.Begun = false
	c.note(Note{Kind: Shifted, Edge: m, Index: int64(s.Missed), Value: int64(len(s.Out))})
}

// hand is the word in hand of word k of the transfer on its way, with further
// words counted on.
func (s *Shifting) hand(x *Transfers, k int) uint64 {
	t := &s.Waiting[0]
	w := t.Words[0] << x.Data
	if k > 0 {
		w |= t.Words[k]
	}
	if n := x.Next; n.Width > 0 && k > 1 {
		mask := uint64(1)<<n.Width - 1
		w = w&^(mask<<n.Bit) | (n.of(w)+uint64(k-1))&mask<<n.Bit
	}
	return w
}

// wordEnd is the fall behind the last bit of a word: accesses are asked for.
func (c *Core) wordEnd(x *Transfers, m int64) {
	s := &c.State.Shift
	t := &s.Waiting[0]
	head, k := t.Words[0], s.Word
	reads, writes := x.Read.Holds(head), x.Write.Holds(head)
	if k == 0 && (reads || writes) {
		s.Latched = head << x.Data
	}
	if writes && k > 0 {
		s.Latched = s.hand(x, k)
		c.ask(x, m, true)
	}
	if reads && k+1 < len(t.Words) {
		s.Latched = s.hand(x, k+1) &^ (1<<x.Data - 1)
		s.Fetched = false
		c.ask(x, m, false)
	}
}

// ask raises an access to memory at edge m.
func (c *Core) ask(x *Transfers, m int64, write bool) {
	s := &c.State.Shift
	r := x.row(s.Latched)
	if r == nil || r.Direct {
		return
	}
	if r.Memory < 0 {
		s.Unmodelled++
		return
	}
	if x.Aside && !c.gated() {
		s.Missed++
		return
	}
	s.Asked, s.Write, s.Up, s.Down = true, write, m+x.Sync, Never
	if x.Aside {
		s.Asked, s.Doing, s.Edge = false, true, s.Up
	}
}

// row is the first row for the word in hand.
func (x *Transfers) row(word uint64) *TransferRow { return x.Row(word >> x.Data) }

// Row is the row that takes a transfer with this head, nil without.
func (x *Transfers) Row(head uint64) *TransferRow {
	for i := range x.Rows {
		if x.Rows[i].Holds(head) {
			return &x.Rows[i]
		}
	}
	return nil
}

// admit lets the access in at decision edge n.
func (c *Core) admit(x *Transfers, n int64) {
	s := &c.State.Shift
	s.Asked, s.Doing, s.Held = false, true, true
	s.Edge = n + x.ReadAt
	if s.Write {
		s.Edge = n + x.WriteAt
	}
	s.Least = s.Edge + 2
	c.State.Decision = Never
	if s.Down != Never { // it is over already
		c.free(x, s.Down-x.Sync+1)
	}
}

// free lets the controller decide again after the clock fell at edge m.
func (c *Core) free(x *Transfers, m int64) {
	s := &c.State.Shift
	s.Held = false
	c.State.Decision = max(m+x.Release, s.Least)
}

// fall is the end of what asks for an access.
func (c *Core) fall(x *Transfers, m int64) {
	s := &c.State.Shift
	if s.Down == Never {
		s.Down = m + x.Sync - 1
	}
	if s.Held {
		c.free(x, m)
	}
}

// take sends what was read for this word, and ends the asking.
func (c *Core) take(x *Transfers, m int64) {
	s := &c.State.Shift
	if !x.Read.Holds(s.Waiting[0].Words[0]) {
		s.Out = append(s.Out, 0)
		return
	}
	c.fall(x, m)
	s.Latched &^= 1<<x.Data - 1
	v := uint64(0)
	r := x.row(s.Waiting[0].Words[0] << x.Data)
	memory := r != nil && !r.Direct && r.Memory >= 0
	if memory && !s.Fetched && !x.Aside { // what the memory put out last is sent, which is not modelled
		s.Missed++
	}
	if memory && s.Fetched || x.Aside {
		v = s.Read
	}
	s.Out = append(s.Out, v)
}
