package nir

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"hillock/compiler/graph"
)

func TestParseFixtures(t *testing.T) {
	for name, nodes := range map[string]int{"all.nir": 15, "conv1d.nir": 3, "ff_lif.nir": 4, "lif_norse.nir": 4, "lif_rockpool.nir": 4,
		"two_lif_neurons.nir": 6, "sinabs_scnn_mnist_a.nir": 10, "snntorch_cuba_recurrent_rows.nir": 7, "snntorch_lif_digits.nir": 6} {
		f := load(t, name)
		require.Empty(t, f.Notices, name)
		require.Len(t, f.Describe(), nodes, name)
	}
	f := load(t, "sinabs_scnn_mnist_a.nir")
	require.Equal(t, "1.0.4", f.Version)
	d := f.Describe()
	require.Equal(t, NodeInfo{Name: "0", Type: "Conv2d", From: []string{"input"},
		Fields: []string{"bias[6]", "dilation[2]", "groups=1", "input_shape=[28 28]", "padding[2]", "stride[2]", "weight[6x1x5x5]"}, Shape: []int{6, 12, 12}}, d[1])
	require.Equal(t, "output", d[9].Name)
}

// runImage gives the output counts of one 8x8 image. By rows: row r drives 8
// inputs during steps 4r..4r+3 with q = (pixel+2)/4 of 4; else all 64 inputs
// for 16 steps with q = pixel of 16.
func runImage(r *graph.Run, out int, px []byte, rows bool) []byte {
	width, steps, levels, each := 64, 16, 16, 16
	if rows {
		width, steps, levels, each = 8, 32, 4, 4
	}
	in, got := make([]float64, width), make([]byte, len(r.Spikes[out]))
	r.Reset()
	for t := range steps {
		local := t % each
		for i := range in {
			q := int(px[t/each*width%64+i])
			if rows {
				q = (q + 2) / 4
			}
			in[i] = float64((local+1)*q/levels - local*q/levels)
		}
		r.Step([][]float64{in})
		for k, s := range r.Spikes[out] {
			got[k] += byte(s)
		}
	}
	return got
}

// differing counts the images, of the first n, whose output counts differ from
// the recorded ones.
func differing(t *testing.T, name string, o Options, rows bool, n int) int {
	net, err := ToNetwork(load(t, name+".nir"), o)
	require.NoError(t, err)
	r, err := graph.NewRun(net)
	require.NoError(t, err)
	px, want := unzip(t, "digits"), unzip(t, name+".counts")
	require.Len(t, px, images*64)
	require.Len(t, want, images*10)
	bad, out := 0, net.Outputs()[0]
	for i := range n {
		if !bytes.Equal(runImage(r, out, px[i*64:(i+1)*64], rows), want[i*10:(i+1)*10]) {
			bad++
		}
	}
	return bad
}

// images is the size of the test set.
const images = 1797

// The framework's own output counts, all images of the test set.
func TestFrameworkCounts(t *testing.T) {
	require.Zero(t, differing(t, "snntorch_lif_digits", Options{Reset: "zero"}, false, images))
	require.Zero(t, differing(t, "snntorch_cuba_recurrent_rows", Options{Reset: "subtract-late"}, true, images))
	// What is assumed without flags, and what the dialect implies.
	require.Zero(t, differing(t, "snntorch_lif_digits", Options{}, false, 20))
	require.Zero(t, differing(t, "snntorch_cuba_recurrent_rows", Options{Dialect: "snntorch"}, true, 20))
	// Read literally, nearly every image differs (1772 of all).
	require.Greater(t, differing(t, "snntorch_cuba_recurrent_rows", Options{Reset: "file"}, true, 100), 90)
}

// The published one-neuron task: input, membrane and spike of every step as
// two frameworks gave them.
func TestFrameworkMembranes(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"lif_norse", Options{Dialect: "nir", DT: 1e-4, Reset: "zero"}},
		{"lif_rockpool", Options{}},
	} {
		n, err := ToNetwork(load(t, c.name+".nir"), c.o)
		require.NoError(t, err)
		r, err := graph.NewRun(n)
		require.NoError(t, err)
		rows, err := csv.NewReader(bytes.NewReader(unzip(t, c.name+".csv"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 1000)
		out := n.Outputs()[0]
		for i, row := range rows {
			var v [3]float64
			for k := range v {
				v[k], err = strconv.ParseFloat(row[k], 64)
				require.NoError(t, err)
			}
			r.Step([][]float64{{v[0]}})
			if math.Abs(r.V[out][0]-v[1]) > 1e-7 || r.Spikes[out][0] != v[2] {
				t.Fatalf("%s step %d: v %g spikes %g, want %g and %g", c.name, i, r.V[out][0], r.Spikes[out][0], v[1], v[2])
			}
		}
	}
}

// The framework's own output counts of the first images (all 1000 agree), with
// everything given and with the dialect alone.
func TestConvolutionalCounts(t *testing.T) {
	px, want := unzip(t, "mnist"), unzip(t, "sinabs_scnn_mnist_a.counts")
	for _, o := range []Options{{Reset: "subtract", Compare: "ge", Multispike: "on", Floor: "-theta"}, {}} {
		n, err := ToNetwork(load(t, "sinabs_scnn_mnist_a.nir"), o)
		require.NoError(t, err)
		require.Len(t, n.Pops, 4)
		require.Equal(t, []int{8, 10, 10}, n.Pops[2].Shape)
		require.NotNil(t, n.Projs[0].Kernel)
		require.NotNil(t, n.Projs[1].Kernel)
		require.Len(t, n.Projs[2].W, 10*800, "pooling and matrix make one matrix")
		r, err := graph.NewRun(n)
		require.NoError(t, err)
		in := make([]float64, 784)
		for image := range len(want) / 10 {
			r.Reset()
			got := make([]byte, 10)
			for tick := range 24 {
				for i := range in {
					q := (16*int(px[image*784+i]) + 127) / 255
					in[i] = float64((tick+1)*q/16 - tick*q/16)
				}
				r.Step([][]float64{in})
				for k, s := range r.Spikes[3] {
					got[k] += byte(s)
				}
			}
			require.Equal(t, want[image*10:(image+1)*10], got, "image %d", image)
		}
	}
}

// Shapes behind convolutions are known before anything is folded.
func TestShapes(t *testing.T) {
	for name, want := range map[string]string{
		"sinabs_scnn_mnist_a.nir": "input [1 28 28]; 0 [6 12 12]; 1 [6 12 12]; 2 [8 10 10]; 3 [8 10 10]; 4 [8 5 5]; 5 [200]; 6 [10]; 7 [10]; output [10]; ",
		"conv1d.nir":              "input [2 16]; conv1d [4 16]; output [4 16]; ",
	} {
		got := ""
		for _, n := range load(t, name).Describe() {
			got += fmt.Sprintf("%s %v; ", n.Name, n.Shape)
		}
		require.Equal(t, want, got)
	}
}
