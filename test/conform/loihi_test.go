package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

func TestChangedValuesOfLoihiProfiles(t *testing.T) {
	engines := core.Engines()
	for _, x := range []struct {
		file, kind, field string
		tick, index       int
	}{
		{"b2l_random_1", "brian2loihi-core", "u", 79, 7}, {"b2l_recurrent", "brian2loihi-core", "v", 3, 2},
		{"lava_lif_random_0", "lava-lif", "a_in", 17, 4}, {"lava_delay_62", "lava-lif", "u", 99, 9},
		{"lava_graded_payload", "lava-lif", "v", 0, 0}, {"lava_ternary", "lava-lif", "spike_values", 30, 5},
		{"lava_lif_reset", "lava-lif", "u", 8, 1},
	} {
		d := load(t, x.file)
		bump(d, x.field, x.tick, x.index)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.Len(t, fails, len(engines))
		for i, f := range fails {
			require.Equal(t, [3]string{engines[i], x.kind, x.field}, [3]string{f.Engine, f.Kind, f.Field})
			require.Equal(t, [2]int{x.tick, x.index}, [2]int{f.Tick, f.Index})
		}
	}
}

func TestChangedWeightsOfLoihiProfiles(t *testing.T) {
	for _, x := range []struct {
		file, field string
		index       int
		change      func(d map[string]any)
	}{
		{"b2l_delay_1", "groups[1].w_eff", 8*2 + 3, func(d map[string]any) { bump(d["groups"].([]any)[1].(map[string]any), "w_eff", 2, 3) }},
		{"lava_weights_4_inh", "weights_eff", 10*5 + 9, func(d map[string]any) { bump(d, "weights_eff", 5, 9) }},
		{"lava_weight_tables", "rows[2].w_out", 4, func(d map[string]any) { bumpList(d["rows"].([]any)[2].(map[string]any), "w_out", 4) }},
		{"lava_weight_tables", "rows[23].clipped", 34, func(d map[string]any) { bumpList(d["rows"].([]any)[23].(map[string]any), "clipped", 34) }},
	} {
		d := load(t, x.file)
		x.change(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.file)
		require.Len(t, fails, 1, x.file)
		require.Equal(t, x.field, fails[0].Field)
		require.Equal(t, [2]int{-1, x.index}, [2]int{fails[0].Tick, fails[0].Index})
	}
}

func bumpList(d map[string]any, field string, i int) {
	row := d[field].([]any)
	row[i] = row[i].(float64) + 1
}

// Numbers of these cases were worked out by hand: they pin what the recorded
// files leave open.
func TestLoihiProfilesByHand(t *testing.T) {
	for name, in := range map[string]string{
		"one contribution is clipped, two are not clipped together": `{"kind":"brian2loihi-core","n":1,"n_in":2,"steps":2,
			"params":{"decay_u":4096,"decay_v":4096,"vth_mant":1},
			"groups":[{"source":"inputs","sign":"mixed","w_exp":7,"bits":8,"delay":1,"w":[[-256],[-256]],"w_eff":[[-2097088],[-2097088]]}],
			"in_spikes":[[0,1],[]],"u":[[0],[-4194176]],"v":[[0],[-4194176]],"spikes":[[],[]]}`,
		"an event rounds down by itself": `{"kind":"brian2loihi-core","n":1,"n_in":2,"steps":1,
			"params":{"decay_u":0,"decay_v":0,"vth_mant":1},
			"groups":[{"source":"inputs","sign":"inh","w_exp":-1,"bits":8,"delay":0,"w":[[-1],[-1]],"w_eff":[[-64],[-64]]}],
			"in_spikes":[[0,1]],"u":[[-128]],"v":[[-128]],"spikes":[[]]}`,
		"events of a tick round down together": `{"kind":"lava-lif","model":"LIF","n":1,"n_in":2,"steps":3,
			"params":{"du":4095,"dv":4095,"vth":1},
			"weight_cfg":{"weight_exp":-1,"num_weight_bits":8,"sign_mode":"inh","num_message_bits":0},
			"weights_in":[[-1],[-1]],"weights_eff":[[-1],[-1]],
			"in_spikes":[[0,1],[0],[]],"a_in":[[0],[-1],[-1]],"u":[[0],[-64],[-64]],"v":[[0],[-64],[-64]],"spikes":[[],[],[]]}`,
		"without message bits a payload counts once": `{"kind":"lava-lif","model":"LIF","n":1,"n_in":1,"steps":3,
			"params":{"du":4095,"dv":4095,"vth":2},
			"weight_cfg":{"weight_exp":0,"num_weight_bits":8,"sign_mode":"exc","num_message_bits":0},
			"weights_in":[[3]],"in_payload":[[-7],[5],[0]],"a_in":[[0],[3],[3]],"u":[[0],[192],[192]],"v":[[0],[0],[0]],"spikes":[[],[0],[0]]}`,
		"a current folds once": `{"kind":"lava-lif","model":"LIF","n":1,"n_in":1,"steps":2,
			"params":{"du":4095,"dv":4095,"vth":131071},
			"weight_cfg":{"weight_exp":0,"num_weight_bits":8,"sign_mode":"exc","num_message_bits":24},
			"weights_in":[[1]],"in_payload":[[400000],[0]],"a_in":[[0],[400000]],"u":[[0],[8822784]],"v":[[0],[0]],"spikes":[[],[0]]}`,
		"negative exponents of a bias": `{"kind":"lava-lif","model":"LIFReset","n":1,"n_in":0,"steps":2,
			"params":{"du":0,"dv":0,"vth":2,"bias_mant":-7,"bias_exp":-1,"reset_interval":1},
			"weight_cfg":{"weight_exp":0,"num_weight_bits":8,"sign_mode":"mixed","num_message_bits":0},
			"weights_in":[],"in_spikes":[[],[]],"u":[[0],[0]],"v":[[-4],[-4]],"spikes":[[],[]]}`,
	} {
		res, _ := replay(t, []byte(in), Options{})
		require.Equal(t, Passed, res.Status, "%s: %s", name, res.Reason)
	}
}

func TestDamagedLoihiProfiles(t *testing.T) {
	group := func(d map[string]any) map[string]any { return d["groups"].([]any)[0].(map[string]any) }
	for _, x := range []struct {
		file, want string
		do         func(d map[string]any)
	}{
		{"b2l_delay_0", "field groups: need a list, have nothing", func(d map[string]any) { delete(d, "groups") }},
		{"b2l_delay_0", "field groups[0].source: need inputs or neurons, have axons", func(d map[string]any) { group(d)["source"] = "axons" }},
		{"b2l_delay_0", "field groups[0].sign: need mixed, exc or inh, have plus", func(d map[string]any) { group(d)["sign"] = "plus" }},
		{"b2l_delay_0", "field groups[0].bits: need an integer of 0..8, have 9", func(d map[string]any) { group(d)["bits"] = 9 }},
		{"b2l_delay_0", "field groups[0].delay: need an integer of 0..255, have 256", func(d map[string]any) { group(d)["delay"] = 256 }},
		{"b2l_delay_0", "field groups[0].w_exp: need an integer of -22..14, have 15", func(d map[string]any) { group(d)["w_exp"] = 15 }},
		{"b2l_delay_0", "field groups[0].w: need 6 rows, have 1", func(d map[string]any) { group(d)["w"] = group(d)["w"].([]any)[:1] }},
		{"b2l_delay_0", "field groups[256]: need at most 256 groups, have more", func(d map[string]any) {
			for len(d["groups"].([]any)) < 300 {
				d["groups"] = append(d["groups"].([]any), map[string]any{"source": "neurons", "sign": "exc", "w_exp": 0, "bits": 8, "delay": 0, "w": group(d)["w"]})
			}
			d["n"], d["n_in"] = 8, 6
			for _, g := range d["groups"].([]any) {
				g.(map[string]any)["source"] = "inputs"
			}
		}},
		{"b2l_delay_0", "field params.refract: need an integer of 0..127, have 128", func(d map[string]any) { d["params"].(map[string]any)["refract"] = 128 }},
		{"b2l_delay_0", "field u: need a list, have nothing", func(d map[string]any) { delete(d, "u") }},
		{"lava_ternary", "field model: need LIF, LIFReset or TernaryLIF, have RF", func(d map[string]any) { d["model"] = "RF" }},
		{"lava_ternary", "field params.vth_hi: need an integer", func(d map[string]any) { delete(d["params"].(map[string]any), "vth_hi") }},
		{"lava_lif_reset", "field params.reset_interval: need an integer of 1..", func(d map[string]any) { d["params"].(map[string]any)["reset_interval"] = 0 }},
		{"lava_delay_3", "field delays: row 0, entry 0: need an integer of 0..255, have -1", func(d map[string]any) { d["delays"].([]any)[0].([]any)[0] = -1 }},
		{"lava_delay_3", "field weight_cfg: need an object, have nothing", func(d map[string]any) { delete(d, "weight_cfg") }},
		{"lava_graded_payload", "field in_payload: row 1: need 6 entries, have 5", func(d map[string]any) { d["in_payload"].([]any)[1] = d["in_payload"].([]any)[1].([]any)[:5] }},
		{"lava_graded_payload", "field spikes: need a list, have nothing", func(d map[string]any) { delete(d, "spikes") }},
		{"lava_weight_tables", "field rows[1].num_weight_bits: need an integer of 0..8, have nothing", func(d map[string]any) { delete(d["rows"].([]any)[1].(map[string]any), "num_weight_bits") }},
		{"lava_weight_tables", "field rows[1].w_out: need 35 entries, have 1", func(d map[string]any) { d["rows"].([]any)[1].(map[string]any)["w_out"] = []any{1} }},
	} {
		d := load(t, x.file)
		x.do(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
		require.Len(t, fails, 1, x.want)
	}
}
