package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"hillock/chip"
	"hillock/core/event"
)

// ReadSet reads of a set what CompareLog needs: its record, image, states and,
// when a word is asked for, its memory. Read gives a file of the set by name.
func ReadSet(name string, read func(file string) ([]byte, error)) (*Set, error) {
	b, err := read("vectors.json")
	if err != nil {
		return nil, err
	}
	s := &Set{Name: name, Record: &Record{}}
	if err := json.Unmarshal(b, s.Record); err != nil {
		return nil, fmt.Errorf("%s: vectors: vectors.json: %w", name, err)
	}
	if s.Kind != Kind || s.Image == "" || strings.ContainsAny(s.Image, `/\`) {
		return nil, fmt.Errorf("%s: vectors: vectors.json of kind %q with image %q, need kind %q and an image beside it", name, s.Kind, s.Image, Kind)
	}
	if b, err = read(s.Image); err != nil {
		return nil, err
	}
	img, err := chip.DecodeImage(b, name+" "+s.Image)
	if err != nil {
		return nil, err
	}
	if len(img.Cores) != 1 || img.Cores[0].Image.Event == nil {
		return nil, fmt.Errorf("%s: vectors: %s is of chip %s, need one core that serves events", name, s.Image, img.Chip)
	}
	s.Spec = &img.Cores[0].Image.Event.Spec
	if b, err = read("states.txt"); err != nil {
		return nil, err
	}
	if s.States, err = readStates(b, name); err != nil {
		return nil, err
	}
	ends := make([][]uint64, len(s.Spec.Memories))
	s.Word = func(memory string, address int64) (string, error) { return s.word(ends, memory, address, read) }
	return s, nil
}

// Control is the ports of the set's core.
func (s *Set) Control() []event.Port { return s.Spec.Control.Ports }

// memory is the number of a memory by its name, -1 without.
func (s *Set) memory(name string) int {
	for m := range s.Spec.Memories {
		if s.Spec.Memories[m].Name == name {
			return m
		}
	}
	return -1
}

// has says whether a name is that of a memory.
func (s *Set) has(name string) bool { return s.memory(name) >= 0 }

// word is a word of a memory after the run.
func (s *Set) word(ends [][]uint64, memory string, address int64, read func(string) ([]byte, error)) (string, error) {
	m := s.memory(memory)
	if m < 0 {
		return "", fmt.Errorf("no memory %q", memory)
	}
	mem := &s.Spec.Memories[m]
	if address < 0 || address >= int64(mem.Words) {
		return "", fmt.Errorf("word %d of memory %s, which has %d", address, memory, mem.Words)
	}
	n := Chunks(mem.Bits)
	if ends[m] == nil {
		b, err := read(memory + ".end.hex")
		if err != nil {
			return "", err
		}
		w, err := ReadMem(b, s.Name+" "+memory+".end.hex", mem.Words, mem.Bits)
		if err != nil {
			return "", err
		}
		ends[m] = append(make([]uint64, 0, mem.Words*n), w...)[:mem.Words*n]
	}
	return Hex(ends[m][int(address)*n:][:n], mem.Bits), nil
}

// readStates reads states.txt.
func readStates(b []byte, name string) ([]State, error) {
	var out []State
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, maxLine)
	for line := 1; sc.Scan(); line++ {
		t := sc.Text()
		var k Key
		var word string
		var n int
		switch {
		case strings.HasPrefix(t, "event "):
			head, row, _ := strings.Cut(t, " # ")
			var from, x string
			var s State
			if !scan(head, "event %d %s %s edge %d", &n, &from, &x, &s.Edge) || n != len(out) {
				return nil, fmt.Errorf("%s: vectors: states.txt:%d: %.60q, need event %d FROM WORD edge E", name, line, t, len(out))
			}
			s.Text = fmt.Sprintf("event %d, %s (%s %s)", n, row, from, x)
			out = append(out, s)
		case len(out) > 0 && scan(t, "  %s %x %s", &k.Memory, &k.Address, &word):
			out[len(out)-1].Keys = append(out[len(out)-1].Keys, k)
		default:
			return nil, fmt.Errorf("%s: vectors: states.txt:%d: %.60q, need an event or a memory, an address and a word", name, line, t)
		}
	}
	return out, sc.Err()
}

// writer is the event that wrote a word last, -1 without.
func (s *Set) writer(memory string, address int64) int {
	if s.last == nil {
		s.last = map[Key]int{}
		for i := range s.States {
			for _, k := range s.States[i].Keys {
				s.last[k] = i
			}
		}
	}
	if i, ok := s.last[Key{memory, address}]; ok {
		return i
	}
	return -1
}

// written is the edge at which a word was written last, at the latest; -1 if
// it never was.
func (s *Set) written(memory string, address int64) int64 {
	if i := s.writer(memory, address); i >= 0 {
		return s.States[i].Edge
	}
	return -1
}

// served is the event in work at an edge, -1 without.
func (s *Set) served(edge int64) int {
	for i := range s.States {
		if s.States[i].Edge >= edge {
			return i
		}
	}
	return -1
}

// end draws the conclusion.
func (l *log) end() error {
	r, s := l.res, l.set
	if l.full && !l.short && l.verdict != "" && l.outputs < len(s.Outputs) {
		w := s.Outputs[l.outputs]
		l.differ(Mismatch{w[0], "output", int64(l.outputs), outputText(fmt.Sprintf("%x", w[1]), w[0]), "nothing", 0}, false)
	}
	r.First = l.best
	r.Equal = r.Mismatches == 0
	switch {
	case r.Equal && l.verdict == "":
		return fmt.Errorf("%s: vectors: %d lines without the bench's PASS or FAIL: the log is cut or of something else", l.name, l.line)
	case r.Equal && l.verdict == "FAIL:":
		return fmt.Errorf("%s: vectors: the bench says FAIL and no line says what differs: the log is cut or of something else", l.name)
	case l.verdict == "":
		r.Explanation = append(r.Explanation, "the log ends without PASS or FAIL: it is cut")
	case l.verdict == "PASS:" && !r.Equal:
		r.Explanation = append(r.Explanation, "the bench says PASS: it ran another set")
	}
	if r.Equal {
		r.Explanation = append(r.Explanation, fmt.Sprintf("%d inputs, %d outputs, all memories", r.Inputs, r.Outputs))
		return nil
	}
	r.Explanation = append(r.Explanation, fmt.Sprintf("%d mismatches in all", r.Mismatches))
	if r.First != nil {
		r.Explanation = append(r.Explanation, l.place(r.First))
	}
	return nil
}

// place says what the core was at when a mismatch happened.
func (l *log) place(m *Mismatch) string {
	s := l.set
	if s.has(m.Signal) {
		if i := s.writer(m.Signal, m.Address); i >= 0 {
			return fmt.Sprintf("the word was written last by %s", s.States[i].Text)
		}
		return "no event of the set wrote the word"
	}
	if i := s.served(m.Edge); i >= 0 {
		return "in work: " + s.States[i].Text
	}
	return "behind the last event of the set"
}

// Text gives the result for people, one line per fact.
func (r *LogResult) Text() string {
	first := ""
	if r.First != nil {
		first = r.First.String()
	}
	return facts(r.Equal, first, r.Explanation)
}

// facts are a verdict, what differs first ("" = not known) and an explanation.
func facts(equal bool, first string, explanation []string) string {
	s := "equal\n"
	switch {
	case first != "":
		s = "different: " + first + "\n"
	case !equal:
		s = "different\n"
	}
	for _, e := range explanation {
		s += "  " + e + "\n"
	}
	return s
}
