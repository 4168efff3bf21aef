package vectors

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"

	"hillock/chip"
)

// endName is the name of a memory's file behind the run.
func endName(name string) string {
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + ".end" + ext
}

// file is a memory's contents for $readmemb or $readmemh.
func (x *tickMemory) file(k *chip.Packer, words []*big.Int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s of core %d: %d words of %d bits; a word to a line, from address 0. From the most significant bit:\n", x.m.Name, k.Number(x.core), len(words), x.bits)
	for _, p := range x.m.Parts {
		fmt.Fprintf(&b, "//   %s: %s bits", p.Name, p.Bits)
		if p.Each != "" {
			fmt.Fprintf(&b, " for each of the %s", p.Each)
		}
		if p.LowFirst {
			b.WriteString(", number 0 least significant")
		}
		b.WriteByte('\n')
	}
	for _, w := range words {
		b.WriteString(digits(w, x.bits, x.m.Radix) + "\n")
	}
	return b.Bytes()
}

// cores are the cores: number, tile, in-axons, compartments, their place in
// the image.
func (r *TickRecord) cores() []byte {
	var b bytes.Buffer
	for i := range r.img.Cores {
		c := &r.img.Cores[i]
		x, y := r.img.Mesh.XY(c.ID)
		fmt.Fprintf(&b, "%d %d %d %d %d %d\n", r.packer.Number(i), x, y, len(c.Image.Axons), c.Image.N, i)
	}
	return b.Bytes()
}

func (r *TickRecord) stimulus() []byte {
	var b bytes.Buffer
	for _, w := range r.words {
		n := max(len(r.img.Cores[w.core].Image.Axons), 1)
		fmt.Fprintf(&b, "%d %d %d %d %d %s\n", w.tick, r.packer.Number(w.core), w.axon%n, w.axon/n, w.payload, cmp.Or(w.word, "0"))
	}
	return b.Bytes()
}

func (r *TickRecord) spikes() []byte {
	var b bytes.Buffer
	for _, s := range r.Spikes {
		fmt.Fprintf(&b, "%d %d %d %d\n", s[0], r.packer.Number(int(s[1])), s[2], s[3])
	}
	return b.Bytes()
}

func (r *TickRecord) outputs() []byte {
	var b bytes.Buffer
	for _, s := range r.Outputs {
		fmt.Fprintf(&b, "%d %d %d %d %d\n", s[0], s[1], s[2], s[3], s[4])
	}
	return b.Bytes()
}

// states are the words that ticks changed: tick, memory, core, address, word.
func (r *TickRecord) states() []byte {
	var b bytes.Buffer
	for t, step := range r.steps {
		for _, c := range step {
			x := &r.mems[c.mem]
			fmt.Fprintf(&b, "%d %s %d %x %s\n", t, x.m.Name, r.packer.Number(x.core), c.address, digits(c.word, x.bits, 16))
		}
	}
	return b.Bytes()
}

func (r *TickRecord) readme() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Test vectors for the register-transfer design of %s\n\n", r.Chip)
	fmt.Fprintf(&b, "%d cores, %d ticks, %d events, %d spikes, %d of them of output populations.\n\n", len(r.img.Cores), r.Ticks, len(r.Events), len(r.Spikes), len(r.Outputs))
	b.WriteString(`Ticks count from 0. What enters in tick t is with the design before its pulse t; what a pulse makes neurons send arrives
before the next one.

| file | holds |
|---|---|
| chip.img | the image that was run; ` + "`hillock run chip.img`" + ` takes it |
| vectors.json | stimulus and everything expected; ` + "`hillock conform`" + ` replays it |
| cores.txt | number in names of files, tile x and y, in-axons, compartments, number in vectors.json |
| NAME_NUMBER.mem, ....end.mem | memory NAME of a core before and after the run, for ` + "`$readmemb` or `$readmemh`" + ` |
| stimulus.txt | tick, core, in-axon, delay in ticks, payload, packed word in hexadecimal (0 = the description has none) |
| spikes.txt | tick, core, compartment, payload |
| outputs.txt | pulse before which it leaves, number over all output neurons, payload, population, index |
| states.txt | tick, memory, core, address and word in hexadecimal: every word that the tick changed |
| bench.sv | a bench: it sends the stimulus, gives the pulses and compares outputs and, after every tick, memories |
| dut.svh.example | what the bench needs to know of the design: copy it to dut.svh and fill in |

Populations:

`)
	for p := range r.img.Pops {
		if x := &r.img.Pops[p]; x.Input || x.Output {
			fmt.Fprintf(&b, "- %d: %s, %d neurons\n", p, x.Name, x.N)
		}
	}
	if r.longest > 0 {
		fmt.Fprintf(&b, "\nThe longest tick takes %d cycles: PERIOD of dut.svh must be more.\n", r.longest)
	}
	b.WriteString("\nThe bench is made for this set: widths and numbers of words are in it.\n")
	return b.Bytes()
}
