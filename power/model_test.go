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

func TestFormula(t *testing.T) {
	values := map[string]*big.Rat{"a": big.NewRat(3, 1), "b_2": big.NewRat(1, 4)}
	at := func(text string) (*big.Rat, error) {
		f, err := parseFormula(text)
		if err != nil {
			return nil, err
		}
		return f.at(func(n string) (*big.Rat, error) { return values[n], nil })
	}
	for text, want := range map[string]*big.Rat{
		"1 + 2 * 3":                big.NewRat(7, 1),
		"(1 + 2) * 3":              big.NewRat(9, 1),
		"10 - 2 - 3":               big.NewRat(5, 1),
		"8 / 4 / 2":                big.NewRat(1, 1),
		"a * b_2":                  big.NewRat(3, 4),
		"max(a, b_2) + min(a,b_2)": big.NewRat(13, 4),
		"max(1, max(2, 3))":        big.NewRat(3, 1),
		"0.1 + 0.2":                big.NewRat(3, 10),
		" a ":                      big.NewRat(3, 1),
	} {
		have, err := at(text)
		ok(t, err)
		if have.Cmp(want) != 0 {
			t.Errorf("%s: want %s, have %s", text, want, have)
		}
	}
	for text, want := range map[string]string{
		"":                                 "formula at byte 1: need a number, a name or '(', have \"\"",
		"1 +":                              "need a number, a name or '('",
		"(1":                               `need ')'`,
		"1 2":                              `"2" is left over`,
		"max(1)":                           `need ','`,
		"1 / 0":                            "division by 0",
		"-1":                               "need a number, a name or '('",
		"1..2":                             "not a decimal number",
		"A":                                "need a number, a name or '('",
		strings.Repeat("(", 50):            "nested deeper than 32",
		strings.Repeat("1+", 3000) + "1":   "limit 4096",
		strings.Repeat("max(1,", 40) + "1": "nested deeper than 32",
	} {
		if _, err := at(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: want %q, have %v", text, want, err)
		}
	}
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"a+b*2", "max(a, 1/b)", "((1))", "a/(b-b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseFormula(text)
		if err != nil {
			return
		}
		_, _ = p.at(func(string) (*big.Rat, error) { return big.NewRat(2, 3), nil })
	})
}

// Moving a point to its own supply changes no number; static power moves in
// proportion, prices with the square.
func TestAtVolts(t *testing.T) {
	tab, err := ParseTable([]byte(`{"schema":"hillock/energy-table/1","name":"n","chip":"c","points":[{"name":"p","volts":0.8,
 "coefficients":[{"event":"synaptic_events_dense","value":4,"low":2,"high":8,"unit":"pJ","kind":"measured","scope":"marginal","source":"s"}],
 "static":[{"per":"chip","value":10,"unit":"mW","kind":"measured","source":"s"},{"per":"chip_mhz","value":1,"unit":"uW","kind":"measured","source":"s"}]}]}`), "t")
	ok(t, err)
	c := Census{Time: 1e15, ChipsPowered: 1, More: More{Clock: 1e6}, Counts: count.Counts{count.SynDense: 1000}}
	base, err := Price(tab, "", c)
	ok(t, err)
	same, err := tab.AtVolts("p", 800000)
	ok(t, err)
	r, err := Price(same, "", c)
	ok(t, err)
	if !r.Total.Nominal.Equal(base.Total.Nominal) || r.Weakest != Assumed {
		t.Errorf("the same supply: %s of kind %s, want %s", r.Total.Nominal, r.Weakest, base.Total.Nominal)
	}
	half, err := tab.AtVolts("", 400000)
	ok(t, err)
	r, err = Price(half, "", c)
	ok(t, err)
	near(t, "dynamic", r.Dynamic.Nominal.Joules(), 1e-9, 1e-9)
	near(t, "low", r.Dynamic.Low.Joules(), 0.5e-9, 1e-9)
	near(t, "static", r.Charged.Nominal.Joules(), 5e-3+0.25e-6, 1e-9)
	if _, err := tab.AtVolts("", 0); err == nil {
		t.Error("0 V is taken")
	}
	if _, err := tab.AtVolts("q", 1); err == nil {
		t.Error("an unknown point is taken")
	}
}

// A clock of a census replaces that of the point; without any clock the power
// per megahertz is not charged and the total is partial.
func TestClock(t *testing.T) {
	text := `{"schema":"hillock/energy-table/1","name":"n","chip":"c","points":[{"name":"p","clock_hz":CLOCK,"events_per_cycle":0.5,
 "coefficients":[],"static":[{"per":"chip","value":10,"unit":"uW","kind":"measured","source":"s"},{"per":"chip_mhz","value":2,"unit":"uW","kind":"measured","source":"s"}]}]}`
	for _, tc := range []struct {
		point string
		clock Hertz
		watts float64
		part  bool
	}{{"3000000", 0, 16e-6, false}, {"3000000", 500000, 11e-6, false}, {"0", 0, 10e-6, true}, {"0", 1e6, 12e-6, false}} {
		tab, err := ParseTable([]byte(strings.Replace(text, "CLOCK", tc.point, 1)), "t")
		ok(t, err)
		r, err := Price(tab, "", Census{Time: 1e15, ChipsPowered: 1, More: More{Clock: tc.clock}})
		ok(t, err)
		w, _ := r.Power()
		near(t, "power", w.Nominal, tc.watts, 1e-12)
		if (len(r.Partial) > 0) != tc.part {
			t.Errorf("%+v: partial %q", tc, r.Partial)
		}
	}
	tab, err := ParseTable([]byte(strings.Replace(text, "CLOCK", "1000", 1)), "t")
	ok(t, err)
	r, err := Price(tab, "", Census{Time: 1e15, ChipsPowered: 1, Counts: count.Counts{count.SynDense: 501}})
	ok(t, err)
	if s := strings.Join(r.Partial, " "); !strings.Contains(s, "0.501 synaptic events per cycle of the clock, the chip makes at most 0.5") {
		t.Errorf("have %s", s)
	}
}

// The memory model meets its table, grows with the square root beyond it and
// in proportion to the node.
func TestMemoryModel(t *testing.T) {
	m, err := theMemory()
	ok(t, err)
	for _, row := range m.SRAM {
		near(t, "row", m.perBit(row.Bytes, 45)*row.Bits, row.PJ, 1e-12)
	}
	near(t, "small", m.perBit(2048, 45)*64, 5, 1e-9)
	near(t, "large", m.perBit(4<<20, 45)*64, 200, 1e-9)
	near(t, "node", m.perBit(8192, 9)*64, 2, 1e-9)
	// The anchor behind the low factor: 47 fJ per bit of 13 KB at 28 nm.
	x := m.perBit(104448/8, 28) / 47e-3
	if x > 1/m.Factor.Low || x < 2 {
		t.Errorf("the model is %.3g times the published figure; the factor of %g does not cover it or is idle", x, m.Factor.Low)
	}
	last := 0.0
	for size := 1.0; size < 1e9; size *= 1.7 {
		if v := m.perBit(size, 45); v <= last {
			t.Fatalf("%g bytes cost %g, not more than fewer bytes", size, v)
		} else {
			last = v
		}
	}
}

// Published chips lie within the bounds that their own sizes give.
func TestSiliconAgainstPublished(t *testing.T) {
	for _, tc := range []struct {
		s        Silicon
		mm2, syn float64 // published
	}{
		// 4096 cores of 256 x 410 bits: 430 mm2 and 2.3 pJ per event.
		{Silicon{"a", 28, 4096, 410, 65536, 1, 154, 256, "s"}, 4096 * 0.0936, 2.3},
		// 128 cores, 33 MB in all: 60 mm2 and 23.6 (simulated) to 35.5 pJ (fit) per event.
		{Silicon{"b", 14, 128, 64, 1 << 20, 8, 1000, 1024, "s"}, 60, 35.5},
	} {
		a, err := tc.s.Area()
		ok(t, err)
		if tc.mm2 < a.Low || tc.mm2 > a.High {
			t.Errorf("%s: area %v, published %g mm2", tc.s.Name, a, tc.mm2)
		}
		b, err := tc.s.TableJSON()
		ok(t, err)
		tab, err := ParseTable(b, "derived")
		ok(t, err)
		p := tab.Points[0]
		for i := range p.Coefficients {
			if c := &p.Coefficients[i]; c.Kind != Derived || !c.Banded || c.Low >= c.Value && c.Value > 0 {
				t.Errorf("%s: %+v", tc.s.Name, c)
			}
		}
		have := p.coefficient(count.SynDense)
		t.Logf("%s: event %s [%s .. %s] pJ, published %g; area %.3g [%.3g .. %.3g] mm2, published %g", tc.s.Name, pico(have.Value), pico(have.Low), pico(have.High), tc.syn, a.Nominal, a.Low, a.High, tc.mm2)
		if v := tc.syn * 1e6; v < float64(have.Low) || v > float64(have.High) {
			t.Errorf("%s: the published price is outside the bounds", tc.s.Name)
		}
	}
	for _, s := range []Silicon{{}, {"c", math.NaN(), 1, 1, 1, 1, 1, 1, "s"}, {"c", 28, 1 << 50, 1, 1, 1, 1, 1, "s"}, {"c", 28, 1, 1, 1, 1, 1 << 40, 1 << 40, "s"}} {
		if _, err := s.TableJSON(); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

func TestDerivedTablesParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := func(name string, hi int64) int64 { return rapid.Int64Range(1, hi).Draw(t, name) }
		s := Silicon{"x", rapid.Float64Range(1, 1000).Draw(t, "node"), d("cores", 1e6), d("word", 4096), d("syn", 1<<30), d("weight", 32), d("neuron", 1e5), d("neurons", 1e6), "s"}
		b, err := s.TableJSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseTable(b, "derived"); err != nil && !strings.Contains(err.Error(), "above the limit") {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

func wholeCensus() Census {
	c := Census{Time: 3e15, Ticks: 100, ChipsPowered: 1, CoresPowered: 4, Inferences: 2, Boundary: ChipBoundary,
		Counts: count.Counts{count.SynSparse: 1000, count.Updates: 500, count.Spikes: 40}}
	acc := 0.5
	c.Accuracy, c.Network = &acc, &Network{Neurons: 20, Synapses: 200, WeightBits: 8, StateBits: 32}
	c.Samples = []Sample{{1e15, count.Counts{count.SynSparse: 400}}, {2e15, count.Counts{count.SynSparse: 600, count.Updates: 500}}}
	return c
}

// What a census says beyond counts reaches the report.
func TestMoreOfTheCensus(t *testing.T) {
	r, err := Price(testTable(t), "sheet", wholeCensus())
	ok(t, err)
	if e, have := r.PerCorrect(); !have {
		t.Error("no energy per correct decision")
	} else {
		per, _ := r.PerInference()
		near(t, "per correct", e.Nominal, 2*per.Nominal, 1e-12)
	}
	s := r.Context.PerImage
	if s == nil || s.N != 2 || s.P5.Cmp(s.P95) >= 0 {
		t.Fatalf("spread %+v", s)
	}
	if d := s.P5.Add(s.P95).Sub(r.Total.Nominal); !d.IsZero() {
		t.Errorf("two samples sum to %s more than the total", d)
	}
	b, have := r.Baseline()
	if !have || !b.SameLayers || b.MACs != 200 || b.Batch != Batch64 || b.BestBatch.Nominal >= b.Batch1.Nominal || b.Batch1.Low > b.Batch1.Nominal || b.Batch1.Nominal > b.Batch1.High {
		t.Errorf("baseline %+v", b)
	}
	if k := r.BreakEven(); len(k) != 3 || k[0].Here != 2.5 || !strings.HasPrefix(k[0].Verdict, "above") || k[1].Here != 1 || k[1].Verdict != "below" {
		t.Errorf("break-even %+v", k)
	}
	for _, row := range r.Yardsticks() {
		if row.Low > row.Value || row.Value > row.High || row.Source == "" || row.Times == nil {
			t.Errorf("yardstick %+v", row)
		}
	}
	for _, row := range r.Checklist() {
		if row.Status != Present && row.Status != NotModelled || row.Detail == "" {
			t.Errorf("checklist %+v", row)
		}
	}
	levers := r.Sensitivity()
	if len(levers) == 0 || levers[0].Name != "static per chip" {
		t.Errorf("sensitivity %+v", levers)
	}
	sum := 0.0
	for i := range levers {
		sum += levers[i].Share
		if i > 0 && levers[i].Swing().Cmp(levers[i-1].Swing()) > 0 {
			t.Error("sensitivity is not in order")
		}
	}
	near(t, "shares", sum, 1, 1e-9)
	var groups Band
	for _, g := range r.Groups() {
		groups = groups.Add(g)
	}
	if !groups.Nominal.Equal(r.Dynamic.Nominal) || !groups.High.Equal(r.Dynamic.High) {
		t.Error("groups do not sum to the dynamic energy")
	}
}

func TestMoreRoundTrips(t *testing.T) {
	c := wholeCensus()
	c.Title, c.Source, c.ChipHash, c.Clock, c.Unpublished = "a \"title\"", "src", "hash", 5, "why"
	c.Parameters = []Parameter{{"n_in", big.NewRat(3, 2), "1.5"}}
	b, err := json.Marshal(c)
	ok(t, err)
	back, err := ParseCensus(b, "c")
	ok(t, err)
	again, err := json.Marshal(back)
	ok(t, err)
	if !bytes.Equal(b, again) {
		t.Errorf("%s\n%s", b, again)
	}
}

func TestMoreRefusals(t *testing.T) {
	for extra, want := range map[string]string{
		`"accuracy":1.5`:                                      "accuracy of the census must be from 0 to 1",
		`"accuracy":"x"`:                                      "must be a number, have a string",
		`"parameters":[]`:                                     "parameters must be an object",
		`"parameters":{"a":"b"}`:                              "parameter a must be a number",
		`"parameters":{"a":1,"a":2}`:                          `field "a" twice in parameters`,
		`"clock_hz":-1`:                                       "clock_hz of the census is negative",
		`"network":{"neurons":-1}`:                            "neurons of network of the census is negative",
		`"network":{"moon":1}`:                                `unknown field "moon"`,
		`"samples":{"seconds":[1],"counts":{"x":[]}}`:         `unknown event "x"`,
		`"samples":{"seconds":[1],"counts":{"spikes":[1,2]}}`: "must be a list of 1 numbers",
		`"samples":{"seconds":[-1],"counts":{}}`:              "must be a number from 0",
		`"samples":{"seconds":[1],"counts":{"spikes":[-2]}}`:  "must be a whole number from 0",
		`"samples":{"seconds":[1]}`:                           `lacks field "counts"`,
	} {
		text := strings.Replace(smallCensus, `"counts"`, extra+`,"counts"`, 1)
		if _, err := ParseCensus([]byte(text), "c"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", extra, want, err)
		}
	}
}

func TestSweepRefusals(t *testing.T) {
	tab := testTable(t)
	for kind, want := range map[string]string{"moon": "need one of activity", "precision": "needs the network", "supply": "nothing to sweep"} {
		if _, err := NewSweep(tab, testCensus(t), kind); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", kind, want, err)
		}
	}
	s, err := NewSweep(tab, testCensus(t), "activity")
	ok(t, err)
	for _, k := range s.Curves {
		for i := range k.Y {
			if i > 0 && k.Y[i].Nominal < k.Y[i-1].Nominal {
				t.Errorf("%s: more activity costs less", k.Label)
			}
		}
	}
}

func FuzzParseExpected(f *testing.F) {
	f.Add([]byte(`{"schema":"hillock/energy-expected/1","title":"t","values":[{"quantity":"power_w","value":1,"kind":"measured","source":"s"}],"by":[{"table":"x","volts":0.7,"deviation":[-1,1]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ParseExpected(b, "f")
		if err == nil && x.Title == "" {
			t.Error("no title")
		}
	})
}
