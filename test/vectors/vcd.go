package vectors

import (
	"bytes"
	"fmt"
	"strconv"

	"hillock/core/event"
)

// wave is a value change dump of a core: its queue, what its controller does
// and its registers. Time is in clock edges.
type wave struct {
	body  bytes.Buffer
	names []string
	bits  []int
	last  []int64
	now   []int64
	begun bool
}

func newWave(spec *event.Spec) *wave {
	w := &wave{}
	for _, s := range spec.Signals() {
		w.names, w.bits = append(w.names, name(s.Name)), append(w.bits, s.Bits)
	}
	w.last = make([]int64, len(w.names))
	return w
}

// sample takes the values behind an edge.
func (w *wave) sample(edge int64, c *event.Core) {
	w.now = c.Sample(edge, w.now[:0])
	stamped := false
	for i, x := range w.now {
		if w.begun && x == w.last[i] {
			continue
		}
		if !stamped {
			fmt.Fprintf(&w.body, "#%d\n", edge)
			stamped = true
		}
		w.last[i] = x
		if w.bits[i] == 1 {
			fmt.Fprintf(&w.body, "%d%s\n", x, code(i))
		} else {
			fmt.Fprintf(&w.body, "b%s %s\n", strconv.FormatUint(uint64(x)&(1<<w.bits[i]-1), 2), code(i))
		}
	}
	w.begun = true
}

// code is the short name of a signal in a dump: printable characters.
func code(i int) string {
	s := ""
	for ; ; i = i/94 - 1 {
		s += string(rune('!' + i%94))
		if i < 94 {
			return s
		}
	}
}

// file is the whole dump.
func (w *wave) file(spec *event.Spec, chip string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "$comment %s, a time unit is a clock edge; rows of requests:", chip)
	for i := range spec.Control.Input {
		fmt.Fprintf(&b, " %d %s;", i, spec.Control.Input[i].Name)
	}
	b.WriteString(" rows of the queue's head:")
	for i := range spec.Control.Head {
		fmt.Fprintf(&b, " %d %s;", i, spec.Control.Head[i].Name)
	}
	b.WriteString(" $end\n$timescale 1 ns $end\n$scope module core $end\n")
	for i, n := range w.names {
		fmt.Fprintf(&b, "$var wire %d %s %s $end\n", w.bits[i], code(i), n)
	}
	b.WriteString("$upscope $end\n$enddefinitions $end\n")
	return append(b.Bytes(), w.body.Bytes()...)
}
