// Package vectors makes what a designer needs to try a core without ticks on
// the chip's own register-transfer design: memory images, stimulus with clock
// edges, expected outputs and states, and a bench.
package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"hillock/chip"
	"hillock/core/event"
)

// File is one file of a set.
type File struct {
	Name string
	Data []byte
}

// Options of an export.
type Options struct {
	// Limit is the most edges that are run; the run ends before if nothing is
	// left to do. 0 = DefaultLimit.
	Limit int64
	// Transfers are those of the serial port during the run.
	Transfers []event.Transfer
	// Program lets the bench program the chip over its serial port, instead of
	// writing into memories; Sparse leaves parts out that are 0. Period are the
	// edges of the port's clock, 0 = the shortest.
	Program, Sparse bool
	Period          int64
}

// DefaultLimit is how many edges an export runs at most.
const DefaultLimit = int64(10_000_000)

// Record is a run of a core without ticks: the set's own record, which conform
// replays as kind "event-run".
type Record struct {
	Kind     string     `json:"kind"`
	Chip     string     `json:"chip"`
	Image    string     `json:"image"` // name of the image file beside it
	AckDelay int64      `json:"ack_delay"`
	Events   [][3]int64 `json:"events"`                  // earliest edge, port, word
	Samples  [][2]int64 `json:"expect_input_edges"`      // port, edge at which the request is first sampled, in order of acceptance
	Outputs  [][2]int64 `json:"expect_output"`           // edge after which the request is first high, address
	Spikes   [][3]int64 `json:"expect_spikes"`           // edge, compartment, payload
	Cycles   int64      `json:"expect_cycles"`           // edges until idle
	Changed  []Contents `json:"expect_memories_changed"` // words that differ from the start
	// Transfers are those of the serial port, in order.
	Transfers []Serial    `json:"transfers,omitempty"`
	Steps     []Step      `json:"-"`
	Start     [][]uint64  `json:"-"` // of the memories, in chunks of 64 bits
	End       [][]uint64  `json:"-"`
	Spec      *event.Spec `json:"-"`

	wave       *wave
	done       int      // transfers that ended
	notes      []string // of the program
	programmed bool     // over the serial port
}

// Contents are words of a memory.
type Contents struct {
	Memory string `json:"memory"`
	Words  []Word `json:"words"`
}

// Word is one word: its address, and its bits in hexadecimal.
type Word struct {
	Address int    `json:"address"`
	Hex     string `json:"hex"`
}

// Step is one event served: from a link or from the queue's head, the edge of
// its last write and the words that it changed.
type Step struct {
	Edge    int64
	Head    bool
	Row     string
	Word    uint64
	Changed []Contents
}

// Kind is the kind of a set's record.
const Kind = "event-run"

// errDone stops a run when nothing is left to do.
var errDone = errors.New("done")

// Run runs an image of one core without ticks on the events of a plan, whose
// last is before tick last; ticks are edges, or steps of a sample if the image
// has a frame.
func Run(img *chip.Image, in *chip.Schedule, last int64, o Options) (*Record, error) {
	if len(img.Cores) != 1 || img.Cores[0].Image.Event == nil {
		return nil, fmt.Errorf("vectors: image of chip %s with %d cores, need one core that serves events (its description has the layouts)", img.Chip, len(img.Cores))
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	m, err := chip.New(img, chip.Options{})
	if err != nil {
		return nil, err
	}
	core := m.Core(0).Event()
	spec := &core.Image().Spec
	r := &Record{Kind: Kind, Chip: img.Chip, AckDelay: core.Image().AckDelay, Spec: spec, Start: copyOf(core.State.Mem),
		Events: [][3]int64{}, Samples: [][2]int64{}, Outputs: [][2]int64{}, Spikes: [][3]int64{}, Changed: []Contents{}}
	seen := copyOf(core.State.Mem)
	core.Watch = func(n event.Note) { r.note(n, core, seen) }
	core.Arrived = func(port int, at int64, word uint64) {
		r.Events = append(r.Events, [3]int64{at, int64(port), int64(word)})
	}
	r.wave = newWave(spec)
	for _, t := range o.Transfers {
		if err := m.Transfer(img.Cores[0].ID, t); err != nil {
			return nil, err
		}
		r.Transfers = append(r.Transfers, Serial{At: t.At, Period: t.Period, Words: t.Words})
	}
	err = m.Show(shown(img, last, o.Limit), in.Source, func(_ int64, m *chip.Machine) error {
		tick := m.Tick() - 1
		r.wave.sample(tick, core)
		switch {
		case img.Frame != nil && tick >= o.Limit:
			return fmt.Errorf("vectors: need a sample of at most %d edges, have more", o.Limit)
		case img.Frame == nil && tick+1 >= last && core.Next(tick+1) == event.Never:
			return errDone
		}
		return nil
	})
	if err == nil && img.Frame != nil {
		err = errDone
	}
	switch {
	case err == nil:
		return nil, fmt.Errorf("vectors: after %d edges the core is still at work, need a longer limit or a network that comes to rest", o.Limit)
	case !errors.Is(err, errDone):
		return nil, err
	}
	r.Cycles = core.Idle()
	r.End = copyOf(core.State.Mem)
	r.Changed = append(r.Changed, changes(spec, r.Start, r.End)...)
	return r, nil
}

// shown is how many ticks to show: the steps of a sample, or edges.
func shown(img *chip.Image, last, limit int64) int64 {
	if img.Frame != nil {
		return last
	}
	return limit
}

func copyOf(rows [][]uint64) [][]uint64 {
	out := make([][]uint64, len(rows))
	for i := range rows {
		out[i] = append([]uint64(nil), rows[i]...)
	}
	return out
}

// note keeps what the core tells.
func (r *Record) note(n event.Note, core *event.Core, seen [][]uint64) {
	switch n.Kind {
	case event.Sampled:
		r.Samples = append(r.Samples, [2]int64{n.Index, n.Edge})
	case event.Sent:
		r.Outputs = append(r.Outputs, [2]int64{n.Edge, n.Value})
	case event.Shifted:
		r.shifted(n, core)
	case event.Spiked:
		r.Spikes = append(r.Spikes, [3]int64{n.Edge, n.Index, n.Value})
	case event.Rested:
		s := Step{Edge: n.Edge, Head: n.Index == 1, Row: n.Name, Word: uint64(n.Value), Changed: changes(r.Spec, seen, core.State.Mem)}
		for m := range seen {
			copy(seen[m], core.State.Mem[m])
		}
		r.Steps = append(r.Steps, s)
	}
}

// changes lists the words that differ between two states of the memories.
func changes(spec *event.Spec, a, b [][]uint64) []Contents {
	var out []Contents
	for m := range a {
		n := Chunks(spec.Memories[m].Bits)
		var words []Word
		for i := 0; i < len(a[m]); i += n {
			for k := i; k < i+n; k++ {
				if a[m][k] != b[m][k] {
					words = append(words, Word{i / n, Hex(b[m][i:i+n], spec.Memories[m].Bits)})
					break
				}
			}
		}
		if words != nil {
			out = append(out, Contents{spec.Memories[m].Name, words})
		}
	}
	return out
}

// Chunks is how many chunks of 64 bits a word takes.
func Chunks(bits int) int { return (bits + 63) / 64 }

// Hex is a word in hexadecimal, with all its digits.
func Hex(chunks []uint64, bits int) string {
	x := new(big.Int)
	for i := len(chunks) - 1; i >= 0; i-- {
		x.Or(x.Lsh(x, 64), new(big.Int).SetUint64(chunks[i]))
	}
	return fmt.Sprintf("%0*x", (bits+3)/4, x)
}

// Export runs an image and gives the files of its set.
func Export(img *chip.Image, in *chip.Schedule, last int64, o Options) ([]File, error) {
	if len(img.Parts) > 0 {
		if o.Program {
			return nil, fmt.Errorf("vectors: a board has no serial port: program its chips one by one")
		}
		return exportBoard(img, in, last, o)
	}
	var p *Programmed
	if o.Program {
		var err error
		if p, err = Program(img, o.Sparse, o.Period); err != nil {
			return nil, err
		}
		img = p.Image
	}
	r, err := Run(img, in, last, o)
	if err != nil {
		return nil, err
	}
	r.Image = "core.img"
	record, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	out := []File{{"README.md", r.readme()}, {r.Image, img.Encode()}, {"vectors.json", append(record, '\n')}}
	for m := range r.Spec.Memories {
		if mem := &r.Spec.Memories[m]; !register(mem) {
			out = append(out, File{mem.Name + ".hex", r.memory(m, r.Start)}, File{mem.Name + ".end.hex", r.memory(m, r.End)})
		}
	}
	if p != nil {
		r.notes, r.programmed = p.Notes, true
		out[0].Data = r.readme()
		out = append(out, File{"program.txt", p.programText(r.Spec.Transfers)})
	}
	if len(r.Transfers) > 0 {
		out = append(out, File{"transfers.txt", r.transfers()})
	}
	return append(out, File{"registers.txt", r.registers()}, File{"run.txt", r.run()}, File{"stimulus.txt", r.stimulus()}, File{"inputs.txt", r.inputs()},
		File{"outputs.txt", r.outputs()}, File{"states.txt", r.states()}, File{"core.vcd", r.wave.file(r.Spec, r.Chip)}, File{"bench.sv", r.bench()}, File{"dut.svh.example", r.dut()}), nil
}

// register says that a memory is a single number that a bench sets by name.
func register(m *event.Memory) bool { return m.Words == 1 && m.Lanes == 1 }
