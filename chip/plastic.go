package chip

import (
	"cmp"
	"slices"

	"hillock/core/learn"
)

// PlasticSynapse is a synapse that learns, by the neurons of the network that
// it joins. PrePop is -1 if nothing feeds its in-axon.
type PlasticSynapse struct {
	PrePop, Pre, PostPop, Post int
	Delay                      int
	Weight                     int32   // stored mantissa now
	Words                      []int32 // all words of the synapse, the weight first
	Plan                       string  // name of the learning model
	Comes                      bool    // the model can make and remove synapses
	Live                       bool    // the synapse is there
}

// Plastic lists the synapses that learn, as they are now, by the populations
// and neurons that they join, then by delay.
func (m *Machine) Plastic() []PlasticSynapse {
	var out []PlasticSynapse
	var from [][]neuron
	for i := range m.cores {
		own := m.img.Cores[i].Image
		if len(own.Learning) == 0 {
			continue
		}
		if from == nil {
			from = m.img.sources()
		}
		at := m.img.neurons(i)
		for r := range own.Learning {
			l := &own.Learning[r]
			words := m.cores[i].State.Learn[r].Words[learn.Synapse]
			k := 0
			for _, n := range l.Axons {
				a := &own.Axons[n]
				for _, s := range own.List(a.Off, a.N, nil) {
					p := PlasticSynapse{PrePop: from[i][n].pop, Pre: from[i][n].index, PostPop: at[s.Target].pop, Post: at[s.Target].index,
						Delay: int(s.Delay), Weight: words[0][k], Plan: l.Plan.Name}
					for w := range words {
						p.Words = append(p.Words, words[w][k])
					}
					p.Comes = l.Plan.Live > 0
					p.Live = !p.Comes || p.Words[l.Plan.Live] != 0
					out = append(out, p)
					k++
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b PlasticSynapse) int {
		return cmp.Or(cmp.Compare(a.PrePop, b.PrePop), cmp.Compare(a.Pre, b.Pre), cmp.Compare(a.PostPop, b.PostPop), cmp.Compare(a.Post, b.Post), cmp.Compare(a.Delay, b.Delay))
	})
	return out
}

// neuron is a neuron of the network.
type neuron struct{ pop, index int }

// neurons lists which neuron each compartment of a core is.
func (img *Image) neurons(i int) []neuron {
	out := make([]neuron, img.Cores[i].Image.N)
	for _, r := range img.Cores[i].Runs {
		for k := range r.N {
			out[r.Base+k] = neuron{r.Pop, r.First + k}
		}
	}
	return out
}

// sources lists, per core and in-axon, the neuron whose spikes come in; the
// first one if several share it.
func (img *Image) sources() [][]neuron {
	out := make([][]neuron, len(img.Cores))
	for i := range out {
		out[i] = slices.Repeat([]neuron{{-1, -1}}, len(img.Cores[i].Image.Axons))
	}
	feed := func(core, axon int, n neuron) {
		if out[core][axon].pop < 0 {
			out[core][axon] = n
		}
	}
	for _, in := range img.Inputs {
		for i := range len(in.Off) - 1 {
			for _, t := range in.Dst[in.Off[i]:in.Off[i+1]] {
				feed(int(t.Core), int(t.Axon), neuron{in.Pop, i})
			}
		}
	}
	for i := range img.Cores {
		own, at := img.Cores[i].Image, img.neurons(i)
		for c := range own.N {
			for _, o := range own.Out[own.OutOff[c]:own.OutOff[c+1]] {
				feed(int(own.Boxes[o.Box]), int(o.Axon), at[c])
			}
		}
	}
	return out
}
