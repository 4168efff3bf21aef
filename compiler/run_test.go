package compiler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
	"hillock/router"
)

// chipRun steps the cores of an image, with packets one tick late.
type chipRun struct {
	img   *chip.Image
	cores []*core.Core
	mail  [][]router.Packet
}

func newChipRun(t *testing.T, img *chip.Image) *chipRun {
	r := &chipRun{img: img, mail: make([][]router.Packet, len(img.Cores))}
	for _, c := range img.Cores {
		x, err := core.New(c.Image, "oracle", nil)
		require.NoError(t, err)
		r.cores = append(r.cores, x)
	}
	return r
}

// step returns the spikes of each population of the chip.
func (r *chipRun) step(in map[int][]float64) [][]float64 {
	for _, m := range r.img.Inputs {
		for i, s := range in[m.Pop] {
			if s == 0 {
				continue
			}
			for _, d := range m.Dst[m.Off[i]:m.Off[i+1]] {
				r.mail[d.Core] = append(r.mail[d.Core], router.Packet{Axon: d.Axon, Payload: 1})
			}
		}
	}
	out := make([][]float64, len(r.img.Pops))
	for k, p := range r.img.Pops {
		out[k] = make([]float64, p.N)
	}
	next := make([][]router.Packet, len(r.cores))
	for c, x := range r.cores {
		x.Deliver(r.mail[c])
		x.Update()
		img := r.img.Cores[c].Image
		for _, s := range x.Spikes {
			for _, run := range r.img.Cores[c].Runs {
				if i := int(s.Comp) - run.Base; i >= 0 && i < run.N {
					out[run.Pop][run.First+i] = 1
				}
			}
			for _, o := range img.Out[img.OutOff[s.Comp]:img.OutOff[s.Comp+1]] {
				to := img.Boxes[o.Box]
				next[to] = append(next[to], router.Packet{Axon: o.Axon, Payload: 1})
			}
		}
	}
	r.mail = next
	return out
}

// agreement runs network and image side by side and returns how many of the
// reference's neuron ticks differ, and its spikes.
func agreement(t *testing.T, n *graph.Network, img *chip.Image, ticks int, rate float64, seed uint64) (wrong, spikes int) {
	ref, err := graph.NewRun(n)
	require.NoError(t, err)
	c := newChipRun(t, img)
	deep := 0
	for _, p := range img.Pops {
		deep = max(deep, p.Depth)
	}
	want := make([][][]float64, len(n.Pops))
	rnd := rand.New(rand.NewPCG(seed, 9))
	for tick := range ticks + deep {
		in := map[int][]float64{}
		var list [][]float64
		for _, k := range n.Inputs() {
			x := make([]float64, n.Pops[k].N)
			for i := range x {
				if rnd.Float64() < rate {
					x[i] = 1
				}
			}
			in[k], list = x, append(list, x)
		}
		ref.Step(list)
		got := c.step(in)
		for k, p := range n.Pops {
			want[k] = append(want[k], append([]float64(nil), ref.Spikes[k]...))
			at := tick - img.Pops[k].Depth
			if p.Kind == graph.Input || at < 0 {
				continue
			}
			for i, s := range want[k][at] {
				if s != got[k][i] {
					wrong++
				}
				spikes += int(s)
			}
		}
	}
	return wrong, spikes
}

// wholeNetwork has whole-number weights and thresholds, no leaks that the
// chip cannot do, paths of different length, recurrence and delays: the chip
// must agree with the float reference spike by spike.
func wholeNetwork(seed uint64, bias bool) *graph.Network {
	r := rand.New(rand.NewPCG(seed, 5))
	whole := func(post, pre int) []float64 {
		w := make([]float64, post*pre)
		for i := range w {
			w[i] = float64(r.IntN(9) - 3)
		}
		return w
	}
	n := &graph.Network{Name: "whole", Pops: []*graph.Population{input("in", 12)}}
	for k := range 4 {
		n.Pops = append(n.Pops, lif(fmt.Sprintf("p%d", k), 10+k, 1, float64(6+3*k)))
		n.Pops[k+1].GE = k%2 == 0
	}
	add := func(pre, post, delay int, rec bool) {
		n.Projs = append(n.Projs, &graph.Projection{Name: fmt.Sprintf("%d-%d", pre, post), Pre: pre, Post: post, Delay: delay, Recurrent: rec, W: whole(n.Pops[post].N, n.Pops[pre].N)})
	}
	add(0, 1, 0, false)
	add(1, 2, 0, false)
	add(2, 3, 1, false)
	add(3, 4, 0, false)
	add(0, 4, 2, false)
	add(1, 3, 0, false)
	add(2, 2, 0, true)
	add(1, 4, 1, true)
	if bias {
		for k, p := range n.Pops[1:] {
			for i := range p.C {
				p.C[i] = float64((i + k) % 3)
			}
		}
	}
	return n
}

func TestChipEqualsReference(t *testing.T) {
	for seed := range uint64(6) {
		n := wholeNetwork(seed, seed%2 == 1)
		for _, room := range []int64{1024, 20, 7} {
			b := newFakeBinder()
			b.limits[limCompartments] = room
			b.limits[limCores] = 64
			f := fakeFamily()
			f.Mesh.X = 4
			res, err := Compile(n, f, options(b))
			require.NoError(t, err)
			wrong, spikes := agreement(t, n, res.Image, 60, 0.2, seed)
			require.Greater(t, spikes, 100)
			require.Zero(t, wrong, "seed %d, %d compartments per core, of %d spikes; %v", seed, room, spikes, res.Report)
		}
	}
}

// TestChipNearReference bounds what quantising a float network costs.
func TestChipNearReference(t *testing.T) {
	n := mlp(64, 96, 10)
	res := compileFake(t, n)
	wrong, spikes := agreement(t, n, res.Image, 200, 0.2, 1)
	t.Logf("%d of %d spikes differ", wrong, spikes)
	require.Greater(t, spikes, 1000)
	// a spike that comes a tick early or late counts twice
	require.Less(t, float64(wrong), 0.1*float64(spikes))
}

// TestDescribedChips compiles for every description that comes with the
// program.
func TestDescribedChips(t *testing.T) {
	names := chip.Names()
	require.NotEmpty(t, names)
	for _, name := range names {
		f, err := chip.LoadNamed(name)
		require.NoError(t, err)
		if f.Event != nil { // see addresses_test.go
			f.Network, f.Strategies = nil, nil
			_, err := Compile(wholeNetwork(0, false), f, Options{})
			require.ErrorContains(t, err, "network: ticks: need 1, have 0: ", name)
			continue
		}
		if m := strategy(f, strategyMapping); m != "" && m != mapRegisters {
			continue // see the tests of layers and crossbars
		}
		if f.Tiers != nil { // its networks are others, see tiers_test.go
			continue
		}
		if !hasField(f, varDecayU) { // its neurons are none that the compiler can use
			_, err := Compile(wholeNetwork(0, false), f, Options{})
			require.ErrorContains(t, err, `"`+name+`" has no field "`+varDecayU+`"`)
			var misfit *FitError
			require.ErrorAs(t, err, &misfit)
			continue
		}
		for seed := range uint64(4) {
			bias := seed%2 == 1
			n := wholeNetwork(seed, bias)
			res, err := Compile(n, f, Options{})
			if bias && !hasField(f, varBiasMant) {
				requireMisfits(t, err, "bias", 4)
				continue
			}
			require.NoError(t, err, name)
			wrong, spikes := agreement(t, n, res.Image, 60, 0.2, seed)
			require.Zero(t, wrong, "%s, seed %d, of %d spikes", name, seed, spikes)
		}
		n := mlp(64, 96, 10)
		for _, q := range n.Projs {
			if !hasField(f, varBiasMant) {
				q.Bias = nil
			}
		}
		res, err := Compile(n, f, Options{})
		require.NoError(t, err, name)
		wrong, spikes := agreement(t, n, res.Image, 100, 0.2, 1)
		require.Less(t, float64(wrong), 0.1*float64(spikes), name)
	}
}

func hasField(f *chip.Family, name string) bool {
	for _, x := range f.Fields {
		if x.Name == name {
			return true
		}
	}
	return false
}

// requireMisfits wants n misfits, all of one resource.
func requireMisfits(t *testing.T, err error, resource string, n int) {
	var fit *FitError
	require.ErrorAs(t, err, &fit)
	require.Len(t, fit.Misfits, n)
	for _, m := range fit.Misfits {
		require.Equal(t, resource, m.Resource)
		require.Zero(t, m.Have)
	}
}
