package conform

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/rule"
	"hillock/core"
)

func TestChangedValuesOfLearning(t *testing.T) {
	engines := core.Engines()
	for _, x := range []struct {
		file, kind, field string
		tick, index       int
	}{
		{"lava_learn_consts", "lava-learning", "x1", 3, 1}, {"lava_learn_triplet_e2", "lava-learning", "y2", 59, 4},
		{"lava_learn_uk", "lava-learning", "a_out", 2, 0}, {"lava_learn_3f_reward", "lava-learning", "y3", 7, 2},
		{"nengo_pes_0", "nengo-pes", "u", 40, 5}, {"nengo_pes_2", "nengo-pes", "trace", 79, 0},
		{"b2l_learn_const", "brian2loihi-learning", "x1", 5, 3}, {"b2l_learn_x_coin", "brian2loihi-learning", "w", 39, 0},
		{"b2l_learn_stdp_mixed6", "brian2loihi-learning", "w_act", 59, 2}, {"b2l_learn_stdp_mixed6", "brian2loihi-learning", "y1", 1, 2},
	} {
		d := load(t, x.file)
		bump(d, x.field, x.tick, x.index)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x)
		require.Len(t, fails, len(engines), x)
		for i, f := range fails {
			require.Equal(t, [3]string{engines[i], x.kind, x.field}, [3]string{f.Engine, f.Kind, f.Field})
			require.Equal(t, [2]int{x.tick, x.index}, [2]int{f.Tick, f.Index})
		}
	}
	// Matrices per epoch are named by the tick at which it ends.
	d := load(t, "lava_learn_uk")
	m := d["tag_2"].([]any)[3].([]any)[4].([]any)
	m[1] = m[1].(float64) + 1
	_, fails := replay(t, text(t, d), Options{Engines: []string{"oracle"}})
	require.Len(t, fails, 1)
	require.Equal(t, Failure{Field: "tag_2", Tick: 7, Index: 4*4 + 1}, Failure{Field: fails[0].Field, Tick: fails[0].Tick, Index: fails[0].Index})
}

func TestDamagedLearningFiles(t *testing.T) {
	for _, x := range []struct {
		file   string
		change func(d map[string]any)
		want   string
	}{
		{"lava_learn_uk", func(d map[string]any) { d["sign_mode"] = "odd" }, "field sign_mode"},
		{"lava_learn_uk", func(d map[string]any) { delete(d, "products") }, "field products"},
		{"lava_learn_uk", func(d map[string]any) { d["products"] = map[string]any{"dv": []any{}} }, "dv"},
		{"lava_learn_uk", func(d map[string]any) { d["rule"].(map[string]any)["t_epoch"] = 0 }, "field rule.t_epoch"},
		{"lava_learn_uk", func(d map[string]any) { d["rule"].(map[string]any)["x1_tau"] = -1 }, "field rule.x1_tau"},
		{"lava_learn_uk", func(d map[string]any) { d["graded_spike_cfg"] = 4 }, "field graded_spike_cfg"},
		{"lava_learn_uk", func(d map[string]any) { d["weights"] = d["weights"].([]any)[1:] }, "30 matrices"},
		{"lava_learn_uk", func(d map[string]any) { d["epoch_steps"] = []any{1, 3} }, "field epoch_steps"},
		{"lava_learn_uk", func(d map[string]any) { d["random"].(map[string]any)["synvar"] = []any{} }, "field random.synvar"},
		{"lava_learn_uk", func(d map[string]any) { d["n_pre"] = 1 << 20 }, "field n_pre"},
		{"lava_learn_uk", func(d map[string]any) { d["tag_1_init"] = []any{} }, "field tag_1_init"},
		{"lava_learn_3f_reward", func(d map[string]any) { d["y_in"] = d["y_in"].([]any)[:9] }, "field y_in"},
		{"lava_learn_3f_reward", func(d map[string]any) { d["graded_spike_cfg"] = 1 }, "field graded_spike_cfg"},
		{"nengo_pes_0", func(d map[string]any) { d["dims"] = 2 }, "field dims"},
		{"nengo_pes_0", func(d map[string]any) { d["rand"] = d["rand"].([]any)[1:] }, "field rand"},
		{"nengo_pes_0", func(d map[string]any) { d["weights_init"].([]any)[0].([]any)[0] = 7 }, "field weights_init"},
		{"nengo_pes_0", func(d map[string]any) { d["learning"].(map[string]any)["tracing_mag"] = 0.3 }, "multiple of 1/128"},
		{"b2l_learn_const", func(d map[string]any) { d["dw"] = "x1*y1" }, "nothing says when"},
		{"b2l_learn_const", func(d map[string]any) { d["traces"].(map[string]any)["imp_x2"] = 3 }, "x1 and y1 only"},
		{"b2l_learn_const", func(d map[string]any) { d["w_init"] = []any{-1, 0, 0, 0} }, "sign mode"},
		{"b2l_learn_const", func(d map[string]any) { d["rand"].([]any)[5] = []any{} }, "row 5"},
	} {
		d := load(t, x.file)
		x.change(d)
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.want)
		require.Contains(t, res.Reason, x.want)
		require.Zero(t, res.Mismatches, x.want)
	}
}

// The parser of rule texts gives the products that the emulator's gave.
func TestRuleTextsGiveTheirProducts(t *testing.T) {
	files, err := filepath.Glob("testdata/lava_learn_*.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := readFile(f, DefaultMaxBytes)
		require.NoError(t, err)
		d, err := parseDoc(b)
		require.NoError(t, err)
		want, err := d.products("products")
		require.NoError(t, err)
		r, err := d.object("rule")
		require.NoError(t, err)
		for _, target := range want {
			s, err := r.text(target.Name)
			require.NoError(t, err)
			got, err := rule.Parse(target.Name, s)
			require.NoError(t, err)
			require.Equal(t, target, got, "%s: %s", f, s)
		}
	}
}

// A learning image that was written and read again learns the same.
func TestLearningSurvivesTheImageFile(t *testing.T) {
	b, err := readFile("testdata/lava_learn_uk.json.gz", DefaultMaxBytes)
	require.NoError(t, err)
	d, err := parseDoc(b)
	require.NoError(t, err)
	k := &lavaLearn{doc: d}
	require.NoError(t, k.load())
	img, err := k.bench.image()
	require.NoError(t, err)
	back, err := chip.DecodeImage(img.Encode(), "image")
	require.NoError(t, err)
	var states [2]core.State
	for i, img := range []*chip.Image{img, back} {
		m, err := chip.New(img, chip.Options{Draw: k.source()})
		require.NoError(t, err)
		require.NoError(t, m.Run(int64(k.bench.steps), k.inject, nil))
		states[i] = m.Core(0).State
	}
	require.Equal(t, states[0], states[1])
	require.NotEqual(t, k.bench.mant, states[0].Learn[0].Words[0][0])
}

func FuzzLearningFiles(f *testing.F) {
	for _, name := range []string{"lava_learn_x_old", "b2l_learn_x_coin", "nengo_pes_2"} {
		b, err := readFile("testdata/"+name+".json.gz", DefaultMaxBytes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<15 || strings.Count(s, "\"") > 2000 {
			return
		}
		replay(t, []byte(s), Options{Engines: []string{"oracle"}})
	})
}
