package vectors

import (
	"bytes"
	"fmt"

	"hillock/core/event"
)

// kind is a description of which the board has chips.
type kind struct {
	chip, hash, name string // name is what the bench calls it
	spec             *event.Spec
}

// kinds lists the descriptions in the order of their first parts.
func (b *Board) kinds() []kind {
	var out []kind
	for i, p := range b.img.Parts {
		known, same := false, 0
		for _, k := range out {
			known = known || k.hash == p.ChipHash
			if k.chip == p.Chip {
				same++
			}
		}
		if known {
			continue
		}
		n := name(p.Chip)
		if same > 0 {
			n = fmt.Sprintf("%s_%d", n, same+1)
		}
		out = append(out, kind{p.Chip, p.ChipHash, n, &b.Parts[i].core.Image().Spec})
	}
	return out
}

// kindOf is the name of a part's description.
func (b *Board) kindOf(part int) string {
	for _, k := range b.kinds() {
		if k.hash == b.img.Parts[part].ChipHash {
			return k.name
		}
	}
	return ""
}

// lines are rows of all parts, each behind the part's number.
func (b *Board) lines(rows func(p *Part) [][]int64) []byte {
	var out bytes.Buffer
	for i, p := range b.Parts {
		for _, row := range rows(p) {
			fmt.Fprint(&out, i)
			for _, x := range row {
				fmt.Fprintf(&out, " %d", x)
			}
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// run is what the bench needs to know of the run: the edges to run, then for
// every part the edges until idle (-1 = never), events, calls, outputs,
// acknowledges and the delay of a receiver.
func (b *Board) run() []byte {
	last := int64(0)
	for _, p := range b.Parts {
		for _, rows := range [...][][]int64{rows(p.Events)} {
			for _, x := range rows {
				last = max(last, x[0])
			}
		}
		last = max(last, p.Cycles, p.core.State.Ended)
		if _, stalled := p.core.Stalled(); stalled {
			last = max(last, p.core.State.Busy)
		}
	}
	out := fmt.Appendf(nil, "%d\n", last+64)
	for i, p := range b.Parts {
		out = fmt.Appendf(out, "%d %d %d %d %d %d %d\n", i, p.Cycles, len(p.Samples), len(p.Calls), len(p.Outputs), len(p.Acks), p.AckDelay)
	}
	return out
}

// bench is the SystemVerilog bench of the board: it depends on descriptions and
// wires alone.
func (b *Board) bench() []byte {
	var out bytes.Buffer
	w := func(format string, a ...any) { fmt.Fprintf(&out, format, a...) }
	w("// Bench for a board of %s, made by hillock vectors. It reads a set of vectors in the\n// folder in which it runs. Each design, its registers and memories are named in CHIP.svh.\n`timescale 1ns/1ps\n\n", b.Chip)
	out.WriteString(portModule)
	out.WriteString(outputModule)
	for _, k := range b.kinds() {
		k.module(&out)
	}
	w("module bench;\n  logic clk = 0, rst = 1, load = 0, go = 0, check = 0;\n  longint cycle = 0, cycles; // cycle: of the next rising edge\n")
	w("  int errors = 0, part; longint idle; int want_in, want_calls, want_out, want_acks, ack_delay;\n")
	w("  always #5 clk = ~clk;\n  always @(posedge clk) if (go) cycle <= cycle + 1;\n\n")
	for i := range b.Parts {
		b.instance(&out, i)
	}
	w("  initial begin\n    int f;\n    repeat (4) @(negedge clk);\n    rst = 0;\n    repeat (4) @(negedge clk);\n    load = 1;\n    @(negedge clk);\n    @(posedge clk); #1 go = 1;\n")
	w("    f = $fopen(\"run.txt\", \"r\");\n    if ($fscanf(f, \"%%d\", cycles) != 1) begin $display(\"FAIL: no run.txt\"); $finish; end\n")
	w("    while (cycle < cycles) @(negedge clk);\n    check = 1;\n    repeat (2) @(negedge clk);\n")
	w("    while ($fscanf(f, \"%%d %%d %%d %%d %%d %%d %%d\", part, idle, want_in, want_calls, want_out, want_acks, ack_delay) == 7) case (part)\n")
	for i, p := range b.Parts {
		b.verdict(&out, i, p)
	}
	w("      default: errors++;\n    endcase\n    $fclose(f);\n")
	w("    if (errors == 0) $display(\"PASS: %d parts\"); else $display(\"FAIL: %%0d errors\", errors);\n    $finish;\n  end\nendmodule\n", len(b.Parts))
	return out.Bytes()
}

// instance is a part with what is before its ports and behind its output.
func (b *Board) instance(out *bytes.Buffer, i int) {
	w := func(format string, a ...any) { fmt.Fprintf(out, format, a...) }
	spec := &b.Parts[i].core.Image().Spec
	w("  // part %d: %s\n  wire [%d:0] p%d_out_addr; wire p%d_out_req, p%d_out_ack, p%d_busy; int p%d_errors; longint p%d_idle;\n", i, b.Parts[i].Name, outBits(spec)-1, i, i, i, i, i, i)
	for k, p := range spec.Control.Ports {
		n := fmt.Sprintf("p%d_%s", i, name(p.Name))
		var froms []int
		for _, x := range b.img.Wires {
			if x.To == i && x.Port == k {
				froms = append(froms, x.From)
			}
		}
		w("  wire [%d:0] %s_addr; wire %s_req, %s_ack;\n", p.Bits-1, n, n, n)
		w("  wire [%d:0] %s_call; wire [%d:0] %s_grant; wire [%d:0] %s_words;\n", max(len(froms), 1)-1, n, max(len(froms), 1)-1, n, max(len(froms), 1)*p.Bits-1, n)
		if len(froms) == 0 {
			w("  assign %s_call = 0; assign %s_words = 0;\n", n, n)
		}
		for at, from := range froms {
			x := b.wireFrom(from)
			w("  assign %s_call[%d] = p%d_out_req; assign %s_words[%d +: %d] = %d'(64'd%d + 64'(p%d_out_addr) * 64'd%d); assign p%d_out_ack = %s_grant[%d];\n",
				n, at, from, n, at*p.Bits, p.Bits, p.Bits, b.img.Wires[x].Word, from, b.img.Wires[x].Scale, from, n, at)
		}
		w("  board_port #(.NAME(\"%s\"), .PART(%d), .PORT(%d), .BITS(%d), .WIRES(%d)) %s (.clk, .go, .cycle, .call(%s_call), .words(%s_words), .grant(%s_grant), .addr(%s_addr), .req(%s_req), .ack(%s_ack));\n",
			b.Parts[i].Name, i, k, p.Bits, max(len(froms), 1), n, n, n, n, n, n, n)
	}
	wired := 0
	if b.wireFrom(i) >= 0 {
		wired = 1
	} else {
		w("  assign p%d_out_ack = p%d_out.echo;\n", i, i)
	}
	w("  board_output #(.NAME(\"%s\"), .PART(%d), .BITS(%d), .WIRED(%d)) p%d_out (.clk, .go, .cycle, .addr(p%d_out_addr), .req(p%d_out_req), .ack(p%d_out_ack));\n", b.Parts[i].Name, i, outBits(spec), wired, i, i, i, i)
	w("  part_%s #(.NAME(\"%s\")) p%d (.clk, .rst, .load, .check, .errors(p%d_errors), .busy(p%d_busy), .out_addr(p%d_out_addr), .out_req(p%d_out_req), .out_ack(p%d_out_ack)", b.kindOf(i), b.Parts[i].Name, i, i, i, i, i, i)
	for _, p := range spec.Control.Ports {
		n := name(p.Name)
		w(", .%s_addr(p%d_%s_addr), .%s_req(p%d_%s_req), .%s_ack(p%d_%s_ack)", n, i, n, n, i, n, n, i, n)
	}
	w(");\n  initial p%d_idle = 0;\n  always @(negedge clk) if (go && p%d_busy) p%d_idle = cycle + 1; // busy behind edge cycle-1: idle behind edge cycle at the earliest\n\n", i, i, i)
}

// wireFrom is the wire of a part's output, -1 without.
func (b *Board) wireFrom(part int) int {
	for i, w := range b.img.Wires {
		if w.From == part {
			return i
		}
	}
	return -1
}

// verdict adds a part's errors and compares what was counted.
func (b *Board) verdict(out *bytes.Buffer, i int, p *Part) {
	w := func(format string, a ...any) { fmt.Fprintf(out, format, a...) }
	w("      %d: begin\n        errors += p%d_errors + p%d_out.errors;\n", i, i, i)
	sent, calls := "0", "0"
	for _, q := range p.core.Image().Spec.Control.Ports {
		n := fmt.Sprintf("p%d_%s", i, name(q.Name))
		w("        errors += %s.errors;\n", n)
		sent, calls = sent+" + "+n+".sent", calls+" + "+n+".calls"
	}
	for _, x := range [...][3]string{{sent, "want_in", "inputs"}, {calls, "want_calls", "calls"}, {fmt.Sprintf("p%d_out.n", i), "want_out", "outputs"}, {fmt.Sprintf("p%d_out.acks", i), "want_acks", "acknowledges"}} {
		w("        if (%s != %s) begin errors++; $display(\"%s: %%0d %s, need %%0d\", %s, %s); end\n", x[0], x[1], p.Name, x[2], x[0], x[1])
	}
	w("        if (p%d.KNOWS && (idle >= 0 ? p%d_idle != idle : !p%d_busy)) begin errors++; $display(\"%s: idle after %%0d edges, need %%0d\", p%d_idle, idle); end\n      end\n", i, i, i, p.Name, i)
}

// module is a chip with its memories.
func (k *kind) module(out *bytes.Buffer) {
	w := func(format string, a ...any) { fmt.Fprintf(out, format, a...) }
	w("// %s\nmodule part_%s #(parameter string NAME = \"\") (input clk, rst, load, check, output int errors, output busy", k.chip, k.name)
	for _, p := range k.spec.Control.Ports {
		n := name(p.Name)
		w(", input [%d:0] %s_addr, input %s_req, output %s_ack", p.Bits-1, n, n, n)
	}
	w(", output [%d:0] out_addr, output out_req, input out_ack);\n  `include \"%s.svh\"\n", outBits(k.spec)-1, k.name)
	w("`ifdef BUSY\n  localparam KNOWS = 1; assign busy = (`BUSY) | out_req | out_ack")
	for _, p := range k.spec.Control.Ports {
		w(" | %s_req | %s_ack", name(p.Name), name(p.Name))
	}
	w(";\n`else\n  localparam KNOWS = 0; assign busy = 0;\n`endif\n")
	loads, ends, undef := &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	sets := &bytes.Buffer{}
	for m := range k.spec.Memories {
		mem := &k.spec.Memories[m]
		n := name(mem.Name)
		if register(mem) {
			fmt.Fprintf(sets, "      if (s == \"%s\") begin `SET_%s(x[%d:0]); end\n", mem.Name, n, mem.Bits-1)
			fmt.Fprintf(undef, "`undef SET_%s\n", n)
			continue
		}
		w("  logic [%d:0] start_%s [%d], end_%s [%d];\n", mem.Bits-1, n, mem.Words, n, mem.Words)
		fmt.Fprintf(loads, "    $readmemh({NAME, \".%s.hex\"}, start_%s); $readmemh({NAME, \".%s.end.hex\"}, end_%s);\n    for (int i = 0; i < %d; i++) begin `POKE_%s(i, start_%s[i]); end\n", mem.Name, n, mem.Name, n, mem.Words, n, n)
		fmt.Fprintf(ends, "    for (int i = 0; i < %d; i++) if (`PEEK_%s(i) !== end_%s[i]) begin errors++; $display(\"%%s: %s %%0d: %%h, need %%h\", NAME, i, `PEEK_%s(i), end_%s[i]); end\n", mem.Words, n, n, mem.Name, n, n)
		fmt.Fprintf(undef, "`undef POKE_%s\n`undef PEEK_%s\n", n, n)
	}
	w("  initial errors = 0;\n  initial begin : loading\n    int f, bits; string s; logic [63:0] x;\n    @(posedge load);\n%s", loads)
	w("    f = $fopen({NAME, \".registers.txt\"}, \"r\");\n    while ($fscanf(f, \"%%s %%d %%h\", s, bits, x) == 3) begin\n%s    end\n    $fclose(f);\n    `START\n  end\n", sets)
	w("  initial begin\n    @(posedge check);\n%s  end\nendmodule\n%s`undef START\n`ifdef BUSY\n`undef BUSY\n`endif\n\n", ends, undef)
}

// portModule is what is before a port: the sender of the stimulus, and the joint
// with the outputs that are wired to it.
const portModule = `// The joint of a port: between two edges, when no handshake is under way, it lets in the first wire that
// calls, else the stimulus. With one wire and no stimulus it is a wire.
module board_port #(parameter string NAME = "", parameter int PART = 0, PORT = 0, BITS = 1, WIRES = 1) (input clk, go, input longint cycle,
  input [WIRES-1:0] call, input [WIRES*BITS-1:0] words, output logic [WIRES-1:0] grant, output logic [BITS-1:0] addr, output logic req, input ack);
  bit verbose = 0; // +log: every request is displayed; hillock diff reads what is displayed
  initial verbose = $test$plusargs("log") != 0;
  longint at [$], seen [$], call_at [$]; logic [63:0] what [$], call_word [$];
  int errors = 0, sent = 0, calls = 0, owner = -1; // -1: nobody, WIRES: the stimulus
  logic own = 0; logic [BITS-1:0] own_word = 0;
  initial begin
    int f, part, port; longint e; logic [63:0] x;
    f = $fopen("stimulus.txt", "r");
    while ($fscanf(f, "%d %d %d %d", part, e, port, x) == 4) if (part == PART && port == PORT) begin at.push_back(e); what.push_back(x); end
    $fclose(f);
    f = $fopen("inputs.txt", "r");
    while ($fscanf(f, "%d %d %d", part, port, e) == 3) if (part == PART && port == PORT) seen.push_back(e);
    $fclose(f);
    f = $fopen("calls.txt", "r");
    while ($fscanf(f, "%d %d %d %d", part, port, e, x) == 4) if (part == PART && port == PORT) begin call_at.push_back(e); call_word.push_back(x); end
    $fclose(f);
  end
  always_comb begin
    grant = 0; req = own; addr = own_word;
    for (int i = 0; i < WIRES; i++) if (owner == i) begin grant[i] = ack; req = call[i]; addr = words[i*BITS +: BITS]; end
  end
  always @(negedge clk) if (go) begin
    if (owner == WIRES) begin
      if (own && ack) own = 0; else if (!own && !ack) owner = -1;
    end else if (owner >= 0) if (!call[owner] && !ack) owner = -1;
    if (owner < 0) begin
      for (int i = WIRES - 1; i >= 0; i--) if (call[i]) owner = i;
      if (owner >= 0) begin
        if (calls >= call_at.size() || cycle != call_at[calls] || 64'(words[owner*BITS +: BITS]) != call_word[calls]) begin
          errors++; $display("%s: call %0d of port %0d: word %h sampled at edge %0d, need %h at %0d", NAME, calls, PORT, words[owner*BITS +: BITS], cycle, call_word[calls], call_at[calls]);
        end else if (verbose) $display("%s: call %0d of port %0d: word %h sampled at edge %0d", NAME, calls, PORT, words[owner*BITS +: BITS], cycle);
        calls++;
      end else if (sent < at.size()) if (cycle >= at[sent]) begin
        owner = WIRES; own = 1; own_word = what[sent][BITS-1:0];
        if (sent >= seen.size() || cycle != seen[sent]) begin
          errors++; $display("%s: input %0d of port %0d: sampled at edge %0d, need %0d", NAME, sent, PORT, cycle, seen[sent]);
        end else if (verbose) $display("%s: input %0d of port %0d: sampled at edge %0d", NAME, sent, PORT, cycle);
        sent++;
      end
    end
  end
endmodule

`

// outputModule compares outputs and acknowledges, and acknowledges outputs that
// are not wired.
const outputModule = `module board_output #(parameter string NAME = "", parameter int PART = 0, BITS = 1, WIRED = 0) (input clk, go, input longint cycle, input [BITS-1:0] addr, input req, ack);
  bit verbose = 0; // +log: every output is displayed
  initial verbose = $test$plusargs("log") != 0;
  longint at [$], rise [$], fall [$]; logic [63:0] want [$];
  int errors = 0, n = 0, acks = 0, delay = 0; logic was = 0, was_ack = 0, echo = 0; logic [1023:0] line = 0;
  initial begin
    int f, part, a, b, c, d; longint e, x;
    f = $fopen("outputs.txt", "r");
    while ($fscanf(f, "%d %d %d", part, e, x) == 3) if (part == PART) begin at.push_back(e); want.push_back(x); end
    $fclose(f);
    f = $fopen("acknowledges.txt", "r");
    while ($fscanf(f, "%d %d %d", part, e, x) == 3) if (part == PART) begin rise.push_back(e); fall.push_back(x); end
    $fclose(f);
    f = $fopen("run.txt", "r");
    void'($fscanf(f, "%d", e));
    while ($fscanf(f, "%d %d %d %d %d %d %d", part, e, a, b, c, d, x) == 7) if (part == PART) delay = int'(x);
    $fclose(f);
  end
  always @(negedge clk) if (go) begin
    line = {line[1022:0], req};
    echo = line[delay];
    if (req && !was) begin
      if (n >= at.size() || cycle - 1 != at[n] || 64'(addr) != want[n]) begin
        errors++; $display("%s: output %0d: address %h after edge %0d, need %h after %0d", NAME, n, addr, cycle - 1, want[n], at[n]);
      end else if (verbose) $display("%s: output %0d: address %h after edge %0d", NAME, n, addr, cycle - 1);
      n++;
    end
    was = req;
    if (WIRED != 0 && ack != was_ack) begin
      if (ack) begin
        if (acks >= rise.size() || cycle - 1 != rise[acks]) begin
          errors++; $display("%s: acknowledge %0d: rises after edge %0d, need %0d", NAME, acks, cycle - 1, rise[acks]);
        end
        acks++;
      end else if (acks < 1 || acks > fall.size() || cycle - 1 != fall[acks - 1]) begin
        errors++; $display("%s: acknowledge %0d: falls after edge %0d, need %0d", NAME, acks - 1, cycle - 1, fall[acks - 1]);
      end
      was_ack = ack;
    end
  end
endmodule

`

func (b *Board) readme() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Test vectors for a board of %s\n\n%d chips on one clock, %d wires. Edge 0 is the first edge of the run, with all controllers idle and all queues empty.\n\n", b.Chip, len(b.Parts), len(b.img.Wires))
	out.WriteString("Parts, in the order of their numbers in files:\n\n")
	for i, p := range b.Parts {
		to := "an agent that acknowledges " + fmt.Sprint(p.AckDelay+1) + " edges later"
		if x := b.wireFrom(i); x >= 0 {
			w := b.img.Wires[x]
			to = fmt.Sprintf("port %s of %s: address a is the word %d + a*%d", b.Parts[w.To].core.Image().Spec.Control.Ports[w.Port].Name, b.Parts[w.To].Name, w.Word, w.Scale)
		}
		fmt.Fprintf(&out, "- %d: %s, a %s; its output goes to %s\n", i, p.Name, p.Chip, to)
	}
	out.WriteString(`
| file | holds |
|---|---|
| board.img | the image that was run; ` + "`hillock run board.img`" + ` takes it |
| vectors.json | stimulus and everything expected; ` + "`hillock conform`" + ` replays it |
| PART.NAME.hex, PART.NAME.end.hex | memory NAME of a part before and after the run, for ` + "`$readmemh`" + ` |
| PART.registers.txt | register, bits, value in hexadecimal |
| run.txt | edges to run; per part: edges until idle (-1: never), inputs, calls, outputs, acknowledges, delay of an agent |
| stimulus.txt | part, earliest edge, port, word |
| inputs.txt | part, port, edge at which the request of the stimulus is first sampled high |
| calls.txt | part, port, edge at which the request of a wire is first sampled high, word |
| outputs.txt | part, edge behind which the output request rises, address |
| PART.states.txt | every event that a part served, the edge of its last write, the words that it changed: memory, address and word in hexadecimal |
| acknowledges.txt | part, edges behind which the acknowledge of its wired output rises and falls |
| bench.sv | a bench with all chips, their wires, and the comparison of everything above |
| CHIP.svh.example | what the bench needs to know of a design: copy it to CHIP.svh and fill it in. ` + "`BUSY`" + `, if you define it, is an expression that is 1 while the design is at work: then the edges until idle are compared |

A port with a wire has a joint before it, which is part of the bench and of no chip: between two edges, when no handshake
of the port is under way, it lets in the first wire whose request is up, else the next event of the stimulus. Without
stimulus it is a wire. Designs of different chips must not have modules of the same name.

With Verilator: ` + "`verilator --binary --timing -I. --top-module bench bench.sv DESIGN...`" + `, then run ` + "`obj_dir/Vbench`" + ` here (` + "`+log`" + `: with every request). ` + "`hillock diff . LOG`" + `
says what differs first in what it prints. The bench is
the same for every set of this board: compiled once, it runs in the folder of any of them.
`)
	return out.Bytes()
}
