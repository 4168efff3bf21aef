package asm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa"
	"hillock/isa/asm"
)

func load(name string) (string, error) {
	b, err := os.ReadFile(filepath.Join("testdata", filepath.Base(name)+".uasm"))
	return string(b), err
}

var options = asm.Options{
	Consts:  []asm.Const{{Name: "EXP", Value: 6}, {Name: "DEC", Value: 12}},
	Include: load,
}

// programs are the complete texts of testdata with their lengths in words.
var programs = []struct {
	name  string
	words int
}{
	{"cuba_nl", 16}, {"cuba_readout", 20}, {"cuba_noise_q", 21}, {"cuba_noise_v", 20}, {"cuba_b2l", 12},
	{"lava_lif", 12}, {"lava_lif_reset", 17}, {"lava_ternary", 15},
	{"graded_vec", 5}, {"graded_relu_vec", 4}, {"prod_neuron", 6}, {"sigma_delta", 14}, {"rf", 17}, {"rf_iz", 16},
	{"xylo_v2", 27}, {"xylo_v1", 21},
	{"lif_exp", 26}, {"lif_cond", 31}, {"lif_delta", 24}, {"lif_alpha", 47}, {"izh_exp", 52},
	{"tn_all", 41}, {"ranc", 12},
	{"ev_multi_subtract", 8}, {"ev_multi_zero", 8}, {"ev_single_subtract", 10}, {"ev_single_zero", 10},
}

// cubaWords is the check list that freezes the word format.
const cubaWords = `1800430c 0c100600 0c024340 60020f38 18044b2c 0c021020 48020bc0 4c120ba0
6401c940 0893cf20 6400d920 0893cf20 0894e720 78f3cf20 981457ff 0073cf20
`

func TestCheckWords(t *testing.T) {
	src, err := load("cuba_nl")
	require.NoError(t, err)
	p, err := asm.Assemble(src, "cuba_nl", asm.Options{})
	require.NoError(t, err)
	require.Equal(t, cubaWords, asm.FormatWords(p.Words()))
}

func TestPrograms(t *testing.T) {
	complete := map[string]bool{}
	for _, c := range programs {
		complete[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			src, err := load(c.name)
			require.NoError(t, err)
			p, err := asm.Assemble(src, c.name, options)
			require.NoError(t, err)
			require.Len(t, p.Instrs, c.words)
			roundTrip(t, p)
		})
	}
	files, err := filepath.Glob("testdata/*.uasm")
	require.NoError(t, err)
	for _, f := range files { // the others are fragments: correct but for their END
		name := strings.TrimSuffix(filepath.Base(f), ".uasm")
		if complete[name] {
			continue
		}
		src, err := load(name)
		require.NoError(t, err)
		if !strings.Contains(src, "END") {
			src += "\nEND\n"
		}
		_, err = asm.Assemble(src, name, options)
		require.NoError(t, err, name)
	}
}

// roundTrip checks words -> program -> text -> program -> words.
func roundTrip(t require.TestingT, p *isa.Program) {
	words := p.Words()
	text := asm.FormatWords(words)
	parsed, err := asm.ParseWords(text)
	require.NoError(t, err)
	require.Equal(t, words, parsed)
	q, err := isa.FromWords(parsed)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(p, q))
	canon := asm.Disassemble(q)
	r, err := asm.Assemble(canon, "canonical", asm.Options{})
	require.NoError(t, err, canon)
	require.Empty(t, cmp.Diff(p, r))
	require.Equal(t, canon, asm.Disassemble(r))
}

func TestFacts(t *testing.T) {
	src, err := load("tn_all")
	require.NoError(t, err)
	p, err := asm.Assemble(src, "tn_all", options)
	require.NoError(t, err)
	require.Equal(t, 7, p.NumT)
	require.Equal(t, 1, p.NumS)
	require.Equal(t, 13, p.NumP)
	require.Equal(t, [isa.NumIN]bool{true}, p.Reads)
	require.Equal(t, 2, p.Draws)
	require.True(t, p.Awake)
	src, err = load("lif_cond")
	require.NoError(t, err)
	p, err = asm.Assemble(src, "lif_cond", options)
	require.NoError(t, err)
	require.Equal(t, 3, p.Taps)
	require.Equal(t, 14, p.NumP)
	require.Equal(t, [isa.NumIN]bool{true, true}, p.Reads)
	require.False(t, p.Awake)
}

func one(t *testing.T, line string) isa.Instr {
	t.Helper()
	p, err := asm.Assemble(line+"\nEND", "one", options)
	require.NoError(t, err)
	return p.Instrs[0]
}

func TestSpellings(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"SPK", "SPK Z"},
		{"SPK t3", "SPK t3"},
		{"?!H SPK", "?!H SPK Z"},
		{"MUL t0 s0 p0 12 tz", "MUL t0 s0 p0 12 tz"},
		{"MUL.tz t0 s0 p0 12", "MUL t0 s0 p0 12 tz"},
		{"MUL t0 s0 p0 ha", "MUL t0 s0 p0 ha"},
		{"MUL t0 s0 p0 0", "MUL t0 s0 p0"},
		{"SHR t1 s1 p1", "SHR t1 s1 p1"},
		{"SHR t1 s1 p1 2 tz", "SHR t1 s1 p1 2 tz"},
		{"SHR.ha t3 s3 7", "SHR t3 s3 7 ha"},
		{"SHR t3 s3 Z 7", "SHR t3 s3 7"},
		{"SHR t3 s3 0", "SHR t3 s3 0"},
		{"SHR t3 s3 Z", "SHR t3 s3 0"},
		{"SHL t2 IN0 EXP", "SHL t2 IN0 6"},
		{"CLT F s0 s1 andn", "CLT F s0 s1 andn"},
		{"CLTU H s0 s1 set", "CLTU H s0 s1"},
		{"ADDI s2 s2 #-1", "ADDI s2 s2 #-1"},
		{"ADDI s2 s2 -EXP", "ADDI s2 s2 #-6"},
		{"ADDI s2 s2 #-0x10", "ADDI s2 s2 #-16"},
		{"LDC t1 #-65536", "LDI t1 #-65536"},
		{"LDC t1 65535", "LDI t1 #65535"},
		{"LDC s1 65535", "LDI s1 #65535"},
		{"LDC t1 0xffffffff", "LDI t1 #-1"},
		{"WRAP t1 t1 24", "WRAP t1 t1 24"},
		{"SATU t1 t1 #6", "SATU t1 t1 6"},
		{"RND t3 #0", "RND t3 #0"},
		{"PRB t0 3", "PRB t0 #3"},
		{"\tMOV\ts1  Z ; comment | with | bars", "MOV s1 Z"},
		{"| NOP ||", "NOP"},
		{"NOP\r", "NOP"},
	} {
		require.Equal(t, c.want, asm.InstrText(one(t, c.in)), c.in)
	}
}

func TestLongConstants(t *testing.T) {
	for _, v := range []int64{4587520, 65536, -65537, 131072, 1<<31 - 1, -1 << 31, 1<<32 - 65537, 1 << 31} {
		p, err := asm.Assemble(fmt.Sprintf("?G LDC t1 #%d\nEND", v), "c", asm.Options{})
		require.NoError(t, err)
		require.Len(t, p.Instrs, 3)
		lo, hi := p.Instrs[0], p.Instrs[1]
		require.Equal(t, []isa.Op{isa.LDI, isa.LDIH}, []isa.Op{lo.Op, hi.Op})
		require.Equal(t, []isa.Pred{isa.IfG, isa.IfG}, []isa.Pred{lo.Pred, hi.Pred})
		require.Equal(t, uint32(v), uint32(hi.Imm)<<17|uint32(lo.Imm)&(1<<17-1))
	}
}

func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ src, want string }{
		{"", "asm: f:1:1: no instruction, need at least END"},
		{"NOP", "asm: f:1:1: word 0 (NOP): the last word is NOP, need END"},
		{"NOP | END\n END | NOP", "asm: f:1:7: word 1 (END): END before the last word, need it there and only there"},
		{"?F END", "asm: f:1:1: word 0 (END): END under the predicate ?F, need no predicate"},
		{"\n  mov t0 Z", `asm: f:2:3: unknown operation "mov", need upper case: MOV`},
		{long, `asm: f:1:1: unknown operation "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."`},
		{"NOP | MOV t0", "asm: f:1:13: MOV: operand a is missing, need MOV d a"},
		{"MOV t0 t8", `asm: f:1:8: MOV: operand a is "t8", need t0..t7, s0..s15, p0..p23, IN0..IN3, PAY, EVT, MOD0..MOD3, OUT, TCK or Z`},
		{"MOV t0 t1 t2", `asm: f:1:11: "t2" after the instruction, need MOV d a`},
		{"ADD t0 t1 4", `asm: f:1:11: ADD: operand b is "4", need t0..t7, s0..s15, p0..p23, IN0..IN3, PAY, EVT, MOD0..MOD3, OUT, TCK or Z`},
		{"ADD t0 t1 t2 1 tz", `asm: f:1:16: ADD has no rounding "tz"`},
		{"ADD t0 t1 t2 32", "asm: f:1:14: ADD: a shift is 32, need 0..31"},
		{"ADD t0 t1 t2 1 1", `asm: f:1:16: "1" after the instruction, need ADD d a b [sh]`},
		{"MUL.tz t0 t1 t2 1 tz", `asm: f:1:19: MUL.tz has no rounding "tz"`},
		{"SHR t0 t1", "asm: f:1:10: SHR: a shift count is missing, need SHR d a [b] [sh]"},
		{"SHR t0 t1 tz", "asm: f:1:11: SHR: a shift count is missing, need SHR d a [b] [sh]"},
		{"SHR t0 t1 OOPS", `asm: f:1:11: SHR: a shift is "OOPS", need a number or a constant`},
		{"?Q NOP", `asm: f:1:1: predicate "?Q", need ?F, ?!F, ?G, ?!G, ?H or ?!H`},
		{"?F", "asm: f:1:3: a predicate without an instruction"},
		{"CLT", "asm: f:1:4: CLT: a flag is missing, need CLT flag a b [comb]"},
		{"CLT J t0 t1", `asm: f:1:5: CLT: flag "J", need F, G or H`},
		{"CLT F t0 t1 nand", `asm: f:1:13: CLT: combination "nand", need set, and, andn or or, with g or h behind it for another flag than F`},
		{"ADDI t0 t0 #1024", "asm: f:1:12: ADDI: an immediate is 1024, need -1024..1023"},
		{"ADDI t0 t0 --1", `asm: f:1:12: ADDI: an immediate is "--1", need a number or a constant`},
		{"ADDI t0 t0 #1_0", `asm: f:1:12: ADDI: an immediate is "#1_0", need a number or a constant`},
		{"LDIH t0 #-1", "asm: f:1:9: LDIH: an immediate is -1, need 0..32767"},
		{"LDC t0 #4294967296", "asm: f:1:8: LDC: a constant is 4294967296, need -2147483648..4294967295"},
		{"LDC s0 #65536", "asm: f:1:8: LDC s0 with 65536 takes two words, and the layout of s0 would change the value between them: need a t register"},
		{"LDC t0 #1 #2", `asm: f:1:11: "#2" after the instruction, need LDC d #v`},
		{"WRAP t0 t0 0 | END", "asm: f:1:1: word 0 (WRAP): width 0, need 1..31"},
		{"MIN t0 t0 t1 1 | END", `asm: f:1:14: "1" after the instruction, need MIN d a b`},
		{"MOV p0 t0 | END", "asm: f:1:1: word 0 (MOV): destination p0, need t0..t7, s0..s15 or Z"},
		{"NOP\n ADD t0 IN0 IN0 | END", "asm: f:2:2: word 1 (ADD): IN0 is read twice, need one read"},
		{"?F MOV t0 IN2 | END", "asm: f:1:1: word 0 (MOV): IN2 is read under a predicate, need an unconditional read"},
		{"MOV t0 PAY | END", "asm: f:1:1: word 0 (MOV): operand PAY belongs to event programs and learning rules"},
		{"LUT t0 t1 #32 | END", "asm: f:1:11: LUT: a table is 32, need 0..31"},
		{"TST F t0 #0", "asm: f:1:10: TST: a mask is 0, need 1..2047"},
		{"TST X t0 #1", `asm: f:1:5: TST: flag "X", need F, G or H`},
		{"CLT F t0 t1 andx", `asm: f:1:13: CLT: combination "andx", need set, and, andn or or, with g or h behind it for another flag than F`},
		{"LDF t0 name", `asm: f:1:8: LDF: a field is "name", need a number or a constant`},
		{"MUL t0 t1 t2 3 st | END", "asm: f:1:1: word 0 (MUL.st): no engine executes this operation yet"},
		{"JEV #3 | END", "asm: f:1:1: word 0 (JEV): no engine executes this operation yet"},
		{"STW t0 | END", `asm: f:1:5: "t0" after the instruction, need STW`},
		{"STW | END", "asm: f:1:1: word 0 (STW): belongs to learning rules, this is a neuron program"},
		{"SMP #1 | END", "asm: f:1:1: word 0 (SMP): belongs to learning rules, this is a neuron program"},
		{"LDF t0 #1 | END", "asm: f:1:1: word 0 (LDF): belongs to event programs, this is a neuron program"},
		{"include", "asm: f:1:1: include with 0 names, need 1"},
		{"include a b", "asm: f:1:1: include with 2 names, need 1"},
		{"include x", `asm: f:1:9: include "x", but this text may not include others`},
		{strings.Repeat("a ", 17), "asm: f:1:1: more than 16 words between two separators, need one instruction"},
		{strings.Repeat("NOP|", 1024) + "END", "asm: f:1:4097: instruction 1025, need at most 1024"},
		{strings.Repeat("LDC t0 #65536|", 600), "asm: f:1:7169: 1026 words so far, need at most 1024"},
		{strings.Repeat(" ", 1<<20) + "END", "asm: f:1:1: 1048579 bytes of text with this file, need at most 1048576"},
	} {
		_, err := asm.Assemble(c.src, "f", asm.Options{})
		require.EqualError(t, err, c.want)
	}
}

func TestIncludeErrors(t *testing.T) {
	texts := map[string]string{"loop": "\n include loop", "bad": "NOP\n\nMOV t0", "big": strings.Repeat(";", 300000)}
	o := asm.Options{Include: func(name string) (string, error) {
		s, ok := texts[name]
		if !ok {
			return "", fmt.Errorf("no such fragment")
		}
		return s, nil
	}}
	for _, c := range []struct{ src, want string }{
		{"include none", `asm: f:1:9: include "none": no such fragment`},
		{"NOP\ninclude bad", "asm: bad:3:7: MOV: operand a is missing, need MOV d a"},
		{"include loop", `asm: loop:2:10: include "loop" is nested 9 deep, need at most 8 (does it include itself?)`},
		{strings.Repeat("include big\n", 4), "asm: big:1:1: 1200048 bytes of text with this file, need at most 1048576"},
	} {
		_, err := asm.Assemble(c.src, "f", o)
		require.EqualError(t, err, c.want)
	}
}

func TestConstErrors(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{""}, `asm: constant 0 is named "", need letters, digits and _, not starting with a digit`},
		{[]string{"A", "2X"}, `asm: constant 1 is named "2X", need letters, digits and _, not starting with a digit`},
		{[]string{"p7"}, `asm: constant 0 is named "p7", which is a word of the language`},
		{[]string{"tz"}, `asm: constant 0 is named "tz", which is a word of the language`},
		{[]string{"LDC"}, `asm: constant 0 is named "LDC", which is a word of the language`},
		{[]string{"andn"}, `asm: constant 0 is named "andn", which is a word of the language`},
		{[]string{"A", "A"}, `asm: constant "A" is given twice`},
		{make([]string, 1025), `asm: 1025 constants, need at most 1024`},
	} {
		var o asm.Options
		for _, n := range c.names {
			o.Consts = append(o.Consts, asm.Const{Name: n})
		}
		_, err := asm.Assemble("END", "f", o)
		require.EqualError(t, err, c.want)
	}
}

func TestParseWordsErrors(t *testing.T) {
	ws, err := asm.ParseWords(" 00000001 ; one\n\n\tffffFFFF")
	require.NoError(t, err)
	require.Equal(t, []uint32{1, 0xffffffff}, ws)
	require.Empty(t, asm.FormatWords(nil))
	for _, c := range []struct{ src, want string }{
		{"1", `asm: words: line 1: "1" is no word, need 8 hexadecimal digits`},
		{"00000000\n0000000g", `asm: words: line 2: "0000000g" is no word, need 8 hexadecimal digits`},
		{"+0000000", `asm: words: line 1: "+0000000" is no word, need 8 hexadecimal digits`},
		{"000000000", `asm: words: line 1: "000000000" is no word, need 8 hexadecimal digits`},
		{strings.Repeat("00000000 ", 1025), "asm: words: line 1: more than 1024 words"},
		{strings.Repeat(" ", 1<<20+1), "asm: words: 1048577 bytes, need at most 1048576"},
	} {
		_, err := asm.ParseWords(c.src)
		require.EqualError(t, err, c.want)
	}
}

// instr draws an instruction in which every field that a form may have is
// legal; the fields that the form lacks hold noise.
func instr(t *rapid.T) isa.Instr {
	i := isa.Instr{
		Op:   isa.Op(rapid.IntRange(0, int(isa.NumOps)-1).Draw(t, "op")),
		Pred: isa.Pred(rapid.IntRange(0, 6).Draw(t, "pred")),
		D:    isa.Operand(rapid.IntRange(0, int(isa.Z)).Draw(t, "d")),
		A:    isa.Operand(rapid.IntRange(0, int(isa.Z)).Draw(t, "a")),
		B:    isa.Operand(rapid.IntRange(0, int(isa.Z)).Draw(t, "b")),
		Sh:   uint8(rapid.IntRange(0, 31).Draw(t, "sh")),
		Flag: isa.Flag(rapid.IntRange(0, 2).Draw(t, "flag")),
		Comb: isa.Comb(rapid.IntRange(0, 3).Draw(t, "comb")),
		Imm:  int32(rapid.IntRange(0, 1023).Draw(t, "imm")),
	}
	if i.Comb != isa.Set {
		i.Src = isa.Flag(rapid.IntRange(0, 2).Draw(t, "src"))
	}
	switch isa.Table[i.Op].Form {
	case isa.FormTest:
		i.Imm = int32(rapid.IntRange(1, 2047).Draw(t, "mask"))
	case isa.FormLoad, isa.FormStore:
		i.Imm = int32(rapid.IntRange(0, 2047).Draw(t, "field"))
	case isa.FormImm11:
		i.Imm = int32(rapid.IntRange(-1024, 1023).Draw(t, "i11"))
	case isa.FormImm17:
		i.Imm = int32(rapid.IntRange(-65536, 65535).Draw(t, "i17"))
	case isa.FormImm15:
		i.Imm = int32(rapid.IntRange(0, 32767).Draw(t, "u15"))
	}
	return i
}

func TestRandomInstructions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := instr(t)
		w, err := i.Encode()
		require.NoError(t, err)
		canon, err := isa.Decode(w)
		require.NoError(t, err)
		text := asm.InstrText(canon)
		require.Equal(t, text, asm.InstrText(canon))
		p, err := asm.Assemble(text+"\nEND", "r", asm.Options{})
		if err != nil { // the text is good, the program may still be refused
			require.Contains(t, err.Error(), "word ")
			_, want := isa.NewProgram([]isa.Instr{i, {Op: isa.END}})
			require.Error(t, want, text)
			return
		}
		require.Equal(t, []uint32{w}, p.Words()[:1])
		roundTrip(t, p)
	})
}

// TestRandomPrograms assembles lists of legal instructions.
func TestRandomPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []isa.Instr
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			i := instr(t)
			if _, err := isa.NewProgram(append(append([]isa.Instr{}, in...), i, isa.Instr{Op: isa.END})); err == nil {
				in = append(in, i)
			}
		}
		p, err := isa.NewProgram(append(in, isa.Instr{Op: isa.END}))
		require.NoError(t, err)
		roundTrip(t, p)
	})
}

func FuzzAssemble(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.uasm")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("LDC t0 #0x80000001|SHR t0 t0 -EXP|?!H CLTU H OUT TCK or\r\ninclude self\nEND")
	f.Fuzz(func(t *testing.T, src string) {
		o := options
		o.Include = func(name string) (string, error) {
			if name == "self" {
				return src, nil
			}
			return load(name)
		}
		p, err := asm.Assemble(src, "fuzz", o)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "asm: ") {
				t.Fatal(err)
			}
			return
		}
		roundTrip(t, p)
	})
}

// TestMalformed holds the errors of a hundred malformed programs, one a line
// with its expected error behind an arrow; -update writes them anew.
func TestMalformed(t *testing.T) {
	b, err := os.ReadFile("testdata/malformed.txt")
	require.NoError(t, err)
	var out strings.Builder
	n := 0
	for line := range strings.Lines(string(b)) {
		src, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		require.True(t, ok, line)
		_, err := asm.Assemble(src, "f", asm.Options{})
		require.Error(t, err, src)
		if !*update {
			require.Equal(t, want, err.Error(), src)
		}
		fmt.Fprintf(&out, "%s => %v\n", src, err)
		n++
	}
	require.GreaterOrEqual(t, n, 100)
	if *update {
		require.NoError(t, os.WriteFile("testdata/malformed.txt", []byte(out.String()), 0o644))
	}
}
