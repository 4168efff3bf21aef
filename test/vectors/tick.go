package vectors

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"hillock/chip"
	"hillock/core"
	"hillock/router/aer"
)

// TickKind is the kind of the record of a chip with ticks.
const TickKind = "tick-run"

// TickRecord is a run of an image of cores with ticks: the set's own record,
// which conform replays as kind TickKind.
type TickRecord struct {
	Kind     string       `json:"kind"`
	Chip     string       `json:"chip"`
	Image    string       `json:"image"` // name of the image file beside it
	Ticks    int64        `json:"ticks"`
	Events   [][4]int64   `json:"events"`        // tick, population of the image, index, payload
	Spikes   [][4]int64   `json:"expect_spikes"` // tick, core of the image, compartment, payload
	Outputs  [][5]int64   `json:"-"`             // pulse before which it is seen, number over all output neurons, payload, population of the image, index
	State    [][4]int64   `json:"expect_state"`  // core of the image, compartment, state word, value behind the last tick: all that are not 0
	Memories []TickMemory `json:"memories"`

	img     *chip.Image
	packer  *chip.Packer
	mems    []tickMemory
	steps   [][]wordChange // per tick
	longest int64          // cycles of the longest tick, 0 = ticks have no cycles
	words   []packetWord
	pins    []bool  // per population: its neurons are pins, which fire when a spike has reached them
	base    []int64 // per population: number of its first neuron among output neurons
}

// TickMemory is a memory of a core in a set.
type TickMemory struct {
	Name  string `json:"name"`
	Core  int    `json:"core"`              // number in names of files
	First int    `json:"first_compartment"` // of word 0, -1 = words are not about compartments
	Words int    `json:"words"`
}

// tickMemory is a memory of a core, before and behind the run.
type tickMemory struct {
	m          *chip.LayoutMemory
	core, bits int
	changes    bool
	start, now []*big.Int
}

// wordChange is a word that a tick changed.
type wordChange struct {
	mem, address int
	word         *big.Int
}

// packetWord is an event as it enters the design.
type packetWord struct {
	tick       int64
	core, axon int
	payload    int32
	word       string
}

// TickOptions of an export.
type TickOptions struct {
	Ticks int64                // to run
	Sizes []chip.RegisterValue // sizes of the layout that differ
}

// maxTickWords bounds the words of all memories, which every tick looks at.
const maxTickWords = 1 << 22

// RunTicks runs an image of cores with ticks on a stream of events and packs
// its memories by the layout of its family.
func RunTicks(f *chip.Family, img *chip.Image, s *aer.Stream, o TickOptions) (*TickRecord, error) {
	k, err := chip.NewPacker(f, img, o.Sizes)
	if err != nil {
		return nil, err
	}
	r := &TickRecord{Kind: TickKind, Chip: img.Chip, Ticks: o.Ticks, Events: [][4]int64{}, Spikes: [][4]int64{}, State: [][4]int64{}, Memories: []TickMemory{}, img: img, packer: k}
	r.number(f)
	in, _, err := chip.Plan(img, s, "events")
	if err != nil {
		return nil, err
	}
	for _, e := range s.Spikes {
		pop := slices.IndexFunc(img.Pops, func(p chip.Population) bool { return p.Name == s.Pops[e.Pop] })
		r.Events = append(r.Events, [4]int64{e.Tick, int64(pop), int64(e.Index), int64(e.Payload)})
	}
	m, err := chip.New(img, chip.Options{})
	if err != nil {
		return nil, err
	}
	if err := r.open(m); err != nil {
		return nil, err
	}
	source := func(tick int64, dst []chip.Injection) []chip.Injection {
		n := len(dst)
		if dst = in.Source(tick, dst); err == nil {
			err = r.enter(tick, dst[n:])
		}
		return dst
	}
	rec := chip.NewRecorder(img, true)
	run := m.Run(o.Ticks, source, func(tick int64, m *chip.Machine) error {
		if err != nil {
			return err
		}
		if e := rec.Tick(tick, m); e != nil {
			return e
		}
		return r.after(tick, m, rec)
	})
	if run != nil {
		return nil, run
	}
	r.last(m)
	// how long the last tick was, and which pins it reached, shows in one more
	err = m.Run(1, nil, func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		r.leave(m, rec, true)
		return nil
	})
	return r, err
}

// number gives output neurons their numbers, one population after the other.
func (r *TickRecord) number(f *chip.Family) {
	n := int64(0)
	for p := range r.img.Pops {
		r.base = append(r.base, n)
		if r.img.Pops[p].Output {
			n += int64(r.img.Pops[p].N)
		}
	}
	r.pins = make([]bool, len(r.img.Pops))
	for _, role := range f.Roles {
		for i := range r.img.Cores {
			for _, run := range r.img.Cores[i].Runs {
				if g := groupOf(r.img.Cores[i].Image, run.Base); role.Name == "pins" && g == role.Group {
					r.pins[run.Pop] = true
				}
			}
		}
	}
}

// groupOf is the name of a compartment's group.
func groupOf(img *core.Image, comp int) string {
	for g := range img.Groups {
		if x := &img.Groups[g]; comp >= x.Base && comp < x.Base+x.N {
			return x.Name
		}
	}
	return ""
}

// leave notes what leaves: a neuron's spike in the time behind its tick, a
// pin's in the time before. Behind the last tick only pins are asked.
func (r *TickRecord) leave(m *chip.Machine, rec *chip.Recorder, last bool) {
	for _, s := range rec.Last() {
		if !r.img.Pops[s.Pop].Output || last && !r.pins[s.Pop] {
			continue
		}
		seen := s.Tick + 1
		if r.pins[s.Pop] {
			seen = s.Tick
		}
		r.Outputs = append(r.Outputs, [5]int64{seen, r.base[s.Pop] + int64(s.Index), int64(s.Payload), int64(s.Pop), int64(s.Index)})
	}
	if t := m.Transit(); t != nil {
		r.longest = max(r.longest, t.Cycles)
	}
}

// open packs all memories as they start.
func (r *TickRecord) open(m *chip.Machine) error {
	all := 0
	for x := range r.packer.Memories() {
		mem := &r.packer.Memories()[x]
		for i := range r.img.Cores {
			words, bits, err := r.packer.Words(mem, i, stateOf(m, i))
			if err != nil {
				return err
			}
			if len(words) == 0 {
				continue
			}
			if all += len(words); all > maxTickWords {
				return fmt.Errorf("vectors: more than %d words of memory in all cores, need a smaller image", maxTickWords)
			}
			r.Memories = append(r.Memories, TickMemory{mem.Name, r.packer.Number(i), r.packer.First(mem, i), len(words)})
			r.mems = append(r.mems, tickMemory{mem, i, bits, r.packer.Changes(mem, i), words, append([]*big.Int(nil), words...)})
		}
	}
	return nil
}

// stateOf reads state words of a core.
func stateOf(m *chip.Machine, i int) func(group, word, lane int) int32 {
	words := m.Core(i).State.Words
	return func(group, word, lane int) int32 { return words[group][word][lane] }
}

// enter notes the events of a tick as they reach in-axons.
func (r *TickRecord) enter(tick int64, list []chip.Injection) error {
	for _, x := range list {
		for _, in := range r.img.Inputs {
			if in.Pop != int(x.Pop) {
				continue
			}
			for _, t := range in.Dst[in.Off[x.Index]:in.Off[x.Index+1]] {
				w := packetWord{tick: tick, core: int(t.Core), axon: int(t.Axon), payload: x.Payload}
				if r.packer.Packets() {
					word, bits, err := r.packer.Packet(w.core, w.axon, x.Payload)
					if err != nil {
						return err
					}
					w.word = digits(word, bits, 16)
				}
				r.words = append(r.words, w)
			}
		}
	}
	return nil
}

// after notes what a tick did.
func (r *TickRecord) after(tick int64, m *chip.Machine, rec *chip.Recorder) error {
	for i := range r.img.Cores {
		for _, s := range m.Spikes(i) {
			r.Spikes = append(r.Spikes, [4]int64{tick, int64(i), int64(s.Comp), int64(s.Payload)})
		}
	}
	r.leave(m, rec, false)
	var step []wordChange
	for n := range r.mems {
		x := &r.mems[n]
		if !x.changes {
			continue
		}
		words, _, err := r.packer.Words(x.m, x.core, stateOf(m, x.core))
		if err != nil {
			return err
		}
		for a, w := range words {
			if w.Cmp(x.now[a]) != 0 {
				x.now[a] = w
				step = append(step, wordChange{n, a, w})
			}
		}
	}
	r.steps = append(r.steps, step)
	return nil
}

// last notes the state behind the last tick.
func (r *TickRecord) last(m *chip.Machine) {
	m.EachState(func(core, comp, word int, v int32) {
		r.State = append(r.State, [4]int64{int64(core), int64(comp), int64(word), int64(v)})
	})
}

// digits is a word in a radix of 2 or 16, with all its digits.
func digits(w *big.Int, bits, radix int) string {
	n := bits
	if radix == 16 {
		n = (bits + 3) / 4
	}
	return fmt.Sprintf("%0*s", max(n, 1), w.Text(radix))
}

// ExportTicks runs an image of cores with ticks and gives the files of its set.
func ExportTicks(f *chip.Family, img *chip.Image, s *aer.Stream, o TickOptions) ([]File, error) {
	r, err := RunTicks(f, img, s, o)
	if err != nil {
		return nil, err
	}
	r.Image = "chip.img"
	record, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	out := []File{{"README.md", r.readme()}, {r.Image, img.Encode()}, {"vectors.json", append(record, '\n')}}
	for n := range r.mems {
		x := &r.mems[n]
		name := r.packer.File(x.m, x.core)
		out = append(out, File{name, x.file(r.packer, x.start)})
		if x.changes {
			out = append(out, File{endName(name), x.file(r.packer, x.now)})
		}
	}
	return append(out, File{"cores.txt", r.cores()}, File{"stimulus.txt", r.stimulus()}, File{"spikes.txt", r.spikes()},
		File{"outputs.txt", r.outputs()}, File{"states.txt", r.states()}, File{"bench.sv", r.bench()}, File{"dut.svh.example", r.dut()}), nil
}
