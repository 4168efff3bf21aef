package chip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		want string
		harm func(*Image)
	}{
		{"image has no cores", func(i *Image) { i.Cores = nil }},
		{"mesh of 0 x 2 tiles", func(i *Image) { i.Mesh.X = 0 }},
		{"mesh dimension 5000, need at most 4096", func(i *Image) { i.Mesh.Y = 5000 }},
		{"core 99 is outside the mesh of 16 cores", func(i *Image) { i.Cores[2].ID = 99 }},
		{"core 0 follows core 0, need ascending numbers", func(i *Image) { i.Cores[1].ID = 0 }},
		{`population 1 ("p") has 0 neurons`, func(i *Image) { i.Pops[1].N = 0 }},
		{"neurons 50..69 of population 1, which do not exist", func(i *Image) { i.Cores[2].Runs[0].First = 50 }},
		{"neuron runs cover 19 of 20 compartments", func(i *Image) { i.Cores[2].Runs[0].N = 19 }},
		{"latency of neuron_updates is -1 fs", func(i *Image) { i.Latency.PerEvent[0].Fs = -1 }},
		{`unknown event "tea"`, func(i *Image) { i.Latency.PerEvent[0].Event = "tea" }},
		{"sends to core index 7, have 3", func(i *Image) { i.Cores[0].Image.Boxes[2] = 7 }},
		{"sends to in-axon 500 of core", func(i *Image) { i.Cores[0].Image.Out[0].Axon = 500 }},
		{"input map of population 1, which is no input", func(i *Image) { i.Inputs[0].Pop = 1 }},
		{`input "in": offsets do not cover 16 neurons`, func(i *Image) { i.Inputs[0].Off = i.Inputs[0].Off[1:] }},
		{`input "in" drives in-axon 900`, func(i *Image) { i.Inputs[0].Dst[0].Axon = 900 }},
		{"synapse 0: target 60", func(i *Image) { i.Cores[0].Image.Syn[0].Target = 60 }},
		{"delay 4 of 4 slots", func(i *Image) { i.Cores[0].Image.Syn[0].Delay = 4 }},
		{"in-axon 0: synapses 0..", func(i *Image) { i.Cores[0].Image.Axons[0].N = 1 << 30 }},
		{"in-axon 0: weight format 3 of 1", func(i *Image) { i.Cores[0].Image.Axons[0].Format = 3 }},
		{"in-axon 0: port 1 of 1", func(i *Image) { i.Cores[0].Image.Axons[0].Port = 1 }},
		{"ring of 0 slots", func(i *Image) { i.Cores[0].Image.Ring = 0 }},
		{"0 sub-steps", func(i *Image) { i.Cores[0].Image.Groups[0].Substeps = 0 }},
		{"parameter 0 has 3 values, need 1 or 20", func(i *Image) { i.Cores[0].Image.Groups[0].Params = [][]int32{{1, 2, 3}, {0}, {0}, {0}, {0}, {0}, {0}} }},
		{"2 parameters, program needs 7", func(i *Image) { i.Cores[0].Image.Groups[0].Params = [][]int32{{1}, {2}} }},
		{"out-axon offsets of compartment 3 go down", func(i *Image) { i.Cores[0].Image.OutOff[3] = 1 << 20 }},
		{"need ascending order", func(i *Image) { i.Cores[0].Image.Boxes[1] = 0 }},
	} {
		img := ringImage(t, 3, 20, 4)
		require.NoError(t, img.Check())
		c.harm(img)
		require.ErrorContains(t, img.Check(), c.want)
		_, err := New(img, Options{})
		require.ErrorContains(t, err, c.want)
	}
}

func TestReplayRefuses(t *testing.T) {
	img := ringImage(t, 2, 5, 1)
	for csv, want := range map[string]string{
		"0,nobody,1":     `event 0 is of population "nobody", which is no input of this image (inputs: in(16))`,
		"0,in,3,2":       `event 0 of neuron 3 of "in" has payload 2, need 1`,
		"0,in,16":        `event 0 is of neuron 16 of "in", which has 16`,
		"5,in,1\n4,in,1": "event 1 has tick 4 after tick 5",
	} {
		s := parseEvents(t, csv)
		_, _, err := Replay(img, s, "e.csv")
		require.ErrorContains(t, err, want)
	}
}
