package wave

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// MaxSpans bounds the spans of one timeline.
const MaxSpans = 1 << 21

// Spans writes a timeline of spans in rows: the JSON object format of Chrome's
// trace viewer, complete events ("ph": "X") with times in microseconds.
type Spans struct {
	w      *bufio.Writer
	n      int
	groups map[string]int
	rows   map[[2]int]bool
	first  bool
	err    error
}

// NewSpans starts a timeline on w.
func NewSpans(w io.Writer) *Spans {
	s := &Spans{w: bufio.NewWriter(w), groups: map[string]int{}, rows: map[[2]int]bool{}, first: true}
	s.text("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")
	return s
}

func (s *Spans) text(t string) {
	if s.err == nil {
		_, s.err = s.w.WriteString(t)
	}
}

// Arg is one remark of a span.
type Arg struct {
	Key   string
	Value any
}

// event writes one entry; its keys are in the order given.
func (s *Spans) event(fields []Arg) {
	if !s.first {
		s.text(",")
	}
	s.first = false
	s.text("\n{")
	for i, f := range fields {
		v, err := json.Marshal(f.Value)
		if err != nil && s.err == nil {
			s.err = fmt.Errorf("wave: %s: %w", f.Key, err)
		}
		if i > 0 {
			s.text(",")
		}
		s.text(strconv.Quote(f.Key) + ":" + string(v))
	}
	s.text("}")
}

// micro is a time in microseconds, exact to the femtosecond.
func micro(fs int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%09d", fs/1e9, fs%1e9))
}

// row names a row the first time it is used.
func (s *Spans) row(group string, row int, name string) int {
	pid, ok := s.groups[group]
	if !ok {
		pid = len(s.groups) + 1
		s.groups[group] = pid
		s.event([]Arg{{"ph", "M"}, {"name", "process_name"}, {"pid", pid}, {"args", map[string]string{"name": group}}})
		s.event([]Arg{{"ph", "M"}, {"name", "process_sort_index"}, {"pid", pid}, {"args", map[string]int{"sort_index": pid}}})
	}
	if at := [2]int{pid, row}; !s.rows[at] {
		s.rows[at] = true
		s.event([]Arg{{"ph", "M"}, {"name", "thread_name"}, {"pid", pid}, {"tid", row}, {"args", map[string]string{"name": name}}})
	}
	return pid
}

// Add writes a span from..to of a row in a group; false if there are too many.
func (s *Spans) Add(group string, row int, rowName, name string, from, to int64, args ...Arg) bool {
	if s.n >= MaxSpans {
		return false
	}
	s.n++
	pid := s.row(group, row, rowName)
	fields := []Arg{{"ph", "X"}, {"name", name}, {"pid", pid}, {"tid", row}, {"ts", micro(from)}, {"dur", micro(to - from)}}
	if len(args) > 0 {
		m := map[string]any{} // encoding/json sorts the keys
		for _, a := range args {
			m[a.Key] = a.Value
		}
		fields = append(fields, Arg{"args", m})
	}
	s.event(fields)
	return true
}

// Len is the number of spans so far.
func (s *Spans) Len() int { return s.n }

// Close writes the end of the timeline.
func (s *Spans) Close() error {
	s.text("\n]}\n")
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}
