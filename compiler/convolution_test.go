package compiler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/isa/count"
)

// loadChip loads a description and sets limits.
func loadChip(t testing.TB, name string, limits map[string]int64) *chip.Family {
	t.Helper()
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	for i := range f.Limits {
		if v, ok := limits[f.Limits[i].Name]; ok {
			f.Limits[i].Value = v
		}
	}
	return f
}

// Two descriptions that differ in the forms of their synapses.
const (
	kernelChip = "loihi1"
	listChip   = "testdata/lists.json"
)

// kernelOf is a kernel of whole-number weights, some of them 0; out follows.
func kernelOf(r *rand.Rand, in [3]int, channels, groups, size, stride, pad, dilation int) *graph.Kernel {
	two := func(x int) [2]int { return [2]int{x, x} }
	k := &graph.Kernel{In: in, Groups: groups, Size: two(size), Stride: two(stride), Pad: two(pad), Dilation: two(dilation)}
	k.Out[0] = channels
	for a := range 2 {
		k.Out[1+a] = (in[1+a]+2*pad-dilation*(size-1)-1)/stride + 1
	}
	k.W = make([]float64, k.Weights())
	for i := range k.W {
		k.W[i] = float64(r.IntN(9) - 2)
	}
	return k
}

// convNetwork is a random convolutional network of whole numbers: two
// convolutions, a pooling, recurrent and delayed kernels and matrices between
// the same populations, a matrix at the end.
func convNetwork(seed uint64) *graph.Network {
	r := rand.New(rand.NewPCG(seed, 6))
	n := &graph.Network{Name: "conv"}
	groups := 1 + r.IntN(2)
	in := [3]int{groups * (1 + r.IntN(2)), 5 + r.IntN(5), 5 + r.IntN(5)}
	k1 := kernelOf(r, in, groups*(1+r.IntN(3)), groups, 1+r.IntN(3), 1+r.IntN(2), r.IntN(2), 1+r.IntN(2))
	k2 := kernelOf(r, k1.Out, k1.Out[0], k1.Out[0], 2, 1+r.IntN(2), r.IntN(2), 1) // depthwise
	rec := kernelOf(r, k1.Out, k1.Out[0], 1, 3, 1, 1, 1)
	wide := kernelOf(r, k2.Out, 5, 1, 1, 1, 0, 1)
	add := func(name string, k *graph.Kernel) {
		p := lif(name, k.Targets(), 1, float64(8+r.IntN(9)))
		p.Shape, p.GE = k.Out[:], r.IntN(2) == 0
		n.Pops = append(n.Pops, p)
	}
	n.Pops = append(n.Pops, input("in", k1.Sources()))
	add("a", k1)
	add("b", k2)
	add("c", wide)
	n.Pops = append(n.Pops, lif("out", 7, 1, 20))
	n.Pops[4].Output = true
	join := func(pre, post, delay int, back bool, k *graph.Kernel) {
		q := &graph.Projection{Name: fmt.Sprintf("%d-%d", pre, post), Pre: pre, Post: post, Delay: delay, Recurrent: back, Kernel: k}
		if k == nil {
			q.W = make([]float64, n.Pops[pre].N*n.Pops[post].N)
			for i := range q.W {
				q.W[i] = float64(r.IntN(9) - 3)
			}
		}
		n.Projs = append(n.Projs, q)
	}
	join(0, 1, 0, false, k1)
	join(1, 1, 0, true, rec)
	join(1, 2, r.IntN(2), false, k2)
	join(1, 2, 0, false, nil)
	join(2, 3, 0, false, wide)
	join(2, 3, 1, false, wide)
	join(3, 4, 0, false, nil)
	return n
}

// traceOf runs random input and gives the hash of the logical spikes, and the
// counts.
func traceOf(t *testing.T, img *chip.Image, inputs int, o chip.Options) (string, count.Counts) {
	t.Helper()
	m, err := chip.New(img, o)
	require.NoError(t, err)
	rec := chip.NewRecorder(img, false)
	rnd := rand.New(rand.NewPCG(4, 4))
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		for i := range inputs {
			if rnd.IntN(4) == 0 {
				dst = append(dst, chip.Injection{Pop: 0, Index: int32(i), Payload: 1})
			}
		}
		return dst
	}
	require.NoError(t, m.Run(25, src, rec.Tick))
	total := int64(0)
	for _, n := range rec.Total {
		total += n
	}
	require.Positive(t, total)
	return rec.TraceHash(), m.Counts()
}

// spikes is the number of spikes of the chip's neurons under traceOf's input.
func spikes(t *testing.T, img *chip.Image) int64 {
	t.Helper()
	m, err := chip.New(img, chip.Options{})
	require.NoError(t, err)
	rnd := rand.New(rand.NewPCG(4, 4))
	require.NoError(t, m.Run(25, func(_ int64, dst []chip.Injection) []chip.Injection {
		for i := range img.Pops[0].N {
			if rnd.IntN(4) == 0 {
				dst = append(dst, chip.Injection{Pop: 0, Index: int32(i), Payload: 1})
			}
		}
		return dst
	}, nil))
	return m.Counts()[count.Spikes]
}

// A network with stored kernels and with the same kernels as lists spikes
// alike, on any number of cores, workers, and engines, and like the reference.
func TestKernelFormEqualsLists(t *testing.T) {
	for seed := range uint64(8) {
		n := convNetwork(seed)
		total := 0
		for _, p := range n.Pops[1:] {
			total += p.N
		}
		limits := map[string]int64{limCompartments: int64(total/int(2+seed) + 1)}
		lists, err := Compile(n, loadChip(t, listChip, limits), Options{})
		require.NoError(t, err)
		stored, err := Compile(n, loadChip(t, kernelChip, limits), Options{})
		require.NoError(t, err)
		require.Greater(t, len(stored.Image.Cores), 1)
		want, plain := traceOf(t, lists.Image, n.Pops[0].N, chip.Options{})
		require.Zero(t, plain[count.SynConv])
		for _, o := range []chip.Options{{}, {Workers: 2}, {Workers: 3}, {Workers: 8}, {Engine: "oracle"}} {
			got, c := traceOf(t, stored.Image, n.Pops[0].N, o)
			require.Equal(t, want, got, "seed %d %+v", seed, o)
			require.Positive(t, c[count.SynConv])
			require.Equal(t, plain[count.Spikes], c[count.Spikes])
		}
		for _, img := range []*chip.Image{lists.Image, stored.Image} {
			wrong, spikes := agreement(t, n, img, 25, 0.2, seed)
			require.Zero(t, wrong, "seed %d: of %d", seed, spikes)
		}
		require.Equal(t, lists.Report.Layers[0].Synapses, stored.Report.Layers[0].Synapses)
		require.Less(t, stored.Report.BytesPerSynapse, lists.Report.BytesPerSynapse)
		again, err := chip.DecodeImage(stored.Image.Encode(), "test")
		require.NoError(t, err)
		got, _ := traceOf(t, again, n.Pops[0].N, chip.Options{})
		require.Equal(t, want, got)
	}
}

// What a block counts is what it builds.
func TestHitsEqualSynapses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(lo, hi int, label string) int { return rapid.IntRange(lo, hi).Draw(t, label) }
		k := &graph.Kernel{Groups: n(1, 3, "groups")}
		k.In[0], k.Out[0] = k.Groups*n(1, 3, "in"), k.Groups*n(1, 3, "out")
		for a := range 2 {
			k.In[1+a], k.Out[1+a] = n(1, 6, "in"), n(1, 6, "out")
			k.Size[a], k.Stride[a], k.Pad[a], k.Dilation[a] = n(1, 4, "size"), n(1, 3, "stride"), n(0, 3, "pad"), n(1, 3, "dilation")
		}
		k.W = make([]float64, k.Weights())
		q := &Proj{kernel: k, Mant: make([]int16, len(k.W))}
		for i := range q.Mant {
			q.Mant[i] = int16(n(-1, 1, "mant"))
		}
		s := Slice{First: n(0, k.Targets()-1, "first")}
		s.N = n(1, k.Targets()-s.First, "n")
		w := &kernelRows{u: &Unit{}, q: q, on: []Slice{s}, hi: -1}
		var all, some []hit
		logical := int64(0)
		for src := range k.Sources() {
			a, b := int32(0), int32(0)
			k.Each(src, func(target, weight int) {
				if q.Mant[weight] != 0 {
					logical++
				}
				if target >= s.First && target < s.First+s.N {
					a++
					if q.Mant[weight] != 0 {
						b++
					}
				}
			})
			if a > 0 {
				all = append(all, hit{int32(src), a})
			}
			if b > 0 {
				some = append(some, hit{int32(src), b})
			}
		}
		if got := hitsOf(k, s); !slices.Equal(got, all) {
			t.Fatalf("all: %v, want %v", got, all)
		}
		for range 2 { // the scratch is left clean
			if got := w.hitsByTarget(false); !slices.Equal(got, some) {
				t.Fatalf("not zero: %v, want %v", got, some)
			}
		}
		if got := q.synapses(); got != logical {
			t.Fatalf("%d synapses, want %d", got, logical)
		}
		w.hits = some
		for _, h := range some {
			if got := w.list(int(h.source)); len(got) != int(w.n(int(h.source))) {
				t.Fatalf("source %d: %d synapses, want %d", h.source, len(got), h.n)
			}
		}
	})
}

// Gains that differ between channels are folded; within a channel they make a
// matrix.
func TestKernelGains(t *testing.T) {
	n := convNetwork(1)
	p := n.Pops[1]
	plane := p.Shape[1] * p.Shape[2]
	for i := range p.GV {
		p.GV[i] = float64(1 + i/plane%2)
	}
	r, err := Compile(n, loadChip(t, kernelChip, nil), Options{})
	require.NoError(t, err)
	require.NotNil(t, r.Unit.Projs[0].kernel)
	wrong, spikes := agreement(t, n, r.Image, 25, 0.2, 1)
	require.Zero(t, wrong, "of %d", spikes)
	p.GV[plane-1] = 2
	r, err = Compile(n, loadChip(t, kernelChip, nil), Options{})
	require.NoError(t, err)
	require.Nil(t, r.Unit.Projs[0].kernel)
	require.Contains(t, r.Report.Notes, `a: the gains of its neurons differ within a channel, so the kernel of "0-1" is stored as a matrix`)
	wrong, spikes = agreement(t, n, r.Image, 25, 0.2, 1)
	require.Zero(t, wrong, "of %d", spikes)
}

// bigNetwork is a stack of 3 x 3 convolutions.
func bigNetwork(in [3]int, channels ...int) *graph.Network {
	r := rand.New(rand.NewPCG(2, 2))
	n := &graph.Network{Name: "big", Pops: []*graph.Population{input("in", in[0]*in[1]*in[2])}}
	for i, c := range channels {
		k := kernelOf(r, in, c, 1, 3, 1, 0, 1)
		for j := range k.W {
			k.W[j] = r.NormFloat64()
		}
		n.Pops = append(n.Pops, lif(fmt.Sprint("c", i), k.Targets(), 1, 10))
		n.Projs = append(n.Projs, &graph.Projection{Name: fmt.Sprint("k", i), Pre: i, Post: i + 1, Kernel: k})
		in = k.Out
	}
	n.Pops[len(channels)].Output = true
	return n
}

// A wide convolutional network that does not fit says so.
func TestBigKernelMisfit(t *testing.T) {
	n := bigNetwork([3]int{32, 24, 24}, 32, 32)
	for _, name := range []string{listChip, kernelChip} {
		r, err := Fit(n, loadChip(t, name, nil), Options{})
		require.NoError(t, err)
		require.False(t, r.Fits)
		require.Greater(t, r.Cores, 128, name)
	}
}
