package compiler

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// exactChip is a description with neurons for every exact code.
func exactChip(t *testing.T) *chip.Family {
	t.Helper()
	f, err := chip.LoadPath("testdata/exact.json")
	require.NoError(t, err)
	return f
}

// randomExact is a whole-number network: sizes[0] inputs, rectifiers, a readout.
func randomExact(r *rand.Rand, code graph.Code, levels int, sizes ...int) *graph.Network {
	n := &graph.Network{Name: "exact"}
	for k, size := range sizes {
		p := &graph.Population{Name: string(rune('a' + k)), N: size, Kind: graph.Rectifier, Code: code, Levels: levels}
		switch k {
		case 0:
			p.Kind = graph.Input
		case len(sizes) - 1:
			p.Kind, p.Output = graph.Readout, true
		}
		if k > 0 {
			p.C, p.Theta = make([]float64, size), make([]float64, size)
			for i := range p.C {
				p.C[i], p.Theta[i] = float64(r.IntN(2001)-1000), float64(1+r.IntN(300))
			}
			w := make([]float64, size*sizes[k-1])
			for i := range w {
				w[i] = float64(r.IntN(255) - 127)
			}
			n.Projs = append(n.Projs, &graph.Projection{Name: p.Name, Pre: k - 1, Post: k, W: w})
			if p.Kind == graph.Readout {
				p.Theta = nil
			}
		}
		n.Pops = append(n.Pops, p)
	}
	return n
}

// formula is the meaning of an exact network, from the definition of Code.
func formula(n *graph.Network, in []int) []int32 {
	a := in
	for k, q := range n.Projs {
		p := n.Pops[k+1]
		z := make([]int, p.N)
		for i := range z {
			z[i] = int(p.C[i])
			for j, v := range a {
				z[i] += int(q.W[i*len(a)+j]) * v
			}
		}
		if p.Kind == graph.Readout {
			out := make([]int32, p.N)
			for i, v := range z {
				out[i] = int32(v)
			}
			return out
		}
		a = make([]int, p.N)
		for i := range a {
			theta := int(p.Theta[i])
			x := z[i] + theta/2
			if x > 0 {
				a[i] = min(x/theta, p.Levels)
			}
		}
	}
	return nil
}

// Every code gives exactly the sums of the whole-number network, on both
// engines and any number of cores.
func TestExactCodesEqualTheirFormula(t *testing.T) {
	f := exactChip(t)
	for _, code := range []graph.Code{graph.Graded, graph.TTFS, graph.BitSerial} {
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, uint64(code)))
			levels := 1 + r.IntN(20)
			n := randomExact(r, code, levels, 1+r.IntN(30), 1+r.IntN(30), 1+r.IntN(20), 1+r.IntN(5))
			res, err := Compile(n, f, Options{})
			require.NoError(t, err)
			for _, engine := range []string{"oracle", "vector"} {
				m, err := chip.New(res.Image, chip.Options{Engine: engine, Workers: 2})
				require.NoError(t, err)
				for range 4 {
					in := make([]int, n.Pops[0].N)
					for i := range in {
						in[i] = r.IntN(levels + 1)
					}
					assert.Equal(t, formula(n, in), runExact(t, m, n, in), "%s, seed %d, engine %s", code, seed, engine)
				}
			}
		}
	}
}

// runExact shows one set of values to a machine and reads its readout.
func runExact(t *testing.T, m *chip.Machine, n *graph.Network, in []int) []int32 {
	t.Helper()
	m.Reset()
	img := m.Image()
	last := len(img.Pops) - 1
	out := img.Pops[last]
	code := n.Pops[0].Code
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		for i, v := range in {
			if s := code.Spike(v, n.Pops[0].Levels, int(tick)); s != 0 {
				dst = append(dst, chip.Injection{Index: int32(i), Payload: int32(s)})
			}
		}
		return dst
	}
	require.NoError(t, m.Run(int64(out.Depth+out.Window), src, nil))
	got := make([]int32, out.N)
	require.NoError(t, m.ReadState(last, got))
	return got
}

// A chip without the neurons says why, for the network and each layer of it.
func TestExactCodesAreRefusedWithTheReason(t *testing.T) {
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	for code, why := range map[graph.Code]string{graph.TTFS: "every current leaks", graph.BitSerial: "decays only shrink it", graph.Graded: "no payload"} {
		_, err := Compile(randomExact(rand.New(rand.NewPCG(1, 1)), code, 7, 3, 4, 2), f, Options{})
		assert.ErrorContains(t, err, why)
		assert.ErrorContains(t, err, "code "+code.String())
	}
}

// A weight that the mantissa cannot hold would not be exact.
func TestExactWeightsMustFit(t *testing.T) {
	n := randomExact(rand.New(rand.NewPCG(2, 1)), graph.Graded, 7, 3, 4, 2)
	n.Projs[0].W[5] = 200
	_, err := Compile(n, exactChip(t), Options{})
	assert.ErrorContains(t, err, "need 200, have 127")
}

// TestDelayIsReportedOnce: a skip past layers that take windows of many ticks
// waits longer than the chip can, which is one misfit and not one per core too.
func TestDelayIsReportedOnce(t *testing.T) {
	n := randomExact(rand.New(rand.NewPCG(5, 6)), graph.TTFS, 255, 4, 3, 3, 3, 2)
	n.Projs = append(n.Projs, &graph.Projection{Name: "skip", Pre: 1, Post: 4, W: make([]float64, 6)})
	f, err := chip.LoadNamed("loihi2")
	require.NoError(t, err)
	r, err := Fit(n, f, Options{})
	require.NoError(t, err)
	require.Len(t, r.Misfits, 1)
	m := r.Misfits[0]
	assert.Equal(t, []any{"e", "delay", int64(510), int64(63)}, []any{m.Population, m.Resource, m.Need, m.Have})
	assert.Contains(t, m.Because, "255 ticks of code ttfs")
}

// TestDriveNeedsARegister: currents from the host are a misfit of a chip
// without bias, found when compiling and not only when running.
func TestDriveNeedsARegister(t *testing.T) {
	n := &graph.Network{Name: "driven", Pops: []*graph.Population{lif("first", 2, 0, 1), lif("out", 2, 0, 1)}}
	n.Projs = []*graph.Projection{join("w", 0, 1, []float64{1, 0, 0, 1})}
	n.Pops[0].Driven, n.Pops[0].DriveMax, n.Pops[1].Output = true, 1, true
	for name, fits := range map[string]bool{"loihi1": true, "loihi1-b2l": false} {
		f, err := chip.LoadNamed(name)
		require.NoError(t, err)
		r, err := Fit(n, f, Options{})
		require.NoError(t, err)
		require.Equal(t, fits, r.Fits, "%s: %v", name, r.Misfits)
		if !fits {
			require.Len(t, r.Misfits, 1)
			assert.Equal(t, "drive", r.Misfits[0].Resource)
		}
	}
}
