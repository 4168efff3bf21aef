package vectors

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// maxLine bounds a line of a log.
const maxLine = 1 << 20

// Mismatch is one thing that a bench saw otherwise than a set expects.
type Mismatch struct {
	Edge    int64  `json:"edge"`   // of what differs, the earlier of both; of a word, its last write in the set, -1 if none
	Signal  string `json:"signal"` // input PORT, output, or a memory
	Address int64  `json:"address"`
	Want    string `json:"want"` // of the set
	Have    string `json:"have"` // of the log
	Line    int    `json:"line"` // of the log; 0 = what is missing there
}

// String is the mismatch in one line.
func (m *Mismatch) String() string {
	at := fmt.Sprintf("edge %d, ", m.Edge)
	if m.Edge < 0 {
		at = "at the end, "
	}
	return fmt.Sprintf("%s%s %d: want %s, have %s", at, m.Signal, m.Address, m.Want, m.Have)
}

// LogResult is the comparison of a log with a set.
type LogResult struct {
	Equal       bool      `json:"equal"`
	First       *Mismatch `json:"first"` // nil if equal
	Explanation []string  `json:"explanation"`
	Inputs      int       `json:"inputs"`  // of the set
	Outputs     int       `json:"outputs"` // of the set
	Mismatches  int       `json:"mismatches"`
	Ignored     int       `json:"lines_ignored"` // that are not the bench's
}

// Set is what a comparison needs of a set of vectors.
type Set struct {
	Name string // for errors
	*Record
	States []State
	// Word is a word of a memory after the run, in hexadecimal.
	Word func(memory string, address int64) (string, error)

	last map[Key]int // the event that wrote a word last
}

// State is one event of a set: what it was, the edge of its last write, and
// which words it wrote.
type State struct {
	Text string
	Edge int64
	Keys []Key
}

// Key is a word of a memory.
type Key struct {
	Memory  string
	Address int64
}

// log is the state of a comparison.
type log struct {
	set      *Set
	name     string
	line     int
	res      *LogResult
	byPort   map[int64][]int64 // edges of the inputs of a port
	outputs  int               // seen in the log
	full     bool              // the log says every output
	short    bool              // the missing output is counted
	inputs   map[int64]int     // seen, by port
	verdict  string
	reported int // mismatches that the verdict counts
	best     *Mismatch
}

// CompareLog compares what the bench of a set printed (lines of its display,
// whatever the simulator adds around them) with what the set expects. With the
// bench's +log the log holds every input and output; without, what the bench
// found different. Want is always the set's own.
func CompareLog(s *Set, in io.Reader, name string) (*LogResult, error) {
	l := newLog(s)
	l.name = name
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		l.line++
		if err := l.take(strings.TrimSpace(sc.Text())); err != nil {
			return nil, err
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: vectors: a line of more than %d bytes", name, l.line+1, maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("%s: vectors: %w", name, err)
	}
	return l.res, l.end()
}

func newLog(s *Set) log {
	l := log{set: s, byPort: map[int64][]int64{}, inputs: map[int64]int{},
		res: &LogResult{Explanation: []string{}, Inputs: len(s.Samples), Outputs: len(s.Outputs)}}
	for _, x := range s.Samples {
		l.byPort[x[0]] = append(l.byPort[x[0]], x[1])
	}
	return l
}

func (l *log) errorf(format string, a ...any) error {
	return fmt.Errorf("%s:%d: vectors: %s", l.name, l.line, fmt.Sprintf(format, a...))
}

// take takes a line of the log.
func (l *log) take(t string) error {
	head, rest, _ := strings.Cut(t, " ")
	switch {
	case l.verdict != "":
		l.res.Ignored++
		return nil
	case head == "PASS:" || head == "FAIL:":
		return l.ended(head, rest)
	case head == "input":
		return l.input(t)
	case head == "output":
		return l.output(t)
	case head == "transfer":
		return l.transfer(t)
	}
	var n, need int64
	switch {
	case scan(t, "%d inputs, need %d", &n, &need):
		return l.count("inputs", n, need, len(l.set.Samples))
	case scan(t, "%d outputs, need %d", &n, &need):
		return l.count("outputs", n, need, len(l.set.Outputs))
	case scan(t, "%d transfers, need %d", &n, &need):
		return l.count("transfers", n, need, len(l.set.Transfers))
	}
	return l.word(t)
}

// scan reads a line of a form, all of it.
func scan(t, form string, to ...any) bool {
	var end string
	n, err := fmt.Sscanf(t+" \x01", form+" %s", append(to, &end)...)
	return err == nil && n == len(to)+1 && end == "\x01"
}

// input takes "input N of port P: sampled at edge E[, need X]".
func (l *log) input(t string) error {
	var n, port, edge, need int64
	compared := scan(t, "input %d of port %d: sampled at edge %d, need %d", &n, &port, &edge, &need)
	if !compared && !scan(t, "input %d of port %d: sampled at edge %d", &n, &port, &edge) {
		return l.errorf("%.60q, need input N of port P: sampled at edge E", t)
	}
	list, ok := l.byPort[port]
	if (!ok && (port < 0 || port >= int64(len(l.set.Control())))) || n < 0 {
		return l.errorf("input %d of port %d, the set has no such port", n, port)
	}
	l.inputs[port] = max(l.inputs[port], int(min(n, math.MaxInt32))+1)
	signal := fmt.Sprintf("input of port %d", port)
	if n >= int64(len(list)) {
		l.differ(Mismatch{edge, signal, n, "nothing", fmt.Sprintf("sampled at edge %d", edge), l.line}, compared)
		return nil
	}
	if compared && need != list[n] {
		return l.other("input %d of port %d at edge %d", n, port, list[n])
	}
	if edge != list[n] {
		l.differ(Mismatch{min(edge, list[n]), signal, n, fmt.Sprintf("sampled at edge %d", list[n]), fmt.Sprintf("sampled at edge %d", edge), l.line}, compared)
	}
	return nil
}

// transfer takes "transfer N: word K came back H[, need H]".
func (l *log) transfer(t string) error {
	var n, k int64
	var have, need string
	compared := scan(t, "transfer %d: word %d came back %s need %s", &n, &k, &have, &need)
	if !compared && !scan(t, "transfer %d: word %d came back %s", &n, &k, &have) {
		return l.errorf("%.60q, need transfer N: word K came back H", t)
	}
	if n < 0 || n >= int64(len(l.set.Transfers)) || k < 1 || k > int64(len(l.set.Transfers[n].Out)) {
		return l.other("%d transfers", len(l.set.Transfers))
	}
	x := &l.set.Transfers[n]
	want := fmt.Sprintf("%x", x.Out[k-1])
	if compared && trim(need) != want {
		return l.other("word %d of transfer %d: %s", k, n, want)
	}
	if have = trim(strings.TrimSuffix(have, ",")); have != want {
		l.differ(Mismatch{x.End, "transfer", n, want, have, l.line}, compared)
	}
	return nil
}

// other says that a log is of another set.
func (l *log) other(format string, a ...any) error {
	return l.errorf("the log is of another set: %s has %s", l.set.Name, fmt.Sprintf(format, a...))
}

// output takes "output N: address H after edge E[, need H after X]".
func (l *log) output(t string) error {
	var n, edge, after int64
	var addr, need string
	compared := scan(t, "output %d: address %s after edge %d, need %s after %d", &n, &addr, &edge, &need, &after)
	if !compared && !scan(t, "output %d: address %s after edge %d", &n, &addr, &edge) || n < 0 {
		return l.errorf("%.60q, need output N: address H after edge E", t)
	}
	l.outputs, l.full = max(l.outputs, int(min(n, math.MaxInt32))+1), l.full || !compared
	have := outputText(trim(addr), edge)
	if n >= int64(len(l.set.Outputs)) {
		l.differ(Mismatch{edge, "output", n, "nothing", have, l.line}, compared)
		return nil
	}
	w := l.set.Outputs[n]
	want := outputText(fmt.Sprintf("%x", w[1]), w[0])
	if compared && outputText(trim(need), after) != want {
		return l.other("output %d: %s", n, want)
	}
	if have != want {
		l.differ(Mismatch{min(edge, w[0]), "output", n, want, have, l.line}, compared)
	}
	return nil
}

func outputText(addr string, edge int64) string {
	return fmt.Sprintf("address %s after edge %d", addr, edge)
}

// trim is a number in hexadecimal without zeros before it.
func trim(h string) string {
	if t := strings.TrimLeft(strings.ToLower(h), "0"); t != "" {
		return t
	}
	return "0"
}

// word takes "MEMORY N: H, need H"; another line is not the bench's.
func (l *log) word(t string) error {
	var m, have, need string
	var at int64
	name, rest, _ := strings.Cut(t, " ")
	if !l.set.has(name) {
		l.res.Ignored++
		return nil
	}
	if !scan(rest, "%d: %s need %s", &at, &have, &need) || !strings.HasSuffix(have, ",") {
		l.res.Ignored++
		return nil
	}
	m, have = name, strings.TrimSuffix(have, ",")
	want, err := l.set.Word(m, at)
	switch {
	case err != nil:
		return l.errorf("%v", err)
	case trim(want) != trim(need):
		return l.other("%s %d: %s", m, at, want)
	}
	if trim(have) != trim(want) {
		l.differ(Mismatch{l.set.written(m, at), m, at, want, strings.ToLower(have), l.line}, true)
	}
	return nil
}

// count takes the bench's own count of inputs or outputs.
func (l *log) count(what string, n, need int64, have int) error {
	if need != int64(have) {
		return l.other("%d %s", have, what)
	}
	l.reported++
	if what == "outputs" && n < need && n >= 0 {
		w := l.set.Outputs[n]
		l.short = true
		l.differ(Mismatch{w[0], "output", n, outputText(fmt.Sprintf("%x", w[1]), w[0]), "nothing", l.line}, false)
	} else if what == "inputs" && n < need {
		l.res.Mismatches++
		l.res.Explanation = append(l.res.Explanation, fmt.Sprintf("%d of %d inputs were sent", n, need))
	}
	return nil
}

// differ keeps the first mismatch: the earliest edge; words, which are compared
// at the end, come behind inputs and outputs.
func (l *log) differ(m Mismatch, reported bool) {
	l.res.Mismatches++
	if reported {
		l.reported++
	}
	if b := l.best; b == nil || before(l.set, &m, b) {
		l.best = &m
	}
}

func before(s *Set, a, b *Mismatch) bool {
	if x, y := s.has(a.Signal), s.has(b.Signal); x != y {
		return y
	}
	return uint64(a.Edge) < uint64(b.Edge) // -1 is last
}

// ended takes the verdict.
func (l *log) ended(head, rest string) error {
	l.verdict = head
	var a, b int64
	switch {
	case head == "PASS:" && scan(rest, "%d inputs, %d outputs", &a, &b):
		if a != int64(len(l.set.Samples)) || b != int64(len(l.set.Outputs)) {
			return l.other("%d inputs and %d outputs", len(l.set.Samples), len(l.set.Outputs))
		}
		l.reported = 0
	case head == "FAIL:" && scan(rest, "%d errors", &a):
		if a != int64(l.reported) {
			l.res.Explanation = append(l.res.Explanation, fmt.Sprintf("the bench counts %d errors, the log has %d of them", a, l.reported))
		}
	default:
		return l.errorf("the bench did not run: %.60q", head+" "+rest)
	}
	return nil
}
