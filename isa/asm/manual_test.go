package asm_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

var update = flag.Bool("update", false, "write docs/isa.md")

const manualFile = "../../docs/isa.md"

// TestManual holds docs/isa.md to the instruction table; -update writes it.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("testdata/manual.md.tmpl")
	require.NoError(t, err)
	tm, err := template.New("manual").Option("missingkey=error").Parse(string(text))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, tm.Execute(&b, manual(t)))
	if *update {
		require.NoError(t, os.WriteFile(manualFile, b.Bytes(), 0o644))
	}
	have, err := os.ReadFile(manualFile)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "docs/isa.md is stale: go test ./isa/asm -run TestManual -update")
}

func manual(t *testing.T) map[string]any {
	first := assemble(t, "MUL t0 s0 p0 12 tz\nADD s0 t0 IN0\nCLT F p1 s0\n?F MOV s0 Z\n?F SPK\nEND\n")
	settled := 0
	for _, r := range isa.Table {
		if r.Attr&isa.Unsettled == 0 {
			settled++
		}
	}
	m := map[string]any{
		"Settled": settled, "MaxProgram": isa.MaxProgram, "MaxSource": asm.MaxSource, "MaxDepth": asm.MaxDepth, "Z": int(isa.Z),
		"FirstText": asm.Disassemble(first), "FirstWords": asm.FormatWords(first.Words()),
		"Operands": operandTable(), "Preds": predTable(), "Combs": combTable(), "Layouts": layoutTable(t), "Rounds": roundTable(),
		"Forms": formTable(), "Instructions": instructionTables(t), "Classes": classTable(), "Errors": errorLines(t),
	}
	word := first.Words()[0]
	m["SplitWord"], m["Split"] = fmt.Sprintf("%08x", word), split(t, word)
	for k, v := range example(t) {
		m[k] = v
	}
	return m
}

func assemble(t *testing.T, src string) *isa.Program {
	p, err := asm.Assemble(src, "manual", asm.Options{})
	require.NoError(t, err)
	return p
}

// table writes a Markdown table; cells are separated by tabs.
func table(rows ...string) string {
	var b strings.Builder
	for n, r := range rows {
		cells := strings.Split(strings.ReplaceAll(r, "|", "\\|"), "\t")
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if n == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
		}
	}
	return b.String()
}

func operandTable() string {
	row := func(lo, hi isa.Operand, what string) string {
		if lo == hi {
			return fmt.Sprintf("%d\t`%s`\t%s", lo, lo, what)
		}
		return fmt.Sprintf("%d..%d\t`%s`..`%s`\t%s", lo, hi, lo, hi, what)
	}
	return table("number\tname\twhat it is",
		row(isa.T0, isa.T0+isa.NumT-1, "temporaries, 32 bits, 0 at the start of every run"),
		row(isa.S0, isa.S0+isa.NumS-1, "state words, kept from tick to tick, each with a layout"),
		row(isa.P0, isa.P0+isa.NumP-1, "parameters, read-only"),
		row(isa.IN0, isa.IN0+isa.NumIN-1, "accumulated input of port 0..3; reading clears it"),
		row(isa.PAY, isa.PAY, "payload of an event (learning rules and event programs)"),
		row(isa.EVT, isa.EVT, "kind of an event, one bit per gate (learning rules and event programs)"),
		row(isa.MOD, isa.MOD, "neuromodulator register 0 of the core"),
		row(isa.OUT, isa.OUT, "what this compartment has put out so far in this tick"),
		row(isa.TCK, isa.TCK, "number of the tick, low 32 bits"),
		row(isa.Z, isa.Z, "zero; as a destination: nowhere"),
		row(isa.MD1, isa.MD3, "neuromodulator registers 1 to 3"),
		fmt.Sprintf("%d..63\t\treserved, refused", isa.MD3+1))
}

func predTable() string {
	rows := []string{"code\ttext\truns if", "0\t(none)\talways"}
	for p := isa.IfF; p <= isa.IfNotH; p++ {
		s := p.String()
		cond := s[1:] + " is true"
		if s[1] == '!' {
			cond = s[2:] + " is false"
		}
		rows = append(rows, fmt.Sprintf("%d\t`%s`\t%s", p, s, cond))
	}
	return table(append(rows, "7\t\treserved, refused")...)
}

func combTable() string {
	means := [...]string{"condition", "F and condition", "(not F) and condition", "F or condition; with `g` or `h` behind the word, as `andg`, the flag of that name stands for F"}
	rows := []string{"code\ttext\tthe flag becomes"}
	for c := isa.Set; c <= isa.Or; c++ {
		name := "`" + c.String() + "`"
		if c == isa.Set {
			name += " (may be left out)"
		}
		rows = append(rows, fmt.Sprintf("%d\t%s\t%s", c, name, means[c]))
	}
	return table(rows...)
}

func layoutTable(t *testing.T) string {
	means := [...]string{"keep the low 32 bits", "two's complement: keep the low *w* bits, signed", "clip to -2^(w-1) .. 2^(w-1)-1",
		"clip to -(2^(w-1)-1) .. 2^(w-1)-1", "clip to 0 .. 2^w-1", "keep the low *w* bits, unsigned"}
	rows := []string{"layout\twidth\tmeaning\t300 in 8 bits\t-300 in 8 bits"}
	for k := fixed.None; k <= fixed.WrapU; k++ {
		l := fixed.Layout{Width: 8, Over: k}
		width := "1..32"
		if k == fixed.None {
			width = "-"
		} else if (fixed.Layout{Width: 32, Over: k}).Valid() != nil {
			width = "1..31"
		}
		require.NoError(t, l.Valid())
		rows = append(rows, fmt.Sprintf("`%s`\t%s\t%s\t%d\t%d", k, width, means[k], l.Apply(300), l.Apply(-300)))
	}
	return table(rows...)
}

func roundTable() string {
	row := func(name, means string, f func(int64, uint) int64) string {
		return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d", name, means, f(7, 2), f(-7, 2), f(6, 2), f(-6, 2))
	}
	return table("word\trounds\t7/4\t-7/4\t6/4\t-6/4",
		row("(none)", "down (floor)", fixed.ShiftFloor), row("`tz`", "toward zero", fixed.ShiftZero),
		row("`ha`", "to nearest, half away from zero", fixed.ShiftHalfAway))
}

func formTable() string {
	fields := [...]string{isa.FormNone: "-", isa.FormD1: "d, a", isa.FormD2: "d, a, b, sh", isa.FormD3: "d, a, b", isa.FormD1S: "d, a, b, sh (the count is b + sh)",
		isa.FormWidth: "d, a, width in sh", isa.FormCmp: "flag and comb in d; a, b", isa.FormSrc: "a", isa.FormSrcK: "a, tap in sh",
		isa.FormDraw: "d, draw format in sh", isa.FormImm11: "d, a, i11", isa.FormImm17: "d, i17", isa.FormImm15: "d, u15",
		isa.FormTable: "d, a, table in sh", isa.FormSkip: "count in sh"}
	rows := []string{"fields\toperations"}
	for form := isa.FormNone; form <= isa.FormSkip; form++ {
		var names []string
		for _, r := range isa.Table {
			if r.Form == form {
				names = append(names, r.Name)
			}
		}
		rows = append(rows, fields[form]+"\t"+strings.Join(names, ", "))
	}
	return table(rows...)
}

// split takes a word apart, field by field.
func split(t *testing.T, w uint32) string {
	i, err := isa.Decode(w)
	require.NoError(t, err)
	require.Equal(t, isa.FormD2, isa.Table[i.Op].Form)
	var b strings.Builder
	fmt.Fprintf(&b, "op   31:26  %06b  %2d  %s\n", w>>26, i.Op, isa.Table[i.Op].Name)
	fmt.Fprintf(&b, "pred 25:23  %03b     %2d  always\n", w>>23&7, i.Pred)
	fmt.Fprintf(&b, "d    22:17  %06b  %2d  %s\n", w>>17&63, i.D, i.D)
	fmt.Fprintf(&b, "a    16:11  %06b  %2d  %s\n", w>>11&63, i.A, i.A)
	fmt.Fprintf(&b, "b    10:5   %06b  %2d  %s\n", w>>5&63, i.B, i.B)
	fmt.Fprintf(&b, "sh    4:0   %05b   %2d\n", w&31, i.Sh)
	return b.String()
}

// groups order the instruction reference. Every operation is in exactly one.
var groups = []struct {
	title string
	ops   []isa.Op
	notes string
}{
	{"Control", []isa.Op{isa.END, isa.NOP}, "`END` is the last word of every program and costs its cycle. `NOP` keeps a place or spends one."},
	{"Moves and constants", []isa.Op{isa.MOV, isa.LDI, isa.LDIH},
		"`LDI` then `LDIH` builds any 32-bit number; the pseudo-instruction `LDC d #v` writes the pair, or only the `LDI` if that is enough. `LDIH` reads its destination: it keeps bits 16..0."},
	{"Addition", []isa.Op{isa.ADD, isa.SUB, isa.ADDI, isa.ABS, isa.SGN},
		"The shift applies to `b` before the addition, in 64 bits: `SUB s0 s0 s1 4` takes away 16 times `s1`. `ABS` of -2^31 is 2^31, which a temporary wraps to -2^31 and a layout clips."},
	{"Multiplication and division", []isa.Op{isa.MUL, isa.MULZ, isa.MULH, isa.MULHSU, isa.DIV},
		"Products have 64 bits before the shift. `MULHSU` multiplies by a fraction: `b` is read as an unsigned number, so that `b`/2^32 lies in [0, 1), a decay factor of full precision. " +
			"`DIV` has no error case. It answers \"how often does `b` fit into `a`\": never if `a` is negative, as often as one likes if `b` is not positive. That gives several spikes in one tick without a loop, and with `sh` = 15 it divides two numbers with 15 fraction bits."},
	{"Shifts", []isa.Op{isa.SHR, isa.SHRZ, isa.SHRH, isa.SHL},
		"The count is the number in the word plus the operand `b`, so it can differ between compartments. It is held to -32..32; a negative count shifts the other way. `SHL` gives a 64-bit result, as `ADD` does: a layout with clipping sees the bits that leave the low 32."},
	{"Bits and bounds", []isa.Op{isa.AND, isa.OR, isa.XOR, isa.MIN, isa.MAX, isa.SAT, isa.SATU, isa.WRAP},
		"`AND` with a parameter that is 0 or -1 selects without a flag. `SAT`, `SATU` and `WRAP` apply a width of their own, 1 to 31, where the chip has a narrow wire between two wide registers."},
	{"Comparisons", []isa.Op{isa.CLT, isa.CLE, isa.CEQ, isa.CNE, isa.CLTU, isa.TST, isa.TSZ},
		"`flag` is F, G or H; `comb` is `set`, `and`, `andn` or `or`, with F, or with another flag as in `andg`. There is no \"greater\": swap the operands. Under a predicate that does not hold the flag stays."},
	{"Output and observation", []isa.Op{isa.SPK, isa.PRB, isa.ACT},
		"`ACT` has no result. It stands for circuits that keep a core clocked while some value is not at rest, although no state changes."},
	{"Random draws", []isa.Op{isa.RND}, "A cancelled `RND` takes no draw. Stochastic rounding is `RND`, `ADD`, `SHR`: the draw format says its stream and width."},
	{"Tables", []isa.Op{isa.LUT}, "A table belongs to the group or rule that runs the program. A decay table that must come to rest ends with 0."},
	{"Learning", []isa.Op{isa.STW, isa.SMP}, "Only in learning rules, where state words are those of a synapse or a trace and parameters are bound to traces and neurons. A rule without `STW` leaves its synapse alone."},
	{"Memory fields", []isa.Op{isa.LDF, isa.STF}, "Only in event programs, which cores without ticks run: fields of a neuron's memory word by name or number."},
	{"Other compartments", []isa.Op{isa.RDX}, "Groups of a core run in their order, so a word of an earlier group is that of this tick and one of a later group that of the tick before. The number must lie in another group: compartments of one group run side by side. Dendrites are groups that stand before their soma's, and a join is a few instructions: `RDX` and `ADD`, `MAX`, or a comparison."},
	{"Reserved", []isa.Op{isa.MULS, isa.JEV},
		"These have a number, a form and a text, so that the code space stays stable, but their meaning is not settled and no engine runs them. Programs that contain one are refused."},
}

func instructionTables(t *testing.T) string {
	var b strings.Builder
	seen := map[isa.Op]bool{}
	for _, g := range groups {
		rows := []string{"op\ttext\tmeaning\tclass\tcycles"}
		for _, op := range g.ops {
			require.False(t, seen[op], "%s is in two groups", isa.Table[op].Name)
			seen[op] = true
			r := isa.Table[op]
			rows = append(rows, fmt.Sprintf("%d\t`%s`\t%s%s\t%s\t%d", op, asm.Usage(op), r.Doc, attributes(r.Attr), r.Class, r.Cycles))
		}
		fmt.Fprintf(&b, "### %s\n\n%s\n%s\n\n", g.title, table(rows...), g.notes)
	}
	require.Len(t, seen, int(isa.NumOps), "operations that no group of the manual lists")
	fmt.Fprintf(&b, "Codes %d to 63 are free and refused.\n", isa.NumOps)
	return b.String()
}

func attributes(a isa.Attr) string {
	var out []string
	for n, name := range []string{"draws", "wakes", "reserved", "rules", "events"} {
		if a>>n&1 == 1 {
			out = append(out, name)
		}
	}
	if out == nil {
		return ""
	}
	return " [**" + strings.Join(out, ", ") + "**]"
}

func classTable() string {
	means := [...]string{"control and probes", "addition, logic, shifts, comparisons", "multiplication", "look-up, division, draws", "spikes", "synapse writes (learning)"}
	rows := []string{"class\tcounted as\twhat\tcycles by default"}
	for c := range isa.NumClasses {
		lo, hi := 99, 0
		for _, r := range isa.Table {
			if r.Class == c {
				lo, hi = min(lo, r.Cycles), max(hi, r.Cycles)
			}
		}
		cycles := fmt.Sprint(lo)
		if lo != hi {
			cycles = fmt.Sprintf("%d or %d", lo, hi)
		}
		rows = append(rows, fmt.Sprintf("%s\t`instructions_%s`\t%s\t%s", c, strings.ToLower(c.String()), means[c], cycles))
	}
	return table(rows...)
}

func errorLines(t *testing.T) string {
	var b strings.Builder
	for _, src := range []string{"MOV t0 Z\nSHR t0 s0 40", "ADD t0 t0 4", "MOV t0 IN0 | ADD t1 IN0 t0 | END", "add t0 t0 t1"} {
		_, err := asm.Assemble(src, "lif.uasm", asm.Options{})
		require.Error(t, err)
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

// exampleNotes explain the words of the worked example.
var exampleNotes = []string{
	"decay of the current, rounded toward zero",
	"plus what has arrived: the new *u* (24 bits, by its layout)",
	"what drives the voltage: current and bias ...",
	"... on a wire of 24 bits",
	"decay of the voltage",
	"the new voltage, before the bounds",
	"not above *vmax*",
	"not below *vmin*",
	"refractory?",
	"then the voltage stays at 0",
	"voltage above threshold? not in a refractory tick: 0 is above no threshold of 0 or more",
	"fired: reset,",
	"start the refractory period,",
	"and spike",
	"count down; the layout of *s2* stops it at 0",
	"",
}

func example(t *testing.T) map[string]any {
	c := newCUBA(t, 3072, 3584, 64, 6400, 3, -8388607, 8388607)
	rows := []string{"word\ttext\twhat it does"}
	require.Len(t, c.prog.Instrs, len(exampleNotes))
	for n, i := range c.prog.Instrs {
		rows = append(rows, fmt.Sprintf("`%08x`\t`%s`\t%s", c.prog.Words()[n], asm.InstrText(i), exampleNotes[n]))
	}
	regs := table("name\twhat\tlayout or value",
		"`s0`\tcurrent *u*\t`wrap` 24", "`s1`\tvoltage *v*\t`wrap` 32 (the bounds are parameters)", "`s2`\trefractory ticks left\t`satu` 6",
		"`p0`\tdecay of *u*\t4096 - du", "`p1`\tdecay of *v*\t4096 - dv", "`p2`\tbias\t", "`p3`\tthreshold\ta multiple of 64",
		"`p4`\trefractory period in ticks\t", "`p5`, `p6`\t*vmin*, *vmax*\t")
	ticks := []string{"tick\tIN0\t*u*\t*v*\trefractory\tspike"}
	inputs := [...]int32{1: 3600, 6: -900, 14: 0}
	cycles := 0
	for _, i := range c.prog.Instrs {
		cycles += isa.Table[i.Op].Cycles
	}
	for n := 1; n < len(inputs); n++ {
		spike := ""
		if c.tick(inputs[n]) != 0 {
			spike = "yes"
		}
		ticks = append(ticks, fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%s", n, inputs[n], c.s[0], c.s[1], c.s[2], spike))
	}
	return map[string]any{
		"ExampleRegs": regs, "ExampleWords": table(rows...), "ExampleTrace": table(ticks...),
		"ExampleParams": fmt.Sprintf("`p0` = %d, `p1` = %d, `p2` = %d, `p3` = %d, `p4` = %d", c.p[0], c.p[1], c.p[2], c.p[3], c.p[4]),
		"ExampleText":   fmt.Sprintf("It costs %d words and, by the default table, %d cycles per compartment and tick, whatever happens in it.", len(c.prog.Instrs), cycles),
	}
}
