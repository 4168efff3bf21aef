package main

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"hillock/internal/dataset"
	"hillock/power"
)

// The conventional network that the demo is held against: 64-16-10 neurons,
// rectified, weights of 8 bits, trained on the training part of the same data
// (Adam, 60 passes); of the widths 6 to 16 the smallest that decides as many of
// the test digits right as the spiking network does.
//
//go:embed demo/digits8.json
var demoBaseline []byte

// network8 is a network of two layers in whole numbers: pixels of up to 8 bits,
// weights of 8, sums of 32, activations of 8.
type network8 struct {
	Title      string    `json:"title"`
	Hidden     [][]int64 `json:"hidden"` // [neuron][input]
	HiddenBias []int64   `json:"hidden_bias"`
	Multiplier int64     `json:"multiplier"` // activation = (sum * Multiplier) >> Shift, rounded, 0 to 255
	Shift      uint      `json:"shift"`
	Output     [][]int64 `json:"output"`
	OutputBias []int64   `json:"output_bias"`
}

// decide is the class of one image, the lowest on ties.
func (n *network8) decide(image []uint16) int {
	act := make([]int64, len(n.Hidden))
	for i, row := range n.Hidden {
		sum := n.HiddenBias[i]
		for k, w := range row {
			sum += w * int64(image[k])
		}
		act[i] = min(max((sum*n.Multiplier+1<<(n.Shift-1))>>n.Shift, 0), 255)
	}
	best, class := int64(0), -1
	for i, row := range n.Output {
		sum := n.OutputBias[i]
		for k, w := range row {
			sum += w * act[k]
		}
		if class < 0 || sum > best {
			best, class = sum, i
		}
	}
	return class
}

// addDemoBaseline puts the 8-bit network beside the demo's: its size and its
// accuracy on the same images, computed here.
func addDemoBaseline(w *power.Network, images int) error {
	var n network8
	if err := json.Unmarshal(demoBaseline, &n); err != nil {
		return err
	}
	set, err := dataset.Decode(demoData, "digits.csv.gz", nil, "")
	if err != nil {
		return err
	}
	images = min(images, set.Len())
	right := 0
	for i := range images {
		if n.decide(set.Images[i]) == set.Labels[i] {
			right++
		}
	}
	a := float64(right) / float64(images)
	inputs, hidden, out := int64(len(n.Hidden[0])), int64(len(n.Hidden)), int64(len(n.Output))
	w.AnnWeights = hidden * (inputs + out)
	w.AnnMACs, w.AnnActivations, w.AnnAccuracy = w.AnnWeights, inputs+hidden+out, &a
	w.AnnSource = fmt.Sprintf("%s, trained on the same data; the smallest of its kind with the spiking network's accuracy; run here on the same %d images", n.Title, images)
	return nil
}
