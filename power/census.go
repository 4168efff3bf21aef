package power

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"

	"hillock/isa/count"
)

// CensusSchema is the schema field of a census.
const CensusSchema = "hillock/census/1"

// Boundary says what a census and its report are about.
type Boundary uint8

// The boundaries, from the inside out.
const (
	CoreBoundary Boundary = iota
	ChipBoundary
	BoardBoundary
	SystemBoundary
)

var boundaryWords = []string{"core", "chip", "board", "system"}

// String is the boundary as a census writes it.
func (b Boundary) String() string { return wordOf(boundaryWords, int(b)) }

// Census is what a run counted, with what is needed to price it.
type Census struct {
	Chip, Point  string // "" = not stated
	Time         Femtoseconds
	Ticks        int64
	ChipsPowered int64
	CoresPowered int64
	Inferences   int64 // 0 = not stated
	Boundary     Boundary
	Counts       count.Counts
	More
}

// ParseCensus reads a census; file is its name in errors, which are of type
// *Error. Schema, seconds, ticks, chips_powered, cores_powered, boundary and
// counts must be there, what else there is may be missing; unknown fields and
// events, negative numbers and null are refused. Seconds are rounded to the
// nearest femtosecond.
func ParseCensus(b []byte, file string) (*Census, error) {
	const what = "the census"
	d := &document{file, b}
	n, err := d.parseUpTo(MaxCensusBytes)
	if err != nil {
		return nil, err
	}
	need := []string{"schema", "seconds", "ticks", "chips_powered", "cores_powered", "boundary", "counts"}
	if err := d.object(n, what, need, append([]string{"chip", "point", "inferences"}, moreFields...)); err != nil {
		return nil, err
	}
	if _, err := d.word(n, what, "schema", []string{CensusSchema}); err != nil {
		return nil, err
	}
	c := &Census{}
	if err := d.str(n, what, "chip", &c.Chip); err != nil {
		return nil, err
	}
	if err := d.str(n, what, "point", &c.Point); err != nil {
		return nil, err
	}
	bound, err := d.word(n, what, "boundary", boundaryWords)
	if err != nil {
		return nil, err
	}
	c.Boundary = Boundary(bound)
	if err := d.censusNumbers(n, what, c); err != nil {
		return nil, err
	}
	if err := d.counts(n.field("counts"), &c.Counts); err != nil {
		return nil, err
	}
	return c, d.more(n, &c.More)
}

func (d *document) censusNumbers(n *node, what string, c *Census) error {
	for _, f := range []struct {
		key string
		to  *int64
	}{{"ticks", &c.Ticks}, {"chips_powered", &c.ChipsPowered}, {"cores_powered", &c.CoresPowered}, {"inferences", &c.Inferences}} {
		if err := d.whole(n, what, f.key, f.to); err != nil {
			return err
		}
	}
	s := n.field("seconds")
	if s.kind != 'n' {
		return d.fault(s.off, "seconds of %s must be a number, have %s", what, kindNames[s.kind])
	}
	fs, err := roundDecimal(s.text, 15)
	if err != nil {
		return d.fault(s.off, "seconds of %s: %v (limit 9223)", what, err)
	}
	if fs < 0 {
		return d.fault(s.off, "seconds of %s is negative: %s", what, s.text)
	}
	c.Time = Femtoseconds(fs)
	return nil
}

func (d *document) counts(n *node, to *count.Counts) error {
	if n.kind != '{' {
		return d.fault(n.off, "counts must be an object, have %s", kindNames[n.kind])
	}
	if err := d.unique(n, "counts"); err != nil {
		return err
	}
	for _, m := range n.members {
		e, err := count.Parse(m.key)
		if err != nil {
			return d.fault(m.off, "unknown event %q in counts", m.key)
		}
		if err := d.whole(n, "counts", m.key, &to[e]); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is impossible in c: negative times, numbers or counts.
func (c *Census) Check() error {
	for _, f := range []struct {
		name string
		v    int64
	}{{"time", int64(c.Time)}, {"ticks", c.Ticks}, {"chips_powered", c.ChipsPowered}, {"cores_powered", c.CoresPowered}, {"inferences", c.Inferences}} {
		if f.v < 0 {
			return fmt.Errorf("power: census: %s is negative: %d", f.name, f.v)
		}
	}
	for i, v := range c.Counts {
		if v < 0 {
			return fmt.Errorf("power: census: count of %s is negative: %d", count.Event(i), v)
		}
	}
	if int(c.Boundary) >= len(boundaryWords) {
		return fmt.Errorf("power: census: boundary %d, need 0 to %d", c.Boundary, len(boundaryWords)-1)
	}
	return c.checkMore()
}

// MarshalJSON writes c in the order of the format, counts of every event in
// the order of their enumeration.
func (c Census) MarshalJSON() ([]byte, error) {
	var w bytes.Buffer
	w.WriteString(`{"schema":"` + CensusSchema + `"`)
	for _, f := range []struct{ key, v string }{{"chip", c.Chip}, {"point", c.Point}} {
		if f.v == "" {
			continue
		}
		q, err := json.Marshal(f.v)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&w, `,%q:%s`, f.key, q)
	}
	fmt.Fprintf(&w, `,"seconds":%s,"ticks":%d,"chips_powered":%d,"cores_powered":%d`,
		decimal(big.NewInt(int64(c.Time)), -15), c.Ticks, c.ChipsPowered, c.CoresPowered)
	if c.Inferences != 0 {
		fmt.Fprintf(&w, `,"inferences":%d`, c.Inferences)
	}
	fmt.Fprintf(&w, `,"boundary":%q,"counts":{`, c.Boundary)
	for i, v := range c.Counts {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(&w, `%q:%d`, count.Event(i), v)
	}
	w.WriteString("}")
	c.More.write(&w)
	w.WriteString("}")
	return w.Bytes(), nil
}
