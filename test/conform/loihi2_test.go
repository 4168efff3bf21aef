package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

func TestChangedValuesOfLoihi2Neurons(t *testing.T) {
	engines := core.Engines()
	for _, x := range []struct {
		file, object, field string
		tick, index         int
	}{
		{"lava_rf", "state", "real", 12, 3}, {"lava_rf_iz", "state", "imag", 59, 5}, {"lava_sigmadelta_unit", "state", "residue", 7, 0},
		{"lava_sigmadelta_relu", "", "out", 40, 2}, {"lava_prod", "", "out", 0, 0}, {"lava_graded", "state", "v", 3, 1},
	} {
		d := load(t, x.file)
		in, name := d, x.field
		if x.object != "" {
			in, name = d[x.object].(map[string]any), x.object+"."+x.field
		}
		bump(in, x.field, x.tick, x.index)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.Len(t, fails, len(engines))
		for i, f := range fails {
			require.Equal(t, [3]string{engines[i], "loihi2-neuron", name}, [3]string{f.Engine, f.Kind, f.Field})
			require.Equal(t, [2]int{x.tick, x.index}, [2]int{f.Tick, f.Index})
		}
	}
}

// Numbers of these cases were worked out by hand.
func TestLoihi2NeuronsByHand(t *testing.T) {
	for name, in := range map[string]string{
		"a change of exactly the threshold is sent, and rounds down": `{"kind":"loihi2-neuron","model":"SigmaDelta","n":1,"steps":3,
			"params":{"vth_var":5,"bias_var":0,"state_exp":1,"act_mode":"unit"},"inputs":[[[-5],[4],[1]]],
			"state":{"sigma":[[-5],[-1],[0]],"act":[[-5],[-1],[0]],"residue":[[0],[4],[0]]},"out":[[-3],[0],[2]]}`,
		"a change whose payload is 0 is no spike, and nothing is left over": `{"kind":"loihi2-neuron","model":"SigmaDelta","n":1,"steps":1,
			"params":{"vth_var":1,"bias_var":0,"state_exp":4,"act_mode":"relu"},"inputs":[[[7]]],
			"state":{"sigma":[[7]],"act":[[7]],"residue":[[0]]},"out":[[0]]}`,
		"equality spikes: real part at the threshold, imaginary part at 0": `{"kind":"loihi2-neuron","model":"RF","n":1,"steps":2,
			"params":{"vth_var":8,"state_exp":0,"decay_bits":3,"sin_decay":0,"cos_decay":8},"inputs":[[[8],[0]],[[-3],[3]]],
			"state":{"real":[[8],[8]],"imag":[[-3],[0]]},"out":[[0],[1]]}`,
		"no spike from an imaginary part of 0": `{"kind":"loihi2-neuron","model":"RF","n":1,"steps":2,
			"params":{"vth_var":8,"state_exp":0,"decay_bits":3,"sin_decay":0,"cos_decay":8},"inputs":[[[8],[0]],[[0],[3]]],
			"state":{"real":[[8],[8]],"imag":[[0],[3]]},"out":[[0],[0]]}`,
		"the reset leaves one less than the threshold": `{"kind":"loihi2-neuron","model":"RF_IZ","n":2,"steps":1,
			"params":{"vth_var":8,"state_exp":2,"decay_bits":12,"sin_decay":0,"cos_decay":4096},"inputs":[[[1,1]],[[2,1]]],
			"state":{"real":[[0,4]],"imag":[[7,4]]},"out":[[1,0]]}`,
		"a product has 32 bits before it is shifted, and rounds down": `{"kind":"loihi2-neuron","model":"ProdNeuron","n":1,"steps":3,
			"params":{"vth":0,"exp":1},"inputs":[[[65536],[65536],[-3]],[[65537],[32768],[1]]],"state":{},"out":[[32768],[-1073741824],[-2]]}`,
		"a sum beyond 32 bits is clipped": `{"kind":"loihi2-neuron","model":"RF","n":1,"steps":2,
			"params":{"vth_var":1,"state_exp":0,"decay_bits":0,"sin_decay":0,"cos_decay":2},"inputs":[[[9000000],[2147483647]],[[-9000000],[-2147483648]]],
			"state":{"real":[[8388607],[8388607]],"imag":[[-8388607],[-8388607]]},"out":[[0],[0]]}`,
	} {
		res, _ := replay(t, []byte(in), Options{})
		require.Equal(t, Passed, res.Status, "%s: %s", name, res.Reason)
	}
}

func TestDamagedLoihi2Neurons(t *testing.T) {
	params := func(d map[string]any) map[string]any { return d["params"].(map[string]any) }
	for _, x := range []struct {
		file, want string
		do         func(d map[string]any)
	}{
		{"lava_rf", "field model: need SigmaDelta, RF, RF_IZ, GradedVec, GradedReluVec or ProdNeuron, have Delta", func(d map[string]any) { d["model"] = "Delta" }},
		{"lava_rf", "field n: need an integer of 1..32768, have 32769", func(d map[string]any) { d["n"] = 32769 }},
		{"lava_rf", "field params.state_exp: need an integer of 0..31, have 32", func(d map[string]any) { params(d)["state_exp"] = 32 }},
		{"lava_rf", "field params.decay_bits: need an integer of 0..31, have -1", func(d map[string]any) { params(d)["decay_bits"] = -1 }},
		{"lava_rf", "field params.vth_var: need an integer", func(d map[string]any) { delete(params(d), "vth_var") }},
		{"lava_prod", "field params.exp: need an integer of 0..31, have nothing", func(d map[string]any) { delete(params(d), "exp") }},
		{"lava_rf", "field inputs: need 2 ports of RF, have 1", func(d map[string]any) { d["inputs"] = d["inputs"].([]any)[:1] }},
		{"lava_graded", "field inputs: need 1 ports of GradedVec, have more", func(d map[string]any) { d["inputs"] = append(d["inputs"].([]any), []any{}) }},
		{"lava_graded", "field inputs: need a list, have nothing", func(d map[string]any) { delete(d, "inputs") }},
		{"lava_prod", "field inputs[1]: need 60 rows, have 0", func(d map[string]any) { d["inputs"].([]any)[1] = []any{} }},
		{"lava_prod", "field out: need a list, have nothing", func(d map[string]any) { delete(d, "out") }},
		{"lava_rf", "field state.imag: need a list, have nothing", func(d map[string]any) { delete(d["state"].(map[string]any), "imag") }},
		{"lava_sigmadelta_relu", "field params.cum_error: need 0, errors that add up are not modelled, have true", func(d map[string]any) { params(d)["cum_error"] = true }},
		{"lava_sigmadelta_relu", "field params.act_mode: need relu or unit, have tanh", func(d map[string]any) { params(d)["act_mode"] = "tanh" }},
	} {
		d := load(t, x.file)
		x.do(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
		require.Len(t, fails, 1, x.want)
	}
}
