package vectors

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"hillock/chip"
	"hillock/core/event"
)

// IsBoardSet says whether vectors.json is that of a board.
func IsBoardSet(record []byte) bool {
	var k struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(record, &k) == nil && k.Kind == BoardKind
}

// boardLog is the comparison of one part.
type boardLog struct {
	log
	part    *Part
	callsAt map[int64][][3]int64 // by port
}

// CompareBoardLog compares what the bench of a board printed with its set, whose
// files read gives by name: as CompareLog, with the part's name before every
// signal.
func CompareBoardLog(set string, read func(file string) ([]byte, error), in io.Reader, name string) (*LogResult, error) {
	parts, err := readBoard(set, read, name)
	if err != nil {
		return nil, err
	}
	verdict, line := "", 0
	res := &LogResult{Explanation: []string{}}
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		line++
		t := strings.TrimSpace(sc.Text())
		head, rest, _ := strings.Cut(t, ": ")
		l := parts.find(head)
		switch {
		case verdict != "" || l == nil && head != "PASS" && head != "FAIL":
			res.Ignored++
		case l == nil:
			verdict = head
		default:
			l.line = line
			if err := l.takeBoard(rest); err != nil {
				return nil, err
			}
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: vectors: a line of more than %d bytes", name, line+1, maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("%s: vectors: %w", name, err)
	}
	return res, parts.conclude(res, verdict, name)
}

type boardLogs []*boardLog

func (p boardLogs) find(part string) *boardLog {
	for _, l := range p {
		if l.part.Name == part {
			return l
		}
	}
	return nil
}

// readBoard reads what the comparison needs of every part.
func readBoard(name string, read func(file string) ([]byte, error), log string) (boardLogs, error) {
	b, err := read("vectors.json")
	if err != nil {
		return nil, err
	}
	board := &Board{}
	if err := json.Unmarshal(b, board); err != nil {
		return nil, fmt.Errorf("%s: vectors: vectors.json: %w", name, err)
	}
	if board.Kind != BoardKind || board.Image == "" || strings.ContainsAny(board.Image, `/\`) {
		return nil, fmt.Errorf("%s: vectors: vectors.json of kind %q with image %q, need kind %q and an image beside it", name, board.Kind, board.Image, BoardKind)
	}
	if b, err = read(board.Image); err != nil {
		return nil, err
	}
	img, err := chip.DecodeImage(b, name+" "+board.Image)
	if err != nil {
		return nil, err
	}
	if len(img.Parts) != len(board.Parts) || img.Ticks() {
		return nil, fmt.Errorf("%s: vectors: %d parts and an image of %d, need those of one board", name, len(board.Parts), len(img.Parts))
	}
	var out boardLogs
	for i, p := range board.Parts {
		if p == nil || p.Name != img.Parts[i].Name || !word.MatchString(p.Name) {
			return nil, fmt.Errorf("%s: vectors: part %d is not %q of the image", name, i, img.Parts[i].Name)
		}
		l, err := readPart(name, p, &img.Cores[i].Image.Event.Spec, read)
		if err != nil {
			return nil, err
		}
		l.name = log
		out = append(out, l)
	}
	return out, nil
}

func readPart(name string, p *Part, spec *event.Spec, read func(file string) ([]byte, error)) (*boardLog, error) {
	own := func(file string) ([]byte, error) { return read(p.Name + "." + file) }
	b, err := own("states.txt")
	if err != nil {
		return nil, err
	}
	s := &Set{Name: name, Record: &Record{Spec: spec, Samples: p.Samples, Outputs: p.Outputs, Cycles: p.Cycles}}
	if s.States, err = readStates(b, name+" "+p.Name); err != nil {
		return nil, err
	}
	ends := make([][]uint64, len(spec.Memories))
	s.Word = func(memory string, address int64) (string, error) { return s.word(ends, memory, address, own) }
	l := &boardLog{log: newLog(s), part: p, callsAt: map[int64][][3]int64{}}
	for _, x := range p.Calls {
		l.callsAt[x[0]] = append(l.callsAt[x[0]], x)
	}
	return l, nil
}

// takeBoard takes a line of the part, without its name.
func (l *boardLog) takeBoard(t string) error {
	head, _, _ := strings.Cut(t, " ")
	var n, need int64
	switch {
	case head == "call":
		return l.call(t)
	case head == "acknowledge":
		return l.acknowledge(t)
	case scan(t, "%d calls, need %d", &n, &need), scan(t, "%d acknowledges, need %d", &n, &need):
		l.reported++
		l.res.Mismatches++
		l.res.Explanation = append(l.res.Explanation, l.part.Name+": "+t)
		return nil
	case scan(t, "idle after %d edges, need %d", &n, &need):
		if need != l.part.Cycles {
			return l.other("%s idle after %d edges", l.part.Name, l.part.Cycles)
		}
		l.differ(Mismatch{min(uint63(n), uint63(need)), "idle", 0, idleText(need), idleText(n), l.line}, true)
		return nil
	}
	return l.take(t)
}

// uint63 is an edge for comparisons: never comes last.
func uint63(edge int64) int64 { return int64(uint64(edge) << 1 >> 1) }

func idleText(edges int64) string {
	if edges < 0 {
		return "never"
	}
	return fmt.Sprintf("after %d edges", edges)
}

// call takes "call N of port P: word H sampled at edge E[, need H at E]".
func (l *boardLog) call(t string) error {
	var n, port, edge, at int64
	var have, need string
	compared := scan(t, "call %d of port %d: word %s sampled at edge %d, need %s at %d", &n, &port, &have, &edge, &need, &at)
	if !compared && !scan(t, "call %d of port %d: word %s sampled at edge %d", &n, &port, &have, &edge) || n < 0 {
		return l.errorf("%.60q, need call N of port P: word H sampled at edge E", t)
	}
	list, text := l.callsAt[port], "word %s sampled at edge %d"
	signal, got := fmt.Sprintf("call of port %d", port), fmt.Sprintf(text, trim(have), edge)
	if n >= int64(len(list)) {
		l.differ(Mismatch{edge, signal, n, "nothing", got, l.line}, compared)
		return nil
	}
	if want := fmt.Sprintf(text, fmt.Sprintf("%x", list[n][2]), list[n][1]); want != got {
		l.differ(Mismatch{min(edge, list[n][1]), signal, n, want, got, l.line}, compared)
	}
	return nil
}

// acknowledge takes "acknowledge N: rises after edge E, need E" or falls.
func (l *boardLog) acknowledge(t string) error {
	var n, edge, need int64
	k := 0
	if !scan(t, "acknowledge %d: rises after edge %d, need %d", &n, &edge, &need) {
		if k = 1; !scan(t, "acknowledge %d: falls after edge %d, need %d", &n, &edge, &need) {
			return l.errorf("%.60q, need acknowledge N: rises after edge E, need E", t)
		}
	}
	signal, text := [2]string{"rise of acknowledge", "fall of acknowledge"}[k], "after edge %d"
	if n < 0 || n >= int64(len(l.part.Acks)) {
		l.differ(Mismatch{edge, signal, n, "nothing", fmt.Sprintf(text, edge), l.line}, true)
		return nil
	}
	if want := l.part.Acks[n][k]; want != edge {
		l.differ(Mismatch{min(edge, want), signal, n, fmt.Sprintf(text, want), fmt.Sprintf(text, edge), l.line}, true)
	}
	return nil
}

// conclude puts the parts' results together.
func (p boardLogs) conclude(res *LogResult, verdict, name string) error {
	var first *boardLog
	for _, l := range p {
		res.Inputs += len(l.part.Samples)
		res.Outputs += len(l.part.Outputs)
		res.Ignored += l.res.Ignored
		res.Mismatches += l.res.Mismatches
		res.Explanation = append(res.Explanation, l.res.Explanation...)
		if l.best == nil {
			continue
		}
		if first == nil || boardBefore(l, first) {
			first = l
		}
	}
	res.Equal = res.Mismatches == 0
	switch {
	case res.Equal && verdict == "":
		return fmt.Errorf("%s: vectors: no PASS or FAIL of the bench: the log is cut or of something else", name)
	case res.Equal && verdict == "FAIL":
		return fmt.Errorf("%s: vectors: the bench says FAIL and no line says what differs: the log is cut or of something else", name)
	case verdict == "":
		res.Explanation = append(res.Explanation, "the log ends without PASS or FAIL: it is cut")
	case verdict == "PASS" && !res.Equal:
		res.Explanation = append(res.Explanation, "the bench says PASS: it ran another set")
	}
	if res.Equal {
		res.Explanation = append(res.Explanation, fmt.Sprintf("%d chips, %d inputs, %d outputs, all memories", len(p), res.Inputs, res.Outputs))
		return nil
	}
	res.Explanation = append(res.Explanation, fmt.Sprintf("%d mismatches in all", res.Mismatches))
	if first != nil {
		res.Explanation = append(res.Explanation, first.part.Name+": "+first.place(first.best))
		m := *first.best
		m.Signal = first.part.Name + " " + m.Signal
		res.First = &m
	}
	return nil
}

// boardBefore says whether the first mismatch of a part comes before that of
// another: words, which are compared at the end, come last.
func boardBefore(a, b *boardLog) bool {
	if x, y := a.set.has(a.best.Signal), b.set.has(b.best.Signal); x != y {
		return y
	}
	return uint64(a.best.Edge) < uint64(b.best.Edge)
}
