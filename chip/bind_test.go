package chip

import (
	"math"
	"strings"
	"testing"

	"hillock/core"
	"hillock/isa/fixed"
	"hillock/power"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// bindVars are fixed values: one per name, or one per neuron.
type bindVars map[string][]int64

func (v bindVars) Core(name string) (int64, bool) { return v.Neuron(name, 0) }

func (v bindVars) Neuron(name string, i int) (int64, bool) {
	x := v[name]
	switch {
	case len(x) == 1:
		return x[0], true
	case i < len(x):
		return x[i], true
	}
	return 0, false
}

func TestBindTiny(t *testing.T) {
	f, err := Load("tiny", descTestFiles())
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.BindGroup("if", 4, bindVars{"theta": {5, 5, 7, 5}, "d": {2}})
	if err != nil {
		t.Fatal(err)
	}
	want := core.Group{Name: "if", N: 4, Prog: f.Group("if").Prog, State: []fixed.Layout{{Width: 16, Over: fixed.Sat}},
		Substeps: 1, Params: [][]int32{{1}, {5, 5, 7, 5}}, Init: [][]int32{{-2}}, Words: []string{"v"}, Meaning: []string{"leak", "theta"}}
	if d := cmp.Diff(want, g); d != "" {
		t.Error(d)
	}
	img, err := f.BindCore(bindVars{"d": {2}})
	if err != nil || img.Ring != 3 || img.Ports[0] != (core.Port{Acc: fixed.Layout{Width: 16, Over: fixed.Sat}, When: core.AtEvent, ReadShift: 1}) || len(img.Draws) != 1 {
		t.Errorf("%+v, %v", img, err)
	}
	for _, c := range []struct {
		group string
		n     int
		v     Vars
		has   string
	}{
		{"of", 1, bindVars{}, `no group "of", have ["if"]`},
		{"if", 0, bindVars{}, "0 neurons, need 1.."},
		{"if", 1, bindVars{}, `"theta" is not set`},
		{"if", 1, nil, `"theta" is not set`},
		{"if", 3, bindVars{"theta": {1, 2}}, `neuron 2: field "theta" is not set`},
		{"if", 3, bindVars{"theta": {1, 2, 101}}, `parameter p1: neuron 2: field "theta" is 101, need 1..100`},
		{"if", 1, bindVars{"theta": {1}, "d": {8}}, `start value of v: neuron 0: field "d" is 8, need 0..7`},
	} {
		if _, err := f.BindGroup(c.group, c.n, c.v); err == nil || !strings.Contains(err.Error(), c.has) {
			t.Errorf("%v, want %s", err, c.has)
		}
	}
	if _, err := f.BindCore(bindVars{"d": {9}}); err == nil {
		t.Error("a ring out of range")
	}
}

func TestEmbeddedDescription(t *testing.T) {
	if d := cmp.Diff([]string{"loihi1", "loihi1-b2l", "loihi1-nahuku", "loihi2", "loihi2-kapoho", "odin", "ranc-rtl", "ranc-sim", "reckon", "speck", "spinnaker", "spinnaker-spinn5", "tinyodin", "truenorth", "truenorth-ns16e", "xylo-a1", "xylo-a2", "xylo-a3", "xylo-imu"}, Names()); d != "" {
		t.Error(d)
	}
	for _, name := range Names() {
		f, err := LoadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != name || (len(f.Energy) == 0) != (f.EnergyFile == "") {
			t.Errorf("%s: name %q, energy table %q of %d bytes", name, f.Name, f.EnergyFile, len(f.Energy))
		}
		if len(f.Energy) > 0 {
			if tab, err := power.ParseTable(f.Energy, f.EnergyFile); err != nil || tab.Chip != strings.TrimSuffix(f.EnergyFile, ".energy.json") {
				t.Errorf("%s: %v", name, err)
			}
		}
		again, err := LoadNamed(name)
		if err != nil || !cmp.Equal(f, again) {
			t.Errorf("%s loads differently the second time, %v", name, err)
		}
	}
}

// The neuron groups of the first family, against numbers worked out by hand.
func TestBindCuba(t *testing.T) {
	f, err := LoadNamed("loihi1")
	if err != nil {
		t.Fatal(err)
	}
	v := bindVars{"decay_u": {100, 4095}, "decay_v": {0}, "vth_mant": {10}, "bias_mant": {-3}, "bias_exp": {2},
		"refract": {5}, "vmin": {-1023}, "vmax": {2047}, "noise_exp": {9}, "noise_mant_offset": {1}, "max_delay": {7}}
	want := [][]int32{{3995, 0}, {4096}, {-12}, {640}, {5}, {-1023}, {2047}}
	layout := []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}}
	for _, name := range []string{"cuba", "cuba-silicon-readout", "cuba-noise-q", "cuba-noise-v"} {
		g, err := f.BindGroup(name, 2, v)
		if err != nil {
			t.Fatal(err)
		}
		params := want
		if strings.Contains(name, "noise") {
			params = append(append([][]int32{}, want...), []int32{0}, []int32{512}, []int32{64})
		}
		if d := cmp.Diff(params, g.Params); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(layout, g.State); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if g.Cap != 1 || g.Substeps != 1 || cmp.Diff([][]int32{{0}, {0}, {0}}, g.Init) != "" {
			t.Errorf("%s: %+v", name, g)
		}
	}
	img, err := f.BindCore(v)
	wantImg := core.Image{Ring: 8, Ports: []core.Port{{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}}}, Draws: []core.DrawFormat{{Lo: -127, Hi: 127}}}
	if d := cmp.Diff(wantImg, img, cmpopts.EquateEmpty()); d != "" || err != nil {
		t.Error(d, err)
	}
	if taps := f.Group("cuba-silicon-readout").Taps; cmp.Diff([]string{"voltage_word"}, taps) != "" {
		t.Errorf("taps %q", taps)
	}
}

// The microcode must be the checked one, word for word.
func TestCubaWords(t *testing.T) {
	f, err := LoadNamed("loihi1")
	if err != nil {
		t.Fatal(err)
	}
	want := []uint32{
		0x1800430c, 0x0c100600, 0x0c024340, 0x60020f38, 0x18044b2c, 0x0c021020, 0x48020bc0, 0x4c120ba0,
		0x6401c940, 0x0893cf20, 0x6400d920, 0x0893cf20, 0x0894e720, 0x78f3cf20, 0x981457ff, 0x0073cf20,
	}
	if d := cmp.Diff(want, f.Group("cuba").Prog.Words()); d != "" {
		t.Error(d)
	}
	for name, n := range map[string]int{"cuba-silicon-readout": 20, "cuba-noise-q": 21, "cuba-noise-v": 20} {
		if have := len(f.Group(name).Prog.Words()); have != n {
			t.Errorf("%s has %d words, want %d", name, have, n)
		}
	}
}

func TestLoihiData(t *testing.T) {
	f, err := LoadNamed("loihi1")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{"cores": 128, "compartments": 1024, "in_axons": 4096, "out_axons": 4096,
		"synapse_words": 16384, "compartment_profiles": 32, "threshold_profiles": 8, "weight_formats": 7, "max_delay": 62} {
		if v, ok := f.Limit(name); !ok || v != want || f.LimitSource(name) == "" {
			t.Errorf("limit %s is %d, %v; want %d", name, v, ok, want)
		}
	}
	if f.Mesh != (Mesh{X: 8, Y: 4, CoresPerTile: 4, ColumnMajor: true}) {
		t.Errorf("%+v", f.Mesh)
	}
	if d := cmp.Diff([]SyncTime{{1, 600e6}, {2, 1000e6}, {4, 1400e6}, {29, 1800e6}}, f.Latency.Sync); d != "" {
		t.Error(d)
	}
	m := f.Memory
	m.Source = ""
	want := SynapseMemory{Words: 16384, WordBits: 64, GroupSynapses: 64, HeaderBits: 10, DelayBits: 6, IndexBits: []int64{0, 6, 7, 8, 9, 10, 11, 12}}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

// Every register at each end of its range binds: no expression leaves its
// 32 bits.
func TestBindCorners(t *testing.T) {
	for _, name := range Names() {
		f, err := LoadNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		bindCorners(t, f)
	}
}

func bindCorners(t *testing.T, f *Family) {
	for _, g := range f.Core.Groups {
		used := usedFields(t, f, g)
		for mask := range 1 << len(used) {
			v := bindVars{}
			for _, x := range f.Fields {
				v[x.Name] = []int64{x.Lo}
			}
			for i, x := range used {
				if mask>>i&1 == 1 {
					v[x.Name] = []int64{x.Hi}
				}
			}
			if _, err := f.BindCore(v); err != nil {
				t.Fatalf("%v: %v", v, err)
			}
			if _, err := f.BindGroup(g.Name, 1, v); err != nil {
				t.Fatalf("%s %v: %v", g.Name, v, err)
			}
		}
	}
}

// usedFields are the fields that the expressions of a group or of the core use.
// One that stands alone takes its value as it is: its range says all.
func usedFields(t *testing.T, f *Family, g GroupTemplate) []Field {
	t.Helper()
	names := map[string]bool{}
	for _, src := range append(append([]string{g.Substeps, f.Core.Ring}, g.Params...), g.Init...) {
		if src == "" {
			continue
		}
		e, err := CompileExpr(src)
		if err != nil {
			t.Fatal(err)
		}
		if x := f.field(src); x != nil && x.Lo >= math.MinInt32 && x.Hi <= math.MaxInt32 {
			continue
		}
		for _, n := range e.vars {
			names[n] = true
		}
	}
	var out []Field
	for _, x := range f.Fields {
		if names[x.Name] {
			out = append(out, x)
		}
	}
	return out
}

func BenchmarkBindGroup(b *testing.B) {
	f, err := LoadNamed("loihi1")
	if err != nil {
		b.Fatal(err)
	}
	v := bindVars{"decay_u": {100}, "decay_v": {7}, "vth_mant": {10}, "bias_mant": nil}
	for i := range int64(1024) {
		v["bias_mant"] = append(v["bias_mant"], i)
	}
	for b.Loop() {
		if _, err := f.BindGroup("cuba", 1024, v); err != nil {
			b.Fatal(err)
		}
	}
}
