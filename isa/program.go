package isa

import "fmt"

// MaxProgram is the longest program in words.
const MaxProgram = 1024

// Program is a checked list of instructions that ends in END.
type Program struct {
	Instrs []Instr
	// Facts found by NewProgram.
	NumT, NumS, NumP int // words used of each kind
	Reads            [NumIN]bool
	Taps             int  // highest tap + 1
	Draws            int  // highest draw format + 1
	Awake            bool // reads the tick, draws or says ACT
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

// NewProgram checks a list of instructions and gathers the facts that
// engines and families need. The program keeps the instructions in their
// decoded form: fields that an operation does not use are Z or 0. An error
// about one word is a *WordError.
func NewProgram(in []Instr) (*Program, error) {
	if len(in) == 0 || len(in) > MaxProgram {
		return nil, fmt.Errorf("isa: program of %d words, need 1..%d", len(in), MaxProgram)
	}
	p := &Program{Instrs: make([]Instr, len(in))}
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
	if row.Attr&Unsettled != 0 {
		return fmt.Errorf("no engine executes this operation yet")
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
	}
	p.Awake = p.Awake || row.Attr&WakesUp != 0 || i.A == TCK || i.B == TCK
	return nil
}

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
	case FormD1, FormD2, FormD3, FormD1S, FormWidth, FormDraw, FormImm11, FormImm17, FormImm15, FormTable:
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
	case o == PAY || o == EVT || o == MOD:
		return fmt.Errorf("operand %s belongs to event programs, which no engine runs yet", o)
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

// FromWords decodes and checks a program.
func FromWords(ws []uint32) (*Program, error) {
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
	return NewProgram(in)
}
