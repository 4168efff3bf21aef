package isa_test

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/isa"
)

func TestTable(t *testing.T) {
	seen := map[string]isa.Op{}
	for n, r := range isa.Table {
		require.Equal(t, isa.Op(n), r.Op, "row %d", n)
		other, twice := seen[r.Name]
		require.False(t, twice, "operations %d and %d are both named %s", other, n, r.Name)
		seen[r.Name] = r.Op
		require.NotEmpty(t, r.Name)
		require.NotEmpty(t, r.Doc, r.Name)
		require.LessOrEqual(t, r.Form, isa.FormStore, r.Name)
		require.Less(t, r.Class, isa.NumClasses, r.Name)
		require.True(t, r.Cycles >= 0 && r.Cycles < 100, r.Name)
		if r.Attr&isa.Draws != 0 {
			require.NotZero(t, r.Attr&isa.WakesUp, "%s draws and must keep its compartment awake", r.Name)
		}
	}
	require.LessOrEqual(t, int(isa.NumOps), 64)
}

// TestNumbers freezes the operation codes.
func TestNumbers(t *testing.T) {
	const list = "END NOP MOV ADD SUB MUL MUL.tz MUL.ha MUL.st MULHSU SHR SHR.tz SHR.ha SHL DIV AND OR XOR MIN MAX " +
		"ABS SGN SAT SATU WRAP CLT CLE CEQ CNE CLTU SPK PRB ACT LUT JEV RND RDX STW ADDI LDI LDIH TST TSZ LDF STF SMP"
	for n, name := range strings.Fields(list) {
		require.Equal(t, name, isa.Table[n].Name)
	}
	require.Len(t, strings.Fields(list), int(isa.NumOps))
}

// TestOverlap encodes two instances of every operation: no two of different
// operations or predicates may give the same word.
func TestOverlap(t *testing.T) {
	seen := map[uint32]string{}
	for _, i := range samples() {
		w, err := i.Encode()
		require.NoError(t, err)
		name := isa.Table[i.Op].Name + i.Pred.String()
		if old, ok := seen[w]; ok {
			require.Equal(t, old, name, "%08x", w)
		}
		seen[w] = name
	}
}

// samples are instructions that between them set every bit of every field.
func samples() []isa.Instr {
	var out []isa.Instr
	for op := range isa.NumOps {
		for _, pred := range []isa.Pred{isa.Always, isa.IfF, isa.IfNotF, isa.IfG, isa.IfNotG, isa.IfH, isa.IfNotH} {
			for _, d := range []isa.Operand{isa.T0, 7, isa.S0, 23, isa.P0, isa.Z} {
				i := isa.Instr{Op: op, Pred: pred, D: d, A: isa.Z - d, B: 47 - d%16, Sh: uint8(d) & 31, Flag: isa.Flag(d % 3), Comb: isa.Comb(d % 4)}
				switch isa.Table[op].Form {
				case isa.FormTest:
					i.Imm = 2047
				case isa.FormNone:
					out = append(out, i)
					continue
				}
				if i.Comb != isa.Set {
					i.Src = isa.Flag(d % 2)
				}
				out = append(out, i)
				switch isa.Table[op].Form {
				case isa.FormTest:
					i.Imm = 1
					out = append(out, i)
				case isa.FormImm11, isa.FormImm17:
					i.Imm = -1024
					out = append(out, i)
				case isa.FormImm15:
					i.Imm = 32767
					out = append(out, i)
				}
			}
		}
	}
	return out
}

// TestBitFlips flips every bit of every sample: the new word is refused or it
// is a word of its own, which decodes and encodes to itself.
func TestBitFlips(t *testing.T) {
	flips, refused := 0, 0
	for _, i := range samples() {
		w, err := i.Encode()
		require.NoError(t, err)
		for bit := range 32 {
			flips++
			j, err := isa.Decode(w ^ 1<<bit)
			if err != nil {
				refused++
				require.Contains(t, err.Error(), "isa: word ")
				continue
			}
			back, err := j.Encode()
			require.NoError(t, err)
			require.Equal(t, w^1<<bit, back)
		}
	}
	require.NotZero(t, refused)
	require.Less(t, refused, flips)
}

func TestReservedBits(t *testing.T) {
	for _, c := range []struct {
		word uint32
		want string
	}{
		{0x0073cf20, ""},                                   // END
		{0x00000000, "reserved bits are set"},              // END with t0 in its unused fields
		{0x0073cf21, "reserved bits are set"},              // END with a shift
		{uint32(isa.NumOps) << 26, "operation 46 is not"},  // first free operation code
		{0xffffffff, "operation 63 is not"},                //
		{0x03f3cf20, "field out of range"},                 // predicate 7
		{2<<26 | 58<<17 | 57<<11 | 57<<5, "field out of"},  // a modulator as destination
		{2<<26 | 57<<17 | 61<<11 | 57<<5, "field out of"},  // operand 61
		{41<<26 | 57<<11, "mask 0"},                        // TST of no bit
		{25<<26 | 48<<17, "its source 3 out of range"},     // CLT combined with flag 3
		{2<<26 | 0<<17 | 57<<11 | 57<<5 | 1, "reserved"},   // MOV with a shift
		{25<<26 | 3<<17, "flag 3, combination 0"},          // CLT, flag 3
		{25<<26 | 16<<17, "out of range"},                  // CLT set, with a source
		{25<<26 | 1, "reserved bits are set"},              // CLT with a shift
		{18<<26 | 1, "reserved bits are set"},              // MIN with a shift
		{40<<26 | 1<<15, "reserved bits are set"},          // LDIH, bit between d and u15
		{40<<26 | 1<<16, "reserved bits are set"},          //
		{30<<26 | 57<<17 | 57<<5 | 1, "reserved bits are"}, // SPK with a shift
	} {
		i, err := isa.Decode(c.word)
		if c.want == "" {
			require.NoError(t, err)
			require.Equal(t, isa.Instr{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}, i)
			continue
		}
		require.ErrorContains(t, err, c.want, "%08x", c.word)
	}
}

func TestEncodeRange(t *testing.T) {
	for _, i := range []isa.Instr{
		{Op: isa.NumOps}, {Op: isa.MOV, Pred: 7}, {Op: isa.ADD, Sh: 32}, {Op: isa.MOV, D: 58}, {Op: isa.MOV, A: 61}, {Op: isa.ADD, B: 61}, {Op: isa.TST}, {Op: isa.TST, Imm: 2048}, {Op: isa.CLT, Src: 1}, {Op: isa.LDF, Imm: 2048}, {Op: isa.STF, Imm: -1},
		{Op: isa.CLT, Flag: 3}, {Op: isa.CLT, Comb: 4},
		{Op: isa.ADDI, Imm: 1024}, {Op: isa.ADDI, Imm: -1025}, {Op: isa.LDI, Imm: 65536}, {Op: isa.LDI, Imm: -65537},
		{Op: isa.LDIH, Imm: -1}, {Op: isa.LDIH, Imm: 32768},
	} {
		_, err := i.Encode()
		require.Error(t, err, "%+v", i)
	}
}

// TestCanonical: fields that an operation does not use leave no trace.
func TestCanonical(t *testing.T) {
	noisy := []isa.Instr{
		{Op: isa.CLT, D: 5, A: 8, B: 9, Sh: 3, Imm: 77},
		{Op: isa.MOV, D: 0, A: 8, B: 30, Sh: 9, Flag: 2, Comb: 3, Imm: -1},
		{Op: isa.END, D: 1, A: 2, B: 3, Sh: 4},
	}
	clean := []isa.Instr{
		{Op: isa.CLT, D: isa.Z, A: 8, B: 9},
		{Op: isa.MOV, D: 0, A: 8, B: isa.Z},
		{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z},
	}
	p, err := isa.NewProgram(noisy)
	require.NoError(t, err)
	require.Equal(t, clean, p.Instrs)
	require.Equal(t, 1, p.NumT)
	require.Equal(t, 2, p.NumS)
	require.Zero(t, p.NumP)
	q, err := isa.FromWords(p.Words())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(p, q))
}

func TestProgramErrors(t *testing.T) {
	end := isa.Instr{Op: isa.END}
	for _, c := range []struct {
		in   []isa.Instr
		want string
	}{
		{nil, "isa: program of 0 words, need 1..1024"},
		{make([]isa.Instr, 1025), "isa: program of 1025 words, need 1..1024"},
		{[]isa.Instr{{Op: isa.NumOps}, end}, "isa: word 0 (operation 46)"},
		{[]isa.Instr{{Op: isa.NOP}}, "isa: word 0 (NOP): the last word is NOP, need END"},
		{[]isa.Instr{{Op: isa.STW}, end}, "isa: word 0 (STW): belongs to learning rules, this is a neuron program"},
	} {
		_, err := isa.NewProgram(c.in)
		require.ErrorContains(t, err, c.want)
	}
	_, err := isa.FromWords(make([]uint32, 1025))
	require.ErrorContains(t, err, "program of 1025 words")
	_, err = isa.FromWords([]uint32{0x0473cf20, 1})
	var bad *isa.WordError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, 1, bad.Word)
	require.ErrorContains(t, err, "isa: word 1 (END): ")
	require.NotNil(t, bad.Unwrap())
}

// TestRules checks the rules on operands, one instruction each.
func TestRules(t *testing.T) {
	mov := func(d, a isa.Operand) isa.Instr { return isa.Instr{Op: isa.MOV, D: d, A: a} }
	for _, c := range []struct {
		in   isa.Instr
		want string // "" = allowed
	}{
		{mov(isa.T0, isa.IN0+3), ""},
		{mov(isa.Z, isa.OUT), ""},
		{mov(23, isa.TCK), ""},
		{mov(isa.P0, isa.Z), "destination p0, need t0..t7, s0..s15 or Z"},
		{mov(isa.IN0, isa.Z), "destination IN0, need"},
		{mov(isa.OUT, isa.Z), "destination OUT, need"},
		{mov(isa.T0, isa.PAY), "operand PAY belongs to event programs and learning rules"},
		{mov(isa.T0, isa.EVT), "operand EVT belongs"},
		{mov(isa.T0, isa.MOD), ""},
		{mov(isa.T0, isa.MD3), ""},
		{isa.Instr{Op: isa.LDF, D: isa.T0}, "belongs to event programs, this is a neuron program"},
		{isa.Instr{Op: isa.LUT, D: isa.T0, Sh: 3}, ""},
		{isa.Instr{Op: isa.ADD, D: isa.T0, A: isa.IN0 + 1, B: isa.IN0 + 1}, "IN1 is read twice, need one read"},
		{isa.Instr{Op: isa.CLT, A: isa.Z, B: isa.IN0, Pred: isa.IfNotH}, "IN0 is read under a predicate"},
		{isa.Instr{Op: isa.SPK, A: isa.IN0}, ""},
		{isa.Instr{Op: isa.SPK, A: isa.IN0, Pred: isa.IfF}, "IN0 is read under a predicate"},
		{isa.Instr{Op: isa.SATU, D: isa.T0, A: isa.T0}, "width 0, need 1..31"},
		{isa.Instr{Op: isa.END}, "END before the last word"},
		{isa.Instr{Op: isa.MULS, D: isa.T0}, "no engine executes this operation yet"},
		{isa.Instr{Op: isa.RDX, D: isa.T0, A: isa.P0, Sh: 2}, ""},
		{isa.Instr{Op: isa.RDX, D: isa.T0, A: isa.T0}, "the compartment is t0, need a parameter"},
		{isa.Instr{Op: isa.RDX, D: isa.T0, A: isa.P0, Sh: 16}, "state word 16 of a neuron program, need 0..15"},
	} {
		p, err := isa.NewProgram([]isa.Instr{c.in, {Op: isa.END}})
		if c.want != "" {
			require.ErrorContains(t, err, c.want, "%+v", c.in)
			continue
		}
		require.NoError(t, err, "%+v", c.in)
		q, err := isa.FromWords(p.Words())
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(p, q))
	}
	_, err := isa.NewProgram([]isa.Instr{mov(isa.T0, isa.IN0), mov(isa.T0, isa.IN0), {Op: isa.END}})
	require.ErrorContains(t, err, "isa: word 1 (MOV): IN0 is read twice")
	_, err = isa.NewProgram([]isa.Instr{{Op: isa.END, Pred: isa.IfG}})
	require.ErrorContains(t, err, "END under the predicate ?G, need no predicate")
}

func TestFacts(t *testing.T) {
	p, err := isa.NewProgram([]isa.Instr{
		{Op: isa.ADD, D: isa.S0 + 4, A: isa.IN0 + 2, B: isa.P0 + 9}, {Op: isa.MOV, D: 5, A: isa.S0 + 6},
		{Op: isa.PRB, A: isa.T0, Sh: 3}, {Op: isa.PRB, A: isa.T0, Sh: 1}, {Op: isa.RND, D: isa.T0, Sh: 2}, {Op: isa.END},
	})
	require.NoError(t, err)
	require.Equal(t, []int{6, 7, 10, 4, 3}, []int{p.NumT, p.NumS, p.NumP, p.Taps, p.Draws})
	require.Equal(t, [isa.NumIN]bool{2: true}, p.Reads)
	require.True(t, p.Awake)
}

func TestAwake(t *testing.T) {
	for _, c := range []struct {
		in   isa.Instr
		want bool
	}{
		{isa.Instr{Op: isa.NOP}, false},
		{isa.Instr{Op: isa.RND, D: isa.T0}, true},
		{isa.Instr{Op: isa.ACT, A: isa.T0}, true},
		{isa.Instr{Op: isa.MOV, D: isa.T0, A: isa.TCK}, true},
		{isa.Instr{Op: isa.CEQ, A: isa.Z, B: isa.TCK}, true},
		{isa.Instr{Op: isa.ADDI, D: isa.T0, A: isa.TCK}, true},
		{isa.Instr{Op: isa.LDI, D: isa.T0, A: isa.TCK}, false}, // LDI has no field a
	} {
		p, err := isa.NewProgram([]isa.Instr{c.in, {Op: isa.END}})
		require.NoError(t, err)
		require.Equal(t, c.want, p.Awake, "%+v", c.in)
	}
}

func TestTimed(t *testing.T) {
	for _, c := range []struct {
		in   isa.Instr
		want bool
	}{
		{isa.Instr{Op: isa.NOP}, false},
		{isa.Instr{Op: isa.RND, D: isa.T0}, true},
		{isa.Instr{Op: isa.RND, D: isa.Z}, true},
		{isa.Instr{Op: isa.ACT, A: isa.T0}, false},
		{isa.Instr{Op: isa.ACT, A: isa.TCK}, true},
		{isa.Instr{Op: isa.MOV, D: isa.T0, A: isa.MOD}, false},
		{isa.Instr{Op: isa.RDX, D: isa.T0, A: isa.P0}, false},
		{isa.Instr{Op: isa.CEQ, A: isa.Z, B: isa.TCK, Pred: isa.IfG}, true},
		{isa.Instr{Op: isa.LDI, D: isa.T0, A: isa.TCK}, false}, // LDI has no field a
	} {
		p, err := isa.NewProgram([]isa.Instr{c.in, {Op: isa.END}})
		require.NoError(t, err)
		require.Equal(t, c.want, p.Timed, "%+v", c.in)
	}
	for op := range isa.NumOps { // every operation that the table says draws
		p, err := isa.NewProgram([]isa.Instr{{Op: op, A: isa.P0, Sh: 1, Imm: 1}, {Op: isa.END}})
		if err == nil {
			require.Equal(t, isa.Table[op].Attr&isa.Draws != 0, p.Timed, "%s", isa.Table[op].Name)
		}
	}
}

func TestNames(t *testing.T) {
	names := map[string]bool{}
	for o := range isa.Z + 1 {
		s := o.String()
		require.False(t, names[s], s)
		names[s] = true
		back, ok := isa.ParseOperand(s)
		require.True(t, ok)
		require.Equal(t, o, back)
	}
	for _, c := range []struct {
		o    isa.Operand
		want string
	}{
		{isa.T0, "t0"}, {7, "t7"}, {isa.S0, "s0"}, {23, "s15"}, {isa.P0, "p0"}, {47, "p23"}, {isa.IN0, "IN0"}, {51, "IN3"},
		{isa.PAY, "PAY"}, {isa.EVT, "EVT"}, {isa.MOD, "MOD0"}, {isa.OUT, "OUT"}, {isa.TCK, "TCK"}, {isa.Z, "Z"}, {isa.MD1, "MOD1"}, {isa.MD3, "MOD3"}, {61, "operand(61)"},
	} {
		require.Equal(t, c.want, c.o.String())
	}
	for p := range isa.IfNotH + 1 {
		back, ok := isa.ParsePred(p.String())
		require.True(t, ok && back == p)
	}
	for c := range isa.Or + 1 {
		for src := isa.FlagF; src <= isa.FlagH; src++ {
			back, flag, ok := isa.ParseComb(isa.CombText(c, src))
			require.True(t, ok && back == c && (flag == src || c == isa.Set))
		}
	}
	for f := range isa.FlagH + 1 {
		back, ok := isa.ParseFlag(f.String())
		require.True(t, ok && back == f)
	}
	require.Equal(t, "pred(7) comb(4) flag(3) class(6) X W", strings.Join([]string{isa.Pred(7).String(), isa.Comb(4).String(),
		isa.Flag(3).String(), isa.NumClasses.String(), isa.ClassX.String(), isa.ClassW.String()}, " "))
}

func FuzzDecode(f *testing.F) {
	for n, i := range samples() {
		if w, err := i.Encode(); err == nil && n%37 == 0 {
			f.Add(binary.LittleEndian.AppendUint32(nil, w))
		}
	}
	f.Add([]byte{0x20, 0xcf, 0x93, 0x08, 0x20, 0xcf, 0x73, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		var ws []uint32
		for ; len(b) >= 4; b = b[4:] {
			ws = append(ws, binary.LittleEndian.Uint32(b))
		}
		for _, w := range ws {
			if i, err := isa.Decode(w); err == nil {
				if back, err := i.Encode(); err != nil || back != w {
					t.Fatalf("%08x decodes to %+v, which encodes to %08x, %v", w, i, back, err)
				}
			}
		}
		p, err := isa.FromWords(ws)
		if err != nil {
			return
		}
		if diff := cmp.Diff(ws, p.Words()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestKindsInJSON: a program of each kind survives its JSON form.
func TestKindsInJSON(t *testing.T) {
	for kind, in := range map[isa.Kind]isa.Instr{isa.Neuron: {Op: isa.SPK, A: isa.Z}, isa.Rule: {Op: isa.STW}, isa.Event: {Op: isa.LDF, D: isa.T0, Imm: 9}} {
		p, err := isa.NewProgramOf(kind, []isa.Instr{in, {Op: isa.END}})
		require.NoError(t, err)
		b, err := json.Marshal(p)
		require.NoError(t, err)
		var q isa.Program
		require.NoError(t, json.Unmarshal(b, &q))
		require.Empty(t, cmp.Diff(p, &q))
	}
}
