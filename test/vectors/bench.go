package vectors

import (
	"bytes"
	"fmt"

	"hillock/core/event"
)

// maxAckDelay is the longest delay of the receiver that the bench can make.
const maxAckDelay = 1023

// bench is the SystemVerilog bench: everything but the design itself, which
// dut.svh brings in. It depends on the description alone, so that one compiled
// bench runs every set of a chip.
func (r *Record) bench() []byte {
	b := &bytes.Buffer{}
	w := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	w("// Bench for %s, made by hillock vectors. It reads a set of vectors in the folder in\n", r.Chip)
	w("// which it runs. The design, its registers and memories are named in dut.svh.\n`timescale 1ns/1ps\nmodule bench;\n")
	w(`  longint cycles; int inputs, outputs, ack_delay, expected;
  logic clk = 0, rst = 1, go = 0;
  bit verbose = 0; // +log: every input and output is displayed; hillock diff reads what is displayed
  initial verbose = $test$plusargs("log") != 0;
  longint cycle = 0; // of the next rising edge
  int errors = 0, sent = 0;
  always #5 clk = ~clk;
  always @(posedge clk) if (go) cycle <= cycle + 1;

`)
	for i, p := range r.Spec.Control.Ports {
		w("  logic [%d:0] %s_addr = 0; logic %s_req = 0; wire %s_ack; // port %d\n", p.Bits-1, name(p.Name), name(p.Name), name(p.Name), i)
	}
	w("  wire [%d:0] out_addr; wire out_req; logic out_ack = 0;\n\n", outBits(r.Spec)-1)
	if r.Spec.Transfers != nil {
		serialBench(b, r.Spec.Transfers)
	}
	w("  `include \"dut.svh\"\n\n")
	for i, p := range r.Spec.Control.Ports {
		sender(b, i, name(p.Name), p.Bits)
	}
	b.WriteString(receiver)
	r.compare(b)
	w("endmodule\n")
	return b.Bytes()
}

// sender drives a port from its part of the stimulus and compares the edges at
// which its requests are sampled.
func sender(b *bytes.Buffer, port int, n string, bits int) {
	fmt.Fprintf(b, `  // sender of port %[1]d
  longint %[2]s_at [$], %[2]s_seen [$]; logic [63:0] %[2]s_word [$]; int %[2]s_n = 0;
  initial begin
    int f, p; longint e; logic [63:0] x;
    f = $fopen("stimulus.txt", "r");
    while ($fscanf(f, "%%d %%d %%h", e, p, x) == 3) if (p == %[1]d) begin %[2]s_at.push_back(e); %[2]s_word.push_back(x); end
    $fclose(f);
    f = $fopen("inputs.txt", "r");
    while ($fscanf(f, "%%d %%d", p, e) == 2) if (p == %[1]d) %[2]s_seen.push_back(e);
    $fclose(f);
  end
  always @(negedge clk) if (go) begin
    if (%[2]s_req && %[2]s_ack) %[2]s_req = 0;
    else if (!%[2]s_req && !%[2]s_ack && %[2]s_n < %[2]s_at.size()) if (cycle >= %[2]s_at[%[2]s_n]) begin
      %[2]s_req = 1; %[2]s_addr = %[2]s_word[%[2]s_n][%[3]d:0];
      if (%[2]s_n >= %[2]s_seen.size() || cycle != %[2]s_seen[%[2]s_n]) begin
        errors++; $display("input %%0d of port %[1]d: sampled at edge %%0d, need %%0d", %[2]s_n, cycle, %[2]s_seen[%[2]s_n]);
      end else if (verbose) $display("input %%0d of port %[1]d: sampled at edge %%0d", %[2]s_n, cycle);
      %[2]s_n++; sent++;
    end
  end

`, port, n, bits-1)
}

// receiver acknowledges outputs and compares them.
const receiver = `  // receiver: the request comes back ack_delay + 1 edges later
  logic [1023:0] line = 0; logic was = 0; int out_n = 0;
  longint out_at [$]; logic [63:0] out_want [$];
  initial begin
    int f; longint e; logic [63:0] x;
    f = $fopen("outputs.txt", "r");
    while ($fscanf(f, "%d %h", e, x) == 2) begin out_at.push_back(e); out_want.push_back(x); end
    $fclose(f);
  end
  always @(negedge clk) if (go) begin
    line = {line[1022:0], out_req};
    out_ack = line[ack_delay];
    if (out_req && !was) begin
      if (out_n >= out_at.size() || cycle - 1 != out_at[out_n] || 64'(out_addr) != out_want[out_n]) begin
        errors++; $display("output %0d: address %h after edge %0d, need %h after %0d", out_n, out_addr, cycle - 1, out_want[out_n], out_at[out_n]);
      end else if (verbose) $display("output %0d: address %h after edge %0d", out_n, out_addr, cycle - 1);
      out_n++;
    end
    was = out_req;
  end

`

// compare loads registers and memories, runs, and compares them at the end.
func (r *Record) compare(b *bytes.Buffer) {
	w := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	each := func(registers bool, f func(mem *event.Memory, n string)) {
		for m := range r.Spec.Memories {
			if mem := &r.Spec.Memories[m]; register(mem) == registers {
				f(mem, name(mem.Name))
			}
		}
	}
	each(false, func(mem *event.Memory, n string) {
		w("  logic [%d:0] start_%s [%d], end_%s [%d];\n", mem.Bits-1, n, mem.Words, n, mem.Words)
	})
	w("  initial begin\n    int f, bits; string s; logic [63:0] x;\n    f = $fopen(\"run.txt\", \"r\");\n")
	w("    if ($fscanf(f, \"%%d %%d %%d %%d %%d\", cycles, inputs, outputs, ack_delay, expected) != 5) begin $display(\"FAIL: no run.txt\"); $finish; end\n    $fclose(f);\n")
	w("    if (ack_delay > %d) begin $display(\"FAIL: ack_delay %%0d\", ack_delay); $finish; end\n", maxAckDelay)
	each(false, func(mem *event.Memory, n string) {
		w("    $readmemh(\"%s.hex\", start_%s); $readmemh(\"%s.end.hex\", end_%s);\n", mem.Name, n, mem.Name, n)
	})
	w("    @(negedge clk) rst = 0; @(negedge clk) rst = 1; // an edge, for resets that wait for one\n    repeat (4) @(negedge clk);\n    rst = 0;\n    repeat (4) @(negedge clk);\n")
	if r.Spec.Transfers != nil {
		w("    program_port();\n")
		w("    if (!programmed) begin\n")
	}
	w("`ifndef BLIND\n")
	each(false, func(mem *event.Memory, n string) {
		w("    for (int i = 0; i < %d; i++) begin `POKE_%s(i, start_%s[i]); end\n", mem.Words, n, n)
	})
	w("    f = $fopen(\"registers.txt\", \"r\");\n    while ($fscanf(f, \"%%s %%d %%h\", s, bits, x) == 3) begin\n")
	each(true, func(mem *event.Memory, n string) {
		w("      if (s == \"%s\") begin `SET_%s(x[%d:0]); end\n", mem.Name, n, mem.Bits-1)
	})
	w("    end\n    $fclose(f);\n`endif\n")
	if r.Spec.Transfers != nil {
		w("    end\n")
	}
	w("    `START\n    @(posedge clk); #1 go = 1;\n    while (cycle < cycles + 64) @(negedge clk);\n")
	if r.Spec.Transfers != nil {
		w("    if (shifted != expected) begin errors++; $display(\"%%0d transfers, need %%0d\", shifted, expected); end\n")
	}
	w("    if (sent != inputs) begin errors++; $display(\"%%0d inputs, need %%0d\", sent, inputs); end\n")
	w("    if (out_n != outputs) begin errors++; $display(\"%%0d outputs, need %%0d\", out_n, outputs); end\n")
	w("`ifndef BLIND\n")
	each(false, func(mem *event.Memory, n string) {
		w("    for (int i = 0; i < %d; i++) if (`PEEK_%s(i) !== end_%s[i]) begin errors++; $display(\"%s %%0d: %%h, need %%h\", i, `PEEK_%s(i), end_%s[i]); end\n",
			mem.Words, n, n, mem.Name, n, n)
	})
	w("`endif\n")
	w("    if (errors == 0) $display(\"PASS: %%0d inputs, %%0d outputs\", sent, out_n); else $display(\"FAIL: %%0d errors\", errors);\n    $finish;\n  end\n")
}

// dut is the part that knows the design, to be filled in.
func (r *Record) dut() []byte {
	var b bytes.Buffer
	w := func(format string, a ...any) { fmt.Fprintf(&b, format, a...) }
	w("// Copy to dut.svh and fill in. The bench has clk, rst (high at first) and, per port,\n// NAME_addr, NAME_req and NAME_ack; out_addr, out_req and out_ack.\n")
	if r.Spec.Transfers != nil {
		w("// The serial port is sck, mosi and miso.\n")
	}
	w("\n")
	w("// design dut (.CLK(clk), .RST(rst), ...);\n\n")
	for m := range r.Spec.Memories {
		if mem := &r.Spec.Memories[m]; !register(mem) {
			w("`define POKE_%s(a, w) dut.PATH[a] = w\n`define PEEK_%s(a) dut.PATH[a]\n", name(mem.Name), name(mem.Name))
		} else {
			w("`define SET_%s(v) dut.PATH = v\n", name(mem.Name))
		}
	}
	w("\n// whatever lets the design run, such as opening its clock gate\n`define START\n")
	return b.Bytes()
}
