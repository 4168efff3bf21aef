package chip

import (
	"fmt"
	"slices"
	"strings"

	"hillock/core/event"
	"hillock/isa/count"
)

// Transfer gives a transfer to the serial port of a core without ticks, by its
// number on the chip: it begins with the coming tick, or behind those before
// it. Its words count as reads or writes of the host.
func (m *Machine) Transfer(core int, t event.Transfer) error {
	e, err := m.serial(core)
	if err != nil {
		return err
	}
	if _, err := m.coreByID(core); err != nil { // wakes it
		return err
	}
	t.At = max(t.At, m.tick)
	if err := e.Shift(t); err != nil {
		return fmt.Errorf("chip: core %d: %w", core, err)
	}
	kind := count.HostWrites
	if e.Image().Spec.Transfers.Read.Holds(t.Words[0]) {
		kind = count.HostReads
	}
	m.host[kind] += int64(len(t.Words) - 1)
	return nil
}

// ShiftBits gives bits to the serial port of a core, the first highest in their
// byte, at period ticks a bit, 0 for the fewest that are enough. It gives the
// ticks until they are through and what they ask for is done; if those are more
// than most, nothing is begun.
func (m *Machine) ShiftBits(core int, period int64, bits []byte, most int64) (ticks int64, err error) {
	e, err := m.serial(core)
	if err != nil {
		return 0, err
	}
	port := e.Image().Spec.Transfers
	t := event.Transfer{At: m.tick, Period: period}
	if t.Words, err = port.Words(bits); err != nil {
		return 0, fmt.Errorf("chip: core %d: %w", core, err)
	}
	if t.Period == 0 {
		if t.Period = port.Period; port.Read.Holds(t.Words[0]) {
			t.Period = port.ReadPeriod
		}
	}
	if err := port.Check(&t); err != nil {
		return 0, fmt.Errorf("chip: core %d: %w", core, err)
	}
	if ticks = port.Edges(&t); ticks > most {
		return 0, fmt.Errorf("chip: core %d: a transfer of %d ticks, need at most %d", core, ticks, most)
	}
	return ticks, m.Transfer(core, t)
}

func (m *Machine) serial(core int) (*event.Core, error) {
	i, ok := slices.BinarySearchFunc(m.img.Cores, core, func(c Core, id int) int { return c.ID - id })
	if !ok {
		return nil, fmt.Errorf("chip: core %d is not in use", core)
	}
	e := m.cores[i].Event()
	if e == nil || e.Image().Spec.Transfers == nil {
		return nil, fmt.Errorf("chip: core %d of chip %s has no serial port", core, m.img.Chip)
	}
	return e, nil
}

// Transferred are the bits that came back during the last transfer of a core
// that ended; how many accesses to memories came to nothing, so that what came
// back for them is not known; and how many words were for registers that the
// model has not.
func (m *Machine) Transferred(core int) (back []byte, missed, unmodelled int, err error) {
	e, err := m.serial(core)
	if err != nil {
		return nil, 0, 0, err
	}
	s := &e.State.Shift
	if missed = s.Missed; s.Asked && s.Write {
		missed++
	}
	return e.Image().Spec.Transfers.Bits(append([]uint64{0}, s.Out...)), missed, s.Unmodelled, nil
}

// Gated says whether the gate of a core's serial port is set.
func (m *Machine) Gated(core int) (bool, error) {
	e, err := m.serial(core)
	return err == nil && e.Gated(), err
}

// Unset says that a register of a core, by the number of its memory, has no
// reset value, and that neither its image nor a transfer gave it one.
func (m *Machine) Unset(core, memory int) (string, bool) {
	e, err := m.serial(core)
	if err != nil || memory < 0 || memory >= len(e.Image().Spec.Memories) {
		return "", false
	}
	name := e.Image().Spec.Memories[memory].Name
	return name, slices.Contains(e.Undefined(), name)
}

// UnsetRegisters are the registers of a core without reset value that neither
// its image nor a transfer gave one, with commas between.
func (m *Machine) UnsetRegisters(core int) (string, error) {
	e, err := m.serial(core)
	if err != nil {
		return "", err
	}
	return strings.Join(e.Undefined(), ", "), nil
}

// ProgramStep is a transfer of a program for a serial port and what it writes.
type ProgramStep struct {
	Words []uint64
	Bits  []byte // the same, the first bit highest
	Name  string // memory[word].part of the first word, or register
}

// Programming gives the transfers that bring an image to a chip after reset:
// the gate is set, memories and registers are written, the gate gets its value.
// Without sparse all words of memories are written; else only parts that are
// not 0, for memories that are 0 before. The image has one core without ticks.
func (img *Image) Programming(sparse bool) ([]ProgramStep, error) {
	if len(img.Cores) != 1 || img.Cores[0].Image.Event == nil || img.Cores[0].Image.Event.Spec.Transfers == nil {
		return nil, fmt.Errorf("chip: image of chip %s with %d cores, need one core that serves events and has a serial port", img.Chip, len(img.Cores))
	}
	e := img.Cores[0].Image.Event
	p := &programming{e: e, x: e.Spec.Transfers, sparse: sparse}
	p.register(p.x.Gate.Register, func(uint64) uint64 { return 1 })
	for _, q := range p.x.Quiet {
		p.register(q.Register, func(uint64) uint64 { return q.Value })
	}
	done := make([]bool, len(e.Spec.Memories))
	for i := range p.x.Rows {
		if r := &p.x.Rows[i]; !r.Direct && r.Memory >= 0 && !done[r.Memory] && p.plain(i) {
			done[r.Memory] = true
			p.memory(r)
		}
	}
	for m := range e.Spec.Memories {
		if m != p.x.Gate.Register {
			p.register(m, func(v uint64) uint64 { return v })
		}
	}
	p.register(p.x.Gate.Register, func(v uint64) uint64 { return v })
	if len(p.steps) >= maxProgram {
		return nil, fmt.Errorf("chip: image of chip %s needs more than %d transfers", img.Chip, maxProgram)
	}
	for i := range p.steps {
		p.steps[i].Bits = p.x.Bits(p.steps[i].Words)
	}
	return p.steps, nil
}

// maxProgram bounds the transfers of one image.
const maxProgram = 1 << 22

// programming makes the transfers of an image.
type programming struct {
	e      *event.Image
	x      *event.Transfers
	sparse bool
	steps  []ProgramStep
}

// register appends what writes a register, or a memory that registers hold.
func (p *programming) register(m int, value func(uint64) uint64) {
	for i := range p.x.Rows {
		r := &p.x.Rows[i]
		if !r.Direct || r.Memory != m {
			continue
		}
		v := value(p.bits(m, int(r.Word.Value)*p.e.Spec.Memories[m].Bits, r.Width))
		p.add(r.Match|p.x.Write.Match, v, p.e.Spec.Memories[m].Name)
	}
}

// bits reads bits of the image's start contents, counted over all words.
func (p *programming) bits(m, first, n int) (v uint64) {
	mem := &p.e.Spec.Memories[m]
	chunks := (mem.Bits + 63) / 64
	for i := range n {
		b := first + i
		at := b/mem.Bits*chunks + b%mem.Bits/64
		if m < len(p.e.Init) && at < len(p.e.Init[m]) {
			v |= p.e.Init[m][at] >> (b % mem.Bits % 64) & 1 << i
		}
	}
	return v
}

// plain says that a row's words are chosen by bits of the head alone, and that
// no row before takes them.
func (p *programming) plain(row int) bool {
	r := &p.x.Rows[row]
	for _, o := range [...]event.Operand{r.Word, r.Part} {
		if o.From != event.Word && o.From != event.Constant || o.Right != 0 || o.Signed || o.From == event.Word && o.Bit < p.x.Data {
			return false
		}
	}
	for i := range row {
		b := &p.x.Rows[i]
		if head := p.head(r, 0, 0); head&b.Mask == b.Match {
			return false
		}
	}
	// a row that another of the same memory makes narrower is the general one
	return !slices.ContainsFunc(p.x.Rows[row+1:], func(b event.TransferRow) bool {
		return b.Memory == r.Memory && !b.Direct && b.Mask&r.Mask == b.Mask && r.Match&b.Mask == b.Match
	})
}

// head is the head that writes a part of a word.
func (p *programming) head(r *event.TransferRow, word, part int) uint64 {
	h := r.Match | p.x.Write.Match
	for _, x := range [...]struct {
		o event.Operand
		v int
	}{{r.Word, word}, {r.Part, part}} {
		if x.o.From == event.Word {
			h |= uint64(x.v) << (x.o.Bit - p.x.Data)
		}
	}
	return h
}

// memory appends the writes of all words of a memory. A word whose writing does
// something besides is written once more with all bits kept, so that what it
// does follows from the whole word.
func (p *programming) memory(r *event.TransferRow) {
	mem := &p.e.Spec.Memories[r.Memory]
	parts := (mem.Bits + r.Width - 1) / r.Width
	for w := range mem.Words {
		wrote := false
		for k := range parts {
			v := p.bits(r.Memory, w*mem.Bits+k*r.Width, min(r.Width, mem.Bits-k*r.Width))
			if p.sparse && v == 0 {
				continue
			}
			wrote = true
			p.add(p.head(r, w, k), v<<r.Value.Bit, fmt.Sprintf("%s[%d].%d", mem.Name, w, k))
		}
		if wrote && len(r.Walks) > 0 && r.Keep.Width > 0 {
			p.add(p.head(r, w, 0), (1<<r.Keep.Width-1)<<r.Keep.Bit, fmt.Sprintf("%s[%d]", mem.Name, w))
		}
	}
}

// add appends a word, to the transfer before if that goes on there.
func (p *programming) add(head, data uint64, name string) {
	n := p.x.Count
	if len(p.steps) >= maxProgram {
		return
	}
	if n.Width == 0 {
		p.steps = append(p.steps, ProgramStep{Words: []uint64{head, data}, Name: name})
		return
	}
	at := n.Bit - p.x.Data
	if k := len(p.steps); k > 0 && p.x.Next.Width > 0 {
		last := &p.steps[k-1]
		begin, words := last.Words[0]&^((1<<n.Width-1)<<at), len(last.Words)-1
		row := p.x.Row(head)
		if words+1 < 1<<n.Width && row != nil && !row.Direct && begin+uint64(words)<<(p.x.Next.Bit-p.x.Data) == head {
			last.Words[0] = begin | uint64(words+1)<<at
			last.Words = append(last.Words, data)
			return
		}
	}
	p.steps = append(p.steps, ProgramStep{Words: []uint64{head | 1<<at, data}, Name: name})
}
