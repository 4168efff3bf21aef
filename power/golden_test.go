package power

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	ok(t, err)
	return b
}

func testTable(t testing.TB) *Table {
	t.Helper()
	tab, err := ParseTable(read(t, "table.json"), "table.json")
	ok(t, err)
	return tab
}

func testCensus(t testing.TB) Census {
	t.Helper()
	c, err := ParseCensus(read(t, "census.json"), "census.json")
	ok(t, err)
	return *c
}

func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.WriteFile(path, have, 0o644))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	if d := cmp.Diff(string(want), string(have)); d != "" {
		t.Errorf("%s differs (-want +have):\n%s", name, d)
	}
}

func TestGoldenText(t *testing.T) {
	tab, c := testTable(t), testCensus(t)
	for _, tc := range []struct{ point, file string }{
		{"sheet", "sheet.txt"}, {"affine", "affine.txt"}, {"point-model", "allin.txt"},
	} {
		p, err := PricePair(tab, tc.point, c, Millisecond)
		ok(t, err)
		var b bytes.Buffer
		ok(t, p.Text(&b))
		golden(t, tc.file, b.Bytes())
	}
}

func TestGoldenPoints(t *testing.T) {
	all, err := PriceAll(testTable(t), testCensus(t))
	ok(t, err)
	var b bytes.Buffer
	ok(t, ComparePoints(&b, all))
	golden(t, "points.txt", b.Bytes())
}

func TestGoldenJSON(t *testing.T) {
	p, err := PricePair(testTable(t), "sheet", testCensus(t), Millisecond)
	ok(t, err)
	acc, facc := 0.95, 0.97
	p.SetContext(Context{ChipHash: "abc", Accuracy: &acc, FloatAccuracy: &facc, Synapses: 40000, Baseline: "none better", Validated: "+9 to +20 %",
		PerImage: &Spread{Attojoules(3e12).Times(1), Attojoules(2e12).Times(1), Attojoules(4e12).Times(1), 3}})
	p.SetBudget(10e9)
	b, err := json.MarshalIndent(p.JSON(), "", " ")
	ok(t, err)
	golden(t, "sheet.json", append(b, '\n'))
}
