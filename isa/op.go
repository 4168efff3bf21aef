// Package isa is the neuron instruction set: its table, words and programs.
// One program runs over every compartment of a group, one compartment after
// the other in meaning, as a vector in speed: no loops, no jumps, two flags
// and predication.
package isa

// Op is an operation code, bits 31:26 of an instruction word.
type Op uint8

// The operations. Numbers are frozen by the check words of the tests.
const (
	END Op = iota
	NOP
	MOV
	ADD
	SUB
	MUL
	MULZ // MUL.tz: rounds toward zero
	MULH // MUL.ha: rounds half away from zero
	MULS // MUL.st: stochastic
	MULHSU
	SHR
	SHRZ
	SHRH
	SHL
	DIV
	AND
	OR
	XOR
	MIN
	MAX
	ABS
	SGN
	SAT
	SATU
	WRAP
	CLT
	CLE
	CEQ
	CNE
	CLTU
	SPK
	PRB
	ACT
	LUT
	JEV
	RND
	RDX
	STW
	ADDI
	LDI
	LDIH
	TST
	TSZ
	LDF
	STF
	SMP
	NumOps
)

// Form says which fields of the word an operation uses.
type Form uint8

// The instruction forms.
const (
	FormNone  Form = iota // no operand
	FormD1                // d, a
	FormD2                // d, a, b, shift
	FormD3                // d, a, b
	FormD1S               // d, a, b (extra count), shift
	FormWidth             // d, a, #width in shift
	FormCmp               // flag (with combination), a, b
	FormSrc               // a
	FormSrcK              // a, #k in shift
	FormDraw              // d, #k in shift
	FormImm11             // d, a, #i11
	FormImm17             // d, #i17
	FormImm15             // d, #u15 (bits 31..17 of the constant)
	FormTable             // d, a, #table in shift
	FormSkip              // #n in shift
	FormTest              // flag (with combination), a, #mask11
	FormLoad              // d, #field11
	FormStore             // a, #field11
)

// Class groups instructions for energy and cycle prices.
type Class uint8

// The cost classes, in the order of the counted instruction events.
const (
	ClassX Class = iota // control, probe
	ClassA              // add, logic, compare
	ClassM              // multiply
	ClassL              // look-up, divide
	ClassS              // spike
	ClassW              // synapse write
	NumClasses
)

// Attr are properties on which sleeping and checking depend.
type Attr uint8

// The attributes.
const (
	Draws     Attr = 1 << iota // takes random draws, so that no tick is like another
	WakesUp                    // keeps the compartment awake
	Unsettled                  // encodable, but no engine executes it yet: refused at load
	Learns                     // only in learning rules
	Events                     // only in event programs
)

// Row is one line of the instruction table.
type Row struct {
	Op     Op
	Name   string
	Form   Form
	Class  Class
	Cycles int // declared default, a family may override it
	Attr   Attr
	Doc    string
}

// Table is the instruction set; Table[op].Op == op.
var Table = [NumOps]Row{
	{END, "END", FormNone, ClassX, 1, 0, "end of the program"},
	{NOP, "NOP", FormNone, ClassX, 1, 0, "nothing"},
	{MOV, "MOV", FormD1, ClassA, 1, 0, "d = a"},
	{ADD, "ADD", FormD2, ClassA, 1, 0, "d = a + (b << sh), 64-bit result"},
	{SUB, "SUB", FormD2, ClassA, 1, 0, "d = a - (b << sh), 64-bit result"},
	{MUL, "MUL", FormD2, ClassM, 2, 0, "d = floor(a*b / 2^sh)"},
	{MULZ, "MUL.tz", FormD2, ClassM, 2, 0, "d = a*b / 2^sh, rounded toward zero"},
	{MULH, "MUL.ha", FormD2, ClassM, 2, 0, "d = a*b / 2^sh, rounded half away from zero"},
	{MULS, "MUL.st", FormD2, ClassM, 2, Draws | WakesUp | Unsettled, "reserved: write RND, ADD, SHR, so that the draw's stream and width are said"},
	{MULHSU, "MULHSU", FormD3, ClassM, 2, 0, "d = floor(a * unsigned(b) / 2^32)"},
	{SHR, "SHR", FormD1S, ClassA, 1, 0, "d = floor(a / 2^(sh+b))"},
	{SHRZ, "SHR.tz", FormD1S, ClassA, 1, 0, "d = a / 2^(sh+b), rounded toward zero"},
	{SHRH, "SHR.ha", FormD1S, ClassA, 1, 0, "d = a / 2^(sh+b), rounded half away from zero"},
	{SHL, "SHL", FormD1S, ClassA, 1, 0, "d = a << (sh+b), 64-bit result"},
	{DIV, "DIV", FormD2, ClassL, 2, 0, "d = 0 if a < 0; 2^31-1 if b <= 0; else floor((a << sh) / b)"},
	{AND, "AND", FormD3, ClassA, 1, 0, "d = a and b"},
	{OR, "OR", FormD3, ClassA, 1, 0, "d = a or b"},
	{XOR, "XOR", FormD3, ClassA, 1, 0, "d = a exclusive-or b"},
	{MIN, "MIN", FormD3, ClassA, 1, 0, "d = the smaller of a and b"},
	{MAX, "MAX", FormD3, ClassA, 1, 0, "d = the larger of a and b"},
	{ABS, "ABS", FormD1, ClassA, 1, 0, "d = |a|, 64-bit result"},
	{SGN, "SGN", FormD1, ClassA, 1, 0, "d = -1, 0 or 1 as a is negative, zero or positive"},
	{SAT, "SAT", FormWidth, ClassA, 1, 0, "d = a clipped to a signed number of w bits"},
	{SATU, "SATU", FormWidth, ClassA, 1, 0, "d = a clipped to an unsigned number of w bits"},
	{WRAP, "WRAP", FormWidth, ClassA, 1, 0, "d = a wrapped to a signed number of w bits"},
	{CLT, "CLT", FormCmp, ClassA, 1, 0, "flag = (a < b), combined with F"},
	{CLE, "CLE", FormCmp, ClassA, 1, 0, "flag = (a <= b), combined with F"},
	{CEQ, "CEQ", FormCmp, ClassA, 1, 0, "flag = (a == b), combined with F"},
	{CNE, "CNE", FormCmp, ClassA, 1, 0, "flag = (a != b), combined with F"},
	{CLTU, "CLTU", FormCmp, ClassA, 1, 0, "flag = (a < b), both read as unsigned, combined with F"},
	{SPK, "SPK", FormSrc, ClassS, 1, 0, "OUT += a, or 1 if a is Z; OUT is clipped to the group's cap"},
	{PRB, "PRB", FormSrcK, ClassX, 0, 0, "sample a on tap k; no effect on state"},
	{ACT, "ACT", FormSrc, ClassX, 1, WakesUp, "the core counts as active if a is not 0"},
	{LUT, "LUT", FormTable, ClassL, 2, 0, "d = entry a of table k; below 0 the first, above the end the last"},
	{JEV, "JEV", FormSkip, ClassX, 1, Unsettled, "reserved: no program needs a jump"},
	{RND, "RND", FormDraw, ClassL, 2, Draws | WakesUp, "d = a draw in draw format k"},
	{RDX, "RDX", FormTable, ClassL, 2, WakesUp, "d = state word k of the compartment whose number is parameter a, of another group"},
	{STW, "STW", FormNone, ClassW, 1, Learns, "the words of the synapse that changed are stored, each counted"},
	{ADDI, "ADDI", FormImm11, ClassA, 1, 0, "d = a + i, 11-bit signed i"},
	{LDI, "LDI", FormImm17, ClassA, 1, 0, "d = i, 17-bit signed i"},
	{LDIH, "LDIH", FormImm15, ClassA, 1, 0, "bits 31..17 of d = u, the rest of d stays"},
	{TST, "TST", FormTest, ClassA, 1, 0, "flag = (a has a bit of the mask), combined"},
	{TSZ, "TSZ", FormTest, ClassA, 1, 0, "flag = (a has no bit of the mask), combined"},
	{LDF, "LDF", FormLoad, ClassL, 1, Events, "d = field f of the neuron's memory word"},
	{STF, "STF", FormStore, ClassL, 1, Events, "field f of the neuron's memory word = a, by the field's layout"},
	{SMP, "SMP", FormSkip, ClassX, 1, Learns, "from here on traces are read as they were at moment n: 0 the end of the epoch, 1 the last spike before the synapse, 2 the last spike behind it"},
}

// Operand is a 6-bit operand number.
type Operand uint8

// Operand ranges: temporaries, state words, parameters, inputs, specials.
const (
	T0  Operand = 0  // t0..t7, 32-bit temporaries, 0 at every start
	S0  Operand = 8  // s0..s15, state words with a layout
	P0  Operand = 24 // p0..p23, read-only parameters
	IN0 Operand = 48 // IN0..IN3, accumulated input of port k
	PAY Operand = 52 // payload of the event
	EVT Operand = 53 // kind of the event
	MOD Operand = 54 // neuromodulator 0
	OUT Operand = 55 // spikes put out so far
	TCK Operand = 56 // tick
	Z   Operand = 57 // zero
	MD1 Operand = 58 // neuromodulators 1 to 3
	MD2 Operand = 59
	MD3 Operand = 60

	NumT, NumS, NumP, NumIN, NumMOD = 8, 16, 24, 4, 4
)

// Pred is the condition of an instruction, bits 25:23.
type Pred uint8

// The predicates.
const (
	Always Pred = iota
	IfF
	IfNotF
	IfG
	IfNotG
	IfH
	IfNotH
)

// Comb says how a comparison is combined with a flag before it is written: with
// flag Instr.Src, which is F unless the program says otherwise.
type Comb uint8

// The combinations.
const (
	Set  Comb = iota // flag = c
	And              // flag = source and c
	AndN             // flag = (not source) and c
	Or               // flag = source or c
)

// Flag numbers a flag written by a comparison.
type Flag uint8

// The flags.
const (
	FlagF Flag = iota
	FlagG
	FlagH
)

// Instr is one decoded instruction.
type Instr struct {
	Op      Op
	Pred    Pred
	D, A, B Operand
	Sh      uint8 // shift, width, tap, table or draw format, by the form
	Flag    Flag  // comparisons
	Comb    Comb  // comparisons
	Src     Flag  // comparisons: the flag that Comb combines with
	Imm     int32 // immediate forms
}
