package power

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hillock/isa/count"
)

const smallCensus = `{"schema":"hillock/census/1","seconds":1e-3,"ticks":1,"chips_powered":1,"cores_powered":2,"boundary":"chip","counts":{"spikes":3}}`

func TestCensusRefusals(t *testing.T) {
	for _, tc := range []struct{ old, new, want string }{
		{`"ticks":1`, `"ticks":-1`, `power: c:1:53: ticks of the census is negative: -1`},
		{`"ticks":1`, `"ticks":1.5`, `power: c:1:53: ticks of the census must be a whole number below 2^63, have 1.5`},
		{`"ticks":1`, `"ticks":9223372036854775808`, `power: c:1:53: ticks of the census must be a whole number below 2^63, have 9223372036854775808`},
		{`"ticks":1`, `"ticks":null`, `power: c:1:53: ticks of the census must be a number, have null`},
		{`"ticks":1,`, ``, `power: c:1:1: the census lacks field "ticks"`},
		{`"ticks":1`, `"tics":1`, `power: c:1:45: unknown field "tics" in the census (known: schema, seconds, ticks, chips_powered, cores_powered, boundary, counts, chip, point, inferences, title, source, chip_hash, unpublished, clock_hz, parameters, accuracy, float_accuracy, network, samples)`},
		{`1e-3`, `-1e-3`, `power: c:1:40: seconds of the census is negative: -1e-3`},
		{`1e-3`, `9224`, `power: c:1:40: seconds of the census: 9224 is out of range (limit 9223)`},
		{`1e-3`, `"1"`, `power: c:1:40: seconds of the census must be a number, have a string`},
		{`"chip",`, `"room",`, `power: c:1:102: boundary of the census: unknown boundary "room" (known: core, chip, board, system)`},
		{`{"spikes":3}`, `{"spike":3}`, `power: c:1:119: unknown event "spike" in counts`},
		{`{"spikes":3}`, `{"spikes":-3}`, `power: c:1:128: spikes of counts is negative: -3`},
		{`{"spikes":3}`, `{"spikes":3,"spikes":3}`, `power: c:1:130: field "spikes" twice in counts`},
		{`{"spikes":3}`, `[]`, `power: c:1:118: counts must be an object, have a list`},
		{`census/1`, `census/2`, `power: c:1:11: schema of the census: unknown schema "hillock/census/2" (known: hillock/census/1)`},
	} {
		text := strings.Replace(smallCensus, tc.old, tc.new, 1)
		if text == smallCensus {
			t.Fatalf("%s is not in the census", tc.old)
		}
		_, err := ParseCensus([]byte(text), "c")
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s\nwant %s\nhave %v", tc.new, tc.want, err)
		}
	}
	c, err := ParseCensus([]byte(smallCensus), "c")
	ok(t, err)
	if c.Time != Millisecond || c.Counts[count.Spikes] != 3 || c.Boundary != ChipBoundary {
		t.Errorf("have %+v", c)
	}
}

func TestSecondsRound(t *testing.T) {
	for in, want := range map[string]Femtoseconds{
		"0": 0, "1.5e-15": 2, "1.4999e-15": 1, "0.12345678901234567": 123456789012346, "9223": 9223e15,
	} {
		c, err := ParseCensus([]byte(strings.Replace(smallCensus, "1e-3", in, 1)), "c")
		ok(t, err)
		if c.Time != want {
			t.Errorf("%s: want %d, have %d", in, want, c.Time)
		}
	}
}

func drawCensus(t *rapid.T) Census {
	n := func(name string, hi int64) int64 { return rapid.Int64Range(0, hi).Draw(t, name) }
	c := Census{
		Chip: rapid.StringMatching(`[a-z"\\<é]{0,6}`).Draw(t, "chip"), Point: "sheet",
		Time: Femtoseconds(n("time", 1<<62)), Ticks: n("ticks", 1<<40), ChipsPowered: n("chips", 1<<20),
		CoresPowered: n("cores", 1<<30), Inferences: n("inferences", 1<<30), Boundary: Boundary(n("boundary", 3)),
	}
	for i := range c.Counts {
		c.Counts[i] = n(count.Event(i).String(), 1<<62)
	}
	return c
}

func TestCensusRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCensus(t)
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseCensus(b, "c")
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if d := cmp.Diff(c, *back); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzParseCensus(f *testing.F) {
	f.Add(read(f, "census.json"))
	f.Add([]byte(smallCensus))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCensus(b, "f")
		if err != nil {
			return
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseCensus(out, "f")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*back, *c) {
			t.Errorf("have %+v, want %+v", back, c)
		}
	})
}
