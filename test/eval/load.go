package eval

import (
	"fmt"
	"io"

	"hillock/internal/dataset"
)

// Load reads a labelled set and encodes it: path and labels as --data and
// --labels, encode and layout as the flags of the eval verb; ticks is how long
// the first layer receives input.
func Load(path, labels, encode, layout string, ticks int) (Input, error) {
	set, err := dataset.Load(path, labels)
	if err != nil {
		return nil, err
	}
	return encoded(set, encode, layout, ticks)
}

// Decode is Load for a set in memory; name is for errors.
func Decode(b []byte, name, encode, layout string, ticks int) (Input, error) {
	set, err := dataset.Decode(b, name, nil, "")
	if err != nil {
		return nil, err
	}
	return encoded(set, encode, layout, ticks)
}

func encoded(set *dataset.Set, encode, layout string, ticks int) (Input, error) {
	if _, _, exact, _ := ParseCode(encode); exact {
		return nil, onlyDeep(encode)
	}
	e, err := dataset.ParseEncoding(encode)
	if err != nil {
		return nil, err
	}
	if e.Code == dataset.Current {
		return nil, onlyDeep(encode)
	}
	l, err := dataset.ParseLayout(layout)
	if err != nil {
		return nil, err
	}
	return dataset.NewEncoder(set, e, l, ticks)
}

// onlyDeep refuses a code whose first layer the host computes or scales from
// the file of a deep network.
func onlyDeep(encode string) error {
	return fmt.Errorf("eval: --encode %s needs the file of a deep network (ONNX); spiking networks and images take phase, rate, bernoulli and none", encode)
}

// WriteCounts writes the outcome per image as npz: counts [image, class] int32,
// pred and label [image] int16, layer_spikes [image, layer] int64 (input first),
// and where the class was decided by values logits [image, class] float64.
func (r *Result) WriteCounts(w io.Writer) error {
	n := len(r.Pred)
	counts := make([]int32, 0, n*r.Classes)
	layers := make([]int64, 0, n*len(r.Pops))
	pred, label := make([]int16, n), make([]int16, n)
	for i := range r.Pred {
		counts = append(counts, r.Counts[i]...)
		layers = append(layers, r.Layer[i]...)
		pred[i], label[i] = int16(r.Pred[i]), int16(r.Label[i])
	}
	arrays := []dataset.Array{
		{Name: "counts", Shape: []int{n, r.Classes}, Data: counts},
		{Name: "pred", Shape: []int{n}, Data: pred},
		{Name: "label", Shape: []int{n}, Data: label},
		{Name: "layer_spikes", Shape: []int{n, len(r.Pops)}, Data: layers},
	}
	if r.Logits != nil {
		logits := make([]float64, 0, n*r.Classes)
		for _, row := range r.Logits {
			logits = append(logits, row...)
		}
		arrays = append(arrays, dataset.Array{Name: "logits", Shape: []int{n, r.Classes}, Data: logits})
	}
	z := dataset.NewNpzWriter(w)
	for _, a := range arrays {
		if err := z.Add(a.Name, a.Shape, a.Data); err != nil {
			return err
		}
	}
	return z.Close()
}
