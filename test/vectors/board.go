package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"hillock/chip"
	"hillock/core/event"
)

// BoardKind is the kind of a record of a board.
const BoardKind = "board-run"

// Board is a run of a board of chips without ticks whose outputs are wired: the
// set's own record, which conform replays as kind "board-run".
type Board struct {
	Kind  string  `json:"kind"`
	Chip  string  `json:"chip"`
	Image string  `json:"image"` // name of the image file beside it
	Parts []*Part `json:"parts"` // in the order of the image's cores

	img *chip.Image
}

// Part is one chip of such a run. A request of a wired output is a call at the
// port that it is wired to.
type Part struct {
	Name     string     `json:"name"`
	Chip     string     `json:"chip"`
	AckDelay int64      `json:"ack_delay"`               // of outputs without a wire
	Events   [][3]int64 `json:"events"`                  // earliest edge, port, word
	Samples  [][2]int64 `json:"expect_input_edges"`      // port, edge at which an event's request is first sampled
	Calls    [][3]int64 `json:"expect_calls"`            // port, edge at which a call's request is first sampled, word
	Outputs  [][2]int64 `json:"expect_output"`           // edge behind which the request rises, address
	Acks     [][2]int64 `json:"expect_acknowledges"`     // of wired outputs: edges behind which the acknowledge rises and falls
	Spikes   [][3]int64 `json:"expect_spikes"`           // edge, compartment, payload
	Cycles   int64      `json:"expect_cycles"`           // edges until idle, -1 = never, as the board is in a deadlock
	Changed  []Contents `json:"expect_memories_changed"` // words that differ from the start

	core *event.Core
	rec  *Record // its states, start and end
	seen [][]uint64
}

// word is what SystemVerilog and file systems take for a name.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// RunBoard runs an image of a board on the events of a plan, whose last is
// before tick last, until nothing is left to do or nothing can be done.
func RunBoard(img *chip.Image, in *chip.Schedule, last int64, o Options) (*Board, error) {
	if len(img.Parts) == 0 || img.Ticks() {
		return nil, fmt.Errorf("vectors: image of chip %s is no board of chips that serve events", img.Chip)
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	m, err := chip.New(img, chip.Options{})
	if err != nil {
		return nil, err
	}
	b := &Board{Kind: BoardKind, Chip: img.Chip, Image: "board.img", img: img}
	for i, p := range img.Parts {
		if len(img.Cores[i].Image.Out) > 0 {
			return nil, fmt.Errorf("vectors: part %q sends through the network, which is no wire of a design: need wires only", p.Name)
		}
		if !word.MatchString(p.Name) {
			return nil, fmt.Errorf("vectors: part %q, need names of letters, digits and _ for files and a bench", p.Name)
		}
		b.Parts = append(b.Parts, newPart(p, m.Core(i).Event()))
	}
	err = m.Run(o.Limit, in.Source, func(tick int64, m *chip.Machine) error {
		if tick+1 >= last && m.AtRest() {
			return errDone
		}
		return nil
	})
	switch {
	case err == nil:
		return nil, fmt.Errorf("vectors: after %d edges the board is still at work, need a longer limit or a network that comes to rest", o.Limit)
	case !errors.Is(err, errDone):
		return nil, err
	}
	for _, p := range b.Parts {
		p.finish()
	}
	return b, nil
}

func newPart(p chip.Part, core *event.Core) *Part {
	x := &Part{Name: p.Name, Chip: p.Chip, AckDelay: core.Image().AckDelay, core: core, seen: copyOf(core.State.Mem), rec: &Record{Spec: &core.Image().Spec, Start: copyOf(core.State.Mem)}, Events: [][3]int64{},
		Samples: [][2]int64{}, Calls: [][3]int64{}, Outputs: [][2]int64{}, Acks: [][2]int64{}, Spikes: [][3]int64{}, Changed: []Contents{}}
	core.Watch = x.note
	core.Arrived = func(port int, at int64, word uint64) {
		x.Events = append(x.Events, [3]int64{at, int64(port), int64(word)})
	}
	return x
}

// note keeps what a core tells.
func (p *Part) note(n event.Note) {
	switch n.Kind {
	case event.Sampled:
		if n.Name == event.CallName {
			p.Calls = append(p.Calls, [3]int64{n.Index, n.Edge, n.Value})
		} else {
			p.Samples = append(p.Samples, [2]int64{n.Index, n.Edge})
		}
	case event.Sent:
		p.Outputs = append(p.Outputs, [2]int64{n.Edge, n.Value})
	case event.Acked:
		p.Acks = append(p.Acks, [2]int64{n.Edge, n.Value})
	case event.Spiked:
		p.Spikes = append(p.Spikes, [3]int64{n.Edge, n.Index, n.Value})
	case event.Rested:
		p.rec.note(n, p.core, p.seen)
	}
}

// Pending adds to a list of notes those of requests that are let in and not
// served, as they are at the end of a board in a deadlock.
func Pending(core *event.Core, note func(event.Note)) {
	for k := range core.Image().Spec.Control.Ports {
		word, sampled, call, ok := core.Pending(k)
		if !ok {
			continue
		}
		n := event.Note{Kind: event.Sampled, Edge: sampled, Index: int64(k), Value: int64(word)}
		if call {
			n.Name = event.CallName
		}
		note(n)
	}
}

func (p *Part) finish() {
	Pending(p.core, p.note)
	p.rec.End = copyOf(p.core.State.Mem)
	p.Changed = append(p.Changed, changes(p.rec.Spec, p.rec.Start, p.rec.End)...)
	p.Cycles = IdleOf(p.core)
}

// IdleOf is Idle of a core at rest, -1 if it waits for a chip that does too.
func IdleOf(core *event.Core) int64 {
	if !core.AtEase() {
		return -1
	}
	return max(core.Idle(), 0)
}

// exportBoard runs a board and gives the files of its set.
func exportBoard(img *chip.Image, in *chip.Schedule, last int64, o Options) ([]File, error) {
	b, err := RunBoard(img, in, last, o)
	if err != nil {
		return nil, err
	}
	record, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return nil, err
	}
	out := []File{{"README.md", b.readme()}, {b.Image, img.Encode()}, {"vectors.json", append(record, '\n')}}
	for _, p := range b.Parts {
		r := p.rec
		for m := range r.Spec.Memories {
			if mem := &r.Spec.Memories[m]; !register(mem) {
				out = append(out, File{p.Name + "." + mem.Name + ".hex", r.memory(m, r.Start)}, File{p.Name + "." + mem.Name + ".end.hex", r.memory(m, r.End)})
			}
		}
		out = append(out, File{p.Name + ".registers.txt", r.registers()}, File{p.Name + ".states.txt", r.states()})
	}
	out = append(out, File{"run.txt", b.run()}, File{"stimulus.txt", b.lines(func(p *Part) [][]int64 { return rows(p.Events) })}, File{"inputs.txt", b.lines(func(p *Part) [][]int64 { return rows(p.Samples) })},
		File{"calls.txt", b.lines(func(p *Part) [][]int64 { return rows(p.Calls) })}, File{"outputs.txt", b.lines(func(p *Part) [][]int64 { return rows(p.Outputs) })},
		File{"acknowledges.txt", b.lines(func(p *Part) [][]int64 { return rows(p.Acks) })}, File{"bench.sv", b.bench()})
	for _, k := range b.kinds() {
		r := &Record{Chip: k.chip, Spec: k.spec}
		out = append(out, File{k.name + ".svh.example", r.dut()})
	}
	return out, nil
}

// rows gives rows of any width the same type.
func rows[T [2]int64 | [3]int64](list []T) [][]int64 {
	out := make([][]int64, len(list))
	for i := range list {
		switch x := any(list[i]).(type) {
		case [2]int64:
			out[i] = x[:]
		case [3]int64:
			out[i] = x[:]
		}
	}
	return out
}
