package science

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// gatingReference is the experiment in plain Go, one loop per sum of its
// definition. It shares random numbers and data with the machine, no code.
type gatingReference struct {
	o        GatingOptions
	inputs   int
	w1       [][gatingHidden]int32
	w2       [gatingHidden][10]int32
	feedback [gatingHidden][10]int32
	open     [8][gatingHidden]bool
	from     [8][]int
	shown    uint64
	np       []int32
	nj       [gatingHidden]int32
	nk, tot  [10]int32
}

func newGatingReference(o GatingOptions) *gatingReference {
	g := &gatingReference{o: o, inputs: len(o.Train.Images[0])}
	g.w1, g.np = make([][gatingHidden]int32, g.inputs), make([]int32, g.inputs)
	for j := range gatingHidden {
		for p := range g.inputs {
			g.w1[p][j] = int32(uint64(u32(o.Seed+9, uint64(p), uint64(j))>>16)*65/65536) - 32
		}
		for k := range 10 {
			g.feedback[j][k] = -1
			if u32(o.Seed+10, uint64(j), uint64(k))%2 == 1 {
				g.feedback[j][k] = 1
			}
		}
		for c := range o.Tasks {
			g.open[c][j] = o.Plain || u32(o.Seed+50, uint64(c), uint64(j)) < 858993459
		}
	}
	for c := range o.Tasks {
		for p := range g.inputs {
			g.from[c] = append(g.from[c], p)
		}
		for i := g.inputs - 1; c > 0 && i >= 1; i-- {
			j := u32(o.Seed+40+uint64(c), uint64(i), 0) % uint32(i+1)
			g.from[c][i], g.from[c][j] = g.from[c][j], g.from[c][i]
		}
	}
	return g
}

// integrate adds to a potential and gives the spikes of that, 0 or 1.
func integrate(v *int32, in int32) int32 {
	*v = max(*v+in, -1024)
	if *v < 256 {
		return 0
	}
	*v -= 256
	return 1
}

// show runs one image through the network.
func (g *gatingReference) show(image []uint16, top, context int) {
	var vj [gatingHidden]int32
	var vk [10]int32
	clear(g.np)
	g.nj, g.nk, g.tot = [gatingHidden]int32{}, [10]int32{}, [10]int32{}
	for j := range vj {
		vj[j] = 128
	}
	for k := range vk {
		vk[k] = 128
	}
	for t := range 16 {
		var in [gatingHidden]int32
		for p, from := range g.from[context] {
			v := int(image[from]) * 255 / top
			if (127+(t+1)*v)/255 == (127+t*v)/255 {
				continue
			}
			g.np[p]++
			for j, w := range g.w1[p] {
				in[j] += w
			}
		}
		var out [10]int32
		for j := range vj {
			if !g.open[context][j] || integrate(&vj[j], in[j]) == 0 {
				continue
			}
			g.nj[j]++
			for k, w := range g.w2[j] {
				out[k] += w
			}
		}
		for k := range vk {
			g.tot[k] += out[k]
			g.nk[k] += integrate(&vk[k], out[k])
		}
	}
}

// moved is a weight after a change of x / 2^shift, rounded by a draw.
func moved(w, x int32, shift uint, u uint32) int32 {
	d := x >> shift
	if u>>(32-shift) < uint32(x)&(1<<shift-1) {
		d++
	}
	return min(127, max(-127, w+d))
}

// learn changes the weights after an image has been shown.
func (g *gatingReference) learn(label int) {
	seed := g.o.Seed
	for j, n := range g.nj {
		if n == 0 {
			continue
		}
		h := int32(0)
		for k := range g.nk {
			e := -g.nk[k]
			if k == label {
				e += 8
			}
			h += g.feedback[j][k] * e
			g.w2[j][k] = moved(g.w2[j][k], n*e, 7, u32(seed+11, g.shown, uint64(j*64+k)))
		}
		for p := range g.np {
			if n < 16 {
				g.w1[p][j] = moved(g.w1[p][j], g.np[p]*h, 9, u32(seed+12, g.shown, uint64(p*1024+j)))
			}
		}
	}
	g.shown++
}

func (g *gatingReference) accuracy(context, top int) float64 {
	right := 0
	for i, image := range g.o.Test.Images {
		g.show(image, top, context)
		best := 0
		for k := range g.nk {
			if g.nk[k] > g.nk[best] || g.nk[k] == g.nk[best] && g.tot[k] > g.tot[best] {
				best = k
			}
		}
		if best == g.o.Test.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(g.o.Test.Images))
}

func (g *gatingReference) run() (r GatingResult) {
	top := max(g.o.Train.Max, g.o.Test.Max)
	for c := range g.o.Tasks {
		for range g.o.Passes {
			for i, image := range g.o.Train.Images {
				g.show(image, top, c)
				g.learn(g.o.Train.Labels[i])
			}
		}
		r.After = append(r.After, g.accuracy(c, top))
	}
	for c := range g.o.Tasks {
		r.End = append(r.End, g.accuracy(c, top))
		r.MeanEnd += r.End[c] / float64(g.o.Tasks)
	}
	h1, h2 := newHash(), newHash()
	for p := range g.w1 {
		for _, w := range g.w1[p] {
			h1.add(w)
		}
	}
	for j := range g.w2 {
		for _, w := range g.w2[j] {
			h2.add(w)
		}
	}
	r.WHash = [2]uint64{uint64(h1), uint64(h2)}
	return r
}

func gatingShort(t *testing.T, images, tests, tasks int) GatingOptions {
	train, test := digits(t)
	return GatingOptions{Seed: 1, Train: firstOf(train, images), Test: firstOf(test, tests), Tasks: tasks, Passes: 1, Workers: 1}
}

// compareGating runs the reference too, and wants everything to be equal.
func compareGating(t *testing.T, o GatingOptions) GatingResult {
	t.Helper()
	got, err := Gating(o)
	require.NoError(t, err)
	want := newGatingReference(o).run()
	want.Counts = got.Counts
	assert.Equal(t, want, got)
	return got
}

// gatingLost is the accuracy that tasks lost to those that came after them.
func gatingLost(r GatingResult) (lost float64) {
	for k, a := range r.After {
		lost += a - r.End[k]
	}
	return lost
}

// Behind gates less is forgotten. So short a training leaves the gated network,
// with a fifth of its neurons at work, less accurate than the plain one: that
// its mean is higher at the end shows in the whole experiment.
func TestGatingIsTheReference(t *testing.T) {
	o := gatingShort(t, 300, 60, 2)
	gated := compareGating(t, o)
	o.Plain = true
	plain := compareGating(t, o)
	t.Logf("gated %v, %v, plain %v, %v", gated.After, gated.End, plain.After, plain.End)
	assert.Less(t, gatingLost(gated), gatingLost(plain))
	for _, r := range []GatingResult{gated, plain} {
		assert.EqualValues(t, 3, r.Counts[count.HostWrites]) // contexts: two that learn, one that is asked again
		assert.Positive(t, r.Counts[count.LearnUpdates])
		assert.Zero(t, r.Counts[count.Lost]+r.Counts[count.Overflowed])
	}
}

// Neither engine nor workers change anything, counts included.
func TestGatingOnEveryEngine(t *testing.T) {
	o := gatingShort(t, 20, 10, 2)
	want := compareGating(t, o)
	for _, o.Engine = range core.Engines() {
		for _, o.Workers = range workers {
			got, err := Gating(o)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s, %d workers", o.Engine, o.Workers)
		}
	}
}

// The whole experiment: five tasks, all images, one pass each.
func TestGatingWhole(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	train, test := digits(t)
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			var mean [2]float64
			for n, plain := range []bool{false, true} {
				begin := time.Now()
				r := compareGating(t, GatingOptions{Seed: seed, Train: train, Test: test, Tasks: 5, Passes: 1, Plain: plain, Workers: 1})
				t.Logf("plain %v: %016x%016x, after %.6f, end %.6f, mean %.6f, %.1f s", plain, r.WHash[0], r.WHash[1], r.After, r.End, r.MeanEnd, time.Since(begin).Seconds())
				mean[n] = r.MeanEnd
			}
			assert.Greater(t, mean[0], mean[1])
		})
	}
}

func TestGatingErrors(t *testing.T) {
	good := gatingShort(t, 1, 1, 1)
	for name, change := range map[string]func(o *GatingOptions){
		"science: 0 tasks, need 1..8":     func(o *GatingOptions) { o.Tasks = 0 },
		"science: 9 tasks, need 1..8":     func(o *GatingOptions) { o.Tasks = 9 },
		"science: 0 passes, need 1..1024": func(o *GatingOptions) { o.Passes = 0 },
		"science: a set without images":   func(o *GatingOptions) { o.Test = &dataset.Set{} },
	} {
		o := good
		change(&o)
		_, err := Gating(o)
		assert.ErrorContains(t, err, name)
	}
}
