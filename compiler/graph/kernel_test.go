package graph

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawKernel draws a small kernel of any geometry, also one whose window
// reaches beyond its source.
func drawKernel(t *rapid.T) *Kernel {
	n := func(lo, hi int, label string) int { return rapid.IntRange(lo, hi).Draw(t, label) }
	k := &Kernel{Groups: n(1, 3, "groups")}
	k.In[0], k.Out[0] = k.Groups*n(1, 2, "in"), k.Groups*n(1, 2, "out")
	for a := range 2 {
		k.In[1+a], k.Out[1+a] = n(1, 6, "in size"), n(1, 6, "out size")
		k.Size[a], k.Stride[a], k.Pad[a], k.Dilation[a] = n(1, 4, "window"), n(1, 3, "stride"), n(0, 3, "pad"), n(1, 3, "dilation")
	}
	k.W = make([]float64, k.Weights())
	for i := range k.W {
		k.W[i] = rapid.Float64Range(-1, 1).Draw(t, "w")
	}
	return k
}

// unrolled is the matrix of a kernel by the formula: every output visits its
// window.
func unrolled(k *Kernel) []float64 {
	w := make([]float64, k.Sources()*k.Targets())
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	for o := range k.Out[0] {
		for y := range k.Out[1] {
			for x := range k.Out[2] {
				for c := range perIn {
					for i := range k.Size[0] {
						for j := range k.Size[1] {
							sy, sx := y*k.Stride[0]-k.Pad[0]+i*k.Dilation[0], x*k.Stride[1]-k.Pad[1]+j*k.Dilation[1]
							if sy < 0 || sx < 0 || sy >= k.In[1] || sx >= k.In[2] {
								continue
							}
							post := (o*k.Out[1]+y)*k.Out[2] + x
							pre := ((o/perOut*perIn+c)*k.In[1]+sy)*k.In[2] + sx
							w[post*k.Sources()+pre] = k.W[((o*perIn+c)*k.Size[0]+i)*k.Size[1]+j]
						}
					}
				}
			}
		}
	}
	return w
}

func TestEachEqualsFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKernel(t)
		if err := k.Check(); err != nil {
			t.Fatal(err)
		}
		want, got := unrolled(k), make([]float64, k.Sources()*k.Targets())
		seen := map[int]bool{}
		for s := range k.Sources() {
			k.Each(s, func(target, weight int) {
				at := target*k.Sources() + s
				if seen[at] {
					t.Fatalf("source %d reaches target %d twice", s, target)
				}
				seen[at], got[at] = true, k.W[weight]
			})
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("target %d source %d: %g, want %g", i/k.Sources(), i%k.Sources(), got[i], want[i])
			}
		}
	})
}

// A kernel runs like its matrix, bit for bit.
func TestKernelRunEqualsMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKernel(t)
		n := layers(1, k.Sources(), k.Targets())
		q := n.Projs[0]
		q.Delay = rapid.IntRange(0, 2).Draw(t, "delay")
		q.W = unrolled(k)
		dense, err := NewRun(n)
		if err != nil {
			t.Fatal(err)
		}
		m := &Network{Pops: n.Pops, Projs: []*Projection{{Name: "k", Post: 1, Kernel: k, Delay: q.Delay}}}
		shared, err := NewRun(m)
		if err != nil {
			t.Fatal(err)
		}
		for tick := range 6 {
			in := make([]float64, k.Sources())
			for i := range in {
				in[i] = float64(rapid.IntRange(0, 2).Draw(t, "x")) * rapid.SampledFrom([]float64{1, 0.3}).Draw(t, "size")
			}
			dense.Step([][]float64{in})
			shared.Step([][]float64{in})
			for i, v := range dense.V[1] {
				if math.Float64bits(v) != math.Float64bits(shared.V[1][i]) || dense.Spikes[1][i] != shared.Spikes[1][i] {
					t.Fatalf("tick %d neuron %d: %g, want %g", tick, i, shared.V[1][i], v)
				}
			}
		}
	})
}

// conv is an input of 2 x 5 x 5 and a layer of 3 x 3 x 3 behind a 3 x 3 kernel.
func conv() *Network {
	n := layers(1, 50, 27)
	n.Projs[0].W = nil
	n.Projs[0].Kernel = &Kernel{In: [3]int{2, 5, 5}, Out: [3]int{3, 3, 3}, Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: make([]float64, 54)}
	return n
}

func TestValidateKernel(t *testing.T) {
	require.NoError(t, conv().Validate())
	for _, c := range []struct {
		says string
		edit func(n *Network, k *Kernel)
	}{
		{"need one of W and Kernel, have both", func(n *Network, k *Kernel) { n.Projs[0].W = make([]float64, 50*27) }},
		{"need 50 sources and 27 targets, have 50 ([2 5 5]) and 18 ([3 2 3])", func(n *Network, k *Kernel) { k.Out[1] = 2 }},
		{"kernel has 53 weights, need 54", func(n *Network, k *Kernel) { k.W = k.W[1:] }},
		{"Kernel.W[7]: need a finite value", func(n *Network, k *Kernel) { k.W[7] = math.NaN() }},
		{"need positive sizes", func(n *Network, k *Kernel) { k.Stride[0] = 0 }},
		{"need a common divisor", func(n *Network, k *Kernel) { k.Groups = 2 }},
		{"need a common divisor", func(n *Network, k *Kernel) { k.Groups = 0 }},
		{"at most 4194304 sources", func(n *Network, k *Kernel) { k.In = [3]int{1 << 24, 1 << 24, 1 << 24} }},
		{"at most 67108864 weights", func(n *Network, k *Kernel) { k.Size, k.W = [2]int{1 << 20, 1 << 20}, nil }},
		{"Bias: need 27 values", func(n *Network, k *Kernel) { n.Projs[0].Bias = make([]float64, 3) }},
		{"V0: need 27 values", func(n *Network, k *Kernel) { n.Pops[1].V0 = make([]float64, 3) }},
	} {
		n := conv()
		c.edit(n, n.Projs[0].Kernel)
		require.ErrorContains(t, n.Validate(), c.says)
	}
}

// whole is a network of an exact code.
func whole() *Network {
	n := conv()
	n.Pops[0].Code, n.Pops[0].Levels = Graded, 3
	n.Pops[1] = &Population{Name: "a", Kind: Rectifier, N: 27, C: make([]float64, 27), Theta: make([]float64, 27), Code: Graded, Levels: 7}
	for i := range n.Pops[1].Theta {
		n.Pops[1].Theta[i] = float64(1 + i)
	}
	return n
}

func TestValidateExact(t *testing.T) {
	require.NoError(t, whole().Validate())
	_, err := NewRun(whole())
	require.ErrorContains(t, err, "exact codes have the whole-number network as reference")
	for _, c := range []struct {
		says string
		edit func(n *Network)
	}{
		{"Theta[1]: a rectifier needs a whole number from 1", func(n *Network) { n.Pops[1].Theta[1] = 0.5 }},
		{"Theta[0]: a rectifier needs a whole number from 1", func(n *Network) { n.Pops[1].Theta[0] = 0 }},
		{"C[2]: an exact code needs whole numbers", func(n *Network) { n.Pops[1].C[2] = 0.5 }},
		{"Kernel.W[0]: an exact code needs whole numbers", func(n *Network) { n.Projs[0].Kernel.W[0] = 0.5 }},
		{"needs 1 level or more, has 0", func(n *Network) { n.Pops[0].Levels = 0 }},
		{"code 9 is unknown", func(n *Network) { n.Pops[0].Code = 9 }},
		{"a rectifier needs an exact code", func(n *Network) { n.Pops[1].Code = Rate }},
		{"Bias[26]: an exact code needs whole numbers", func(n *Network) { n.Projs[0].Bias = append(make([]float64, 26), 0.5) }},
		{"a spiking neuron has code rate", func(n *Network) { n.Pops[1] = conv().Pops[1]; n.Pops[1].Code = TTFS }},
	} {
		n := whole()
		c.edit(n)
		require.ErrorContains(t, n.Validate(), c.says)
	}
}

func TestStartMembrane(t *testing.T) {
	n := chain(one("a", 0.5, 1, ResetZero), 1)
	n.Pops[1].V0 = []float64{0.8}
	r, err := NewRun(n)
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, 0.8, r.V[1][0])
		r.Step(nil)
		require.Equal(t, 0.4, r.V[1][0])
		r.Reset()
	}
}

func TestKernelStepDoesNotAllocate(t *testing.T) {
	r, err := NewRun(conv())
	require.NoError(t, err)
	in := [][]float64{make([]float64, 50)}
	for i := range in[0] {
		in[0][i] = 1
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Step(in) }))
}

func BenchmarkKernelStep(b *testing.B) {
	for _, c := range []int{1, 16} {
		b.Run(fmt.Sprint(c), func(b *testing.B) {
			k := &Kernel{In: [3]int{c, 32, 32}, Out: [3]int{c, 30, 30}, Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}
			k.W = make([]float64, k.Weights())
			n := layers(0, k.Sources(), 1)
			n.Pops[1] = layers(0, 1, k.Targets()).Pops[1]
			n.Projs[0].W, n.Projs[0].Kernel = nil, k
			r, err := NewRun(n)
			require.NoError(b, err)
			in := [][]float64{make([]float64, k.Sources())}
			for i := 0; i < len(in[0]); i += 5 {
				in[0][i] = 1
			}
			for b.Loop() {
				r.Step(in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(in[0])/5*c*9), "ns/event")
		})
	}
}
