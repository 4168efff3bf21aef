package remedy_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// loadChip loads a description and sets limits; 0 stays 0.
func loadChip(t require.TestingT, name string, limits map[string]int64) *chip.Family {
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	for i := range f.Limits {
		if v, ok := limits[f.Limits[i].Name]; ok {
			f.Limits[i].Value = v
		}
	}
	if v, ok := limits["synapse_words"]; ok {
		f.Memory.Words = v
	}
	return f
}

func fill(n int, x float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = x
	}
	return v
}

func input(name string, n int) *graph.Population {
	return &graph.Population{Name: name, Kind: graph.Input, N: n}
}

// lif is a population without leak that adds up whole numbers.
func lif(name string, n int, theta float64) *graph.Population {
	return &graph.Population{Name: name, Kind: graph.CubaLIF, N: n, AJ: fill(n, 0), GJ: fill(n, 1), AV: fill(n, 1), GV: fill(n, 1),
		C: fill(n, 0), Theta: fill(n, theta), VReset: fill(n, 0)}
}

// rectifier is a population of an exact code.
func rectifier(name string, n int, theta float64, levels int) *graph.Population {
	return &graph.Population{Name: name, Kind: graph.Rectifier, N: n, C: fill(n, 0), Theta: fill(n, theta), Code: graph.Graded, Levels: levels}
}

func join(n *graph.Network, pre, post int, w func(i, j int) float64) *graph.Projection {
	q := &graph.Projection{Name: n.Pops[pre].Name + "-" + n.Pops[post].Name, Pre: pre, Post: post}
	for i := range n.Pops[post].N {
		for j := range n.Pops[pre].N {
			q.W = append(q.W, w(i, j))
		}
	}
	n.Projs = append(n.Projs, q)
	return q
}

// whole draws small whole weights.
func whole(seed uint64) func(i, j int) float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	return func(int, int) float64 { return float64(r.IntN(9) - 3) }
}

// layers is a chain of populations of whole numbers.
func layers(seed uint64, sizes ...int) *graph.Network {
	n := &graph.Network{Name: "layers", Pops: []*graph.Population{input("in", sizes[0])}}
	for k, s := range sizes[1:] {
		n.Pops = append(n.Pops, lif(fmt.Sprint("p", k+1), s, float64(5+k%4)))
		join(n, k, k+1, whole(seed+uint64(k)))
	}
	n.Pops[len(n.Pops)-1].Output = true
	return n
}

// exactLayers is a chain of graded populations.
func exactLayers(seed uint64, scale float64, sizes ...int) *graph.Network {
	n := &graph.Network{Name: "exact", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: sizes[0], Code: graph.Graded, Levels: 7}}}
	for k, s := range sizes[1:] {
		n.Pops = append(n.Pops, rectifier(fmt.Sprint("p", k+1), s, 6*scale, 7))
		w := whole(seed + uint64(k))
		join(n, k, k+1, func(i, j int) float64 { return scale * w(i, j) })
	}
	n.Pops[len(n.Pops)-1].Output = true
	return n
}

// ring is a torus of neurons in random order, each fed by its neighbours: any
// cut by number tears every neighbourhood apart.
func ring(n, reach int) *graph.Network {
	order := rand.New(rand.NewPCG(5, 5)).Perm(n)
	net := &graph.Network{Name: "ring", Pops: []*graph.Population{input("in", n), lif("ring", n, 2)}}
	join(net, 0, 1, func(i, j int) float64 { return b2f(i == j) * 2 })
	q := join(net, 1, 1, func(i, j int) float64 {
		d := (order[i] - order[j] + n) % n
		return b2f(d > 0 && (d <= reach || d >= n-reach))
	})
	q.Recurrent = true
	net.Pops[1].Output = true
	return net
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// spikesOf runs random input and lists the spikes of each named population,
// with ticks counted from when its layer's input arrives if aligned.
func spikesOf(t testing.TB, img *chip.Image, aligned bool) map[string][][2]int64 {
	m, err := chip.New(img, chip.Options{})
	require.NoError(t, err)
	out := map[string][][2]int64{}
	rnd := rand.New(rand.NewPCG(4, 4))
	const ticks, end = 24, 60
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick >= ticks {
			return dst
		}
		for k, p := range img.Pops {
			for i := range p.N {
				if p.Input && rnd.IntN(4) == 0 {
					dst = append(dst, chip.Injection{Pop: int32(k), Index: int32(i), Payload: 1 + int32(rnd.IntN(2))*2*b2i(p.Window > 0)})
				}
			}
		}
		return dst
	}
	rec := chip.NewRecorder(img, false)
	require.NoError(t, m.Run(end+64, src, func(tick int64, m *chip.Machine) error {
		err := rec.Tick(tick, m)
		for _, s := range rec.Last() {
			p := img.Pops[s.Pop]
			at := s.Tick
			if aligned {
				at -= int64(p.Depth)
			}
			if at < end-8 {
				out[p.Name] = append(out[p.Name], [2]int64{at, int64(s.Index)<<16 | int64(s.Payload)})
			}
		}
		return err
	}))
	for _, list := range out {
		slices.SortFunc(list, func(a, b [2]int64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	}
	return out
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
