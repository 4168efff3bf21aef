package partition

import (
	"fmt"
	"math"
)

// ReadHGR reads the hMETIS text format with weighted nets (format 1): a line
// "NETS NEURONS 1", then a line "WEIGHT SOURCE TARGET..." per net, neurons
// counted from 1. Lines that start with % are comments. Errors name the line.
func ReadHGR(b []byte) (*Hypergraph, error) {
	r := lines{b: b}
	head, err := r.header()
	if err != nil {
		return nil, err
	}
	nets, n := head[0], head[1]
	h := &Hypergraph{Neurons: int(n), Weight: make([]int32, 0, nets), First: make([]int32, 1, nets+1)}
	h.Pins = make([]int32, 0, len(b)/4)
	seen := make([]int32, n)
	for e := int32(1); int64(e) <= nets; e++ {
		if !r.next() {
			return nil, fmt.Errorf("partition: line %d: need net %d of %d, have the end of the file", r.line+1, e, nets)
		}
		w, err := r.number(0, math.MaxInt32, "a weight")
		if err != nil {
			return nil, err
		}
		h.Weight = append(h.Weight, int32(w))
		if h.Pins, err = r.net(h.Pins, seen, e, n); err != nil {
			return nil, err
		}
		h.First = append(h.First, int32(len(h.Pins)))
	}
	if r.next() {
		return nil, fmt.Errorf("partition: line %d: need the end of the file after %d nets, have more", r.line, nets)
	}
	return h, nil
}

// lines walks the lines of a text that hold numbers.
type lines struct {
	b    []byte
	line int
	end  int // of the current line
	at   int
}

// next moves to the next line that is neither empty nor a comment.
func (r *lines) next() bool {
	for {
		if r.line > 0 {
			r.at = r.end + 1
		}
		if r.at >= len(r.b) {
			return false
		}
		r.line++
		r.end = r.at
		for r.end < len(r.b) && r.b[r.end] != '\n' {
			r.end++
		}
		r.blanks()
		if r.at < r.end && r.b[r.at] != '%' {
			return true
		}
	}
}

func (r *lines) blanks() {
	for r.at < r.end && (r.b[r.at] == ' ' || r.b[r.at] == '\t' || r.b[r.at] == '\r') {
		r.at++
	}
}

// more tells whether the line has another word.
func (r *lines) more() bool {
	r.blanks()
	return r.at < r.end
}

// word is the next word, cut to what an error can show.
func (r *lines) word() string {
	start := r.at
	for r.at < r.end && r.b[r.at] != ' ' && r.b[r.at] != '\t' && r.b[r.at] != '\r' {
		r.at++
	}
	return string(r.b[start:min(r.at, start+40)])
}

// number reads a whole number within bounds.
func (r *lines) number(low, high int64, what string) (int64, error) {
	if !r.more() {
		return 0, fmt.Errorf("partition: line %d: need %s, have the end of the line", r.line, what)
	}
	start, v := r.at, int64(0)
	for r.at < r.end && r.b[r.at]-'0' < 10 && v <= high {
		v = v*10 + int64(r.b[r.at]-'0')
		r.at++
	}
	if whole := r.at == r.end || r.b[r.at] == ' ' || r.b[r.at] == '\t' || r.b[r.at] == '\r'; !whole || r.at == start || v < low || v > high {
		r.at = start
		return 0, fmt.Errorf("partition: line %d: need %s of %d to %d, have %q", r.line, what, low, high, r.word())
	}
	return v, nil
}

// header reads the first line; both counts are bounded by the file's size
// where they ask for memory: a net takes at least 4 bytes, a neuron without a
// pin none, so neurons have a bound of their own.
func (r *lines) header() (v [2]int64, err error) {
	if !r.next() {
		return v, fmt.Errorf("partition: line 1: need NETS NEURONS 1, have an empty file")
	}
	if v[0], err = r.number(0, math.MaxInt32-1, "a number of nets"); err != nil {
		return v, err
	}
	if v[1], err = r.number(1, MaxNeurons, "a number of neurons"); err != nil {
		return v, err
	}
	if !r.more() {
		return v, fmt.Errorf("partition: line %d: need format 1 (weighted nets), have no format", r.line)
	}
	if w := r.word(); w != "1" || r.more() {
		return v, fmt.Errorf("partition: line %d: need format 1 (weighted nets) and the end of the line, have %q", r.line, w)
	}
	if have := int64(len(r.b)); v[0] > have/4+1 {
		return v, fmt.Errorf("partition: line %d: %d nets need at least %d bytes, have %d", r.line, v[0], v[0]*4, have)
	}
	if have := int64(len(r.b)); v[1] > maxSilent+have*8 {
		return v, fmt.Errorf("partition: line %d: %d neurons in a file of %d bytes, need at most %d", r.line, v[1], have, maxSilent+have*8)
	}
	return v, nil
}

// maxSilent is the number of neurons that a small file may state.
const maxSilent = 1 << 20

// net reads the pins of net e up to the end of the line.
func (r *lines) net(pins, seen []int32, e int32, n int64) ([]int32, error) {
	if !r.more() {
		return nil, fmt.Errorf("partition: line %d: need the source of net %d, have the end of the line", r.line, e)
	}
	for r.more() {
		v, err := r.number(1, n, "a neuron")
		if err != nil {
			return nil, err
		}
		if seen[v-1] == e {
			return nil, fmt.Errorf("partition: line %d: neuron %d twice, need distinct pins", r.line, v)
		}
		if len(pins) >= MaxPins {
			return nil, fmt.Errorf("partition: line %d: more than %d pins", r.line, MaxPins)
		}
		seen[v-1] = e
		pins = append(pins, int32(v-1))
	}
	return pins, nil
}
