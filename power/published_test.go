package power

import (
	"fmt"
	"testing"

	"hillock/isa/count"
)

// ODIN's published power equation, leak + idle per MHz + energy per event,
// against the measured power at two clocks (477 and 35 uW): no free parameter.
// One synaptic operation takes two cycles.
func TestPublishedODIN(t *testing.T) {
	for _, tc := range []struct {
		mhz, uw float64
		static  string // 27.3 + 1.78 MHz
	}{{75, 477, "160.8"}, {1.3, 35, "29.614"}} {
		text := tableWith(`{"event":"synaptic_events_dense","value":8.43,"unit":"pJ","kind":"measured","scope":"marginal","source":"Frenkel 2019"}`,
			fmt.Sprintf(`{"per":"chip","value":%s,"unit":"uW","kind":"derived","source":"Frenkel 2019"}`, tc.static))
		tab, err := ParseTable([]byte(text), "t")
		ok(t, err)
		r, err := Price(tab, "", Census{Time: 1e15, ChipsPowered: 1, Counts: count.Counts{count.SynDense: int64(tc.mhz * 5e5)}})
		ok(t, err)
		w, _ := r.Power()
		near(t, "ODIN", w.Nominal*1e6, tc.uw, 0.01)
	}
}

// The nearest-neighbour query of Frady 2020 on 76,800 patterns: 667 to 750
// spikes, 60 steps, 1.33 mJ measured for the neuron cores.
func TestPublishedNearestNeighbour(t *testing.T) {
	text := tableWith(`{"event":"synaptic_events_dense","value":23.6,"unit":"pJ","kind":"simulated","scope":"per-term","source":"Davies 2018"},
{"event":"neuron_updates","value":52,"unit":"pJ","kind":"simulated","scope":"per-term","source":"Davies 2018"}`, "")
	tab, err := ParseTable([]byte(text), "t")
	ok(t, err)
	for _, tc := range []struct {
		spikes int64
		over   float64 // published excess of this table
	}{{667, 0.09}, {750, 0.20}} {
		r, err := Price(tab, "", Census{Counts: count.Counts{count.SynDense: tc.spikes * 76800, count.Updates: 60 * 76800}})
		ok(t, err)
		near(t, "query", r.Total.Nominal.Joules(), 1.33e-3, 0.25)
		near(t, "excess", r.Total.Nominal.Joules()/1.33e-3-1, tc.over, 0.05)
	}
}
