package event

import "fmt"

// Transfers is a serial port through which a host writes and reads registers
// and memories: every transfer is a head and one or more words of data, bits
// in descending order, each taken at the rising edge of the port's own clock.
// Parts of a transfer are bits of "the word in hand", head << Data | data.
type Transfers struct {
	Head, Data int // bits of the head and of a word of data
	// Count are the bits of the head that say how many words of data follow;
	// Width 0: always one.
	Count Bits
	// Next are the bits of the word in hand to which every further word of data
	// adds one, for rows of memories; Width 0: none.
	Next Bits
	// Period is the shortest period of the port's clock in edges of the core's,
	// ReadPeriod that of transfers that read.
	Period, ReadPeriod int64
	// Read and Write say of a head whether rows of memories read or write.
	Read, Write Pattern
	// Taken is the bit of a word of data at whose end what was read is taken to
	// be sent; Value is how many of the last bits of the word carry it.
	Taken, Value int
	// Sync is how many edges after its first sampling an access is seen. Aside:
	// it is done at that edge, whatever the controller does, if the gate is set.
	// Otherwise it waits for a decision edge with the gate set, is done WriteAt or
	// ReadAt edges later, and the controller rests until Release edges after the
	// port's clock has fallen the next time, for a read the end of bit Taken.
	Sync, WriteAt, ReadAt, Release int64
	Aside                          bool
	Gate                           Gate
	Rows                           []TransferRow
	// Quiet are registers that hold a value while memories are programmed, so
	// that what a write does besides does no harm.
	Quiet []Setting `json:",omitempty"`
	// NoReset are registers that hold nothing definite before they are written.
	NoReset []int `json:",omitempty"`
}

// Setting is a register and a value.
type Setting struct {
	Register int
	Value    uint64
}

// Bits are Width bits from bit Bit on.
type Bits struct{ Bit, Width int }

// of is the number that the bits stand for.
func (b Bits) of(word uint64) uint64 { return word >> b.Bit & (1<<b.Width - 1) }

// Pattern is a test of bits.
type Pattern struct{ Mask, Match uint64 }

// Holds says that the bits are those of the pattern.
func (p Pattern) Holds(word uint64) bool { return word&p.Mask == p.Match }

// Gate is the register that opens memories to the port. Unless accesses are
// Aside, a gate that is set keeps the controller from everything else and ends
// the output in work.
type Gate struct {
	Register int
	// Waits: it is set only when the controller comes to wait.
	Waits bool
	// Over is the memory whose words the walks of an event in work spoil while
	// the gate is set: the port's data is written instead; -1 = none.
	Over int
}

// TransferRow is a row of the port's table: what one kind of head means.
type TransferRow struct {
	Name    string
	Pattern     // of the head
	Memory  int // or register; -1 = what the model has not
	Word    Operand
	Part    Operand // which Width bits of the word, counted in such parts
	Width   int     // bits that are written or read; 0 = the register's
	Value   Bits    // of the word in hand: the new bits
	Keep    Bits    // of the word in hand: ones keep the old bits; Width 0 = none kept
	// Direct: a register is written at the rising edge of the last bit, Delay
	// edges before its users see it, whatever Read and Write say.
	Direct bool
	Delay  int64
	// Walks run with the old word before an access writes the new one, which
	// overwrites what they wrote into it.
	Walks []Walk `json:",omitempty"`
}

// Check verifies a transfer: its period and its words.
func (x *Transfers) Check(t *Transfer) error {
	if x == nil {
		return fmt.Errorf("event: the description has no serial port")
	}
	if len(t.Words) == 0 || t.Words[0]>>x.Head != 0 {
		return fmt.Errorf("event: transfer without a head of %d bits", x.Head)
	}
	need := 1
	if x.Count.Width > 0 {
		need = int(x.Count.of(t.Words[0] << x.Data))
	}
	if len(t.Words)-1 != need {
		return fmt.Errorf("event: transfer of %d words behind the head, need %d", len(t.Words)-1, need)
	}
	for i, w := range t.Words[1:] {
		if w>>x.Data != 0 {
			return fmt.Errorf("event: word %d of a transfer is %#x, need %d bits", i, w, x.Data)
		}
	}
	least := x.Period
	if x.Read.Holds(t.Words[0]) {
		least = x.ReadPeriod
	}
	if t.Period < least || t.Period > maxEdges || t.At < 0 || t.At > 1<<61 {
		return fmt.Errorf("event: transfer with a period of %d edges from edge %d on, need %d..%d, and an edge", t.Period, t.At, least, maxEdges)
	}
	return nil
}

// Words takes bits, the first highest in their byte, apart into the words of a
// transfer. Bits that fill the last byte are 0.
func (x *Transfers) Words(b []byte) ([]uint64, error) {
	n := (8*len(b) - x.Head) / x.Data
	if n < 0 || (x.Head+n*x.Data+7)/8 != len(b) {
		return nil, fmt.Errorf("event: a transfer of %d bytes, need %d bits and any number of times %d", len(b), x.Head, x.Data)
	}
	words := make([]uint64, n+1)
	at := 0
	for i := range words {
		width := x.Data
		if i == 0 {
			width = x.Head
		}
		for range width {
			words[i] = words[i]<<1 | uint64(b[at/8]>>(7-at%8)&1)
			at++
		}
	}
	for ; at < 8*len(b); at++ {
		if b[at/8]>>(7-at%8)&1 != 0 {
			return nil, fmt.Errorf("event: bits behind the %d of a transfer, need 0", x.Head+n*x.Data)
		}
	}
	return words, nil
}

// Bits is the inverse of Words.
func (x *Transfers) Bits(words []uint64) []byte {
	b := make([]byte, (x.Head+(len(words)-1)*x.Data+7)/8)
	at := 0
	for i, w := range words {
		width := x.Data
		if i == 0 {
			width = x.Head
		}
		for k := width - 1; k >= 0; k-- {
			b[at/8] |= byte(w>>k&1) << (7 - at%8)
			at++
		}
	}
	return b
}

// Edges is how many edges a transfer takes, with the access that comes behind
// it if the controller waits for it.
func (x *Transfers) Edges(t *Transfer) int64 {
	return int64(x.Head+(len(t.Words)-1)*x.Data)*t.Period + x.Sync + x.WriteAt + 1
}

// fits verifies the serial port of a state.
func (s *Shifting) fits(spec *Spec) error {
	x := spec.Transfers
	if x == nil {
		if len(s.Waiting) > 0 || s.Asked || s.Doing || s.Held || s.Storing {
			return fmt.Errorf("event: state with transfers, the image has no serial port")
		}
		return nil
	}
	for i := range s.Waiting {
		if err := x.Check(&s.Waiting[i]); err != nil {
			return err
		}
	}
	if s.Begun && (len(s.Waiting) == 0 || s.Word < 0 || s.Word >= len(s.Waiting[0].Words)) || s.Stage < firstFall || s.Stage > lastFall {
		return fmt.Errorf("event: moment %d of word %d of a transfer, which does not exist", s.Stage, s.Word)
	}
	if s.Storing && (s.Row < 0 || s.Row >= len(x.Rows) || !x.Rows[s.Row].Direct || x.Rows[s.Row].Memory < 0) {
		return fmt.Errorf("event: register row %d of %d on its way", s.Row, len(x.Rows))
	}
	if len(s.Written) > (len(spec.Memories)+63)/64 {
		return fmt.Errorf("event: %d registers written, have %d", 64*len(s.Written), len(spec.Memories))
	}
	return nil
}

// checkTransfers verifies the serial port of a description.
func (s *Spec) checkTransfers() error {
	x := s.Transfers
	if x == nil {
		return nil
	}
	if x.Head < 1 || x.Data < 2 || x.Head+x.Data > 64 || x.Head > 48 || x.Data > 48 {
		return fmt.Errorf("event: transfers of %d bits of head and %d of data, need 1..48 and 2..48, 64 in all", x.Head, x.Data)
	}
	if x.Taken < 0 || x.Value < 1 || x.Value > x.Data || x.Taken > x.Data-2 {
		return fmt.Errorf("event: transfers: what was read is taken at bit %d and sent in %d bits of %d", x.Taken, x.Value, x.Data)
	}
	for _, n := range [...]int64{x.Sync, x.WriteAt, x.ReadAt, x.Release} {
		if n < 0 || n > maxEdges {
			return fmt.Errorf("event: transfers: %d edges, need 0..%d", n, maxEdges)
		}
	}
	if x.Period < 2 || x.Period > maxEdges || x.ReadPeriod < x.Period || x.ReadPeriod > maxEdges {
		return fmt.Errorf("event: transfers: periods of %d and %d edges, need 2..%d, that of reads not below", x.Period, x.ReadPeriod, maxEdges)
	}
	for _, b := range [...]Bits{x.Count, x.Next} {
		if !b.within(64) || b.Width > 16 {
			return fmt.Errorf("event: transfers: bits %d..%d of 64, need at most 16", b.Bit, b.Bit+b.Width-1)
		}
	}
	if !s.register(x.Gate.Register) || x.Gate.Over < -1 || x.Gate.Over >= len(s.Memories) || x.Gate.Over >= 0 && s.Memories[x.Gate.Over].Lanes > 1 {
		return fmt.Errorf("event: transfers: gate %d over memory %d, need a register of at most 63 bits and one of %d memories", x.Gate.Register, x.Gate.Over, len(s.Memories))
	}
	for _, m := range x.NoReset {
		if !s.register(m) {
			return fmt.Errorf("event: transfers: register %d without reset value, which does not exist", m)
		}
	}
	for _, q := range x.Quiet {
		if !s.register(q.Register) || q.Value>>s.Memories[q.Register].Bits != 0 {
			return fmt.Errorf("event: transfers: register %d set to %d", q.Register, q.Value)
		}
	}
	for i := range x.Rows {
		if err := s.checkTransfer(&x.Rows[i]); err != nil {
			return fmt.Errorf("event: transfer row %q: %w", x.Rows[i].Name, err)
		}
	}
	return nil
}

func (b Bits) within(n int) bool {
	return b.Bit >= 0 && b.Width >= 0 && b.Bit <= n && b.Width <= n-b.Bit
}

// register says that a memory is a single number.
func (s *Spec) register(m int) bool {
	return m >= 0 && m < len(s.Memories) && s.Memories[m].Words == 1 && s.Memories[m].Lanes == 1 && s.Memories[m].Bits < 64
}

func (s *Spec) checkTransfer(r *TransferRow) error {
	if r.Memory < -1 || r.Memory >= len(s.Memories) {
		return fmt.Errorf("memory %d of %d", r.Memory, len(s.Memories))
	}
	if n := s.Transfers.Data; r.Width < 1 || r.Width > 48 || !r.Value.within(n) || !r.Keep.within(n) {
		return fmt.Errorf("%d bits of bits %v, kept by %v, need 1..48 within the %d of data", r.Width, r.Value, r.Keep, n)
	}
	if r.Direct && r.Memory >= 0 && (r.Word.From != Constant || r.Word.Value < 0 || r.Word.Value >= int64(s.Memories[r.Memory].Words)) {
		return fmt.Errorf("a register at word %d, need a number below %d", r.Word.Value, s.Memories[r.Memory].Words)
	}
	if r.Delay < 0 || r.Delay > maxEdges || !r.Direct && r.Delay > 0 || r.Direct && len(r.Walks) > 0 {
		return fmt.Errorf("delay of %d edges and %d walks: a delay is of registers, walks are of memories", r.Delay, len(r.Walks))
	}
	if err := s.checkOperands(&r.Word, &r.Part); err != nil {
		return err
	}
	for i := range r.Walks {
		k := &r.Walks[i]
		if k.Gap+k.Start+k.Step > 0 || len(k.Sub) > 0 || k.Learn != nil {
			return fmt.Errorf("walk %d takes edges, learns or has sub-walks", i)
		}
		if err := s.checkWalk(k, 0); err != nil {
			return fmt.Errorf("walk %d: %w", i, err)
		}
	}
	return nil
}
