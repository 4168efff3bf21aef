package chip

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/isa/count"
)

// routed is a ring of three cores with routers between them; every compartment
// sends to one core at most.
func routed(t testing.TB) *Image {
	f, err := LoadNamed("ranc-rtl")
	require.NoError(t, err)
	img := ringImage(t, 3, 12, 7)
	img.Mesh = Mesh{X: 2, Y: 2, CoresPerTile: 1}
	for i := range img.Cores {
		ci := img.Cores[i].Image
		for n := range ci.N {
			ci.OutOff[n+1] = min(ci.OutOff[n+1], ci.OutOff[n]+1)
			if ci.OutOff[n+1] > ci.OutOff[n] {
				ci.Out[ci.OutOff[n]] = ci.Out[n]
			}
		}
		ci.Out = ci.Out[:ci.OutOff[ci.N]]
	}
	r := *f.Routers
	r.Sequencer.Groups = []string{"p"}
	img.Routers = &r
	return img
}

func TestRoutersInImages(t *testing.T) {
	img := routed(t)
	back, err := DecodeImage(img.Encode(), "x.img")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(img.Routers, back.Routers))
	m, err := New(back, Options{})
	require.NoError(t, err)
	plain := *img
	plain.Routers = nil
	other, err := New(&plain, Options{})
	require.NoError(t, err)
	require.Nil(t, other.Transit())
	sent, cycles := 0, int64(0)
	require.NoError(t, m.Run(30, drive, func(tick int64, m *Machine) error {
		n := m.Transit()
		require.Equal(t, tick, n.Tick)
		cycles += n.Cycles
		for _, a := range n.Arrivals {
			require.Equal(t, a.Lost, n.Clears[a.Core] == a.Cycle)
			sent++
		}
		return nil
	}))
	n := m.Counts()
	require.NotZero(t, sent)
	// Out and in meet one tick apart, in which as much is under way.
	require.GreaterOrEqual(t, n[count.PacketsOut]+48*30, int64(sent))
	require.NoError(t, other.Run(30, drive, nil))
	// The last tick counts without waiting.
	last, err := img.Routers.Sequencer.timing(len(img.Cores[0].Image.Axons), 12)
	require.NoError(t, err)
	require.Equal(t, m.Elapsed()-other.Elapsed(), Femtoseconds((cycles+last.Cycles())*img.Routers.ClockFs))
}

func TestRoutersThatDoNotFit(t *testing.T) {
	for want, do := range map[string]func(img *Image){
		"chip: routers: core 1 is the second of its tile": func(img *Image) { img.Mesh.CoresPerTile = 2 },
		"compartment 0 of core 0 has 2 out-axons": func(img *Image) {
			ci := img.Cores[0].Image
			ci.OutOff, ci.Out = append([]uint32{0}, ci.OutOff[1:]...), append(ci.Out[:1:1], ci.Out...)
			for n := 1; n <= ci.N; n++ {
				ci.OutOff[n]++
			}
			ci.OutOff[1] = 2
			for n := 2; n <= ci.N; n++ {
				ci.OutOff[n] = max(ci.OutOff[n], 2)
			}
		},
		"words from outside enter at (2, 0)": func(img *Image) { img.Routers.Router.Host.X = 2 },
		"routers: merge: FIFO \"x\" is": func(img *Image) {
			img.Routers.Router.Entry = append(img.Routers.Router.Entry[:1:1], img.Routers.Router.Entry[1])
			img.Routers.Router.Entry[1].FIFO = "x"
		},
		"state axons: 5000000 cycles for 2 in-axons": func(img *Image) {
			s := append([]SequencerState{}, img.Routers.Sequencer.States...)
			s[2].Cycles = "5000000"
			img.Routers.Sequencer.States = s
		},
		"sequencer of 0 groups with 6 states":     func(img *Image) { img.Routers.Sequencer.Groups = nil },
		"no state that sends or none that clears": func(img *Image) { img.Routers.Sequencer.States = img.Routers.Sequencer.States[:4] },
	} {
		img := routed(t)
		do(img)
		_, err := New(img, Options{})
		require.ErrorContains(t, err, want)
	}
	img := routed(t)
	img.Routers.Sequencer.Groups = []string{"q"}
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.ErrorContains(t, m.Run(30, drive, nil), "sends packets, but has no sequencer")
}

func TestDescribedRouters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	load := func(routers string) (*Family, error) {
		text := `{"schema": "hillock/chip/1", "name": "x", "title": "x", "inherits": "ranc-rtl", "fidelity": {
			"neuron": {"label": "unknown", "source": "a"}, "synapse": {"label": "unknown", "source": "a"}, "learning": {"label": "unknown", "source": "a"},
			"timing": {"label": "unknown", "source": "a"}, "energy": {"label": "unknown", "source": "a"}}, "routers": ` + routers + `}`
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return LoadPath(path)
	}
	f, err := load(`{"depth": 8, "sequencer": {"states": {"write": {"cycles": "2"}}}}`)
	require.NoError(t, err)
	base, err := LoadNamed("ranc-rtl")
	require.NoError(t, err)
	require.Equal(t, 8, f.Routers.Router.Depth)
	require.NotEqual(t, base.Hash, f.Hash)
	a, err := base.Routers.Sequencer.timing(256, 256)
	require.NoError(t, err)
	require.EqualValues(t, 66051, a.Cycles()) // a published figure
	b, err := f.Routers.Sequencer.timing(256, 256)
	require.NoError(t, err)
	require.EqualValues(t, 66051+256, b.Cycles())
	for want, routers := range map[string]string{
		`depth is 0, need 1..4096`:                                     `{"depth": 0}`,
		`merges and FIFOs work on the rising edge`:                     `{"edges": {"merges": "rising"}}`,
		`merges "up", need one of: falling, rising`:                    `{"edges": {"merges": "up"}}`,
		`FIFO local-east of "up", which is no neighbour`:               `{"merges": {"east": {"from": [{"fifo": "local-east", "of": "up"}]}}}`,
		`variable "dz" has no value`:                                   `{"entry": [{"fifo": "local-east", "when": "dz > 0"}]}`,
		`routers: merge: entry: 6 of 9 pairs of signs have a FIFO`:     `{"entry": [{"fifo": "local-east", "when": "dx >= 0"}]}`,
		`FIFO "local-west" is written at two places`:                   `{"entry": [{"fifo": "local-west", "when": "dx >= 0"}, {"fifo": "local-west", "when": "dx < 0"}]}`,
		`sequencer of group "x", have ["digital" "pin"]`:               `{"sequencer": {"groups": ["x"]}}`,
		`per "often", need one of: tick, neuron, end`:                  `{"sequencer": {"states": {"write": {"per": "often"}}}}`,
		`state axons: chip: expression column 1: variable "axons" has`: `{"sequencer": {"states": {"axons": {"cycles": "axons"}}}}`,
		`state write per end: send, need one to send per neuron`:       `{"sequencer": {"states": {"next-neuron": null, "write": {"per": "end"}}}}`,
		`routers has no "depth"`:                                       `{"depth": null}`,
	} {
		_, err := load(routers)
		require.ErrorContains(t, err, want)
	}
}
