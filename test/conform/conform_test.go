package conform

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

func TestPublicVectorsHaveNoMismatch(t *testing.T) {
	for _, workers := range []int{1, 3} {
		r, err := Run([]string{"testdata"}, Options{Workers: workers})
		require.NoError(t, err)
		require.Equal(t, 189, r.Files)
		for _, x := range r.Results {
			require.Equal(t, Passed, x.Status, "%s: %s", x.File, x.Reason)
			least := int64(151)
			if x.Kind == "xylo-quantize" { // a table of one small network
				least = 140
			}
			require.GreaterOrEqual(t, x.Compared, least, x.File)
		}
		require.Equal(t, r.Files, r.Passed)
		require.Empty(t, r.Failures)
		require.True(t, r.OK())
	}
}

// load reads a vector of testdata as generic JSON.
func load(t testing.TB, name string) map[string]any {
	f, err := os.Open(filepath.Join("testdata", name+".json.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	d := map[string]any{}
	require.NoError(t, json.Unmarshal(b, &d))
	return d
}

func text(t testing.TB, d map[string]any) []byte {
	b, err := json.Marshal(d)
	require.NoError(t, err)
	return b
}

// replay runs one text as a file.
func replay(t testing.TB, b []byte, o Options) (Result, []Failure) {
	p := filepath.Join(t.TempDir(), "case.json")
	require.NoError(t, os.WriteFile(p, b, 0o600))
	r, err := Run([]string{p}, o)
	require.NoError(t, err)
	require.Equal(t, 1, r.Files)
	return r.Results[0], r.Failures
}

// bump changes d[field][tick][index] by one.
func bump(d map[string]any, field string, tick, index int) {
	row := d[field].([]any)[tick].([]any)
	row[index] = row[index].(float64) + 1
}

func TestChangedValueIsReportedWhereItIs(t *testing.T) {
	engines := core.Engines()
	for _, x := range []struct {
		file, field string
		tick, index int
	}{
		{"nengo_random_0", "u", 0, 0}, {"nengo_random_0", "u", 79, 11}, {"nengo_u_overflow", "v", 41, 3},
		{"nengo_q_overflow", "syn_in", 33, 7}, {"nengo_recurrent", "syn_in", 60, 2}, {"nengo_noise_0", "syn_in", 5, 5},
		{"nengo_refractory", "refract_count", 17, 8}, {"nengo_noise_1", "v", 2, 10},
	} {
		d := load(t, x.file)
		bump(d, x.field, x.tick, x.index)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.EqualValues(t, len(engines), res.Mismatches, x)
		require.Len(t, fails, len(engines))
		for i, f := range fails {
			require.Equal(t, engines[i], f.Engine)
			require.Equal(t, x.field, f.Field)
			require.Equal(t, "cuba-core", f.Kind)
			require.Equal(t, [2]int{x.tick, x.index}, [2]int{f.Tick, f.Index})
			require.NotEqual(t, f.Want, f.Got)
		}
	}
}

func TestChangedSpikesAreReportedByNeuron(t *testing.T) {
	d := load(t, "nengo_refractory")
	rows := d["spikes"].([]any)
	tick := 0
	for len(rows[tick].([]any)) < 2 {
		tick++
	}
	row := rows[tick].([]any)
	gone := int(row[0].(float64))
	rows[tick] = row[1:]
	_, fails := replay(t, text(t, d), Options{Engines: []string{"oracle"}})
	require.Len(t, fails, 1)
	require.Equal(t, Failure{File: fails[0].File, Kind: "cuba-core", Field: "spikes", Tick: tick, Index: gone, Want: "0", Got: "1", Engine: "oracle"}, fails[0])
}

func TestChangedTables(t *testing.T) {
	one := Options{Engines: []string{"vector"}}
	for _, x := range []struct {
		file, field string
		index       int
		change      func(d map[string]any)
	}{
		{"nengo_weightcfg_1", "weights_eff", 2*12 + 5, func(d map[string]any) { bump(d, "weights_eff", 2, 5) }},
		{"nengo_recurrent", "weights_rec_eff", 12*11 + 1, func(d map[string]any) { bump(d, "weights_rec_eff", 11, 1) }},
		{"nengo_scalar_ops", "decay", 70, func(d map[string]any) {
			y := d["decay"].([]any)[13].(map[string]any)["y"].([]any)
			y[70] = y[70].(float64) - 1
		}},
		{"nengo_scalar_ops", "bias_mant", 4, func(d map[string]any) { d["bias_mant"].([]any)[4] = 2047 }},
		{"nengo_scalar_ops", "bias_exp", 9, func(d map[string]any) { d["bias_exp"].([]any)[9] = 6 }},
		{"silicon_lif", "params.weight_eff", -1, func(d map[string]any) { d["params"].(map[string]any)["weight_eff"] = 641 }},
	} {
		d := load(t, x.file)
		x.change(d)
		res, fails := replay(t, text(t, d), one)
		require.Equal(t, Failed, res.Status, x.file)
		require.Len(t, fails, 1, x.file)
		require.Equal(t, x.field, fails[0].Field)
		require.Equal(t, -1, fails[0].Tick)
		require.Equal(t, x.index, fails[0].Index)
	}
	d := load(t, "nengo_scalar_ops")
	x := d["overflow_u23"].([]any)
	x[110] = x[110].(float64) + 1
	_, fails := replay(t, text(t, d), one)
	require.Len(t, fails, 2, "the instruction and the layout both say so")
	d = load(t, "silicon_lif")
	v := d["v_read"].([]any)
	v[999] = v[999].(float64) + 1
	res, fails := replay(t, text(t, d), one)
	require.Len(t, fails, 1)
	require.Equal(t, [3]any{"v_read", 999, 0}, [3]any{fails[0].Field, fails[0].Tick, fails[0].Index})
	require.Contains(t, res.Reason, "v_read, tick 999")
}

func TestFailuresAreLimitedPerFile(t *testing.T) {
	d := load(t, "nengo_random_0")
	d["params"].(map[string]any)["vth_mant"] = 1
	res, fails := replay(t, text(t, d), Options{})
	require.Len(t, fails, MaxFailures)
	require.Greater(t, res.Mismatches, int64(MaxFailures))
	require.Equal(t, "oracle", fails[0].Engine)
	for i := 1; i < len(fails); i++ {
		require.GreaterOrEqual(t, fails[i].Tick, fails[i-1].Tick)
	}
}

// uniform makes per-neuron lists out of scalars and the other way round.
func TestScalarsAndListsAreTheSame(t *testing.T) {
	d := load(t, "nengo_vmin_vmax")
	p := d["params"].(map[string]any)
	for _, k := range []string{"vmin", "vmax", "u_decay_offset", "v_decay_offset"} {
		list := make([]any, 12)
		for i := range list {
			list[i] = p[k]
		}
		p[k] = list
	}
	res, _ := replay(t, text(t, d), Options{})
	require.Equal(t, Passed, res.Status, res.Reason)
}

func TestWeightSettingsInEitherForm(t *testing.T) {
	for _, drop := range [][]string{{"weight_bits"}, {"real_weight_bits"}, {"weight_exp"}, {"real_weight_exp"}, {"weight_bits", "real_weight_exp"}, {"fanout_type"}} {
		d := load(t, "nengo_weightcfg_2")
		w := d["weight_cfg"].(map[string]any)
		for _, k := range drop {
			delete(w, k)
		}
		w["mixed"] = false
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Passed, res.Status, res.Reason)
	}
}

func TestKinds(t *testing.T) {
	for in, want := range map[string][2]string{
		`{"kind":"nemo-neuron","rows":[]}`: {Skipped, "not a reference"},
		`{"kind":"another-core"}`:          {Unsupported, "kind another-core is not replayed yet"},
		`{"rows":[]}`:                      {Unsupported, `no field "kind"`},
		`{"kind":null}`:                    {Unsupported, `no field "kind"`},
		"{ /* a model */ \"n\": 1 }":       {Unsupported, "JSON with comments"},
		`{"kind":7}`:                       {Failed, "field kind: need a string, have 7"},
	} {
		res, _ := replay(t, []byte(in), Options{})
		require.Equal(t, want[0], res.Status, in)
		require.Contains(t, res.Reason, want[1], in)
	}
}

func TestReportCountsAndOrder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, s string) { require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600)) }
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	write("b.json", `{"kind":"nemo-neuron"}`)
	write("a.json", `{`)
	write("sub/c.json.gz", "not gzip")
	write("notes.txt", "x")
	write("z.json", `{"kind":"unheard-of"}`)
	r, err := Run([]string{dir, filepath.Join(dir, "a.json")}, Options{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, [5]int{4, 0, 2, 1, 1}, [5]int{r.Files, r.Passed, r.Failed, r.Skipped, r.Unsupported})
	require.False(t, r.OK())
	var names []string
	for _, x := range r.Results {
		names = append(names, filepath.Base(x.File))
	}
	require.Equal(t, []string{"a.json", "b.json", "c.json.gz", "z.json"}, names)
	require.Len(t, r.Failures, 2)
	var s strings.Builder
	require.NoError(t, r.Text(&s, false))
	require.Contains(t, s.String(), "z.json (unheard-of): kind unheard-of is not replayed yet\n")
	require.True(t, strings.HasSuffix(s.String(), "\n4 files: 0 passed, 2 failed, 1 skipped, 1 unsupported\n"))
}

func TestRunErrors(t *testing.T) {
	for _, x := range []struct {
		paths []string
		o     Options
		want  string
	}{
		{[]string{"testdata/absent.json"}, Options{}, "absent.json"},
		{[]string{t.TempDir()}, Options{}, "no *.json"},
		{nil, Options{}, "no *.json"},
		{[]string{"testdata"}, Options{Engines: []string{"warp"}}, `unknown engine "warp"`},
		{[]string{"testdata"}, Options{Workers: -1}, "-1 workers"},
	} {
		_, err := Run(x.paths, x.o)
		require.ErrorContains(t, err, x.want)
	}
}

func TestDecompressedSizeIsLimited(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bytes.Repeat([]byte(" "), 1<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	res, fails := replay(t, b.Bytes(), Options{MaxBytes: 1 << 16})
	require.Equal(t, Failed, res.Status)
	require.Contains(t, res.Reason, "need at most 65536 bytes after decompression, have more")
	require.Len(t, fails, 1)
	res, _ = replay(t, bytes.Repeat([]byte(" "), 1<<17), Options{MaxBytes: 1 << 16})
	require.Contains(t, res.Reason, "need at most 65536 bytes, have more")
	res, _ = replay(t, b.Bytes()[:b.Len()/2], Options{})
	require.Contains(t, res.Reason, "need a whole gzip stream")
}

func TestDamagedFilesNameTheField(t *testing.T) {
	params := func(d map[string]any) map[string]any { return d["params"].(map[string]any) }
	cfg := func(d map[string]any) map[string]any { return d["weight_cfg"].(map[string]any) }
	for _, x := range []struct {
		file, want string
		do         func(d map[string]any)
	}{
		{"nengo_random_0", "field n: need an integer of 1..65536, have nothing", func(d map[string]any) { delete(d, "n") }},
		{"nengo_random_0", "field n: need an integer of 1..65536, have 1000000000000000000", func(d map[string]any) { d["n"] = 1e18 }},
		{"nengo_random_0", "field n: need an integer of 1..65536, have 0", func(d map[string]any) { d["n"] = 0 }},
		{"nengo_random_0", `field n: need an integer of 1..65536, have "12"`, func(d map[string]any) { d["n"] = "12" }},
		{"nengo_random_0", "field n: need an integer of 1..65536, have 12.5", func(d map[string]any) { d["n"] = 12.5 }},
		{"nengo_random_0", "field n_in: need an integer of 0..65524, have 65525", func(d map[string]any) { d["n_in"] = 65525 }},
		{"nengo_random_0", "field steps: need an integer of 1..", func(d map[string]any) { d["steps"] = 1 << 40 }},
		{"nengo_random_0", "field in_spikes: need 81 rows, have 80", func(d map[string]any) { d["steps"] = 81 }},
		{"nengo_random_0", "field in_spikes: need 79 rows, have more", func(d map[string]any) { d["steps"] = 79 }},
		{"nengo_random_0", "field in_spikes: row 3, entry 0: need an integer of 0..7, have 8", func(d map[string]any) { d["in_spikes"].([]any)[3] = []any{8} }},
		{"nengo_random_0", "field spikes: row 4, entry 1: need ascending indices, have 2 after 2", func(d map[string]any) { d["spikes"].([]any)[4] = []any{2, 2} }},
		{"nengo_random_0", "field u: row 7: need 12 entries, have 11", func(d map[string]any) { d["u"].([]any)[7] = d["u"].([]any)[7].([]any)[1:] }},
		{"nengo_random_0", "field u: row 7: need a list, have 5", func(d map[string]any) { d["u"].([]any)[7] = 5 }},
		{"nengo_random_0", "field u: row 7, entry 2: need an integer of", func(d map[string]any) { d["u"].([]any)[7].([]any)[2] = nil }},
		{"nengo_random_0", "field u: need a list, have nothing", func(d map[string]any) { d["u"] = nil }},
		{"nengo_random_0", "field v: need a list, have an object", func(d map[string]any) { d["v"] = map[string]any{} }},
		{"nengo_random_0", "field params: need an object, have a list", func(d map[string]any) { d["params"] = []any{} }},
		{"nengo_random_0", "field params.decay_u: need an integer", func(d map[string]any) { delete(params(d), "decay_u") }},
		{"nengo_random_0", "field params.decay_u: need 12 entries, have 1", func(d map[string]any) { params(d)["decay_u"] = []any{1} }},
		{"nengo_random_0", "field params.decay_u: neuron 0: need decay and offset of at most 4096 together, have 4097", func(d map[string]any) { params(d)["decay_u"] = 4096 }},
		{"nengo_random_0", "field params.vth_mant: need an integer", func(d map[string]any) { params(d)["vth_mant"] = 1e300 }},
		{"nengo_random_0", "field params.refract: entry 2: need an integer of 0..63, have 64", func(d map[string]any) { params(d)["refract"].([]any)[2] = 64 }},
		{"nengo_random_0", "field weight_cfg: need an object, have nothing", func(d map[string]any) { delete(d, "weight_cfg") }},
		{"nengo_random_0", "field weight_cfg.weight_exp: need an integer of -24..14, have 99", func(d map[string]any) { cfg(d)["weight_exp"] = 99 }},
		{"nengo_random_0", "field weight_cfg.real_weight_bits: need 6 as weight_bits 6 says, have 8", func(d map[string]any) { cfg(d)["weight_bits"] = 6 }},
		{"nengo_random_0", "field weight_cfg.mixed: need 0 or 1, have 2", func(d map[string]any) { cfg(d)["mixed"] = 2 }},
		{"nengo_random_0", "field weights_in: need 8 rows, have 1", func(d map[string]any) { d["weights_in"] = d["weights_in"].([]any)[:1] }},
		{"nengo_random_0", "field weights_in: row 0, entry 0: need an integer", func(d map[string]any) { d["weights_in"].([]any)[0].([]any)[0] = 1e15 }},
		{"nengo_recurrent", "field weights_rec_in: need the weights of weights_rec_eff, have nothing", func(d map[string]any) { delete(d, "weights_rec_in") }},
		{"nengo_noise_0", "field noise_raw: need a list, have nothing", func(d map[string]any) { delete(d, "noise_raw") }},
		{"nengo_noise_0", "field noise.exp: need an integer of 0..30, have 31", func(d map[string]any) { d["noise"].(map[string]any)["exp"] = 31 }},
		{"nengo_scalar_ops", "field decay[2].y: need 71 entries, have 0", func(d map[string]any) { d["decay"].([]any)[2].(map[string]any)["y"] = []any{} }},
		{"nengo_scalar_ops", "field decay[2]: need an object, have 3", func(d map[string]any) { d["decay"].([]any)[2] = 3 }},
		{"nengo_scalar_ops", "field bias_exp: need 50 entries, have more", func(d map[string]any) { d["bias_exp"] = append(d["bias_exp"].([]any), 1) }},
		{"silicon_lif", "field v_read: need 1000 entries, have 999", func(d map[string]any) { d["v_read"] = d["v_read"].([]any)[1:] }},
		{"silicon_lif", "field in_spikes: entry 5: need an integer of 0..1, have 2", func(d map[string]any) { d["in_spikes"].([]any)[5] = 2 }},
	} {
		d := load(t, x.file)
		x.do(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
		require.Len(t, fails, 1, x.want)
		require.NotEmpty(t, fails[0].Field)
		require.Less(t, len(res.Reason), 200)
	}
}

func TestNothingToCompareIsAFailure(t *testing.T) {
	res, fails := replay(t, []byte(`{"kind":"scalar-ops"}`), Options{})
	require.Equal(t, Failed, res.Status)
	require.Contains(t, res.Reason, "nothing to compare")
	require.Len(t, fails, 1)
	res, _ = replay(t, []byte(`{"kind":"silicon-lif","params":{"decay_v":1,"weight_mant":1,"vth_mant":1},"in_spikes":[],"v_read":[],"spikes":[]}`), Options{})
	require.Equal(t, Failed, res.Status)
}

func TestHostileText(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "need JSON",
		"{\"kind\": \"cuba-core\", ":   "need JSON, have unexpected end",
		`[1,2]`:                        "need an object, have a list",
		`{"kind":"a","kind":"b"}`:      "each once",
		`{"kind":"cuba-core","n":NaN}`: "need JSON, have invalid character 'N'",
		strings.Repeat("[", 1<<17):     "need JSON",
	} {
		res, _ := replay(t, []byte(in), Options{})
		require.Equal(t, Failed, res.Status)
		require.Contains(t, res.Reason, want)
	}
}

func FuzzReplay(f *testing.F) {
	for _, name := range []string{"nengo_threshold_edge", "nengo_scalar_ops", "silicon_lif", "b2l_delay_0", "b2l_recurrent", "lava_delay_3", "lava_graded_payload", "lava_ternary", "lava_weight_tables"} {
		d := load(f, name)
		if _, ok := d["steps"]; ok {
			for _, k := range []string{"in_spikes", "in_payload", "syn_in", "a_in", "u", "v", "spikes", "spike_values", "refract_count"} {
				if rows, ok := d[k].([]any); ok {
					d[k] = rows[:2]
				}
			}
			d["steps"] = 2
		}
		f.Add(text(f, d))
	}
	// Small on purpose: a seed must fit what the target reads.
	f.Add([]byte(`{"kind":"loihi2-neuron","model":"RF_IZ","n":2,"steps":1,
		"params":{"vth_var":8,"state_exp":2,"decay_bits":12,"sin_decay":0,"cos_decay":4096},"inputs":[[[1,1]],[[2,1]]],
		"state":{"real":[[0,4]],"imag":[[7,4]]},"out":[[1,0]]}`))
	f.Add([]byte(`{"kind":"nef-chip","steps":2,"blocks":[{"n":2,"decay_u":741,"decay_v":200,"vth":64,"vmin":0,"vmax":8388607,
		"bias":[5,70],"refract":3,"noise":[1,7,0,1],"synapses":[{"axons":[[0,0],[null,0],[1,1]],"weights":[[128,-64],{"w":[64],"idx":[0]}]}],
		"axons":[{"target":[0,0],"map":[2,-1]}]}],"inputs":[{"axons":[{"target":[0,0],"map":[0,1]}],"spikes":[[0,1],[0]]}],
		"noise_index":[1,0],"noise_raw":[[3,-4],[0,9]],"spikes":[[0,1],[]],"u_sum":[64,106],"v_sum":[0,0],"u_last":[180,-117],"v_last":[0,0]}`))
	f.Add([]byte(`{"kind":"tn-neuron","axon_types":[0,3],"conn":[[0,1],[1]],"neurons":[
		{"s":[1,-2,3,4],"b":[0,1,0,1],"lambda":-3,"c":1,"epsilon":1,"mask":7,"alpha":2,"beta":1,"R":0,"gamma":1,"kappa":0,"V0":1},
		{"s":[1,-2,3,-4],"b":[0,0,0,0],"lambda":0,"c":0,"epsilon":0,"mask":0,"alpha":1,"beta":9,"R":3,"gamma":0,"kappa":1,"V0":0}],
		"ticks":1,"active":[[0,1]],"draws":[[[3,9,5],[]]],"spikes":[[1,0]],"potentials":[[-3,-4]]}`))
	f.Add([]byte(`{"kind":"ranc-grid","params":{"neurons":2,"axons":3,"cores_x":2,"cores_y":2,"axon_type_count":2,"scheduler_rows":4,"neg_compare":1},
		"ticks":2,"output_bus":{"x":1,"y":0,"num_outputs":2},"cores":[{"x":0,"y":0,"axon_types":[0,1,0],"synapses":["a","6"],"neurons":{
		"weights":[[1,-1],[2,70000]],"leak":[0,1],"pos_threshold":[1,2],"neg_threshold":[-1,0],"reset_potential":[0,0],"reset_mode":[0,1],
		"potential":[0,0],"dx":[1,0],"dy":[0,1],"axon":[1,2],"delay":[0,3]}}],"inputs":[[0,0,0,0,0],[1,0,1,2,5]],
		"output_rows":[[],[1]],"late":1,"merged":0,"merged_output":0,"spikes":[[1,0,0]],"final_potentials":[[0,0]]}`))
	f.Add([]byte(`{"kind":"ranc-rtl","params":{"neurons":3,"axons":3,"cores_x":2,"cores_y":2,"axon_type_count":2,"scheduler_rows":4,"neg_compare":0,
		"potential_bits":9,"weight_bits":5,"leak_bits":4,"threshold_bits":6},
		"ticks":2,"output_bus":{"x":1,"y":0,"num_outputs":2},"cores":[{"x":0,"y":0,"axon_types":[0,1,0],"synapses":["a","6"],"neurons":{
		"weights":[[1,-1],[2,-16]],"leak":[0,1],"pos_threshold":[1,2],"neg_threshold":[-1,0],"reset_potential":[0,0],"reset_mode":[0,1],
		"potential":[0,0],"dx":[1,0],"dy":[0,1],"axon":[1,2],"delay":[0,3]}}],"inputs":[[0,0,0,0,0],[1,0,1,2,5]],
		"outputs":[[1,1,14]],"arrivals":[[0,0,0,15]],"spikes":[[1,0,0,6]],"core_done_cycle":[18],"final_potentials":[[0,0]]}`))
	f.Add([]byte(`{"kind":"ranc-mnist","params":{"neurons":1,"axons":4,"cores_x":1,"cores_y":2,"axon_type_count":1,"scheduler_rows":2,"neg_compare":0},
		"ticks":2,"output_bus":{"x":0,"y":1,"num_outputs":10},"cores":[{"x":0,"y":0,"axon_types":[0,0,0,0],"synapses":["f"],"neurons":{
		"weights":[[1]],"leak":[0],"pos_threshold":[1],"neg_threshold":[0],"reset_potential":[0],"reset_mode":[0],
		"potential":[0],"dx":[0],"dy":[1],"axon":[1],"delay":[0]}}],"images":[],"patch_offsets":[0],"votes":[],"predictions":[],"late":0,"merged":0}`))
	f.Add([]byte(`{"kind":"speck-layer","in_shape":[1,2,2],"kernel":1,"stride":1,"padding":0,"spike_fn":"multi","reset":"zero",
		"float_params":{"weight":[[[[0.5]]]],"bias":[-0.25],"threshold":2.5,"min_v_mem":null},
		"int_params":{"weight":[[[[1]]]],"bias":[-1],"threshold":2,"min_v_mem":-5},"input":[[[[2,0],[3,0]]]],"current":[[[[1,-1],[2,-1]]]],
		"v_mem":[[[[1,-1],[0,-1]]]],"spikes":[[[[0,0],[1,0]]]],"sumpool2":[[[[1]]]],"memory":{"kernel":1,"neuron":4,"bias":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseDoc(b)
		if err != nil || !d.has("kind") {
			return
		}
		kind, err := d.text("kind")
		if err != nil {
			return
		}
		o := Options{MaxBytes: 1 << 16}
		require.NoError(t, o.fill())
		res := replayKind(d, Result{Kind: kind, Status: Failed}, o)
		require.LessOrEqual(t, len(res.failures), MaxFailures)
	})
}
