package science

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// gainNet is the converted network of the set and the first n test images.
func gainNet(t testing.TB, n int) GainOptions {
	t.Helper()
	var doc struct {
		Layers []struct {
			In, Out   int
			Threshold int32
			Bias      []int32
		}
	}
	b, err := os.ReadFile("../data/science/mnist_mlp_relu.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &doc))
	w := unzipped(t, "../data/science/mnist_mlp_relu.w.gz")
	o := GainOptions{Contrast: gainOne, Target: 243}
	for _, l := range doc.Layers {
		k := GainLayer{In: l.In, Out: l.Out, Threshold: max(l.Threshold, 1), Bias: l.Bias}
		for _, v := range w[:l.In*l.Out] {
			k.W = append(k.W, int8(v))
		}
		o.Layers, w = append(o.Layers, k), w[l.In*l.Out:]
	}
	set, err := dataset.Load("../data/mnist/t10k-images-idx3-ubyte.gz", "")
	require.NoError(t, err)
	o.Images = firstOf(set, n)
	return o
}

func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

// gainReference is the experiment as plain loops.
func gainReference(o *GainOptions) GainResult {
	h, gain, res := newHash(), int32(gainOne), GainResult{}
	for i, image := range o.Images.Images {
		sums, first := gainShow(o, image, gain)
		best := 0
		for k, v := range sums {
			h.add(v)
			if v > sums[best] {
				best = k
			}
		}
		res.Right = append(res.Right, best == o.Images.Labels[i])
		res.Gain, res.Spikes = append(res.Gain, gain), append(res.Spikes, first)
		if !o.Fixed {
			gain = min(max(gain+(gain*(o.Target-first))>>12, 32), 4096)
		}
	}
	res.Hash = uint64(h)
	return res
}

// gainShow is one image: the sums of the last layer, the spikes of the first.
func gainShow(o *GainOptions, image []uint16, gain int32) (sums []int32, first int32) {
	acc := make([]int, len(image))
	for p := range acc {
		acc[p] = 127
	}
	var v [3][]int32
	for k, l := range o.Layers {
		v[k] = make([]int32, l.Out)
		for j := range v[k] {
			v[k][j] = []int32{l.Threshold / 2 * 256, l.Threshold / 2, 0}[k]
		}
	}
	for range 16 {
		spikes := make([]bool, len(image))
		for p, value := range image {
			x := (int(value)*o.Contrast + 128) >> 8
			if o.Wrap {
				x %= 256
			}
			acc[p] += min(x, 255)
			if spikes[p] = acc[p] >= 255; spikes[p] {
				acc[p] -= 255
			}
		}
		for k, l := range o.Layers {
			threshold, unit, scale := l.Threshold, int32(1), int32(1)
			if k == 0 {
				threshold, unit, scale = l.Threshold*256, 256, gain
			}
			next := make([]bool, l.Out)
			for j := range next {
				sum := int32(0)
				for p, s := range spikes {
					if s {
						sum += int32(l.W[p*l.Out+j])
					}
				}
				v[k][j] += sum*scale + l.Bias[j]*unit
				if k < 2 && v[k][j] >= threshold {
					v[k][j] -= threshold
					next[j] = true
					if k == 0 {
						first++
					}
				}
			}
			spikes = next
		}
	}
	return v[2], first
}

// The emulator is the plain loops, on every engine, for 1, 2 and 8 workers.
func TestGainIsTheReference(t *testing.T) {
	o := gainNet(t, 20)
	for _, o.Contrast = range []int{32, 512} {
		for _, o.Fixed = range []bool{false, true} {
			o.Wrap = o.Fixed
			want := gainReference(&o)
			var counts *count.Counts
			for _, o.Engine = range core.Engines() {
				for _, o.Workers = range workers {
					got, err := Gain(o)
					require.NoError(t, err)
					if counts == nil {
						first := got.Counts
						counts = &first
						assert.Zero(t, counts[count.HostWrites]+counts[count.Lost]+counts[count.Overflowed])
					}
					assert.Equal(t, *counts, got.Counts, "%s, %d workers", o.Engine, o.Workers)
					got.Counts = count.Counts{}
					assert.Equal(t, want, got, "%s, %d workers", o.Engine, o.Workers)
				}
			}
		}
	}
}

// With an eighth of the contrast most of what was lost comes back.
func TestGainRecovers(t *testing.T) {
	o := gainNet(t, 300)
	o.Contrast = gainOne / 8
	moved, err := Gain(o)
	require.NoError(t, err)
	o.Fixed = true
	fixed, err := Gain(o)
	require.NoError(t, err)
	assert.Less(t, fixed.Correct(100), 160)
	assert.Greater(t, moved.Correct(100), 185)
	assert.InDelta(t, 7.4, moved.GainEnd(100), 0.7)
	t.Logf("right of the last 200: gain fixed %d, moving %d; gain at the end %.2f", fixed.Correct(100), moved.Correct(100), moved.GainEnd(100))
}

// gainRecorded has the accuracies of the science set at gain 1, in images of
// 1,000. They are those of pixels that lose their upper bits, not of clipped
// ones: these were 974 at contrast 2 and 4.
var gainRecorded = []struct{ contrast, right int }{{32, 741}, {64, 942}, {128, 969}, {256, 977}, {512, 973}, {1024, 962}}

// All 1,000 images at six contrasts; HILLOCK_SCIENCE=whole asks for it.
func TestGainWhole(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("a minute; HILLOCK_SCIENCE=whole runs it")
	}
	for n, c := range gainRecorded {
		for _, wrap := range []bool{true, false} {
			o := gainNet(t, 1000)
			o.Contrast, o.Wrap, o.Workers = c.contrast, wrap, workers[n%len(workers)]
			moved, err := Gain(o)
			require.NoError(t, err)
			o.Fixed = true
			fixed, err := Gain(o)
			require.NoError(t, err)
			t.Logf("contrast %.3f, wrap %v: right at gain 1 %d, with moving gain %d (%d of the last 900), mean gain of the last 200 %.3f",
				float64(c.contrast)/gainOne, wrap, fixed.Correct(0), moved.Correct(0), moved.Correct(100), moved.GainEnd(200))
			if wrap {
				assert.Equal(t, c.right, fixed.Correct(0))
			}
			if c.contrast == gainOne {
				sum := 0
				for _, s := range fixed.Spikes {
					sum += int(s)
				}
				assert.Equal(t, 243_462, sum) // the target of the set: 243.462 per image
			}
		}
	}
}

func TestGainErrors(t *testing.T) {
	good := gainNet(t, 1)
	_, err := Gain(good)
	require.NoError(t, err)
	for text, change := range map[string]func(o *GainOptions){
		"science: 2 layers, need 3":               func(o *GainOptions) { o.Layers = o.Layers[:2] },
		"science: no images":                      func(o *GainOptions) { o.Images = nil },
		"science: contrast -1, need 0..4096":      func(o *GainOptions) { o.Contrast = -1 },
		"science: target of -1 spikes":            func(o *GainOptions) { o.Target = -1 },
		"science: layer 0 of 128 inputs":          func(o *GainOptions) { o.Layers = append(o.Layers[1:3:3], o.Layers[0]) },
		`core: unknown engine "no engine"`:        func(o *GainOptions) { o.Engine = "no engine" },
		"science: layer 0 with threshold 0, need": func(o *GainOptions) { o.Layers = append([]GainLayer(nil), o.Layers...); o.Layers[0].Threshold = 0 },
	} {
		o := good
		change(&o)
		_, err := Gain(o)
		assert.ErrorContains(t, err, text)
	}
}
