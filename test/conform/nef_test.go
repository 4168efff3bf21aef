package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core"
	counts "hillock/isa/count"
)

// nefOf reads a network of testdata and makes its image.
func nefOf(t *testing.T, name string) *nefChip {
	b, err := readFile("testdata/"+name+".json.gz", DefaultMaxBytes)
	require.NoError(t, err)
	d, err := parseDoc(b)
	require.NoError(t, err)
	c := &checker{res: &Result{}, engines: []string{"vector"}}
	k, err := readNEF(d)
	require.NoError(t, err)
	require.NoError(t, k.run(c))
	require.Zero(t, c.res.Mismatches)
	return k
}

// The images are images like others: they keep their bytes and their meaning.
func TestNEFImagesAreStored(t *testing.T) {
	for _, name := range []string{"nef_integrator_4", "own_nef_mix"} {
		k := nefOf(t, name)
		b := k.img.Encode()
		img, err := chip.DecodeImage(b, name)
		require.NoError(t, err)
		require.Equal(t, b, img.Encode())
		k.img = img
		c := &checker{res: &Result{}, engines: core.Engines()}
		require.NoError(t, k.run(c))
		require.Zero(t, c.res.Mismatches)
		require.Greater(t, c.res.Compared, int64(40000))
	}
}

// What leaves the cores is the same for any number of workers, and it does
// leave them: the test would say nothing about a network on one core.
func TestNEFNetworksUseTheRouter(t *testing.T) {
	for _, name := range []string{"nef_relay2d_5", "nef_integrator_4", "nef_sparse_noise", "own_nef_mix", "own_nef_noise"} {
		k := nefOf(t, name)
		require.Len(t, k.img.Cores, len(k.blocks))
		first := ""
		for _, w := range []int{1, 2, 3, 8} {
			for _, e := range core.Engines() {
				m, err := chip.New(k.img, chip.Options{Engine: e, Workers: w, Noise: k.draw})
				require.NoError(t, err)
				r := chip.NewRecorder(k.img, false)
				require.NoError(t, m.Run(int64(k.steps), k.source, r.Tick))
				n := m.Counts()
				require.Greater(t, n[counts.PacketsOut], int64(200))
				require.Positive(t, n[counts.HopsX]+n[counts.HopsY], "some cores are on other tiles")
				if first == "" {
					first = r.MachineHash()
				}
				require.Equal(t, first, r.MachineHash(), "%s, %d workers, %s", name, w, e)
			}
		}
	}
}

func TestChangedValuesOfNEFNetworks(t *testing.T) {
	engines := core.Engines()
	for _, x := range []struct {
		file, field string
		tick, index int
		where       string
	}{
		{"nef_relay2d_5", "u_sum", 3, -1, ""}, {"own_nef_noise", "v_sum", 59, -1, ""},
		{"nef_integrator_4", "u_last", -1, 61, "block 1, compartment 1"}, {"own_nef_mix", "v_last", -1, 0, "block 0, compartment 0"},
	} {
		d := load(t, x.file)
		bumpList(d, x.field, max(x.tick, x.index))
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.Len(t, fails, len(engines))
		for i, f := range fails {
			require.Equal(t, [4]string{engines[i], "nef-chip", x.field, x.where}, [4]string{f.Engine, f.Kind, f.Field, f.Where})
			require.Equal(t, [2]int{x.tick, x.index}, [2]int{f.Tick, f.Index})
		}
	}
}

// member walks into generic JSON by keys and indices.
func member(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

func object(v any, path ...any) map[string]any { return member(v, path...).(map[string]any) }

func TestChangedWiringOfNEFNetworks(t *testing.T) {
	for name, do := range map[string]func(d map[string]any){
		"a weight":       func(d map[string]any) { w := member(d, "blocks", 3, "synapses", 0, "weights", 4).([]any); w[0] = 64 },
		"a base":         func(d map[string]any) { member(d, "blocks", 2, "synapses", 0, "axons", 7).([]any)[0] = nil },
		"a map":          func(d map[string]any) { member(d, "blocks", 2, "axons", 0, "map").([]any)[5] = -1 },
		"a target":       func(d map[string]any) { object(d, "blocks", 2, "axons", 0)["target"] = []any{0, 0} },
		"a threshold":    func(d map[string]any) { object(d, "blocks", 1)["vth"] = 23169 + 640 },
		"a refractory":   func(d map[string]any) { object(d, "blocks", 0)["refract"] = 2 },
		"an input":       func(d map[string]any) { object(d, "inputs", 0)["spikes"].([]any)[2] = []any{0} },
		"a lower bound":  func(d map[string]any) { object(d, "blocks", 0)["vmin"] = -64 },
		"a decay offset": func(d map[string]any) { d["v_decay_offset"] = 1 },
		"a bias":         func(d map[string]any) { object(d, "blocks", 0)["bias"] = 0 },
	} {
		d := load(t, "nef_relay2d_5")
		do(d)
		res, _ := replay(t, text(t, d), Options{Engines: []string{"vector"}})
		require.Equal(t, Failed, res.Status, name)
		require.Positive(t, res.Mismatches, name)
	}
}

func TestDamagedNEFNetworks(t *testing.T) {
	for _, x := range []struct {
		want string
		do   func(d map[string]any)
	}{
		{"field steps: need an integer of 1..16777216, have 0", func(d map[string]any) { d["steps"] = 0 }},
		{"field blocks: need a list, have nothing", func(d map[string]any) { delete(d, "blocks") }},
		{"field blocks: need at least 1 block, have none", func(d map[string]any) { d["blocks"] = []any{} }},
		{"field blocks: need at most 1024 blocks, have more", func(d map[string]any) {
			for len(d["blocks"].([]any)) <= 1024 {
				d["blocks"] = append(d["blocks"].([]any), member(d, "blocks", 3))
			}
		}},
		{"field blocks: up to block 1: need at most 1677 compartments for 10000 steps, have 1680", func(d map[string]any) {
			d["steps"] = 10000
			object(d, "blocks", 1)["n"], object(d, "blocks", 1)["bias"] = 1630, 0
		}},
		{"field blocks[1].n: need an integer of 1..65536, have 1000000000", func(d map[string]any) { object(d, "blocks", 1)["n"] = 1000000000 }},
		{"field blocks[0].bias: need 50 entries, have 0", func(d map[string]any) { object(d, "blocks", 0)["bias"] = []any{} }},
		{"field blocks[0].refract: need an integer of 0..63, have 64", func(d map[string]any) { object(d, "blocks", 0)["refract"] = 64 }},
		{"field blocks[0].vmin: compartment 0: need at most vmax, 8388607, have 8388608", func(d map[string]any) { object(d, "blocks", 0)["vmin"] = 8388608 }},
		{"field blocks[0].decay_u: neuron 0: need decay and offset of at most 4096 together, have 4097", func(d map[string]any) { object(d, "blocks", 0)["decay_u"] = 4096 }},
		{"field blocks[0].noise: entry 0: need an integer of 0..1, have 2", func(d map[string]any) { object(d, "blocks", 0)["noise"].([]any)[0] = 2 }},
		{"field noise_index: need compartment 0, because block 0 has noise, have no such entry", func(d map[string]any) { object(d, "blocks", 0)["noise"] = []any{true, 7, 0, false} }},
		{"field noise_index: entry 1: need every compartment once, have 4 again", func(d map[string]any) { d["noise_index"] = []any{4, 4} }},
		{"field noise_raw: need a list, have nothing", func(d map[string]any) { d["noise_index"] = []any{4} }},
		{"field blocks[0].synapses[0].axons: entry 1: need [base or null, row of 0..3], have 4", func(d map[string]any) { member(d, "blocks", 0, "synapses", 0, "axons", 1).([]any)[1] = 4 }},
		{"field blocks[0].synapses[0].axons: entry 1: need [base, row], have 1 entries", func(d map[string]any) { member(d, "blocks", 0, "synapses", 0, "axons").([]any)[1] = []any{0} }},
		{"field blocks[0].synapses[0]: in-axon 1, weight 49: need a target below 50, have 50", func(d map[string]any) { member(d, "blocks", 0, "synapses", 0, "axons", 1).([]any)[0] = 1 }},
		{"field blocks[0].synapses[0]: in-axon 0, weight 0: need 16 bits in units of 1, which the row has in common, have 1000001", func(d map[string]any) {
			member(d, "blocks", 0, "synapses", 0, "weights", 0).([]any)[0] = 1000001
		}},
		{"field blocks[0].synapses[0].weights[0].idx: need 2 entries, have 1", func(d map[string]any) {
			member(d, "blocks", 0, "synapses", 0, "weights").([]any)[0] = map[string]any{"w": []any{64, 64}, "idx": []any{3}}
		}},
		{"field blocks[1].axons[0].target: need a block of 0..3, have 4", func(d map[string]any) { object(d, "blocks", 1, "axons", 0)["target"] = []any{4, 0} }},
		{"field inputs[0].axons[0].target: need one of the 1 synapses of block 0, have 1", func(d map[string]any) { object(d, "inputs", 0, "axons", 0)["target"] = []any{0, 1} }},
		{"field inputs[0].axons[0].map: entry 1: need one of the 4 inputs of synapse 0 of block 0, or -1, have 4", func(d map[string]any) { object(d, "inputs", 0, "axons", 0)["map"].([]any)[1] = 4 }},
		{"field blocks[0].axons[0].map: need 50 entries, have 1", func(d map[string]any) { object(d, "blocks", 0, "axons", 0)["map"] = []any{0} }},
		{"field inputs[0].spikes: row 0, entry 0: need an integer of 0..3, have 4", func(d map[string]any) { object(d, "inputs", 0)["spikes"].([]any)[0] = []any{4} }},
		{"field u_last: need 102 entries, have 0", func(d map[string]any) { d["u_last"] = []any{} }},
		{"field v_sum: need 250 entries, have 0", func(d map[string]any) { d["v_sum"] = []any{} }},
		{"field spikes: row 1, entry 1: need ascending indices, have 3 after 3", func(d map[string]any) { d["spikes"].([]any)[1] = []any{3, 3} }},
	} {
		d := load(t, "nef_relay2d_5")
		x.do(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, "conform: "+x.want)
		require.Len(t, fails, 1, x.want)
	}
}

// A short file may ask for many synapses or events by listing one long row
// for many axons.
func TestNEFNetworksAreBounded(t *testing.T) {
	for _, x := range []struct {
		axons, bases int
		want         string
	}{
		{4000, 4000, "field blocks[0].synapses[0]: in-axon 2797, all synapses up to here: need at most 8388608 beyond the weights of the file, have"},
		{60000, 1, "field steps: need a run of at most 17179869184 synaptic events, have more"},
	} {
		d := load(t, "nef_relay2d_5")
		const n = 7000
		b := object(d, "blocks", 0)
		b["n"], b["bias"] = n, 0
		row, axons, to := make([]any, 3000), make([]any, x.axons), make([]any, n)
		for i := range row {
			row[i] = 64
		}
		for i := range axons {
			axons[i] = []any{i % x.bases, 0}
		}
		for i := range to {
			to[i] = i % x.axons
		}
		b["synapses"] = []any{map[string]any{"axons": axons, "weights": []any{row}}}
		b["axons"] = []any{map[string]any{"target": []any{0, 0}, "map": to}, map[string]any{"target": []any{0, 0}, "map": to},
			map[string]any{"target": []any{0, 0}, "map": to}, map[string]any{"target": []any{0, 0}, "map": to}}
		total := n + 52
		for _, f := range []string{"u_last", "v_last"} {
			list := make([]any, total)
			for i := range list {
				list[i] = 0
			}
			d[f] = list
		}
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status)
		require.Contains(t, res.Reason, "conform: "+x.want)
		require.Len(t, fails, 1)
	}
}
