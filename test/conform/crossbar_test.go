package conform

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core"
)

// change walks into nested lists and adds to a number.
func change(v any, by float64, at ...int) {
	for _, i := range at[:len(at)-1] {
		v = v.([]any)[i]
	}
	row := v.([]any)
	row[at[len(at)-1]] = row[at[len(at)-1]].(float64) + by
}

func TestChangedValuesOfCrossbars(t *testing.T) {
	for name, x := range map[string]struct {
		file, field string
		do          func(d map[string]any)
	}{
		"a potential":           {"tn_edges", "potentials", func(d map[string]any) { change(d["potentials"], 1, 12, 3) }},
		"a draw too many":       {"tn_stochastic_leak", "draws", func(d map[string]any) { add(d["draws"], 4.0, 3, 1) }},
		"another draw":          {"tn_stochastic_threshold", "potentials", func(d map[string]any) { set(d["draws"], 262143.0, 2, 4, 0); set(d["draws"], 0.0, 3, 4, 0) }},
		"a pin":                 {"ranc_route_4x3", "output_rows", func(d map[string]any) { add(d["output_rows"], 7.0, 0) }},
		"a spike":               {"ranc_delays_4", "spikes", func(d map[string]any) { d["spikes"] = d["spikes"].([]any)[1:] }},
		"what merged":           {"ranc_route_4x3", "merged", func(d map[string]any) { d["merged"] = d["merged"].(float64) + 1 }},
		"what was late":         {"ranc_delays_4", "late", func(d map[string]any) { d["late"] = d["late"].(float64) + 1 }},
		"what merged at a pin":  {"ranc_delays_4", "merged_output", func(d map[string]any) { d["merged_output"] = 99.0 }},
		"a potential at last":   {"ranc_reset_edge", "final_potentials", func(d map[string]any) { change(d["final_potentials"], 1, 0, 5) }},
		"a potential of a tick": {"ranc_wide_values", "potentials", func(d map[string]any) { change(d["potentials"], -1, 7, 0, 2) }},
		"a cycle of a spike":    {"rancrtl_wrap", "spikes", func(d map[string]any) { change(d["spikes"], 1, 4, 3) }},
		"a cycle of an arrival": {"rancrtl_own_2x3", "arrivals", func(d map[string]any) { change(d["arrivals"], -1, 100, 3) }},
		"an arrival":            {"rancrtl_widths", "arrivals", func(d map[string]any) { d["arrivals"] = d["arrivals"].([]any)[1:] }},
		"a cycle at a pin":      {"rancrtl_backpressure", "outputs", func(d map[string]any) { change(d["outputs"], 2, 1279, 2) }},
		"a cycle of a clear":    {"rancrtl_backpressure", "core_done_cycle", func(d map[string]any) { change(d["core_done_cycle"], 1, 2) }},
		"a wrapped potential":   {"rancrtl_wrap", "potentials", func(d map[string]any) { change(d["potentials"], 1, 39, 0, 7) }},
		"a vote":                {"ranc_mnist_100", "votes", func(d map[string]any) { change(d["votes"], 1, 50, 3) }},
	} {
		d := load(t, x.file)
		x.do(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, name)
		require.NotEmpty(t, fails, name)
		for _, f := range fails {
			require.Contains(t, []string{x.field, "predictions", "spikes"}, f.Field, name)
			require.Contains(t, core.Engines(), f.Engine, name)
		}
	}
}

// add appends to a nested list, set replaces a number of one.
func add(v any, x float64, at ...int) {
	for _, i := range at[:len(at)-1] {
		v = v.([]any)[i]
	}
	k := at[len(at)-1]
	v.([]any)[k] = append(v.([]any)[k].([]any), x)
}

func set(v any, x float64, at ...int) {
	for _, i := range at[:len(at)-1] {
		v = v.([]any)[i]
	}
	v.([]any)[at[len(at)-1]] = x
}

func TestDamagedCrossbars(t *testing.T) {
	core0 := func(d map[string]any) map[string]any { return d["cores"].([]any)[0].(map[string]any) }
	for want, x := range map[string]struct {
		file string
		do   func(d map[string]any)
	}{
		"field axon_types: entry 0: need an integer of 0..3, have 4": {"tn_edges", func(d map[string]any) { set(d["axon_types"], 4, 0) }},
		"field neurons[2].s: need 4 entries, have more": {"tn_edges", func(d map[string]any) {
			n := d["neurons"].([]any)[2].(map[string]any)
			n["s"] = append(n["s"].([]any), 1.0)
		}},
		"field draws: need 30 rows, have 29":                                              {"tn_edges", func(d map[string]any) { d["draws"] = d["draws"].([]any)[:29] }},
		"field spikes: row 0: need a tick of 1..30":                                       {"tn_edges", func(d map[string]any) { set(d["spikes"], 0, 0, 0) }},
		"field spikes: row 1: need ascending rows":                                        {"tn_edges", func(d map[string]any) { set(d["spikes"], 0, 1, 1) }},
		"field cores[0].synapses: neuron 0: need 3 hexadecimal digits, have \"x\"":        {"ranc_route_4x3", func(d map[string]any) { core0(d)["synapses"].([]any)[0] = "x" }},
		"field params.scheduler_rows: need an integer of 2..256, have 1":                  {"ranc_route_4x3", func(d map[string]any) { d["params"].(map[string]any)["scheduler_rows"] = 1 }},
		"field inputs: row 0: need a cell and an axon that exist, have axon 12 of (0, 1)": {"ranc_route_4x3", func(d map[string]any) { set(d["inputs"], 12, 0, 3) }},
		"neuron 0 sends to cell (-5, 2), need one of the grid of 4 x 3":                   {"ranc_route_4x3", func(d map[string]any) { set(core0(d)["neurons"].(map[string]any)["dx"], -5, 0) }},
		"field ticks: need 102..1124 for 100 images, have 101":                            {"ranc_mnist_100", func(d map[string]any) { d["ticks"] = 101 }},
		"field cores: need weights of 9 bits, have 256":                                   {"rancrtl_wrap", func(d map[string]any) { set(core0(d)["neurons"].(map[string]any)["weights"], 256, 2, 1) }},
		"field params.potential_bits: need an integer of 2..32, have 33":                  {"rancrtl_wrap", func(d map[string]any) { d["params"].(map[string]any)["potential_bits"] = 33 }},
		"field spikes: row 0: need a tick of 1..40 and a place that exists, have [41":     {"rancrtl_wrap", func(d map[string]any) { set(d["spikes"], 41, 0, 0) }},
		"field spikes: row 0: need a tick of 1..40 and a place that exists, have [1 1":    {"rancrtl_wrap", func(d map[string]any) { set(d["spikes"], 1, 0, 1) }},
		"field outputs: row 3: need a tick of 0..40 and a pin below 8, have [4 8":         {"rancrtl_wrap", func(d map[string]any) { set(d["outputs"], 8, 3, 1) }},
		"field params.axons: need 2 or more, and scheduler_rows that are a power of two":  {"rancrtl_wrap", func(d map[string]any) { d["params"].(map[string]any)["scheduler_rows"] = 12 }},
		"need a file PREFIX_expected.json beside PREFIX_model.json and PREFIX_input.sf":   {"ibm_expected", func(map[string]any) {}},
	} {
		d := load(t, x.file)
		x.do(d)
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, want)
		require.Contains(t, res.Reason, want)
	}
}

// TestModelsBesideRecords replays a model by its record, and without one says
// that there is nothing to compare.
func TestModelsBesideRecords(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ibm_model.json.gz", "ibm_expected.json.gz", "ibm_input.sfti.gz"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	r, err := Run([]string{dir}, Options{})
	require.NoError(t, err)
	require.Equal(t, [2]int{2, 2}, [2]int{r.Files, r.Passed})
	require.NoError(t, os.Remove(filepath.Join(dir, "ibm_expected.json.gz")))
	r, err = Run([]string{dir}, Options{})
	require.NoError(t, err)
	require.Equal(t, [2]int{1, 1}, [2]int{r.Files, r.Skipped})
	require.Contains(t, r.Results[0].Reason, "a model of 3 cores without a record")
}

var mnist = flag.String("mnist", "", "folder with the MNIST test set, for the whole of it")

// TestRANCClassifierOnAll runs the recorded classifier over the whole test set.
func TestRANCClassifierOnAll(t *testing.T) {
	if *mnist == "" {
		t.Skip("needs -mnist FOLDER")
	}
	images, labels := idx(t, "t10k-images-idx3-ubyte.gz", 16), idx(t, "t10k-labels-idx1-ubyte.gz", 8)
	raw, err := readFile("testdata/ranc_mnist_100.json.gz", DefaultMaxBytes)
	require.NoError(t, err)
	d, err := parseDoc(raw)
	require.NoError(t, err)
	g := &rancMNIST{rancFile: rancFile{doc: d}}
	require.NoError(t, g.read())
	g.fill(nil)
	require.NoError(t, g.record())
	img, err := g.image("ranc-sim")
	require.NoError(t, err)
	g.images = lists{off: []int{0}}
	for n := range labels {
		for p, v := range images[n*rancPixels : (n+1)*rancPixels] {
			if v >= 128 {
				g.images.flat = append(g.images.flat, int32(p))
			}
		}
		g.images.off = append(g.images.off, len(g.images.flat))
	}
	for _, e := range core.Engines() {
		m, err := chip.New(img, chip.Options{Engine: e})
		require.NoError(t, err)
		right, bus, began := 0, g.model.Place(len(g.model.Cores)), time.Now()
		require.NoError(t, m.Run(int64(len(labels)+rancReadout), g.source, func(tick int64, m *chip.Machine) error {
			var votes [rancClasses]int
			for _, s := range m.Spikes(bus) {
				votes[s.Comp%rancClasses]++
			}
			best := 0
			for k, v := range votes {
				if v > votes[best] {
					best = k
				}
			}
			if n := int(tick) - rancReadout; n >= 0 && best == int(labels[n]) {
				right++
			}
			return nil
		}))
		took := time.Since(began)
		t.Logf("%s: %d of %d right in %v", e, right, len(labels), took)
		require.Less(t, took, time.Minute)
	}
}

func idx(t *testing.T, name string, head int) []byte {
	b, err := os.ReadFile(filepath.Join(*mnist, name))
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	all, err := io.ReadAll(z)
	require.NoError(t, err)
	require.EqualValues(t, 10000, binary.BigEndian.Uint32(all[4:]))
	return all[head:]
}
