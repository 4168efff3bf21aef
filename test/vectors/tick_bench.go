package vectors

import (
	"bytes"
	"fmt"
)

// benchMemory is what the bench knows of a memory of all cores.
type benchMemory struct {
	name        string
	bits, words int // of the widest and longest core
	radix       string
	changes     bool
}

// benchMemories are the memories, in the order of the layout.
func (r *TickRecord) benchMemories() []benchMemory {
	var out []benchMemory
	for i := range r.packer.Memories() {
		m := &r.packer.Memories()[i]
		b := benchMemory{name: name(m.Name), radix: "h"}
		if m.Radix == 2 {
			b.radix = "b"
		}
		for n := range r.mems {
			if x := &r.mems[n]; x.m == m {
				b.bits, b.words, b.changes = max(b.bits, x.bits), max(b.words, len(x.start)), b.changes || x.changes
			}
		}
		if b.words > 0 {
			b.bits = max(b.bits, 1)
			out = append(out, b)
		}
	}
	return out
}

// cells is one more than the highest number of a core.
func (r *TickRecord) cells() int {
	n := 0
	for i := range r.img.Cores {
		n = max(n, r.packer.Number(i)+1)
	}
	return n
}

// enterCycles are the cycles from a pulse, and from the start, to the first
// word of the host.
func (r *TickRecord) enterCycles() (before, enter int64) {
	if n := r.img.Routers; n != nil {
		return n.Before, n.Enter
	}
	return 1, 1
}

// bench is the SystemVerilog bench of a set.
func (r *TickRecord) bench() []byte {
	b := &bytes.Buffer{}
	w := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	before, enter := r.enterCycles()
	bits := 1
	if len(r.words) > 0 {
		bits = max(4*len(r.words[0].word), 1)
	}
	w("// Bench for %s, made by hillock vectors for the set in whose folder it runs. The\n// design, its memories and its output are named in dut.svh.\n`timescale 1ns/1ps\nmodule bench;\n", r.Chip)
	w("  localparam TICKS = %d, CELLS = %d, WORDS_IN = %d, WORDS_OUT = %d;\n", r.Ticks, r.cells(), len(r.words), len(r.Outputs))
	w("  localparam BEFORE = %d, ENTER = %d; // cycles before a word enters: from the start, from a pulse\n", before, enter)
	w("  logic clk = 0, rst = 1, tick = 0;\n")
	w("  logic in_valid = 0; logic [%d:0] in_word = 0; int in_core = 0, in_axon = 0, in_delay = 0, in_payload = 0;\n", bits-1)
	w("  wire out_valid; wire [31:0] out_number, out_payload; // a spike of an output neuron in a cycle\n\n")
	w("  `include \"dut.svh\"\n\n  always #5 clk = ~clk;\n  longint since = 0; int now = 0, errors = 0, outputs = 0;\n  always @(posedge clk) since <= since + 1;\n\n")
	for _, m := range r.benchMemories() {
		w("  reg [%d:0] load_%s [0:%d], want_%s [0:%d]; int words_%s [0:CELLS-1];\n", m.bits-1, m.name, m.words-1, m.name, r.cells()*m.words-1, m.name)
	}
	w("  int in_tick [0:WORDS_IN], of_core [0:WORDS_IN], of_axon [0:WORDS_IN], of_delay [0:WORDS_IN], of_payload [0:WORDS_IN];\n  reg [%d:0] of_word [0:WORDS_IN];\n", bits-1)
	w("  int out_tick [0:WORDS_OUT], want_number [0:WORDS_OUT], want_payload [0:WORDS_OUT], of_population, of_index; bit seen [0:WORDS_OUT];\n")
	w("  int changes, line_tick, line_core, line_address; string line_memory; reg [%d:0] line_word; bit more = 0;\n\n", r.widest()-1)
	b.WriteString(benchOutputs)
	r.benchLoad(b)
	r.benchCompare(b)
	b.WriteString(benchRun)
	return b.Bytes()
}

// widest is the number of bits of the widest word.
func (r *TickRecord) widest() int {
	n := 1
	for _, m := range r.benchMemories() {
		n = max(n, m.bits)
	}
	return n
}

// benchOutputs compares spikes of output populations, in any order within the
// time before a pulse.
const benchOutputs = `  int found;
  always @(posedge clk) if (out_valid) begin
    found = -1;
    for (int i = 0; i < WORDS_OUT; i++)
      if (found < 0 && !seen[i] && out_tick[i] == now && want_number[i] == out_number && want_payload[i] == out_payload) found = i;
    outputs++;
    if (found >= 0) seen[found] = 1;
    else begin errors++; $display("tick %0d: output %0d, payload %0d: have 1, need 0", now, out_number, out_payload); end
  end
  task missing(input int t);
    for (int i = 0; i < WORDS_OUT; i++) if (out_tick[i] == t && !seen[i]) begin
      errors++; $display("tick %0d: output %0d, payload %0d: have 0, need 1", t, want_number[i], want_payload[i]);
    end
  endtask

`

// benchLoad reads the files of the set and loads the design.
func (r *TickRecord) benchLoad(b *bytes.Buffer) {
	w := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	w("  task load; int f; begin\n    f = $fopen(\"stimulus.txt\", \"r\");\n    for (int i = 0; i < WORDS_IN; i++) found = $fscanf(f, \"%%d %%d %%d %%d %%d %%h\", in_tick[i], of_core[i], of_axon[i], of_delay[i], of_payload[i], of_word[i]);\n    $fclose(f);\n")
	w("    f = $fopen(\"outputs.txt\", \"r\");\n    for (int i = 0; i < WORDS_OUT; i++) begin seen[i] = 0; found = $fscanf(f, \"%%d %%d %%d %%d %%d\", out_tick[i], want_number[i], want_payload[i], of_population, of_index); end\n    $fclose(f);\n")
	for _, m := range r.benchMemories() {
		w("    for (int i = 0; i < CELLS; i++) words_%s[i] = 0;\n", m.name)
	}
	of := map[string]benchMemory{}
	for _, m := range r.benchMemories() {
		of[m.name] = m
	}
	for n := range r.mems {
		x := &r.mems[n]
		m := of[name(x.m.Name)]
		file, core := r.packer.File(x.m, x.core), r.packer.Number(x.core)
		w("    $readmem%s(\"%s\", load_%s, 0, %d); words_%s[%d] = %d;\n", m.radix, file, m.name, len(x.start)-1, m.name, core, len(x.start))
		w("    for (int i = 0; i < %d; i++) begin want_%s[%d + i] = load_%s[i]; `LOAD_%s(%d, i, load_%s[i]) end\n", len(x.start), m.name, core*m.words, m.name, m.name, core, m.name)
	}
	w("  end endtask\n\n")
}

// benchCompare applies what a tick changes and compares memories.
func (r *TickRecord) benchCompare(b *bytes.Buffer) {
	w := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	w("  task next; more = $fscanf(changes, \"%%d %%s %%d %%h %%h\", line_tick, line_memory, line_core, line_address, line_word) == 5; endtask\n")
	w("  task compare(input int t); begin\n    while (more && line_tick <= t) begin\n")
	for _, m := range r.benchMemories() {
		if m.changes {
			w("      if (line_memory == \"%s\") want_%s[line_core * %d + line_address] = line_word[%d:0];\n", m.name, m.name, m.words, m.bits-1)
		}
	}
	w("      next;\n    end\n")
	for _, m := range r.benchMemories() {
		if !m.changes {
			continue
		}
		w("    for (int c = 0; c < CELLS; c++) for (int i = 0; i < words_%s[c]; i++) if (`PEEK_%s(c, i) !== want_%s[c * %d + i]) begin\n", m.name, m.name, m.name, m.words)
		w("      errors++; $display(\"tick %%0d: %s of core %%0d, word %%0d: have %%h, need %%h\", t, c, i, `PEEK_%s(c, i), want_%s[c * %d + i]);\n    end\n", m.name, m.name, m.name, m.words)
	}
	w("  end endtask\n\n")
}

// benchRun is the course of a run.
const benchRun = `  task send(input int t);
    for (int i = 0; i < WORDS_IN; i++) if (in_tick[i] == t) begin
      in_valid = 1; in_word = of_word[i]; in_core = of_core[i]; in_axon = of_axon[i]; in_delay = of_delay[i]; in_payload = of_payload[i];
      @(negedge clk);
    end
    in_valid = 0;
  endtask
  initial begin
    load;
    changes = $fopen("states.txt", "r"); next;
    @(negedge clk); rst = 0;
    ` + "`START" + `
    @(negedge clk); since = 0;
    for (int t = 0; t <= TICKS; t++) begin
      now = t;
      repeat (t == 0 ? BEFORE : ENTER - 1) @(negedge clk);
      if (t < TICKS) send(t);
      while (since < ` + "`PERIOD" + `) @(negedge clk);
      if (t > 0) compare(t - 1);
      missing(t);
      if (t < TICKS) begin tick = 1; since = 0; @(negedge clk); tick = 0; end
    end
    if (errors == 0) $display("PASS: %0d ticks, %0d outputs", TICKS, outputs); else $display("FAIL: %0d errors", errors);
    $finish;
  end
endmodule
`

// dut is the part that knows the design, to be filled in.
func (r *TickRecord) dut() []byte {
	var b bytes.Buffer
	w := func(format string, a ...any) { fmt.Fprintf(&b, format, a...) }
	w("// Copy to dut.svh and fill in. The bench has clk, rst (high at first), tick (a pulse\n// of one cycle) and, for a cycle each, words of the host: in_valid, in_word (packed),\n// in_core, in_axon, in_delay, in_payload.\n\n")
	w("// cycles of a tick, more than the longest: ")
	if r.longest > 0 {
		w("%d\n`define PERIOD %d\n", r.longest, r.longest+64)
	} else {
		w("not described\n`define PERIOD 1000\n")
	}
	w("\n// design dut (.clk(clk), .rst(rst), .tick(tick), ...);\n// assign out_valid = ..., out_number = ..., out_payload = 1;\n\n")
	for _, m := range r.benchMemories() {
		w("// word a of core c; empty if the design reads its file itself\n`define LOAD_%s(c, a, w)\n", m.name)
		if m.changes {
			w("`define PEEK_%s(c, a) dut.PATH[a]\n", m.name)
		}
	}
	w("\n// whatever lets the design run\n`define START\n")
	return b.Bytes()
}
