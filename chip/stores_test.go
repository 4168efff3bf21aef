package chip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

// TestStoresOfDescriptions holds strategies of axons and synapses against the
// fields that they need.
func TestStoresOfDescriptions(t *testing.T) {
	base := func(extra string) string {
		return `{"inherits": "truenorth", "name": "x", "title": "x", "fidelity": FID, ` + extra + `}`
	}
	fid := `{"neuron": {"label": "modelled", "source": "s"}, "synapse": {"label": "modelled", "source": "s"}, "learning": {"label": "modelled", "source": "s"}, "timing": {"label": "modelled", "source": "s"}, "energy": {"label": "modelled", "source": "s"}}`
	for want, extra := range map[string]string{
		`axon_store "list" with rows "16", need rows for bits`: `"strategies": {"axon_store": "list"}`,
		`axon_store "bits" with rows "", need rows for bits`:   `"core": {"rows": null}`,
		`mantissas -40000..255, need 16 bits where synapses`:   `"weights": {"mant_lo": -40000}, "strategies": {"synapse_forms": "sparse crossbar"}`,
		`decode stochastic-sign draws in format 0`:             `"core": {"draws": []}`,
		`unknown role "pegs"`:                                  `"roles": {"pegs": "pin"}`,
		``:                                                     `"weights": {"mant_lo": -40000}`,
	} {
		_, err := Load("x", overlay{"x.json": strings.Replace(base(extra), "FID", fid, 1)})
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// overlay is files in front of the embedded ones.
type overlay map[string]string

func (o overlay) Open(name string) ([]byte, error) {
	if s, ok := o[name]; ok {
		return []byte(s), nil
	}
	return Embedded().Open(name)
}

// TestBindDigital folds the parameters of the reset modes.
func TestBindDigital(t *testing.T) {
	f, err := LoadNamed("truenorth")
	require.NoError(t, err)
	v := bindVars{"alpha": {9}, "beta": {4}, "reset": {7}, "gamma": {0, 1, 2, 0, 1, 2}, "kappa": {0, 0, 0, 1, 1, 1}, "leak": {-3}}
	g, err := f.BindGroup("digital", 6, v)
	require.NoError(t, err)
	for p, want := range map[int][]int32{4: {0, -1, -1, 0, -1, -1}, 5: {7, 0, 0, 7, 0, 0}, 6: {0, -1, 0, 0, -1, 0},
		7: {0, -1, -1, 0, 0, 0}, 8: {-7, 0, 0, -4, -4, -4}, 9: {0, -1, 0, 0, 0, 0}, 11: {-1, -1, -1, 0, 0, 0}, 0: {-3}, 2: {9}} {
		require.Equal(t, want, g.Params[p], p)
	}
	ci, err := f.BindCore(v)
	require.NoError(t, err)
	require.Equal(t, 16, ci.Rows)
	require.Equal(t, []core.DrawFormat{{Lo: 0, Hi: 255}, {Lo: 0, Hi: 1<<18 - 1}}, ci.Draws)
	require.Equal(t, []string{"leak", "leak_reversal", "alpha", "beta", "gamma", "kappa", "reset", "v_start"}, f.GroupFields("steady"))
	require.Empty(t, f.GroupFields("none"))
}

// TestFixedTick prices a chip whose ticks take the same time whatever happens.
func TestFixedTick(t *testing.T) {
	img := ringImage(t, 3, 20, 4)
	img.Latency = Latency{Sync: []SyncTime{{Tiles: 1, Fs: 7}}}
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(10, drive, nil))
	require.EqualValues(t, 70, m.Elapsed())
}
