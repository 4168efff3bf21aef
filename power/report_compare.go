package power

import (
	"fmt"
	"strings"
)

// comparisonText writes what the energy is held against.
func (r *Report) comparisonText(b *strings.Builder) {
	r.activityText(b)
	if base, ok := r.Baseline(); ok {
		base.text(b)
	}
	r.brainText(b)
	r.yardstickText(b)
}

// activityText holds the activity against the published break-even bands.
func (r *Report) activityText(b *strings.Builder) {
	bands := r.BreakEven()
	if len(bands) == 0 {
		return
	}
	b.WriteString("\nactivity against published break-even bands (below: spiking wins once memory is counted)\n")
	g := grid{align: "lrrll"}
	g.add("what", "here", "break-even", "verdict", "source")
	for _, k := range bands {
		limit := fmt.Sprintf("%g", k.Low)
		if k.High != k.Low {
			limit = fmt.Sprintf("%g .. %g", k.Low, k.High)
		}
		g.add(k.What, fmt.Sprintf("%.3g", k.Here), limit, k.Verdict, k.Source)
	}
	g.text(b)
}

func (r *Report) brainText(b *strings.Builder) {
	br := r.Brain()
	fmt.Fprintf(b, "\nbrain of %s (estimates)\n", short(r.Budget.Watts(), "W"))
	g := grid{align: "ll"}
	if br.HasPower {
		g.add("power share", shareText(br.PowerShare)+" of its power, whatever the work")
	} else {
		g.add("power share", "not known (no time)")
	}
	if br.HasEvents {
		g.add("event-rate share", fmt.Sprintf("%s at equal power: %.2e synaptic events/s against %.0e to %.0e",
			shareText(br.EventShare), br.EventsPerSecond.Nominal, BrainEventsLow, BrainEventsHigh))
	} else {
		g.add("event-rate share", "not known (no synaptic events or no energy)")
	}
	g.text(b)
}
