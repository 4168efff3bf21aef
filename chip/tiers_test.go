package chip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What layers take of the memories, against the formulas worked out by hand.
func TestTierNeeds(t *testing.T) {
	f, err := LoadNamed("speck")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in, out [3]int
		window  int
		biases  int
		want    []int64
	}{
		{[3]int{1, 1, 1}, [3]int{1, 1, 1}, 1, 0, []int64{1, 1, 0}},
		{[3]int{2, 128, 128}, [3]int{16, 64, 64}, 3, 16, []int64{2 << 8, 16 << 12, 16}},
		{[3]int{3, 9, 9}, [3]int{5, 5, 3}, 5, 5, []int64{3 << 8, 5 << 5, 5}}, // 25 weights take 32, 5 channels 8; 5 rows 8, 3 columns 4
		{[3]int{16, 4, 4}, [3]int{17, 1, 1}, 4, 0, []int64{16 << 9, 17, 0}},
	} {
		got, err := f.Tiers.Needs(TierShape{In: c.in, Out: c.out, Window: [2]int{c.window, c.window}, Biases: c.biases})
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%v to %v: %s %v", c.in, c.out, d, err)
		}
	}
	for core, want := range map[int]bool{0: false, 3: true, 5: false, 8: false, 9: false, -1: false} {
		if got := f.Tiers.Holds(core, []int64{20000, 32768, 1024}); got != want {
			t.Errorf("core %d holds it: %t", core, got)
		}
	}
}

func TestTierRules(t *testing.T) {
	f, err := LoadNamed("speck")
	if err != nil {
		t.Fatal(err)
	}
	good := TierShape{In: [3]int{1024, 128, 128}, Out: [3]int{1024, 64, 64}, Window: [2]int{16, 16}, Stride: [2]int{8, 1}, Pad: [2]int{7, 7}, Dilation: [2]int{1, 1}, Groups: 1, Pool: [2]int{4, 4}, Destinations: 2}
	for want, do := range map[string]func(s *TierShape){
		"":                           func(*TierShape) {},
		"input_side 129":             func(s *TierShape) { s.In[2] = 129 },
		"output_side 65":             func(s *TierShape) { s.Out[1] = 65 },
		"in_channels 1025":           func(s *TierShape) { s.In[0] = 1025 },
		"channels 1025":              func(s *TierShape) { s.Out[0] = 1025 },
		"window 17":                  func(s *TierShape) { s.Window = [2]int{17, 17} },
		"window_square 1":            func(s *TierShape) { s.Window[1] = 15 },
		"stride_rows 3":              func(s *TierShape) { s.Stride[0] = 3 },
		"stride_columns 16":          func(s *TierShape) { s.Stride[1] = 16 },
		"padding 8":                  func(s *TierShape) { s.Pad[1] = 8 },
		"dilation 2":                 func(s *TierShape) { s.Dilation[0] = 2 },
		"groups 2":                   func(s *TierShape) { s.Groups = 2 },
		"pooling 3":                  func(s *TierShape) { s.Pool = [2]int{3, 3} },
		"pooling_square 2":           func(s *TierShape) { s.Pool[0] = 2 },
		"destinations 3":             func(s *TierShape) { s.Destinations = 3 },
		"padding 9 destinations 500": func(s *TierShape) { s.Pad[0], s.Destinations = 9, 500 },
	} {
		s := good
		do(&s)
		broken, err := f.Tiers.Breaches(s)
		got := make([]string, len(broken))
		for i, b := range broken {
			got[i] = fmt.Sprintf("%s %d", b.Rule.Name, b.Need)
		}
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("want %q, got %q, %v", want, got, err)
		}
	}
}

func TestTiersOfDescriptions(t *testing.T) {
	const section = `"tiers": {"source": "a", "memories": {"m": {"entries": "channels * rows", "cores": [9, 3, 3, 0], "source": "a"}},
  "rules": {"r": {"value": "rows", "max": 4, "source": "a"}, "q": {"value": "groups", "of": [1, 2], "source": "a"}}},
  "mesh"`
	load := func(from, to string) (*Family, error) {
		m := descTestFiles()
		m["tiny.json"] = strings.Replace(m["tiny.json"], `"mesh"`, strings.Replace(section, from, to, 1), 1)
		m["tiny.json"] = strings.Replace(m["tiny.json"], `"discipline": "tick"`, `"discipline": "tick", "mapping": "tiers"`, 1)
		return Load("tiny.json", m)
	}
	f, err := load("", "")
	if err != nil || len(f.Tiers.Memories) != 1 || len(f.Tiers.Rules) != 2 || f.Tiers.Memories[0].Cores[1] != 3 {
		t.Fatalf("%+v, %v", f.Tiers, err)
	}
	plain, err := Load("tiny", descTestFiles())
	if err != nil || plain.Tiers != nil || plain.Hash == f.Hash {
		t.Errorf("layers %v, %v", plain.Tiers, err)
	}
	m := descTestFiles()
	m["tiny.json"] = strings.Replace(m["tiny.json"], `"discipline": "tick"`, `"discipline": "tick", "mapping": "tiers"`, 1)
	if _, err := Load("tiny", m); err == nil || !strings.Contains(err.Error(), `mapping "tiers", need tiers with the section of that name`) {
		t.Errorf("tiers without a section: %v", err)
	}
	for _, c := range [][3]string{
		{`"channels * rows"`, `"channels * height"`, `variable "height" is none of a layer`},
		{`"channels * rows"`, `"channels *"`, "have the end"},
		{`"channels * rows"`, `4`, "entries of m: need a string"},
		{`[9, 3, 3, 0]`, `[9, 3, 3]`, "memory m of 3 cores, need 4"},
		{`[9, 3, 3, 0]`, `[9, 3, 3, -1]`, "cores is -1"},
		{`"max": 4, `, ``, "rule r, need one of max and of"},
		{`"max": 4, `, `"max": 4, "of": [1], `, "rule r, need one of max and of"},
		{`"memories": {"m": {"entries": "channels * rows", "cores": [9, 3, 3, 0], "source": "a"}}`, `"memories": {}`, "tiers without a memory"},
		{`{"source": "a", "memories"`, `{"memories"`, `tiers has no "source"`},
	} {
		if _, err := load(c[0], c[1]); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v", c[1], err)
		}
	}
	if _, err := (&TierTemplate{Memories: []TierMemory{{Entries: "log2up(rows)"}}, Rules: []TierRule{{Value: "1 / rows"}}}).Needs(TierShape{}); err == nil {
		t.Error("log2up of no rows")
	}
	if _, err := (&TierTemplate{Rules: []TierRule{{Value: "1 / rows"}}}).Breaches(TierShape{}); err == nil {
		t.Error("a division by no rows")
	}
}
