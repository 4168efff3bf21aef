package compiler

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/compiler/graph"
)

// drawNet is a random network of one input: any sizes, resets, decays,
// floors, feedback, skips and delays.
func drawNet(t *rapid.T) *graph.Network {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	one := func(name string, hi int) int { return rapid.IntRange(0, hi).Draw(t, name) }
	n := &graph.Network{Name: "random", Pops: []*graph.Population{input("in", 1+one("inputs", 40))}}
	for k := range 1 + one("layers", 3) {
		p := lif(string(rune('a'+k)), 1+one("neurons", 60), [...]float64{1, 0.9, 0.5, 0}[one("decay", 3)], 0.5+float64(one("theta", 4)))
		p.Reset = graph.Reset(one("reset", 4))
		p.GE, p.Multi = one("ge", 1) == 1, one("multi", 4) == 0
		if one("synapse", 2) == 0 {
			p.AJ = fill(p.N, 0.6)
		}
		if one("drive", 2) == 0 {
			p.C = randomWeights(r, p.N, 1, 0.3)
		}
		if one("floor", 5) == 0 {
			p.Floor = fill(p.N, -0.5)
		}
		if one("start", 5) == 0 {
			p.V0 = fill(p.N, 0.25)
		}
		n.Pops = append(n.Pops, p)
	}
	last := len(n.Pops) - 1
	n.Pops[last].Output = true
	for k := 1; k <= last; k++ {
		from := k - 1
		if k > 1 {
			from = 1 + one("from", k-2)
		}
		q := join("w", from, k, randomWeights(r, n.Pops[k].N, n.Pops[from].N, 0.4))
		q.Delay = one("delay", 20) / 5
		n.Projs = append(n.Projs, q)
	}
	if one("loop", 3) == 0 {
		post := 1 + one("to", last-1)
		q := join("back", last, post, randomWeights(r, n.Pops[post].N, n.Pops[last].N, 0.2))
		q.Recurrent = true
		n.Projs = append(n.Projs, q)
	}
	return n
}

// TestRandomNetworksMap: any network compiles or is refused with reasons, on every
// mapping; on crossbars what compiles is exact.
func TestRandomNetworksMap(t *testing.T) {
	var fams []*chip.Family
	for _, name := range []string{"truenorth", "ranc-sim", "ranc-rtl", "xylo-a1", "xylo-a3"} {
		f, err := chip.LoadNamed(name)
		require.NoError(t, err)
		fams = append(fams, f)
	}
	fits := 0
	rapid.Check(t, func(rt *rapid.T) {
		n := drawNet(rt)
		if n.Validate() != nil {
			return
		}
		for _, f := range fams {
			res, err := Compile(n, f, Options{})
			var fe *FitError
			if errors.As(err, &fe) {
				require.NotEmpty(rt, fe.Misfits)
				continue
			}
			require.NoError(rt, err)
			fits++
			if res.Unit.crossbar != nil {
				compareCross(t, res, 12, 0.3, 1)
			}
			_, err = chip.DecodeImage(res.Image.Encode(), "x")
			require.NoError(rt, err)
		}
	})
	require.Positive(t, fits)
	t.Logf("%d images", fits)
}
