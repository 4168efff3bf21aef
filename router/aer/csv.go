package aer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ReadCSV reads events from text: one spike a line, tick,population,index and
// optionally payload (1 where absent). A first line "tick,population,index" or
// "tick,population,index,payload" is a header and optional; empty lines and
// lines that start with # are skipped; fields may be quoted as in RFC 4180.
// Populations are numbered in order of first appearance.
func ReadCSV(b []byte, file string) (*Stream, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	r.Comment, r.FieldsPerRecord, r.ReuseRecord = '#', -1, true
	s := &Stream{}
	names := newTable(s)
	for first := true; ; first = false {
		rec, err := r.Read()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, csvError(err, file)
		}
		if first && header(rec) {
			continue
		}
		line, _ := r.FieldPos(0)
		x, err := parseSpike(rec, names)
		if err == nil && len(s.Spikes) >= MaxSpikes {
			err = fmt.Errorf("more than %d spikes", MaxSpikes)
		}
		if err != nil {
			return nil, fmt.Errorf("aer: %s:%d: %w", file, line, err)
		}
		s.Spikes = append(s.Spikes, x)
	}
}

func csvError(err error, file string) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("aer: %s:%d: %w", file, p.Line, p.Err)
	}
	return fmt.Errorf("aer: %s: %w", file, err)
}

// header reports whether a record is the header line.
func header(rec []string) bool {
	want := [...]string{"tick", "population", "index", "payload"}
	if len(rec) < 3 || len(rec) > 4 {
		return false
	}
	for i, f := range rec {
		if !strings.EqualFold(strings.TrimSpace(f), want[i]) {
			return false
		}
	}
	return true
}

func parseSpike(rec []string, names *table) (x Spike, err error) {
	if len(rec) < 3 || len(rec) > 4 {
		return x, fmt.Errorf("%d fields, need tick,population,index[,payload]", len(rec))
	}
	x.Payload = PlainPayload
	if x.Tick, err = number(rec[0], "tick", 0, 1<<63-1); err != nil {
		return x, err
	}
	if x.Pop, err = names.number(strings.TrimSpace(rec[1])); err != nil {
		return x, err
	}
	n, err := number(rec[2], "index", 0, 1<<31-1)
	if err != nil {
		return x, err
	}
	x.Index = int32(n)
	if len(rec) == 4 {
		if n, err = number(rec[3], "payload", -1<<31, 1<<31-1); err != nil {
			return x, err
		}
		x.Payload = int32(n)
	}
	return x, nil
}

func number(s, what string, low, high int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s %q, need a whole number %d to %d", what, clip(s), low, high)
	}
	return n, nil
}

// clip shortens text from a file for an error message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

// table numbers population names in order of first appearance.
type table struct {
	s  *Stream
	of map[string]int32
}

func newTable(s *Stream) *table { return &table{s, map[string]int32{}} }

func (t *table) number(name string) (int32, error) {
	if i, ok := t.of[name]; ok {
		return i, nil
	}
	if err := textName(name); err != nil {
		return 0, err
	}
	if len(t.s.Pops) >= MaxPops {
		return 0, fmt.Errorf("more than %d populations", MaxPops)
	}
	name = strings.Clone(name)
	i := int32(len(t.s.Pops))
	t.of[name] = i
	t.s.Pops = append(t.s.Pops, name)
	return i, nil
}

// textName refuses population names that text and string arrays cannot carry.
func textName(name string) error {
	switch {
	case name == "" || len(name) > MaxName:
		return fmt.Errorf("population name of %d bytes, need 1 to %d", len(name), MaxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("population name %q is not UTF-8", clip(name))
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("population name %q has control characters", clip(name))
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("population name %q starts or ends with a space", clip(name))
	}
	return nil
}

// WriteCSV writes events as text, in the order of the stream, with header and
// payload.
func WriteCSV(w io.Writer, s *Stream) error {
	quoted, err := s.textNames()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.WriteString("tick,population,index,payload\n")
	var line []byte
	for _, x := range s.Spikes {
		line = strconv.AppendInt(line[:0], x.Tick, 10)
		line = append(line, ',')
		line = append(line, quoted[x.Pop]...)
		line = append(line, ',')
		line = strconv.AppendInt(line, int64(x.Index), 10)
		line = append(line, ',')
		line = strconv.AppendInt(line, int64(x.Payload), 10)
		out.Write(append(line, '\n'))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	return nil
}

// textNames checks a stream for text kinds and gives its names quoted for CSV.
func (s *Stream) textNames() ([]string, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("aer: %w", err)
	}
	quoted := make([]string, len(s.Pops))
	for i, p := range s.Pops {
		if err := textName(p); err != nil {
			return nil, fmt.Errorf("aer: population %d: %w", i, err)
		}
		quoted[i] = p
		if strings.ContainsAny(p, `",`) {
			quoted[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return quoted, nil
}
