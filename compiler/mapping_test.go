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
)

// partOf gives every neuron a core by its population and number.
func partOf(n *graph.Network, core func(pop, i int) int) [][]int32 {
	out := make([][]int32, len(n.Pops))
	for k, p := range n.Pops {
		if p.Kind == graph.Input {
			continue
		}
		out[k] = make([]int32, p.N)
		for i := range out[k] {
			out[k][i] = int32(core(k, i))
		}
	}
	return out
}

// byOverlap fills cores of size neurons one after another with the neuron that
// shares most sources with the core.
func byOverlap(n *graph.Network, size int) [][]int32 {
	type id struct{ pop, i int }
	sources := map[id]map[id]bool{}
	var all []id
	for k, p := range n.Pops {
		for i := range p.N {
			if p.Kind != graph.Input {
				all = append(all, id{k, i})
				sources[id{k, i}] = map[id]bool{}
			}
		}
	}
	for _, q := range n.Projs {
		pre := n.Pops[q.Pre].N
		for j := range pre {
			if q.Kernel != nil {
				q.Kernel.Each(j, func(target, _ int) { sources[id{q.Post, target}][id{q.Pre, j}] = true })
				continue
			}
			for i := range n.Pops[q.Post].N {
				if q.W[i*pre+j] != 0 {
					sources[id{q.Post, i}][id{q.Pre, j}] = true
				}
			}
		}
	}
	at, heard := map[id]int{}, map[id]bool{}
	for c := 0; len(at) < len(all); c++ {
		clear(heard)
		for range size {
			best, most := -1, -1
			for v, x := range all {
				if _, done := at[x]; done {
					continue
				}
				shared := 0
				for s := range sources[x] {
					if heard[s] {
						shared++
					}
				}
				if shared > most {
					best, most = v, shared
				}
			}
			if best < 0 {
				break
			}
			at[all[best]] = c
			for s := range sources[all[best]] {
				heard[s] = true
			}
		}
	}
	return partOf(n, func(pop, i int) int { return at[id{pop, i}] })
}

// asMapping is a way to map a network.
type asMapping struct {
	name   string
	limits map[string]int64
	o      Options
}

func manyMappings(n *graph.Network, seed uint64) []asMapping {
	total := 0
	for _, p := range n.Pops {
		total += p.N
	}
	small := map[string]int64{limCompartments: int64(total/5 + 1)}
	r := rand.New(rand.NewPCG(seed, 3))
	cores := 2 + r.IntN(6)
	return []asMapping{
		{"sequential", small, Options{}},
		{"overlap", nil, Options{Part: byOverlap(n, total/4+1)}},
		{"partitioned, fast", small, Options{Effort: Fast}},
		{"partitioned", small, Options{Effort: Normal, Workers: 3}},
		{"random cuts", nil, Options{Part: partOf(n, func(int, int) int { return r.IntN(cores) })}},
		{"round robin", nil, Options{Part: partOf(n, func(_, i int) int { return i % cores })}},
		{"other core sizes", map[string]int64{limCompartments: int64(total/9 + 2)}, Options{Effort: Normal}},
		{"other places", small, Options{places: func(n int) []int {
			return r.Perm(16)[:n] // the smallest of the meshes
		}}},
		{"tiles", nil, Options{Part: partOf(n, func(pop, i int) int {
			s := n.Pops[pop].Shape
			if len(s) != 3 {
				return 3
			}
			y, x := i/s[2]%s[1], i%s[2]
			return (2*y/s[1])*2 + 2*x/s[2]
		})}},
	}
}

// TestSpikesDoNotDependOnTheMapping is that a network has one trace hash under
// every mapping, on families with and without stored kernels.
func TestSpikesDoNotDependOnTheMapping(t *testing.T) {
	nets := map[string]func(seed uint64) *graph.Network{
		"recurrent, delays": func(seed uint64) *graph.Network { return wholeNetwork(seed, false) },
		"convolutions":      convNetwork,
		"rounded weights":   func(seed uint64) *graph.Network { return roughNetwork(seed) },
	}
	for name, make := range nets {
		for _, family := range []string{"loihi1", "loihi1-b2l", "loihi2", "spinnaker", listChip} {
			for seed := range uint64(1) {
				n := make(seed)
				want, cores := "", []int{}
				for _, m := range manyMappings(n, seed) {
					r, err := Compile(n, loadChip(t, family, m.limits), m.o)
					require.NoError(t, err, "%s on %s, %s", name, family, m.name)
					got, _ := traceOf(t, r.Image, n.Pops[0].N, chip.Options{})
					if want == "" {
						want = got
					}
					require.Equal(t, want, got, "%s on %s, seed %d, %s: %d cores", name, family, seed, m.name, len(r.Image.Cores))
					cores = append(cores, len(r.Image.Cores))
				}
				require.Greater(t, slices.Max(cores), 2, "%s on %s", name, family)
			}
		}
	}
}

// TestBoard is that a network on several chips of a board spikes as on one,
// and that the image says how many chips it uses.
func TestBoard(t *testing.T) {
	n := convNetwork(2)
	one, err := Compile(n, loadChip(t, "loihi1", nil), Options{})
	require.NoError(t, err)
	want, _ := traceOf(t, one.Image, n.Pops[0].N, chip.Options{})
	require.Equal(t, 1, one.Image.Chips())
	for _, e := range []Effort{Packed, Fast} {
		f := loadChip(t, "loihi1-nahuku", map[string]int64{limCompartments: 20})
		f.Mesh = chip.Mesh{X: 8, Y: 4, CoresPerTile: 1, ChipX: 2, ChipY: 2, ColumnMajor: true}
		r, err := Compile(n, f, Options{Effort: e})
		require.NoError(t, err)
		img, err := chip.DecodeImage(r.Image.Encode(), "board")
		require.NoError(t, err)
		require.Equal(t, f.Mesh, img.Mesh)
		require.Greater(t, len(img.Cores), 4)
		require.GreaterOrEqual(t, img.Chips(), (len(img.Cores)+3)/4)
		require.LessOrEqual(t, img.Chips(), (len(img.Cores)+3)/4+1)
		got, _ := traceOf(t, img, n.Pops[0].N, chip.Options{})
		require.Equal(t, want, got)
		load := r.Unit.Loads()
		sum := 0.0
		for _, x := range load.Link {
			sum += x
		}
		require.InDelta(t, r.Report.Mapping.Hops, sum, 1e-6)
	}
}

// roughNetwork has real weights, leaks and no bias.
func roughNetwork(uint64) *graph.Network {
	n := mlp(40, 60, 10)
	for _, q := range n.Projs {
		q.Bias = nil
	}
	return n
}

// TestNoPartitionBreaksALimit is that efforts hold every limit of a core, or
// that a misfit says which one is broken and where.
func TestNoPartitionBreaksALimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newFakeBinder()
		b.limits[limCores] = 1 << 12
		b.limits[limCompartments] = rapid.Int64Range(3, 40).Draw(rt, "compartments")
		b.limits[limInAxons] = rapid.Int64Range(10, 80).Draw(rt, "in-axons")
		b.limits[limOutAxons] = rapid.Int64Range(20, 200).Draw(rt, "out-axons")
		b.mem.Words = rapid.Int64Range(20, 300).Draw(rt, "words")
		f := fakeFamily()
		f.Mesh.X, f.Mesh.Y = 32, 64
		o := options(b)
		o.Effort = Effort(rapid.IntRange(1, 3).Draw(rt, "effort"))
		n := wholeNetwork(rapid.Uint64Range(0, 50).Draw(rt, "seed"), false)
		r, err := Fit(n, f, o)
		require.NoError(rt, err)
		if !r.Fits {
			for _, m := range r.Misfits {
				require.Greater(rt, m.Need, m.Have, m.String())
			}
			return
		}
		for _, c := range r.Result.Unit.Cores {
			require.LessOrEqual(rt, c.Use.Compartments, b.limits[limCompartments])
			require.LessOrEqual(rt, c.Use.InAxons, b.limits[limInAxons])
			require.LessOrEqual(rt, c.Use.OutAxons, b.limits[limOutAxons])
			require.LessOrEqual(rt, c.Use.Words, b.mem.Words)
		}
		wrong, _ := agreement(t, n, r.Result.Image, 30, 0.2, 1)
		require.Zero(rt, wrong)
	})
}

// TestConvolutionsUnderLimits is that tiles and partitions of convolutions hold
// every limit and spike as one core does, kernels stored or not.
func TestConvolutionsUnderLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64Range(0, 200).Draw(rt, "seed")
		family := rapid.SampledFrom([]string{kernelChip, listChip}).Draw(rt, "family")
		limits := map[string]int64{
			limCompartments: rapid.Int64Range(6, 80).Draw(rt, "compartments"),
			limInAxons:      rapid.Int64Range(60, 500).Draw(rt, "in-axons"),
			limOutAxons:     rapid.Int64Range(60, 900).Draw(rt, "out-axons"),
		}
		n := convNetwork(seed)
		words := rapid.Int64Range(100, 1500).Draw(rt, "words")
		f := loadChip(t, family, limits)
		f.Memory.Words = words
		for i := range f.Limits {
			if f.Limits[i].Name == limWords {
				f.Limits[i].Value = words
			}
		}
		if n.Validate() != nil {
			return // a window larger than its source
		}
		r, err := Fit(n, f, Options{Effort: Fast})
		require.NoError(rt, err)
		if !r.Fits {
			return
		}
		for _, c := range r.Result.Unit.Cores {
			require.LessOrEqual(rt, c.Use.Compartments, limits[limCompartments])
			require.LessOrEqual(rt, c.Use.InAxons, limits[limInAxons])
			require.LessOrEqual(rt, c.Use.OutAxons, limits[limOutAxons])
			require.LessOrEqual(rt, c.Use.Words, words)
		}
		one, err := Compile(n, loadChip(t, family, nil), Options{})
		require.NoError(rt, err)
		if spikes(t, one.Image) == 0 {
			return
		}
		want, _ := traceOf(t, one.Image, n.Pops[0].N, chip.Options{})
		got, _ := traceOf(t, r.Result.Image, n.Pops[0].N, chip.Options{})
		require.Equal(rt, want, got, "%d cores", r.Cores)
	})
}

// TestEffortIsDeterministic is that the bytes of an image do not depend on the
// workers, and that an effort is never worse than packed cores.
func TestEffortIsDeterministic(t *testing.T) {
	n := convNetwork(3)
	limits := map[string]int64{limCompartments: 40}
	packed, err := Compile(n, loadChip(t, "loihi1", limits), Options{})
	require.NoError(t, err)
	for _, e := range []Effort{Fast, Normal, High} {
		want := ""
		for _, workers := range []int{1, 2, 8} {
			r, err := Compile(n, loadChip(t, "loihi1", limits), Options{Effort: e, Workers: workers})
			require.NoError(t, err)
			hash := chip.Hash(r.Image.Encode())
			if want == "" {
				want = hash
			}
			require.Equal(t, want, hash, "%v, %d workers", e, workers)
			require.LessOrEqual(t, r.Report.Mapping.Hops, packed.Report.Mapping.Hops, e)
		}
	}
}

func TestGivenMappingIsChecked(t *testing.T) {
	n := wholeNetwork(0, false)
	for _, c := range []struct {
		part [][]int32
		want string
	}{
		{[][]int32{}, `population "p0": need a core for each of its 10 neurons`},
		{partOf(n, func(_, i int) int { return -i }), "core -1, need 0.."},
		{partOf(n, func(_, i int) int { return 1 << 20 }), "need 0.."},
	} {
		_, err := Compile(n, loadChip(t, "loihi1", nil), Options{Part: c.part})
		require.ErrorContains(t, err, c.want)
	}
	_, err := ParseEffort("low")
	require.EqualError(t, err, `compiler: need packed, fast, normal or high, have "low"`)
	e, err := ParseEffort(fmt.Sprint(High))
	require.NoError(t, err)
	require.Equal(t, High, e)
}
