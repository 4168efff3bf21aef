package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

// A changed record is reported where it is, once per engine.
func TestChangedAccumRecords(t *testing.T) {
	for _, x := range []struct {
		file, field string
		tick, index int
	}{
		{"spinnaker_lif_0", "v_rec", 0, 3}, {"spinnaker_lif_0", "ring_slot", 7, 9}, {"spinnaker_lif_substep_2", "spikes", 4, 2},
		{"spinnaker_izh_2", "state_after", 59, 5}, {"spinnaker_cond_4", "exc_rec", 11, 0}, {"spinnaker_alpha_0", "inh_rec", 8, 1},
		{"spinnaker_delta_0", "spikes", 1, 1},
	} {
		d := load(t, x.file)
		bump(d, x.field, x.tick, x.index)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.EqualValues(t, len(core.Engines()), res.Mismatches, x)
		require.Equal(t, [2]int{x.tick, x.index}, [2]int{fails[0].Tick, fails[0].Index}, x)
		require.Equal(t, x.field, fails[0].Field)
	}
	d := load(t, "spinnaker_lif_sat_4")
	d["saturation_count"] = d["saturation_count"].(float64) + 1
	res, _ := replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "saturation_count")
	d = load(t, "spinnaker_alpha_0")
	bump(d, "synapse_state_init", 2, 3)
	res, _ = replay(t, text(t, d), Options{})
	require.EqualValues(t, 1, res.Mismatches)
	require.Contains(t, res.Reason, "synapse_state_init, index 2 (exc_decay)")
}

// Times, traces, weights and eligibilities of rows that were served are compared.
func TestChangedAccumRules(t *testing.T) {
	for at, field := range map[int]string{1: "plastic.time", 2: "plastic.trace", 3: "plastic.words"} {
		d := load(t, "spinnaker_neuromod_0")
		row := d["plastic"].([]any)[1].([]any)[1].([]any)
		if at < 3 {
			row[at] = row[at].(float64) + 1
		} else {
			row[3].([]any)[1] = 5.0
		}
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status)
		require.Equal(t, field, fails[0].Field)
		require.Equal(t, 1, fails[0].Tick)
	}
}

func TestChangedAccumPrims(t *testing.T) {
	for _, op := range []string{"mul", "mul_nearest", "mul_stoch", "div", "divui", "exp", "expulr", "decay", "decay_to_u032", "add", "sub"} {
		d := load(t, "spinnaker_prim_0")
		row := d["ops"].(map[string]any)[op].([]any)[3].([]any)
		row[3] = row[3].(float64) + 1
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, op)
		require.Equal(t, []any{op, 3}, []any{fails[0].Field, fails[0].Index})
	}
	d := load(t, "spinnaker_prim_0")
	d["mars_kiss64"].([]any)[2].(map[string]any)["out"].([]any)[7] = 1.0
	res, _ := replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "mars_kiss64[2].out, index 7: want 1")
}

// Sums at the bounds, where rounding must not leave the range.
func TestRoundedProductsAtBounds(t *testing.T) {
	for row, want := range map[string]bool{
		"[-2147483648,-2147483648,0,2147483647]": true, // min * min clips
		"[16384,1,0,1]":                          true, // a half goes up
		"[-16384,1,0,0]":                         true, // also below 0
		"[-16385,1,0,-1]":                        true,
		"[2147483647,32768,0,2147483647]":        true,
		"[-2147483648,32768,0,-2147483648]":      true,
		"[-2147483648,65535,0,-2147483648]":      true,
	} {
		res, _ := replay(t, []byte(`{"kind":"spinnaker-prim","ops":{"mul_nearest":[`+row+`]}}`), Options{})
		require.Equal(t, want, res.Status == Passed, "%s: %s", row, res.Reason)
	}
}

func TestDamagedAccumFiles(t *testing.T) {
	config := func(d map[string]any) map[string]any { return d["config"].(map[string]any) }
	row := func(d map[string]any, i int) map[string]any { return d["rows"].([]any)[i].(map[string]any) }
	for _, x := range []struct {
		file, want string
		do         func(d map[string]any)
	}{
		{"lif_0", "field config: need an object", func(d map[string]any) { delete(d, "config") }},
		{"lif_0", "field config.n_neurons: need", func(d map[string]any) { config(d)["n_neurons"] = 257 }},
		{"lif_0", "field config.log_n_neurons: need bits for 6 neurons", func(d map[string]any) { config(d)["log_n_neurons"] = 2 }},
		{"lif_0", "field config.ring_buffer_shifts: need 2 entries", func(d map[string]any) { config(d)["ring_buffer_shifts"] = []any{1} }},
		{"lif_0", "field model: need a model of the description", func(d map[string]any) { d["input"] = "delta" }},
		{"lif_0", "field param_names: entry 1: need a known parameter, have x", func(d map[string]any) { d["param_names"].([]any)[1] = "x" }},
		{"lif_0", "field params: need 6 rows, have 0", func(d map[string]any) { d["params"] = []any{} }},
		{"lif_0", "field rows: need at least 6 rows", func(d map[string]any) { d["rows"] = []any{} }},
		{"lif_0", "field rows[2].fixed: need a list", func(d map[string]any) { delete(row(d, 2), "fixed") }},
		{"lif_0", "field rows[1].fixed: entry 0: need a neuron of 6", func(d map[string]any) { row(d, 1)["fixed"] = []any{7} }},
		{"lif_0", "field external_rows: index 0: need a row of 6..10, have 2", func(d map[string]any) { d["external_rows"].([]any)[0] = []any{2} }},
		{"lif_0", "field state_names: need values of the model, have y", func(d map[string]any) { d["state_names"].([]any)[0] = "y" }},
		{"stdp_mul_0", "field stdp.rule: need add, mul or nm", func(d map[string]any) { d["stdp"].(map[string]any)["rule"] = "x" }},
		{"stdp_mul_0", "field stdp.weight: need 2 synapse types, have 0", func(d map[string]any) { d["stdp"].(map[string]any)["weight"] = []any{} }},
		{"stdp_mul_0", "field stdp.lut_minus: entry 1: need what stays of 2048", func(d map[string]any) { d["stdp"].(map[string]any)["lut_minus"].([]any)[1] = 3 }},
		{"stdp_mul_0", "field stdp.lut_plus: need 112 entries, have 1", func(d map[string]any) { d["stdp"].(map[string]any)["lut_plus"] = []any{2048} }},
		{"stdp_mul_0", "field rows[0].plastic_controls: need 2 entries", func(d map[string]any) { row(d, 0)["plastic_controls"] = []any{58} }},
		{"stdp_mul_0", "field plastic: step 4, entry 0: need a plastic row and all its words, have row 2", func(d map[string]any) {
			d["plastic"].([]any)[4].([]any)[0].([]any)[0] = 2
		}},
		{"neuromod_0", "field rows[8].neuromodulation: need reward or punishment", func(d map[string]any) { row(d, 8)["neuromodulation"] = "praise" }},
		{"neuromod_0", "field rows[9].targets: row 0: need an integer of 0..3", func(d map[string]any) { row(d, 9)["targets"] = []any{[]any{4, 1}} }},
		{"prim_0", "field ops: need an object", func(d map[string]any) { delete(d, "ops") }},
		{"prim_0", "field ops.sqrt: need a known function", func(d map[string]any) { d["ops"] = map[string]any{"sqrt": []any{}} }},
		{"prim_0", "field mars_kiss64[0].seed: need 4 entries", func(d map[string]any) { d["mars_kiss64"].([]any)[0].(map[string]any)["seed"] = []any{} }},
	} {
		d := load(t, "spinnaker_"+x.file)
		x.do(d)
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
	}
}

// A plastic synapse with a delay field of 0 is counted as skipped and delivers
// nothing; one with a delay of 2 arrives two steps later: 700 * tau (1 - e^(-1/tau)).
func TestSkippedPlasticSynapses(t *testing.T) {
	for control, want := range map[string][3]string{"0": {"0", "2", "0"}, "4": {"700", "0", "689"}} {
		res, _ := replay(t, []byte(`{"kind":"spinnaker-core","model":"lif","synapse":"delta","input":"delta",
			"config":{"n_neurons":1,"n_synapse_types":2,"log_n_neurons":0,"log_n_synapse_types":1,"log_max_delay":2,"ring_buffer_shifts":[0,0],"n_steps_per_timestep":1,"recurrent":true},
			"param_names":["V_init","V_rest","tau_m"],"params":[[0,0,1000000]],"thresholds":[900000],"synapse_param_names":[],"synapse_params":[[]],
			"state_names":["V"],"state_init":[[0]],"synapse_state_names":[],"synapse_state_init":[[]],
			"stdp":{"rule":"add","backprop_delay":1,"tau_plus":1,"tau_minus":1,"lut_plus":[2048,753,277,101,37,13,5,1],"lut_minus":[2048,753,277,101,37,13,5,1],
				"weight":[{"min":0,"max":9,"a2_plus":9,"a2_minus":9},{"min":0,"max":9,"a2_plus":9,"a2_minus":9}]},
			"rows":[{"fixed":[],"plastic_weights":[],"plastic_controls":[]},{"fixed":[],"plastic_weights":[700],"plastic_controls":[`+control+`]}],
			"external_rows":[[1],[],[1]],"plastic":[[[1,1,2048,[700]]],[],[[1,3,2325,[700]]]],
			"v_rec":[[0],[0],[0]],"exc_rec":[[0],[0],[`+want[0]+`]],"inh_rec":[[0],[0],[0]],"ring_slot":[[0,0],[0,0],[`+want[0]+`,0]],
			"state_after":[[0],[0],[`+want[2]+`]],"spikes":[[0],[0],[0]],"saturation_count":0,"skipped_synapses":`+want[1]+`}`), Options{})
		require.Equal(t, Passed, res.Status, "%s: %s", control, res.Reason)
	}
}
