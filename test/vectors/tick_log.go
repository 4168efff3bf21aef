package vectors

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"hillock/chip"
)

// TickMismatch is one thing that the bench of a chip with ticks saw otherwise
// than its set expects.
type TickMismatch struct {
	Tick    int64  `json:"tick"`   // of an output: the pulse before which it is due
	Signal  string `json:"signal"` // output, or a memory
	Core    int    `json:"core"`   // number in names of files; -1 of an output
	Address int64  `json:"address"`
	Want    string `json:"want"`
	Have    string `json:"have"`
	Line    int    `json:"line"` // of the log

	Population string `json:"population"` // whose output or word it is, "" if nobody's
	Index      int    `json:"index"`
}

// String is the mismatch in one line.
func (m *TickMismatch) String() string {
	if m.Core < 0 {
		return fmt.Sprintf("tick %d, output %d: want %s, have %s", m.Tick, m.Address, m.Want, m.Have)
	}
	return fmt.Sprintf("tick %d, %s of core %d, word %d: want %s, have %s", m.Tick, m.Signal, m.Core, m.Address, m.Want, m.Have)
}

// TickLogResult is the comparison of a log with a set of a chip with ticks.
type TickLogResult struct {
	Equal       bool          `json:"equal"`
	First       *TickMismatch `json:"first"` // nil if equal
	Explanation []string      `json:"explanation"`
	Mismatches  int           `json:"mismatches"`
	Ignored     int           `json:"lines_ignored"` // that are not the bench's
	Chip        string        `json:"chip"`
}

// Text gives the result for people, one line per fact.
func (r *TickLogResult) Text() string {
	if r.First == nil {
		return facts(r.Equal, "", r.Explanation)
	}
	return facts(r.Equal, r.First.String(), r.Explanation)
}

// IsTickSet says whether vectors.json is that of a chip with ticks.
func IsTickSet(record []byte) bool {
	var k struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(record, &k) == nil && k.Kind == TickKind
}

// CompareTickLog compares what the bench of a set printed with the set, whose
// files read gives by name. The bench prints what differs, the first first.
func CompareTickLog(set string, read func(file string) ([]byte, error), in io.Reader, name string) (*TickLogResult, error) {
	b, err := read("chip.img")
	if err != nil {
		return nil, err
	}
	img, err := chip.DecodeImage(b, set+" chip.img")
	if err != nil {
		return nil, err
	}
	r := &TickLogResult{Explanation: []string{}, Chip: img.Chip}
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxLine)
	verdict := ""
	for line := 1; sc.Scan(); line++ {
		t := strings.TrimSpace(sc.Text())
		switch m := tickLine(t); {
		case strings.HasPrefix(t, "PASS:"), strings.HasPrefix(t, "FAIL:"):
			verdict = t
		case m == nil:
			r.Ignored++
		default:
			if m.Line = line; r.Mismatches == 0 {
				r.First = m
			}
			r.Mismatches++
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s: vectors: a line of more than %d bytes", name, maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("%s: vectors: %w", name, err)
	}
	return r, r.end(name, verdict, img, read)
}

// tickLine reads a line of the bench, nil if it is none.
func tickLine(t string) *TickMismatch {
	head, values, ok := strings.Cut(t, ": have ")
	have, want, ok2 := strings.Cut(values, ", need ")
	if !ok || !ok2 {
		return nil
	}
	m := &TickMismatch{Core: -1, Signal: "output", Want: want, Have: have}
	payload := int64(0)
	if scan(head, "tick %d: output %d, payload %d", &m.Tick, &m.Address, &payload) {
		return m
	}
	if !scan(head, "tick %d: %s of core %d, word %d", &m.Tick, &m.Signal, &m.Core, &m.Address) {
		return nil
	}
	return m
}

// end draws the conclusion.
func (r *TickLogResult) end(name, verdict string, img *chip.Image, read func(string) ([]byte, error)) error {
	r.Equal = r.Mismatches == 0
	switch {
	case r.Equal && verdict == "":
		return fmt.Errorf("%s: vectors: no line of the bench's PASS or FAIL: the log is cut or of something else", name)
	case r.Equal && strings.HasPrefix(verdict, "FAIL:"):
		return fmt.Errorf("%s: vectors: the bench says FAIL and no line says what differs: the log is cut or of something else", name)
	case r.Equal:
		r.Explanation = append(r.Explanation, strings.TrimSpace(strings.TrimPrefix(verdict, "PASS:")))
		return nil
	case verdict == "":
		r.Explanation = append(r.Explanation, "the log ends without PASS or FAIL: it is cut")
	}
	r.Explanation = append(r.Explanation, fmt.Sprintf("%d mismatches in all", r.Mismatches))
	files := [2][]byte{}
	for i, f := range [...]string{"cores.txt", "vectors.json"} {
		var err error
		if files[i], err = read(f); err != nil {
			return err
		}
	}
	rec := &TickRecord{}
	if err := json.Unmarshal(files[1], rec); err != nil {
		return fmt.Errorf("vectors.json: vectors: %w", err)
	}
	r.First.whose(img, string(files[0]), rec.Memories)
	if r.First.Population != "" {
		r.Explanation = append(r.Explanation, fmt.Sprintf("that is neuron %d of population %s", r.First.Index, r.First.Population))
	}
	return nil
}

// whose looks for the neuron that an output or a word belongs to; cores is the
// set's file of that name.
func (m *TickMismatch) whose(img *chip.Image, cores string, memories []TickMemory) {
	if m.Core < 0 {
		n := m.Address
		for p := range img.Pops {
			x := &img.Pops[p]
			if x.Output && n < int64(x.N) {
				m.Population, m.Index = x.Name, int(n)
				return
			}
			if x.Output {
				n -= int64(x.N)
			}
		}
		return
	}
	comp := int64(-1)
	for _, x := range memories {
		if x.Name == m.Signal && x.Core == m.Core && x.First >= 0 {
			comp = int64(x.First) + m.Address
		}
	}
	for _, line := range strings.Split(cores, "\n") {
		f := strings.Fields(line)
		if len(f) != 6 || f[0] != strconv.Itoa(m.Core) {
			continue
		}
		i, err := strconv.Atoi(f[5])
		if err != nil || i < 0 || i >= len(img.Cores) {
			return
		}
		for _, x := range img.Cores[i].Runs {
			if k := int(comp) - x.Base; comp >= 0 && k >= 0 && k < x.N {
				m.Population, m.Index = img.Pops[x.Pop].Name, x.First+k
			}
		}
	}
}
