package power

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hillock/isa/count"
)

// Adding k to one count changes the total by exactly k times its price, in
// every bound, and nothing else changes.
func TestAdditivity(t *testing.T) {
	tab := testTable(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawCensus(t)
		p := &tab.Points[rapid.IntRange(0, len(tab.Points)-1).Draw(t, "point")]
		e := count.Event(rapid.IntRange(0, int(count.NumEvents)-1).Draw(t, "event"))
		k := rapid.Int64Range(1, 1<<61).Draw(t, "k")
		before, err := Price(tab, p.Name, c)
		if err != nil {
			t.Fatal(err)
		}
		c.Counts[e] += k
		after, err := Price(tab, p.Name, c)
		if err != nil {
			t.Fatal(err)
		}
		var price PriceBand
		if co := p.coefficient(e); co != nil {
			price = co.PriceBand
		}
		for _, b := range []struct {
			had, have Energy
			price     Attojoules
		}{
			{before.Total.Low, after.Total.Low, price.Low},
			{before.Total.Nominal, after.Total.Nominal, price.Value},
			{before.Total.High, after.Total.High, price.High},
		} {
			if d := b.have.Sub(b.had); !d.Equal(b.price.Times(k)) {
				t.Fatalf("%s +%d: total moved by %s yJ, want %s", e, k, d.Yoctojoules(), b.price.Times(k).Yoctojoules())
			}
		}
		if !before.Charged.Nominal.Equal(after.Charged.Nominal) {
			t.Fatal("a count moved the static energy")
		}
	})
}

// Totals are the sums of their lines, and every counted event is somewhere.
func TestReportAddsUp(t *testing.T) {
	tab := testTable(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawCensus(t)
		reports, err := PriceAll(tab, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			var sum Band
			listed := len(r.Unpriced) + len(r.Included)
			for _, l := range r.Lines {
				sum = sum.Add(l.Joules)
				if l.Count > 0 {
					listed++
				}
			}
			counted := 0
			for _, n := range c.Counts {
				if n > 0 {
					counted++
				}
			}
			if listed != counted {
				t.Fatalf("%d events counted, %d listed", counted, listed)
			}
			if !sum.Add(r.Charged).Nominal.Equal(r.Total.Nominal) || r.Total.Low.Cmp(r.Total.Nominal) > 0 || r.Total.Nominal.Cmp(r.Total.High) > 0 {
				t.Fatalf("lines and static sum to %s, total %s", sum.Add(r.Charged).Nominal, r.Total.Nominal)
			}
			var b bytes.Buffer
			if err := r.Text(&b); err != nil {
				t.Fatal(err)
			}
			if j, err := json.Marshal(r.JSON()); err != nil || !json.Valid(j) {
				t.Fatal(err)
			}
		}
	})
}

// The numbers in the JSON are exact decimals: lines and the headline's static
// sum to the total digit for digit.
func TestJSONExact(t *testing.T) {
	p, err := PricePair(testTable(t), "", testCensus(t), Millisecond)
	ok(t, err)
	b, err := json.Marshal(p.JSON())
	ok(t, err)
	var j struct {
		Energy map[string]map[string]json.Number
		Lines  []struct {
			Count       int64
			Coefficient json.Number
			Joules      json.Number
		}
		Unpriced []string
	}
	ok(t, json.Unmarshal(b, &j))
	rat := func(n json.Number) *big.Rat {
		r, good := new(big.Rat).SetString(n.String())
		if !good {
			t.Fatalf("%q is no number", n)
		}
		return r
	}
	sum := rat(j.Energy["static"]["nominal"])
	for _, l := range j.Lines {
		if v := new(big.Rat).Mul(rat(l.Coefficient), new(big.Rat).SetInt64(l.Count)); v.Cmp(rat(l.Joules)) != 0 {
			t.Errorf("%d x %s is not %s", l.Count, l.Coefficient, l.Joules)
		}
		sum.Add(sum, rat(l.Joules))
	}
	if sum.Cmp(rat(j.Energy["total"]["nominal"])) != 0 {
		t.Errorf("sum %s, total %s", sum.FloatString(24), j.Energy["total"]["nominal"])
	}
	if strings.Join(j.Unpriced, " ") != "spikes host_in barriers" {
		t.Errorf("unpriced %v", j.Unpriced)
	}
}

func TestHeadlineFollowsBoundary(t *testing.T) {
	tab, c := testTable(t), testCensus(t)
	for _, tc := range []struct {
		b     Boundary
		basis string
		want  Energy
	}{
		{CoreBoundary, "dynamic + static of the powered cores", Nanowatts(812_500).Over(125e9, 4)},
		{ChipBoundary, "dynamic + static of whole chips", Nanowatts(104e6).Over(125e9, 1)},
		{SystemBoundary, "dynamic + static of whole chips", Nanowatts(104e6).Over(125e9, 1)},
	} {
		c.Boundary = tc.b
		r, err := Price(tab, "sheet", c)
		ok(t, err)
		if r.Basis() != tc.basis || !r.Charged.Nominal.Equal(tc.want) || len(r.Static) != 2 {
			t.Errorf("%s: %s, %s, want %s", tc.b, r.Basis(), r.Charged.Nominal, tc.want)
		}
	}
}

func TestPartial(t *testing.T) {
	tab := testTable(t)
	for _, tc := range []struct {
		point, want string
		change      func(*Census)
	}{
		{"sheet", "", func(c *Census) { c.Counts = count.Counts{} }},
		{"sheet", "the census has no time, so static power is charged for 0 s", func(c *Census) { c.Counts, c.Time = count.Counts{}, 0 }},
		{"sheet", "the census powers 0 chips, so static power is 0", func(c *Census) { c.Counts, c.ChipsPowered = count.Counts{}, 0 }},
		{"sheet", "3 counted event classes have no price", func(*Census) {}},
		{"point-model", "", func(*Census) {}},
		{"point-model", "1 counted event classes have no price", func(c *Census) { c.Counts[count.SynConv] = 1 }},
	} {
		c := testCensus(t)
		tc.change(&c)
		r, err := Price(tab, tc.point, c)
		ok(t, err)
		if have := strings.Join(r.Partial, "; "); have != tc.want {
			t.Errorf("want %q, have %q", tc.want, have)
		}
	}
	bare, err := ParseTable([]byte(tableWith(goodCoefficient, "")), "t")
	ok(t, err)
	r, err := Price(bare, "p", Census{Counts: count.Counts{count.Spikes: 1}})
	ok(t, err)
	if len(r.Partial) != 1 || r.Partial[0] != "static power has no price" {
		t.Errorf("have %v", r.Partial)
	}
}

func TestPriceErrors(t *testing.T) {
	tab := testTable(t)
	for _, tc := range []struct {
		want   string
		change func(*Census)
	}{
		{"power: census: count of spikes is negative: -1", func(c *Census) { c.Counts[count.Spikes] = -1 }},
		{"power: census: ticks is negative: -2", func(c *Census) { c.Ticks = -2 }},
		{"power: census: boundary 9, need 0 to 3", func(c *Census) { c.Boundary = 9 }},
		{`power: table "made-up" has no point "x" (it has: sheet, affine, point-model)`, func(c *Census) { c.Point = "x" }},
		{"power: 9223373 ticks of 1.000 ms, limit 9223372", func(c *Census) { c.Ticks = 9223373 }},
	} {
		c := testCensus(t)
		tc.change(&c)
		if _, err := PricePair(tab, "", c, Millisecond); err == nil || err.Error() != tc.want {
			t.Errorf("want %s\nhave %v", tc.want, err)
		}
	}
	if _, err := PricePair(tab, "", testCensus(t), 0); err == nil {
		t.Error("a tick of 0 accepted")
	}
}

func TestPairTooSlow(t *testing.T) {
	c := testCensus(t)
	c.Time = 2 * 100 * Millisecond
	p, err := PricePair(testTable(t), "", c, Millisecond)
	ok(t, err)
	var b bytes.Buffer
	ok(t, p.Text(&b))
	want := "  note: the machine needs 200 ms for what 100 ticks of 1 ms allow 100 ms: it does not keep this tick\n"
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("have %s", b.String())
	}
	if !p.Counted.Dynamic.Nominal.Equal(p.AtTick.Dynamic.Nominal) {
		t.Error("dynamic energy depends on the time")
	}
}

func TestBrain(t *testing.T) {
	// 20 W at 23.6 pJ buy 8.5e11 synaptic events per second.
	tab, err := ParseTable([]byte(tableWith(`{"event":"synaptic_events_dense","value":23.6,"unit":"pJ","kind":"simulated","scope":"per-term","source":"S"}`, "")), "t")
	ok(t, err)
	r, err := Price(tab, "", Census{Time: 1e15, Counts: count.Counts{count.SynDense: 1e9}})
	ok(t, err)
	b := r.Brain()
	near(t, "events/s", b.EventsPerSecond.Nominal, 8.4746e11, 1e-4)
	near(t, "low share", b.EventShare.Low, 8.4746e-4, 1e-4)
	near(t, "high share", b.EventShare.High, 8.4746e-3, 1e-4)
	near(t, "power share", b.PowerShare.Nominal, 0.0236/20, 1e-12)
	r.Budget = 10e9
	near(t, "power share at 10 W", r.Brain().PowerShare.Nominal, 0.0236/10, 1e-12)
	r.Budget = 0
	if b := r.Brain(); b.HasPower || b.HasEvents {
		t.Error("a share of nothing")
	}
}

func near(t *testing.T, what string, have, want, rel float64) {
	t.Helper()
	if math.Abs(have-want) > rel*math.Abs(want) {
		t.Errorf("%s: want %g within %g, have %g", what, want, rel, have)
	}
}
