package diff

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"

	"hillock/internal/wave"
)

// maxListed is the most signals that a comparison of waves lists by name.
const maxListed = 20

// WaveOptions say what of two waves is compared.
type WaveOptions struct {
	// ScopeA and ScopeB: signals below this scope, by the rest of their names;
	// "" = all, by their whole names.
	ScopeA, ScopeB string
}

// WavePlace is a signal that differs: at Tick, counted in units of Unit, it is
// A on one side and B on the other. Numbers are hexadecimal unless a digit is
// x or z; then they are binary.
type WavePlace struct {
	Place
	Unit   string `json:"unit"`   // such as 1 ns; "" if the dumps do not say
	Before string `json:"before"` // what both had until then
}

// WaveResult is the comparison of two waves.
type WaveResult struct {
	Equal       bool        `json:"equal"`
	First       *WavePlace  `json:"first"` // nil if equal
	Explanation []string    `json:"explanation"`
	Signals     int         `json:"signals"` // that both have
	OnlyA       int         `json:"only_a"`
	OnlyB       int         `json:"only_b"`
	Differ      []WavePlace `json:"differ"` // at the time of the first, by name; at most 20
}

// waveSide is one of the two waves while they are read.
type waveSide struct {
	*wave.Reader
	scale   int64 // units of the comparison in one of its own
	pairs   [][]int32
	values  []string
	next    wave.Change
	ended   bool
	names   map[string]int // signal by name
	changes int64
}

// waves is the state of a comparison.
type waves struct {
	sides [2]waveSide
	names []string // of the pairs
	pairs [][2]int // signals of both sides
	old   []string // of a pair, before the time in work
	stamp []int64  // of a pair: the time in which it was touched last
	touch []int32
	unit  int64
}

// Waves compares two value change dumps signal by signal. Values hold until
// they change; of several changes at one time the last one counts. It stops at
// the first time at which a signal differs that both have. It holds the
// declarations and a value of every signal.
func Waves(a, b *wave.Reader, o WaveOptions) (*WaveResult, error) {
	w := &waves{}
	r := &WaveResult{Explanation: []string{}, Differ: []WavePlace{}}
	for i, x := range []*wave.Reader{a, b} {
		s := &w.sides[i]
		s.Reader, s.scale = x, 1
		s.pairs, s.values = make([][]int32, x.Signals), make([]string, x.Signals)
		for k := range s.values {
			s.values[k] = wave.Unset
		}
		s.names = within(x.Vars, [...]string{o.ScopeA, o.ScopeB}[i])
		if len(s.names) == 0 {
			return nil, fmt.Errorf("diff: wave %s has no signal%s", [...]string{"A", "B"}[i], below([...]string{o.ScopeA, o.ScopeB}[i]))
		}
	}
	if err := w.units(r); err != nil {
		return nil, err
	}
	if err := w.match(r); err != nil {
		return nil, err
	}
	if err := w.walk(r); err != nil {
		return nil, err
	}
	r.Equal = r.First == nil
	w.ends(r)
	return r, nil
}

func below(scope string) string {
	if scope == "" {
		return ""
	}
	return " below " + scope
}

// within are the signals below a scope by the rest of their names; of two with
// one name the first counts.
func within(vars []wave.Var, scope string) map[string]int {
	out := map[string]int{}
	for _, v := range vars {
		name, ok := v.Name, true
		if scope != "" {
			name, ok = strings.CutPrefix(name, strings.TrimSuffix(scope, ".")+".")
		}
		if _, twice := out[name]; ok && !twice {
			out[name] = v.Signal
		}
	}
	return out
}

// units brings both to the finer unit of time.
func (w *waves) units(r *WaveResult) error {
	a, b := &w.sides[0], &w.sides[1]
	switch {
	case a.Unit == b.Unit:
		w.unit = a.Unit
		return nil
	case a.Unit == 0 || b.Unit == 0:
		w.unit = max(a.Unit, b.Unit)
		r.Explanation = append(r.Explanation, "one wave does not say its unit of time: that of the other is taken")
		return nil
	}
	w.unit = min(a.Unit, b.Unit) // powers of ten: it divides the other
	for i := range w.sides {
		w.sides[i].scale = w.sides[i].Unit / w.unit
	}
	r.Explanation = append(r.Explanation, fmt.Sprintf("units of time: a %s, b %s; times are in %s", unitName(a.Unit), unitName(b.Unit), unitName(w.unit)))
	return nil
}

// unitName is a unit of time in words.
func unitName(fs int64) string {
	if fs == 0 {
		return ""
	}
	names := [...]string{"fs", "ps", "ns", "us", "ms", "s"}
	k := 0
	for ; k+1 < len(names) && fs%1000 == 0; k++ {
		fs /= 1000
	}
	return fmt.Sprintf("%d %s", fs, names[k])
}

// match pairs signals by name and tells which are on one side only.
func (w *waves) match(r *WaveResult) error {
	var only [2][]string
	for i := range w.sides {
		for name := range w.sides[i].names {
			if _, ok := w.sides[1-i].names[name]; !ok {
				only[i] = append(only[i], name)
			} else if i == 0 {
				w.names = append(w.names, name)
			}
		}
		slices.Sort(only[i])
	}
	if len(w.names) == 0 {
		return fmt.Errorf("diff: the waves have no signal in common: a has %s; b has %s; need the same names, or the scopes that hold them", listed(only[0]), listed(only[1]))
	}
	slices.Sort(w.names)
	n := len(w.names)
	w.pairs, w.old, w.stamp = make([][2]int, n), make([]string, n), make([]int64, n)
	for p, name := range w.names {
		w.stamp[p] = -1
		for i := range w.sides {
			s := &w.sides[i]
			w.pairs[p][i] = s.names[name]
			s.pairs[s.names[name]] = append(s.pairs[s.names[name]], int32(p))
		}
	}
	r.Signals, r.OnlyA, r.OnlyB = n, len(only[0]), len(only[1])
	r.Explanation = append(r.Explanation, fmt.Sprintf("%d signals compared", n))
	for i, which := range [...]string{"a", "b"} {
		if len(only[i]) > 0 {
			r.Explanation = append(r.Explanation, fmt.Sprintf("%d only in %s: %s", len(only[i]), which, listed(only[i])))
		}
	}
	return nil
}

// listed are some names.
func listed(names []string) string {
	s := strings.Join(names[:min(len(names), maxListed)], ", ")
	if n := len(names) - maxListed; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// walk reads both waves, time by time.
func (w *waves) walk(r *WaveResult) error {
	for i := range w.sides {
		if err := w.sides[i].read(); err != nil {
			return err
		}
	}
	for {
		at := int64(math.MaxInt64)
		for i := range w.sides {
			if s := &w.sides[i]; !s.ended {
				at = min(at, s.next.At)
			}
		}
		if w.sides[0].ended && w.sides[1].ended {
			return nil
		}
		w.touch = w.touch[:0]
		for i := range w.sides {
			if err := w.apply(&w.sides[i], at); err != nil {
				return err
			}
		}
		if w.differ(at, r); len(r.Differ) > 0 {
			return nil
		}
	}
}

// read takes the next change of a side, its time in units of the comparison.
func (s *waveSide) read() error {
	c, err := s.Next()
	switch {
	case err == io.EOF:
		s.ended = true
		return nil
	case err != nil:
		return err
	case c.At > math.MaxInt64/s.scale:
		return fmt.Errorf("diff: time %d of a wave, need at most %d", c.At, math.MaxInt64/s.scale)
	}
	c.At *= s.scale
	s.next = c
	s.changes++
	return nil
}

// apply takes the changes of a side at a time.
func (w *waves) apply(s *waveSide, at int64) error {
	for !s.ended && s.next.At == at {
		c := s.next
		for _, p := range s.pairs[c.Signal] {
			if w.stamp[p] != at {
				// the sides agreed until now
				w.stamp[p], w.old[p] = at, w.sides[0].values[w.pairs[p][0]]
				w.touch = append(w.touch, p)
			}
		}
		s.values[c.Signal] = c.Value
		if err := s.read(); err != nil {
			return err
		}
	}
	return nil
}

// differ keeps the pairs that differ at a time.
func (w *waves) differ(at int64, r *WaveResult) {
	var places []int32
	for _, p := range w.touch {
		if w.sides[0].values[w.pairs[p][0]] != w.sides[1].values[w.pairs[p][1]] {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(p, q int32) int { return cmp.Compare(p, q) }) // pairs are in the order of names
	for _, p := range places[:min(len(places), maxListed)] {
		r.Differ = append(r.Differ, WavePlace{
			Place: Place{Tick: at, Population: w.names[p], Index: -1, Field: "value",
				A: shown(w.sides[0].values[w.pairs[p][0]]), B: shown(w.sides[1].values[w.pairs[p][1]])},
			Unit: unitName(w.unit), Before: shown(w.old[p])})
	}
	if len(places) == 0 {
		return
	}
	r.First = &r.Differ[0]
	r.Explanation = append(r.Explanation, fmt.Sprintf("before it both have %s = %s", r.First.Population, r.First.Before))
	if n := len(places) - 1; n > 0 {
		r.Explanation = append(r.Explanation, fmt.Sprintf("at this time %d more:", n))
		for _, d := range r.Differ[1:] {
			r.Explanation = append(r.Explanation, fmt.Sprintf("  %s: a %s, b %s, before %s", d.Population, d.A, d.B, d.Before))
		}
	}
}

// ends says where the waves end, if that says something.
func (w *waves) ends(r *WaveResult) {
	for i, which := range [...]string{"a", "b"} {
		s := &w.sides[i]
		if s.ended && r.First != nil && s.At()*s.scale < r.First.Tick {
			r.Explanation = append(r.Explanation, fmt.Sprintf("%s ends before it, at %d", which, s.At()*s.scale))
		}
		if s.ended && s.Cut {
			r.Explanation = append(r.Explanation, which+" ends within a line: it may be cut")
		}
	}
	if r.Equal && w.sides[0].At()*w.sides[0].scale != w.sides[1].At()*w.sides[1].scale {
		r.Explanation = append(r.Explanation, fmt.Sprintf("a ends at %d, b at %d", w.sides[0].At()*w.sides[0].scale, w.sides[1].At()*w.sides[1].scale))
	}
	if r.Equal && w.sides[0].changes+w.sides[1].changes == 0 {
		r.Explanation = append(r.Explanation, "no value changes in either: nothing was compared")
	}
}

// shown is a value for people: hexadecimal if all its digits are known.
func shown(v string) string {
	switch {
	case len(v) < 2 || strings.Trim(v, "01xz") != "": // a digit, or a number or text of a simulator
		return v
	case strings.ContainsAny(v, "xz"):
		return "b" + v
	}
	x, _ := new(big.Int).SetString(v, 2)
	return "0x" + x.Text(16)
}

// Text writes the result for people, one line per fact.
func (r *WaveResult) Text(w io.Writer) error {
	s := "equal\n"
	if !r.Equal {
		p := r.First
		s = fmt.Sprintf("different: time %d, %s: a %s, b %s\n", p.Tick, p.Population, p.A, p.B)
		if p.Unit != "" {
			s = fmt.Sprintf("different: time %d (unit %s), %s: a %s, b %s\n", p.Tick, p.Unit, p.Population, p.A, p.B)
		}
	}
	for _, e := range r.Explanation {
		s += "  " + e + "\n"
	}
	_, err := io.WriteString(w, s)
	return err
}
