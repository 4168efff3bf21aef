package aer

import (
	"cmp"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// IncidentKinds are the names of what can happen to a packet that does not
// simply arrive in time; Incident.Kind is a place in this list.
var IncidentKinds = [...]string{"late", "dropped", "merged", "blocked"}

// Incident is a packet that was late, dropped, merged into another or blocked.
// Places that are not known are -1.
type Incident struct {
	Tick, Cycle int64 // Cycle of the network's clock, from the beginning of the tick
	Kind        uint8
	Src, Dst    int32 // core numbers
	Axon        int32 // in-axon of Dst
	X, Y        int32 // router where it was
	Port        int32 // input of that router
}

// MaxIncidents bounds the incidents of a trace.
const MaxIncidents = 1 << 24

// fields are the numbers of an incident after its tick, cycle and kind.
func (x *Incident) fields() [6]*int32 {
	return [...]*int32{&x.Src, &x.Dst, &x.Axon, &x.X, &x.Y, &x.Port}
}

// compareIncidents is the canonical order: by tick, cycle, kind and place.
func compareIncidents(a, b Incident) int {
	if c := cmp.Or(cmp.Compare(a.Tick, b.Tick), cmp.Compare(a.Cycle, b.Cycle), cmp.Compare(a.Kind, b.Kind)); c != 0 {
		return c
	}
	x, y := a.fields(), b.fields()
	for i := range x {
		if c := cmp.Compare(*x[i], *y[i]); c != 0 {
			return c
		}
	}
	return 0
}

// SortIncidents brings incidents into canonical order.
func SortIncidents(list []Incident) { slices.SortFunc(list, compareIncidents) }

func checkIncidents(list []Incident) error {
	if len(list) > MaxIncidents {
		return fmt.Errorf("%d incidents, need at most %d", len(list), MaxIncidents)
	}
	for i := range list {
		x := &list[i]
		if x.Tick < 0 || x.Cycle < 0 || int(x.Kind) >= len(IncidentKinds) {
			return fmt.Errorf("incident %d at tick %d, cycle %d of kind %d, need at least 0 and a kind of 0..%d", i, x.Tick, x.Cycle, x.Kind, len(IncidentKinds)-1)
		}
		for _, f := range x.fields() {
			if *f < -1 || *f == math.MaxInt32 {
				return fmt.Errorf("incident %d has a place of %d, need -1 to %d", i, *f, math.MaxInt32-1)
			}
		}
	}
	return nil
}

// appendIncidents writes the section INCI: count, then per incident tick less
// that of the one before, cycle, kind, and the places plus 1.
func appendIncidents(b []byte, list []Incident) []byte {
	list = slices.Clone(list)
	SortIncidents(list)
	b = binary.AppendUvarint(b, uint64(len(list)))
	last := int64(0)
	for i := range list {
		x := &list[i]
		b = binary.AppendUvarint(b, uint64(x.Tick-last))
		b = binary.AppendUvarint(b, uint64(x.Cycle))
		b = append(b, x.Kind)
		for _, f := range x.fields() {
			b = binary.AppendUvarint(b, uint64(int64(*f)+1))
		}
		last = x.Tick
	}
	return b
}

func (r *reader) incidents(t *Trace) {
	n := r.count(MaxIncidents, "incidents")
	if r.err == nil && n == 0 {
		r.fail("a section of no incidents")
	}
	const least = 9 // bytes of one
	t.Incidents = make([]Incident, 0, min(n, (len(r.b)-r.pos)/least+1))
	last := int64(0)
	for ; n > 0 && r.err == nil; n-- {
		var x Incident
		last += int64(r.upTo(uint64(math.MaxInt64-last), "tick step"))
		x.Tick, x.Cycle = last, int64(r.upTo(math.MaxInt64, "cycle"))
		x.Kind = uint8(r.upTo(uint64(len(IncidentKinds)-1), "kind"))
		for _, f := range x.fields() {
			*f = int32(int64(r.upTo(math.MaxInt32, "place")) - 1)
		}
		t.Incidents = append(t.Incidents, x)
	}
}

// WriteIncidents writes incidents as CSV, a header first.
func WriteIncidents(w io.Writer, list []Incident) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"tick", "cycle", "kind", "source_core", "target_core", "axon", "x", "y", "port"}); err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	for i := range list {
		x := &list[i]
		row := []string{strconv.FormatInt(x.Tick, 10), strconv.FormatInt(x.Cycle, 10), IncidentKinds[int(x.Kind)%len(IncidentKinds)]}
		for _, f := range x.fields() {
			row = append(row, strconv.Itoa(int(*f)))
		}
		if err := c.Write(row); err != nil {
			return fmt.Errorf("aer: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	return nil
}
