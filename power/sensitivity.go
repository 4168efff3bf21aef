package power

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Lever is one number that the total depends on: how large its share is, and
// how far the total moves while only this number takes its low and high.
type Lever struct {
	Name      string
	Kind      Kind
	Share     float64 // of the nominal total, 0 to 1; also the relative change of the total per relative change of this number
	Low, High Energy  // the total with only this number at its bounds
}

// Swing is High - Low.
func (l *Lever) Swing() Energy { return l.High.Sub(l.Low) }

// Sensitivity ranks the numbers that entered the total: first the one whose
// band moves the total most, among equals the one with the larger share.
func (r *Report) Sensitivity() []Lever {
	var out []Lever
	add := func(name string, k Kind, b Band) {
		if b.High.IsZero() {
			return
		}
		l := Lever{Name: name, Kind: k, Low: r.Total.Nominal.Sub(b.Nominal).Add(b.Low), High: r.Total.Nominal.Sub(b.Nominal).Add(b.High)}
		if !r.Total.Nominal.IsZero() {
			l.Share, _ = new(big.Rat).SetFrac(b.Nominal.raw(), r.Total.Nominal.raw()).Float64()
		}
		out = append(out, l)
	}
	for i := range r.Lines {
		add(r.Lines[i].Event.String(), r.Lines[i].Kind, r.Lines[i].Joules)
	}
	for i := range r.Static {
		if s := &r.Static[i]; s.Headline {
			add("static per "+s.Per.String(), s.Kind, s.Joules)
		}
	}
	slices.SortStableFunc(out, func(a, b Lever) int {
		if c := b.Swing().Cmp(a.Swing()); c != 0 {
			return c
		}
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	return out
}

func (r *Report) sensitivityText(b *strings.Builder) {
	levers := r.Sensitivity()
	if len(levers) == 0 {
		return
	}
	b.WriteString("\nsensitivity (widest swing of the total first; +10 % of a number moves the total by 10 % of its share)\n")
	g := grid{align: "lrrrrl"}
	g.add("number", "share", "swing", "total at low", "at high", "kind")
	for i := range levers {
		l := &levers[i]
		g.add(l.Name, fmt.Sprintf("%.1f %%", 100*l.Share), l.Swing().String(), l.Low.String(), l.High.String(), l.Kind.String())
	}
	g.text(b)
}
