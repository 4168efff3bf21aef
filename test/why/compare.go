package why

import (
	"fmt"
	"slices"
)

// Pair is one instruction of two programs side by side, or one that only one
// of them has at this place (the other is nil).
type Pair struct {
	A, B    *Step
	Differs bool // its result differs, or only one side changes something
}

// Comparison is two stories of one neuron in one tick.
type Comparison struct {
	A     *Story `json:"a"`
	B     *Story `json:"b"`
	First *First `json:"instruction"` // nil if no result differs
	Pairs []Pair `json:"-"`
}

// First is the first instruction whose result differs. A word of -1 and an
// empty text mean that the program has no such instruction at this place.
type First struct {
	WordA    int    `json:"word_a"`
	WordB    int    `json:"word_b"`
	SubstepA int    `json:"substep_a"`
	SubstepB int    `json:"substep_b"`
	TextA    string `json:"text_a"`
	TextB    string `json:"text_b"`
	DidA     string `json:"did_a"`
	DidB     string `json:"did_b"`
}

// Compare lays two stories side by side. Equal instructions are matched in
// order, as many as possible; between them, what stands at the same place.
func Compare(a, b *Story) *Comparison {
	c := &Comparison{A: a, B: b, Pairs: align(a.Steps, b.Steps)}
	x, y := valuesOf(a), valuesOf(b)
	for i := range c.Pairs {
		p := &c.Pairs[i]
		p.Differs = differs(p, x, y)
		x.note(p.A)
		y.note(p.B)
		if p.Differs && c.First == nil {
			c.First = first(p)
			c.First.moved(a, b)
		}
	}
	return c
}

func first(p *Pair) *First {
	f := &First{WordA: -1, WordB: -1, DidA: "has none at this place", DidB: "has none at this place"}
	if p.A != nil {
		f.WordA, f.SubstepA, f.TextA, f.DidA = p.A.Word, p.A.Substep, p.A.Text, p.A.did()
	}
	if p.B != nil {
		f.WordB, f.SubstepB, f.TextB, f.DidB = p.B.Word, p.B.Substep, p.B.Text, p.B.did()
	}
	return f
}

// moved says where the side that lacks the instruction has it instead.
func (f *First) moved(a, b *Story) {
	look := func(steps []Step, substep int, text string, did *string) {
		for _, s := range steps {
			if s.Substep == substep && s.Text == text {
				*did = fmt.Sprintf("has it as word %d: %s", s.Word, s.did())
				return
			}
		}
	}
	if f.WordA < 0 {
		look(a.Steps, f.SubstepB, f.TextB, &f.DidA)
	}
	if f.WordB < 0 {
		look(b.Steps, f.SubstepA, f.TextA, &f.DidB)
	}
}

// held is what the targets of one side hold so far; it is only looked up.
type held map[string]int64

func valuesOf(s *Story) held {
	h := held{}
	for _, v := range s.Before {
		h[v.Name] = v.Value
	}
	return h
}

func (h held) note(s *Step) {
	if s != nil && s.Target != "" {
		h[s.Target] = s.Value
	}
}

// changes says whether an instruction gave its target another value.
func (h held) changes(s *Step) bool {
	return s != nil && s.Target != "" && s.Ran && s.Value != h[s.Target]
}

// differs compares what a pair leaves in its target. An instruction without a
// partner counts if it changed something.
func differs(p *Pair, x, y held) bool {
	if p.A != nil && p.B != nil && p.A.Target == p.B.Target {
		return p.A.Target != "" && p.A.Value != p.B.Value && (p.A.Ran || p.B.Ran)
	}
	return x.changes(p.A) || y.changes(p.B)
}

// maxAlign bounds the instructions that are matched by a longest common
// sequence; longer lists are matched place by place.
const maxAlign = 2048

// align matches the steps of both sides. All steps of one run within the tick
// come before those of the next.
func align(a, b []Step) []Pair {
	var out []Pair
	for len(a) > 0 || len(b) > 0 {
		x, y := substep(a), substep(b)
		out = append(out, match(a[:x], b[:y])...)
		a, b = a[x:], b[y:]
	}
	return out
}

// substep is the number of steps of the first run in the list.
func substep(s []Step) int {
	n := slices.IndexFunc(s, func(x Step) bool { return x.Substep != s[0].Substep })
	if n < 0 {
		return len(s)
	}
	return n
}

func match(a, b []Step) []Pair {
	if len(a) > maxAlign || len(b) > maxAlign {
		return gap(a, b)
	}
	// length[i][j] is the longest common sequence of a[i:] and b[j:].
	length := make([][]int16, len(a)+1)
	for i := range length {
		length[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].Text == b[j].Text {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out []Pair
	i, j, x, y := 0, 0, 0, 0 // x and y are where the gap in hand began
	for i < len(a) && j < len(b) {
		switch {
		case a[i].Text == b[j].Text:
			out = append(append(out, gap(a[x:i], b[y:j])...), Pair{A: &a[i], B: &b[j]})
			i, j = i+1, j+1
			x, y = i, j
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return append(out, gap(a[x:], b[y:])...)
}

// gap pairs instructions that differ place by place.
func gap(a, b []Step) []Pair {
	var out []Pair
	for k := range max(len(a), len(b)) {
		var p Pair
		if k < len(a) {
			p.A = &a[k]
		}
		if k < len(b) {
			p.B = &b[k]
		}
		out = append(out, p)
	}
	return out
}

// maxLines bounds the lines of one kind in a text.
const maxLines = 8

// Text says what differs in words: what both sides started from, then every
// instruction with both results, the ones that differ marked.
func (c *Comparison) Text() []string {
	out := c.events()
	out = append(out, values("before the tick", c.A.Before, c.B.Before)...)
	out = append(out, values("parameters", c.A.Params, c.B.Params)...)
	if len(c.A.Event) == 0 {
		out = append(out, c.arrivals()...)
	}
	out = append(out, values("inputs", c.A.Inputs, c.B.Inputs)...)
	if c.First == nil {
		return append(out, "no instruction has another result")
	}
	out = append(out, c.First.text()...)
	for _, p := range c.Pairs {
		out = append(out, p.text()...)
	}
	return out
}

// events are what cores without ticks worked on.
func (c *Comparison) events() (out []string) {
	if slices.Equal(c.A.Event, c.B.Event) {
		for _, s := range c.A.Event {
			out = append(out, "a b "+s)
		}
		return out
	}
	for _, s := range c.A.Event {
		out = append(out, "a   "+s)
	}
	for _, s := range c.B.Event {
		out = append(out, "  b "+s)
	}
	return out
}

func (f *First) text() []string {
	return []string{
		"the first instruction with another result:",
		fmt.Sprintf("  a: %s", side(f.WordA, f.TextA, f.DidA)),
		fmt.Sprintf("  b: %s", side(f.WordB, f.TextB, f.DidB)),
	}
}

func side(word int, text, did string) string {
	if word < 0 {
		return did
	}
	return fmt.Sprintf("word %d, %s: %s", word, text, did)
}

// text is a pair in one line if both sides are equal, else one line a side.
func (p *Pair) text() []string {
	mark := " "
	if p.Differs {
		mark = "*"
	}
	if p.A != nil && p.B != nil && p.A.String() == p.B.String() {
		return []string{mark + " a b " + p.A.String()}
	}
	var out []string
	if p.A != nil {
		out = append(out, mark+" a   "+p.A.String())
	}
	if p.B != nil {
		out = append(out, mark+"   b "+p.B.String())
	}
	return out
}

// values tells the numbers of a list that differ, or the list if none does.
func values(what string, a, b []Value) []string {
	if slices.Equal(a, b) {
		if len(a) == 0 {
			return nil
		}
		return []string{what + ", in both: " + list(a)}
	}
	var out []string
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			out = append(out, fmt.Sprintf("%s: %s %d is only in b", what, b[i].Name, b[i].Value))
		case i >= len(b):
			out = append(out, fmt.Sprintf("%s: %s %d is only in a", what, a[i].Name, a[i].Value))
		case a[i] != b[i]:
			out = append(out, fmt.Sprintf("%s: %s %d in a, %s %d in b", what, a[i].Name, a[i].Value, b[i].Name, b[i].Value))
		}
	}
	return out
}

// arrivals tells the synaptic events that differ, or how many are the same.
func (c *Comparison) arrivals() []string {
	a, b := c.A.Arrivals, c.B.Arrivals
	same := func(x, y Arrival) bool { // in-axons are numbered by the mapping
		x.Axon = y.Axon
		return x == y
	}
	a, b = rest(a, b, same), rest(b, a, same)
	switch {
	case len(a) > 0 || len(b) > 0:
	case !slices.Equal(c.A.Inputs, c.B.Inputs):
		return []string{fmt.Sprintf("the same %d synaptic events arrive in both; what makes the inputs differ arrived in an earlier tick, or is how a port reads", c.A.Events)}
	default:
		return []string{fmt.Sprintf("the same %d synaptic events arrive in both", c.A.Events)}
	}
	var out []string
	for i := range min(len(a), maxLines) {
		out = append(out, "arrives in a only: "+a[i].String())
	}
	for i := range min(len(b), maxLines) {
		out = append(out, "arrives in b only: "+b[i].String())
	}
	if n := max(0, len(a)-maxLines) + max(0, len(b)-maxLines); n > 0 {
		out = append(out, fmt.Sprintf("%d more arrive in one only", n))
	}
	return out
}

// rest is what a has and b has not, each as often.
func rest(a, b []Arrival, same func(x, y Arrival) bool) []Arrival {
	left := slices.Clone(b)
	var out []Arrival
	for _, x := range a {
		if k := slices.IndexFunc(left, func(y Arrival) bool { return same(x, y) }); k >= 0 {
			left[k] = left[len(left)-1]
			left = left[:len(left)-1]
			continue
		}
		out = append(out, x)
	}
	return out
}
