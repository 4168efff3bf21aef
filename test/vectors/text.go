package vectors

import (
	"bytes"
	"fmt"
	"strings"

	"hillock/core/event"
)

// memory is a memory's contents for $readmemh, up to the last word that is not
// 0 or the first.
func (r *Record) memory(m int, state [][]uint64) []byte {
	mem := &r.Spec.Memories[m]
	n := Chunks(mem.Bits)
	words := state[m]
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s: %d words of %d bits; a word to a line, from address 0\n", mem.Name, mem.Words, mem.Bits)
	for i := range r.Spec.Fields {
		f := &r.Spec.Fields[i]
		if f.Memory != m {
			continue
		}
		fmt.Fprintf(&b, "//   %s: bits %d..%d", f.Name, f.Bit, f.Bit+int(f.Layout.Width)-1)
		if f.Stride > 0 {
			fmt.Fprintf(&b, " and every %d bits, %d times", f.Stride, mem.Lanes)
		}
		b.WriteByte('\n')
	}
	for i := 0; i < len(words); i += n {
		b.WriteString(Hex(words[i:i+n], mem.Bits) + "\n")
	}
	return b.Bytes()
}

// registers are the registers at the start, one to a line.
func (r *Record) registers() []byte {
	var b bytes.Buffer
	for m := range r.Spec.Memories {
		if mem := &r.Spec.Memories[m]; register(mem) {
			fmt.Fprintf(&b, "%s %d %s\n", mem.Name, mem.Bits, Hex(r.Start[m], mem.Bits))
		}
	}
	return b.Bytes()
}

// run is what the bench needs to know of the run.
func (r *Record) run() []byte {
	return fmt.Appendf(nil, "%d %d %d %d %d\n", r.Cycles, len(r.Samples), len(r.Outputs), r.AckDelay, len(r.Transfers))
}

func (r *Record) stimulus() []byte {
	var b bytes.Buffer
	for _, e := range r.Events {
		fmt.Fprintf(&b, "%d %d %x\n", e[0], e[1], e[2])
	}
	return b.Bytes()
}

func (r *Record) inputs() []byte {
	var b bytes.Buffer
	for _, e := range r.Samples {
		fmt.Fprintf(&b, "%d %d\n", e[0], e[1])
	}
	return b.Bytes()
}

func (r *Record) outputs() []byte {
	var b bytes.Buffer
	for _, e := range r.Outputs {
		fmt.Fprintf(&b, "%d %x\n", e[0], e[1])
	}
	return b.Bytes()
}

// states are the events served, and below each the words that it changed.
func (r *Record) states() []byte {
	var b bytes.Buffer
	for i, s := range r.Steps {
		from := "request"
		if s.Head {
			from = "queue"
		}
		fmt.Fprintf(&b, "event %d %s %x edge %d # %s\n", i, from, s.Word, s.Edge, s.Row)
		for _, c := range s.Changed {
			for _, w := range c.Words {
				fmt.Fprintf(&b, "  %s %x %s\n", c.Memory, w.Address, w.Hex)
			}
		}
	}
	return b.Bytes()
}

// name is a name that SystemVerilog takes.
func name(s string) string { return strings.ReplaceAll(s, "-", "_") }

// outBits is the width of the output link.
func outBits(s *event.Spec) int {
	n := 1
	for 1<<n < s.Outs {
		n++
	}
	return n
}

func (r *Record) readme() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Test vectors for the register-transfer design of %s\n\n", r.Chip)
	fmt.Fprintf(&b, "%d events, %d outputs, %d spikes, idle after %d edges of the clock.\n\n", len(r.Events), len(r.Outputs), len(r.Spikes), r.Cycles)
	b.WriteString(`Edge 0 is the first edge of the run, with the controller idle and the queue empty.

| file | holds |
|---|---|
| core.img | the image that was run; ` + "`hillock run core.img`" + ` takes it |
| vectors.json | stimulus and everything expected; ` + "`hillock conform`" + ` replays it |
| NAME.hex, NAME.end.hex | memory NAME before and after the run, for ` + "`$readmemh`" + ` |
| registers.txt | register, bits, value in hexadecimal |
| run.txt | edges until idle, inputs, outputs, delay of the receiver, transfers |
| stimulus.txt | earliest edge, port, word in hexadecimal; sent in this order per port |
| inputs.txt | port, edge at which the request is first sampled high |
| outputs.txt | edge after which the output request is first high, address in hexadecimal |
| states.txt | every event served, the edge of its last write, the words that it changed: memory, address and word in hexadecimal |
` + r.serialFiles() + `| core.vcd | queue, controller and registers over the run, for a wave viewer |
| bench.sv | a bench: senders, receiver, comparison of everything above but states.txt |
| dut.svh.example | what the bench needs to know of the design: copy it to dut.svh and fill it in |

Senders raise a request when request and acknowledge are low and lower it when they see the acknowledge; they act between
two edges. `)
	fmt.Fprintf(&b, "The receiver copies the output request to its acknowledge %d edges later, plus one.\n\nPorts:\n\n", r.AckDelay)
	for i, p := range r.Spec.Control.Ports {
		fmt.Fprintf(&b, "- %d: %s, %d bits\n", i, p.Name, p.Bits)
	}
	for _, n := range r.notes {
		fmt.Fprintf(&b, "\nNote: %s.\n", n)
	}
	b.WriteString("\nWith Verilator: `verilator --binary --timing -I. --top-module bench bench.sv DESIGN...`, then run `obj_dir/Vbench` here (`+log`: with every input and output). `hillock diff . LOG`\nsays what differs first in what it prints, `hillock diff core.vcd DESIGN.vcd` compares waves. The bench is the same for\nevery set of this description: compiled once, it runs in the folder of any of them.\n")
	return b.Bytes()
}
