package isa

import "fmt"

// MaxProgram is the longest program in words.
const MaxProgram = 1024

// Link is a reading of another compartment's state: parameter Param holds its
// number, Word is the state word.
type Link struct{ Param, Word int }

// Kind says what a program is run for, and so which operations and operands
// it may use.
type Kind uint8

// The kinds of program.
const (
	Neuron Kind = iota // once per tick for a compartment
	Rule               // learning: once per trigger for a synapse or a trace
	Event              // once per event for a target, on cores without ticks
)

// String is the name of the kind.
func (k Kind) String() string { return [...]string{"neuron", "rule", "event"}[min(k, Event)] }

// Program is a checked list of instructions that ends in END.
type Program struct {
	Kind   Kind
	Instrs []Instr
	// Facts found by NewProgram.
	NumT, NumS, NumP int // words used of each kind
	Reads            [NumIN]bool
	Taps             int // highest tap + 1
	Draws            int // highest draw format + 1
	Tables           int // highest look-up table + 1
	Links            []Link
	Awake            bool // reads the tick or a modulator, draws or says ACT
	// Timed: the same state and input give another result in another tick,
	// because the program reads the tick or draws. All else that a program can
	// read changes by input or by the host only.
	Timed bool
}

// WordError says which word of a program is not allowed and why.
type WordError struct {
	Word int // position in the program, from 0
	Op   Op
	Err  error
}

// Error names the word and its operation.
func (e *WordError) Error() string {
	name := fmt.Sprintf("operation %d", uint8(e.Op))
	if e.Op < NumOps {
		name = Table[e.Op].Name
	}
	return fmt.Sprintf("isa: word %d (%s): %v", e.Word, name, e.Err)
}

// Unwrap returns the reason.
func (e *WordError) Unwrap() error { return e.Err }

// NewProgram checks the instructions of a neuron program, see NewProgramOf.
func NewProgram(in []Instr) (*Program, error) { return NewProgramOf(Neuron, in) }

// NewProgramOf checks a list of instructions and gathers the facts that
// engines and families need. The program keeps the instructions in their
// decoded form: fields that an operation does not use are Z or 0. An error
// about one word is a *WordError.
func NewProgramOf(kind Kind, in []Instr) (*Program, error) {
	if len(in) == 0 || len(in) > MaxProgram {
		return nil, fmt.Errorf("isa: program of %d words, need 1..%d", len(in), MaxProgram)
	}
	p := &Program{Kind: kind, Instrs: make([]Instr, len(in))}
	for n, i := range in {
		w, err := i.Encode()
		if err == nil {
			i, err = Decode(w)
		}
		if err == nil {
			err = p.note(i, n == len(in)-1)
		}
		if err != nil {
			return nil, &WordError{Word: n, Op: i.Op, Err: err}
		}
		p.Instrs[n] = i
	}
	return p, nil
}

func (p *Program) note(i Instr, last bool) error {
	row := Table[i.Op]
	if err := checkEnd(i, last); err != nil {
		return err
	}
	switch {
	case row.Attr&Unsettled != 0:
		return fmt.Errorf("no engine executes this operation yet")
	case row.Attr&Learns != 0 && p.Kind == Neuron:
		return fmt.Errorf("belongs to learning rules, this is a %s program", p.Kind)
	case row.Attr&Events != 0 && p.Kind != Event:
		return fmt.Errorf("belongs to event programs, this is a %s program", p.Kind)
	case i.Op == SPK && p.Kind == Rule:
		return fmt.Errorf("a learning rule sends no spikes")
	}
	if err := checkWidth(i); err != nil {
		return err
	}
	if hasDest(row.Form) && !(i.D < P0 || i.D == Z) {
		return fmt.Errorf("destination %s, need t0..t7, s0..s15 or Z", i.D)
	}
	for _, o := range [...]Operand{i.D, i.A, i.B} {
		p.use(o)
	}
	for _, o := range [...]Operand{i.A, i.B} {
		if err := p.read(o, i.Pred); err != nil {
			return err
		}
	}
	switch i.Op {
	case PRB:
		p.Taps = max(p.Taps, int(i.Sh)+1)
	case RND:
		p.Draws = max(p.Draws, int(i.Sh)+1)
	case RDX:
		if i.A < P0 || i.A >= IN0 {
			return fmt.Errorf("the compartment is %s, need a parameter, which is checked when a core is loaded", i.A)
		}
		if p.Kind != Neuron || int(i.Sh) >= NumS {
			return fmt.Errorf("state word %d of a %s program, need 0..%d of a neuron program", i.Sh, p.Kind, NumS-1)
		}
		p.Links = append(p.Links, Link{int(i.A - P0), int(i.Sh)})
	case LUT:
		p.Tables = max(p.Tables, int(i.Sh)+1)
	}
	p.Awake = p.Awake || row.Attr&WakesUp != 0 || wakes(i.A) || wakes(i.B)
	p.Timed = p.Timed || row.Attr&Draws != 0 || i.A == TCK || i.B == TCK
	return nil
}

// wakes says that an operand changes without any input.
func wakes(o Operand) bool { return o == TCK || o == MOD || o >= MD1 && o <= MD3 }

func checkEnd(i Instr, last bool) error {
	switch {
	case i.Op == END && !last:
		return fmt.Errorf("END before the last word, need it there and only there")
	case i.Op != END && last:
		return fmt.Errorf("the last word is %s, need END", Table[i.Op].Name)
	case i.Op == END && i.Pred != Always:
		return fmt.Errorf("END under the predicate %s, need no predicate", i.Pred)
	}
	return nil
}

func hasDest(f Form) bool {
	switch f {
	case FormD1, FormD2, FormD3, FormD1S, FormWidth, FormDraw, FormImm11, FormImm17, FormImm15, FormTable, FormLoad:
		return true
	}
	return false
}

func checkWidth(i Instr) error {
	if Table[i.Op].Form == FormWidth && i.Sh == 0 {
		return fmt.Errorf("width 0, need 1..31")
	}
	return nil
}

func (p *Program) use(o Operand) {
	switch {
	case o < S0:
		p.NumT = max(p.NumT, int(o-T0)+1)
	case o < P0:
		p.NumS = max(p.NumS, int(o-S0)+1)
	case o < IN0:
		p.NumP = max(p.NumP, int(o-P0)+1)
	}
}

// read notes a source operand. An input is read once and always: the first
// read clears it, so a second or a predicated one has no single meaning.
func (p *Program) read(o Operand, pr Pred) error {
	switch {
	case o >= IN0 && o < IN0+NumIN:
		k := o - IN0
		if p.Reads[k] {
			return fmt.Errorf("IN%d is read twice, need one read", k)
		}
		if pr != Always {
			return fmt.Errorf("IN%d is read under a predicate, need an unconditional read", k)
		}
		p.Reads[k] = true
		if p.Kind == Rule {
			return fmt.Errorf("operand %s is an input of a neuron, a learning rule has none", o)
		}
	case (o == PAY || o == EVT) && p.Kind == Neuron:
		return fmt.Errorf("operand %s belongs to event programs and learning rules", o)
	case o == OUT && p.Kind == Rule:
		return fmt.Errorf("operand OUT is the output of a neuron, a learning rule has none")
	}
	return nil
}

// Words encodes the program.
func (p *Program) Words() []uint32 {
	out := make([]uint32, len(p.Instrs))
	for n, i := range p.Instrs {
		out[n], _ = i.Encode() // NewProgram has encoded every instruction once
	}
	return out
}

// FromWords decodes and checks a neuron program.
func FromWords(ws []uint32) (*Program, error) { return FromWordsOf(Neuron, ws) }

// FromWordsOf decodes and checks a program of a kind.
func FromWordsOf(kind Kind, ws []uint32) (*Program, error) {
	if len(ws) > MaxProgram {
		return nil, fmt.Errorf("isa: program of %d words, need 1..%d", len(ws), MaxProgram)
	}
	in := make([]Instr, len(ws))
	for n, w := range ws {
		var err error
		if in[n], err = Decode(w); err != nil {
			return nil, &WordError{Word: n, Op: Op(w >> 26), Err: err}
		}
	}
	return NewProgramOf(kind, in)
}
