package power

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const goodCoefficient = `{"event":"spikes","value":2,"low":1,"high":3,"unit":"pJ","kind":"measured","scope":"per-term","source":"S"}`
const goodStatic = `{"per":"chip","value":2,"low":1,"high":3,"unit":"mW","kind":"measured","source":"S"}`

// tableWith puts coefficients on line 2 and static rows on line 3.
func tableWith(coefficients, static string) string {
	return fmt.Sprintf("{\"schema\":\"hillock/energy-table/1\",\"name\":\"n\",\"chip\":\"c\",\"points\":[{\"name\":\"p\",\"coefficients\":[\n%s],\"static\":[\n%s]}]}", coefficients, static)
}

func swap(old, new string) string {
	if strings.Count(goodCoefficient, old) != 1 {
		panic(old)
	}
	return tableWith(strings.Replace(goodCoefficient, old, new, 1), goodStatic)
}

func swapStatic(old, new string) string {
	return tableWith(goodCoefficient, strings.Replace(goodStatic, old, new, 1))
}

const allInSpikes = `{"event":"spikes","value":2,"unit":"pJ","kind":"measured","scope":"all-in","source":"S"}`

var refusals = []struct{ name, text, want string }{
	{"not json", "{\n \"schema\" 1}", `power: t:2:11: not JSON: invalid character '1' after object key`},
	{"cut", `{"schema":`, `power: t:1:10: not JSON: unexpected end of JSON input`},
	{"not an object", "[]", `power: t:1:1: the table must be an object, have a list`},
	{"schema", strings.Replace(tableWith(goodCoefficient, ""), "table/1", "table/2", 1), `power: t:1:11: schema of the table: unknown schema "hillock/energy-table/2" (known: hillock/energy-table/1)`},
	{"unknown top field", `{"extra":1}`, `power: t:1:2: unknown field "extra" in the table (known: schema, name, chip, points, cycles, notes)`},
	{"missing field", `{"schema":"hillock/energy-table/1","name":"n","points":[]}`, `power: t:1:1: the table lacks field "chip"`},
	{"empty name", strings.Replace(tableWith(goodCoefficient, ""), `"name":"n"`, `"name":" "`, 1), `power: t:1:43: name of the table is empty`},
	{"no points", `{"schema":"hillock/energy-table/1","name":"n","chip":"c","points":[]}`, `power: t:1:67: the table has 0 points, need 1 to 64`},
	{"point twice", strings.Replace(tableWith(goodCoefficient, goodStatic), "]}]}", "]},\n"+`{"name":"p","coefficients":[]}]}`, 1), `power: t:4:1: point "p" twice`},
	{"unknown field", swap(`"kind"`, `"sort":"x","kind"`), `power: t:2:58: unknown field "sort" in a coefficient of point "p" (known: event, value, unit, kind, scope, source, low, high, note)`},
	{"field twice", swap(`"kind"`, `"low":1,"kind"`), `power: t:2:58: field "low" twice in a coefficient of point "p"`},
	{"case matters", swap(`"kind"`, `"Kind"`), `power: t:2:58: unknown field "Kind" in a coefficient of point "p" (known: event, value, unit, kind, scope, source, low, high, note)`},
	{"no source", swap(`,"source":"S"`, ``), `power: t:2:1: spikes in point "p" has no source; a number without one is not used`},
	{"empty source", swap(`"source":"S"`, `"source":""`), `power: t:2:1: spikes in point "p" has no source; a number without one is not used`},
	{"low above value", swap(`"low":1`, `"low":2.5`), `power: t:2:35: spikes in point "p": low 2.5 is above value 2 pJ`},
	{"high below value", swap(`"high":3`, `"high":1.5`), `power: t:2:44: spikes in point "p": high 1.5 is below value 2 pJ`},
	{"unknown event", swap(`"spikes"`, `"spike"`), `power: t:2:10: unknown event "spike" in point "p"`},
	{"event twice", tableWith(goodCoefficient+","+goodCoefficient, ""), `power: t:2:109: point "p" prices spikes twice`},
	{"negative", swap(`"low":1`, `"low":-1`), `power: t:2:35: low of spikes in point "p" is negative: -1 pJ`},
	{"null value", swap(`"value":2`, `"value":null`), `power: t:2:27: value of spikes in point "p" must be a number, have null (leave the coefficient out if it is not published)`},
	{"string value", swap(`"value":2`, `"value":"2"`), `power: t:2:27: value of spikes in point "p" must be a number, have a string (leave the coefficient out if it is not published)`},
	{"too fine", swap(`"value":2`, `"value":2.0000001`), `power: t:2:27: value of spikes in point "p": 2.0000001 is finer than 1e-6 pJ`},
	{"too large", swap(`"high":3`, `"high":2e12`), `power: t:2:44: high of spikes in point "p": 2e12 pJ is above the limit of 1000000000000 pJ`},
	{"huge exponent", swap(`"high":3`, `"high":1e999999999`), `power: t:2:44: high of spikes in point "p": 1e999999999 has an exponent beyond 60 pJ`},
	{"unknown unit", swap(`"pJ"`, `"J"`), `power: t:2:53: unit of spikes in point "p": unknown unit "J" (known: fJ, pJ, nJ, uJ)`},
	{"power for an event", swap(`"pJ"`, `"mW"`), `power: t:2:53: unit of spikes in point "p": unknown unit "mW" (known: fJ, pJ, nJ, uJ)`},
	{"unknown kind", swap(`"measured"`, `"sure"`), `power: t:2:65: kind of spikes in point "p": unknown kind "sure" (known: measured, derived, simulated, estimate, assumed)`},
	{"unknown scope", swap(`"per-term"`, `"static"`), `power: t:2:84: scope of spikes in point "p": unknown scope "static" (known: per-term, marginal, all-in)`},
	{"control character", swap(`"source":"S"`, `"source":"a\u001b[31m"`), `power: t:2:104: a string with a control character`},
	{"all-in beside per-term", tableWith(allInSpikes+","+strings.Replace(goodCoefficient, "spikes", "hops_x", 1), ""), `power: t:1:68: point "p" has an all-in price (spikes) beside a per-term one (hops_x); an all-in price already contains the other`},
	{"all-in beside marginal", tableWith(allInSpikes+`,{"event":"hops_x","value":2,"unit":"pJ","kind":"measured","scope":"marginal","source":"S"}`, ""), `power: t:1:68: point "p" has an all-in price (spikes) beside a marginal one (hops_x); an all-in price already contains the other`},
	{"all-in beside static", tableWith(allInSpikes, goodStatic), `power: t:1:68: point "p" has an all-in price (spikes) beside static power per chip; an all-in price already contains it`},
	{"two all-in", tableWith(allInSpikes+","+strings.Replace(allInSpikes, "spikes", "synapse_words", 1), ""), `power: t:1:68: point "p" has all-in prices for 2 events, synapse_words among them; only the forms of synaptic events may share one`},
	{"marginal alone", tableWith(strings.Replace(allInSpikes, "all-in", "marginal", 1), ""), `power: t:1:68: point "p" has a marginal price (spikes) and no static power; a slope needs its offset`},
	{"static twice", tableWith(goodCoefficient, goodStatic+","+goodStatic), `power: t:3:86: point "p" has static power per chip twice`},
	{"static unit", swapStatic(`"mW"`, `"pJ"`), `power: t:3:49: unit of static power per chip in point "p": unknown unit "pJ" (known: uW, mW, W)`},
	{"static source", swapStatic(`,"source":"S"`, ``), `power: t:3:1: static power per chip in point "p" has no source; a number without one is not used`},
	{"static per", swapStatic(`"chip"`, `"board"`), `power: t:3:8: per of static power of point "p": unknown per "board" (known: chip, core, chip_mhz)`},
	{"static negative", swapStatic(`"low":1`, `"low":-0.5`), `power: t:3:31: low of static power per chip in point "p" is negative: -0.5 mW`},
	{"notes", strings.Replace(tableWith(goodCoefficient, ""), `"points"`, `"notes":["a",1],"points"`, 1), `power: t:1:71: notes[1] of the table must be a string, have a number`},
	{"deep", strings.Repeat("[", 10) + strings.Repeat("]", 10), `power: t:1:10: nested 9 deep, limit 8`},
	{"not utf-8", "\xff", `power: t: not UTF-8`},
	{"large", strings.Repeat(" ", MaxFileBytes+1), `power: t: 1048577 bytes, limit 1048576`},
}

func TestTableRefusals(t *testing.T) {
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ParseTable([]byte(tc.text), "t")
			if err == nil {
				t.Fatalf("accepted, want %s", tc.want)
			}
			if err.Error() != tc.want {
				t.Errorf("want %s\nhave %s", tc.want, err)
			}
			if e := new(Error); !errors.As(err, &e) || e.File != "t" {
				t.Errorf("not an *Error of file t: %T", err)
			}
		})
	}
}

func TestTableContents(t *testing.T) {
	tab := testTable(t)
	if len(tab.Points) != 3 || tab.Name != "made-up" || tab.Chip != "testchip" || len(tab.Hash) != 32 {
		t.Fatalf("have %+v", tab)
	}
	p, err := tab.Point("")
	ok(t, err)
	for i := 1; i < len(p.Coefficients); i++ {
		if p.Coefficients[i-1].Event >= p.Coefficients[i].Event {
			t.Error("coefficients out of order")
		}
	}
	c := p.Coefficients[0]
	if c.Low != 23_600_000 || c.Value != 23_600_000 || c.High != 35_500_000 || !c.Banded || c.Kind != Simulated {
		t.Errorf("have %+v", c)
	}
	if s := p.Static[1]; s.Per != PerCore || s.Low != 231_250 || s.Value != 812_500 {
		t.Errorf("have %+v", s)
	}
	_, err = tab.Point("other")
	if want := `power: table "made-up" has no point "other" (it has: sheet, affine, point-model)`; err == nil || err.Error() != want {
		t.Errorf("want %s\nhave %v", want, err)
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add(read(f, "table.json"))
	f.Add([]byte(tableWith(goodCoefficient, goodStatic)))
	for _, tc := range refusals {
		if len(tc.text) < 2000 {
			f.Add([]byte(tc.text))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tab, err := ParseTable(b, "f")
		if err != nil {
			return
		}
		for i := range tab.Points {
			p := &tab.Points[i]
			for _, c := range p.Coefficients {
				if c.Low < 0 || c.Low > c.Value || c.Value > c.High || c.Source == "" {
					t.Errorf("accepted %+v", c)
				}
			}
			if _, err := Price(tab, p.Name, Census{Time: 1e12}); err != nil {
				t.Error(err)
			}
		}
	})
}
