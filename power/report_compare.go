package power

import (
	"fmt"
	"strings"
)

// comparisonText writes what the energy is held against.
func (r *Report) comparisonText(b *strings.Builder) {
	r.brainText(b)
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
