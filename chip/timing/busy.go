package timing

import (
	"cmp"
	"slices"
)

// Span is a time in which a core worked without a pause, or in which a link was
// occupied. Femtoseconds from the beginning of the tick.
type Span struct {
	Core     int32  // index; of a link -1
	Link     LinkID // of a link
	Term     Term
	From, To int64
	Messages int // served, sent or carried
}

// Busy appends the spans of the cores that ran in a tick, by core and time.
// Where messages are not timed, each stage is one span from the beginning.
func Busy(w *Work, at []Passage, dst []Span) []Span {
	first := len(dst)
	for _, c := range w.Cores {
		if w.Gen[c] > 0 {
			dst = append(dst, Span{Core: c, Link: noLink, Term: Generate, To: w.Gen[c]})
		}
		rest := w.Proc[c]
		if at != nil || len(w.Messages) > 0 {
			rest = w.Host[c]
		}
		if rest > 0 {
			dst = append(dst, Span{Core: c, Link: noLink, Term: Process, To: rest})
		}
	}
	for i, p := range at {
		if m := &w.Messages[i]; !p.Lost && p.Done > p.Start {
			dst = append(dst, Span{Core: m.Dst, Link: noLink, Term: Process, From: p.Start, To: p.Done, Messages: 1})
		}
	}
	return join(dst, first, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Core, b.Core), cmp.Compare(a.Term, b.Term))
	})
}

// Occupied appends the spans of links, by link and time.
func Occupied(list []Crossing, dst []Span) []Span {
	first := len(dst)
	for _, c := range list {
		dst = append(dst, Span{Core: -1, Link: c.Link, Term: Link, From: c.From, To: c.To, Messages: 1})
	}
	return join(dst, first, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Link.Y, b.Link.Y), cmp.Compare(a.Link.X, b.Link.X), cmp.Compare(a.Link.Side, b.Link.Side))
	})
}

// join sorts the spans from first on by place and time and joins those of one
// place that touch.
func join(list []Span, first int, place func(a, b Span) int) []Span {
	own := list[first:]
	slices.SortFunc(own, func(a, b Span) int {
		return cmp.Or(place(a, b), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	n := 0
	for _, s := range own {
		if n > 0 && place(own[n-1], s) == 0 && s.From <= own[n-1].To {
			own[n-1].To = max(own[n-1].To, s.To)
			own[n-1].Messages += s.Messages
			continue
		}
		own[n] = s
		n++
	}
	return list[:first+n]
}
