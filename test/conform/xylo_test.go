package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

// A changed record is reported where it is, once per engine.
func TestChangedXyloRecords(t *testing.T) {
	for _, x := range []struct {
		file, field string
		run, tick   int
	}{
		{"xylo_v1_onesyn_2", "v_mem", 2, 3}, {"xylo_v1_onesyn_2", "i_syn", 1, 0}, {"xylo_v2_bias_0", "i_syn2", 0, 7},
		{"xylo_v2_bias_0", "spikes", 0, 4}, {"xylo_v1_basic_0", "spikes_out", 0, 9}, {"xylo_v2_alias_4", "i_syn_out", 0, 5}, {"xylo_v2_alias_4", "v_mem_out", 0, 5},
	} {
		d := load(t, x.file)
		bump(d["runs"].([]any)[x.run].(map[string]any), x.field, x.tick, 1)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.EqualValues(t, len(core.Engines()), res.Mismatches, x)
		require.Equal(t, [2]int{x.tick, 1}, [2]int{fails[0].Tick, fails[0].Index})
		require.Contains(t, fails[0].Field, x.field)
	}
	d := load(t, "xylo_v2_hibbias_4")
	flags := d["runs"].([]any)[0].(map[string]any)["hibernation"].([]any)
	flags[6] = flags[6] != true && flags[6] != float64(1)
	res, _ := replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "hibernation, tick 6")
	d = load(t, "xylo_v2_twostep_0")
	row := d["rows"].([]any)[3].(map[string]any)["v2"].([]any)
	row[2] = row[2].(float64) + 1
	res, _ = replay(t, text(t, d), Options{})
	require.EqualValues(t, len(core.Engines()), res.Mismatches)
	d = load(t, "xylo_quant_global_6")
	d["output"].(map[string]any)["bias_out"].([]any)[1] = 7
	res, _ = replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "output.bias_out, index 1: want 7")
}

// A target that stands several times in a list is served in the list's order,
// once per repeat, with saturation after every event: weights times counts
// would end at -32768 and at 32766. Leaks take 1 off.
func TestXyloListOrder(t *testing.T) {
	for in, want := range map[string]string{
		`[0,0,127],[0,0,127],[0,0,-127]`: "254", // 32512, 32767, 255 in every repeat
		`[0,0,-127],[0,0,127],[0,0,127]`: "32766",
		`[0,0,127],[0,0,-127]`:           "0",
	} {
		res, _ := replay(t, []byte(`{"kind":"xylo-core","core":"v1","params":{"n_in":1,"n_hidden":1,"n_out":1,"syn_in":[[`+in+`]],
			"syn_rec":[[]],"syn_out":[[]],"shift_in":8,"shift_rec":0,"shift_out":0,"threshold":[32767],"threshold_out":[1],"dash_mem":[15],
			"dash_mem_out":[15],"dash_syn":[[15]],"dash_syn_out":[[15]],"aliases":[[]]},"runs":[{"reset_before":true,"input":[[20]],
			"i_syn":[[`+want+`]],"v_mem":[[`+want+`]],"spikes":[[0]],"spikes_out":[[0]]}]}`), Options{})
		require.Equal(t, Passed, res.Status, "%s: %s", in, res.Reason)
	}
}

func TestDamagedXyloFiles(t *testing.T) {
	params := func(d map[string]any) map[string]any { return d["params"].(map[string]any) }
	run := func(d map[string]any) map[string]any { return d["runs"].([]any)[0].(map[string]any) }
	for _, x := range []struct {
		file, want string
		do         func(d map[string]any)
	}{
		{"xylo_v1_basic_0", "field core: need v1 or v2, have v3", func(d map[string]any) { d["core"] = "v3" }},
		{"xylo_v1_basic_0", "field params: need an object, have nothing", func(d map[string]any) { delete(d, "params") }},
		{"xylo_v1_basic_0", "field params.n_hidden: need an integer", func(d map[string]any) { params(d)["n_hidden"] = 0 }},
		{"xylo_v1_basic_0", "field params.shift_rec: need an integer of 0..8, have 9", func(d map[string]any) { params(d)["shift_rec"] = 9 }},
		{"xylo_v1_basic_0", "field params.syn_in: source 0, synapse 0: need a target", func(d map[string]any) { params(d)["syn_in"].([]any)[0] = []any{[]any{99, 0, 1}} }},
		{"xylo_v1_basic_0", "field params.syn_out: source 0, synapse 0: need a synaptic state", func(d map[string]any) { params(d)["syn_out"].([]any)[0] = []any{[]any{0, 1, 1}} }},
		{"xylo_v1_basic_0", "field params.syn_rec: source 0, synapse 0: need a weight", func(d map[string]any) { params(d)["syn_rec"].([]any)[0] = []any{[]any{0, 1, 128}} }},
		{"xylo_v1_basic_0", "field params.aliases: need 12 entries, have 0", func(d map[string]any) { params(d)["aliases"] = []any{} }},
		{"xylo_v1_basic_0", "field params.aliases: entry 0, entry 0: need an integer of 0..11", func(d map[string]any) { params(d)["aliases"].([]any)[0] = []any{12} }},
		{"xylo_v1_basic_0", "field params.dash_syn: entry 1: need 1..2 leaks, have 3", func(d map[string]any) { params(d)["dash_syn"].([]any)[1] = []any{1, 2, 3} }},
		{"xylo_v1_basic_0", "field runs: need at least 1 run, have none", func(d map[string]any) { d["runs"] = []any{} }},
		{"xylo_v1_basic_0", "field runs[0].spikes: need a list, have nothing", func(d map[string]any) { delete(run(d), "spikes") }},
		{"xylo_v2_hibernate_6", "field runs[0].hibernation: need", func(d map[string]any) { run(d)["hibernation"] = []any{} }},
		{"xylo_v2_twostep_0", "field rows: need at least 1 neuron, have none", func(d map[string]any) { d["rows"] = []any{} }},
		{"xylo_quant_global_0", "field method: need global or channel, have layer", func(d map[string]any) { d["method"] = "layer" }},
		{"xylo_quant_global_0", "field input.weights_in: entry 0, entry 0: need", func(d map[string]any) {
			d["input"].(map[string]any)["weights_in"].([]any)[0].([]any)[0] = []any{}
		}},
		{"xylo_quant_global_0", "field input: need parameters that can be quantised", func(d map[string]any) { d["input"].(map[string]any)["threshold"] = []any{1} }},
	} {
		d := load(t, x.file)
		x.do(d)
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
	}
	d := load(t, "xylo_v1_basic_0")
	params(d)["threshold"].([]any)[0] = -1
	res, _ := replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, `field "threshold" is -1, need 0..32767`)
}
