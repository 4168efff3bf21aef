package chip

import (
	"slices"

	"hillock/core"
)

// Pack keeps the synapse lists of all cores in less memory, see
// core.Image.Pack. A machine that was made of the image runs on. Call it when
// nobody reads or writes core.Image.Syn any more and no machine is being made.
func (img *Image) Pack() {
	for i := range img.Cores {
		img.Cores[i].Image.Pack()
	}
}

// plain is the image with lists that are not packed: itself if none is.
func (img *Image) plain() *Image {
	if !slices.ContainsFunc(img.Cores, func(k Core) bool { return k.Image.Packed != nil }) {
		return img
	}
	out := *img
	out.Cores = slices.Clone(img.Cores)
	for i := range out.Cores {
		own := new(core.Image)
		*own = *out.Cores[i].Image
		own.Unpack()
		out.Cores[i].Image = own
	}
	return &out
}

// Neurons is the number of compartments of all cores.
func (img *Image) Neurons() int64 {
	n := int64(0)
	for i := range img.Cores {
		n += int64(img.Cores[i].Image.N)
	}
	return n
}

// ParamBytes is the part of NeuronBytes that the image itself holds: parameters
// and start values.
func (img *Image) ParamBytes() int64 {
	words := int64(0)
	for i := range img.Cores {
		for g := range img.Cores[i].Image.Groups {
			grp := &img.Cores[i].Image.Groups[g]
			for _, rows := range [...][][]int32{grp.Params, grp.Init} {
				for _, row := range rows {
					words += int64(len(row))
				}
			}
		}
	}
	return words * wordBytes
}

// wordBytes is what a state word, accumulator or parameter takes.
const wordBytes = 4

// NeuronBytes is the memory that the neurons of all cores take in a machine and
// its image: state words, accumulators of all ring slots, parameters and start
// values, 4 bytes each. Synapses and routes are not in it.
func (img *Image) NeuronBytes() int64 {
	words := int64(0)
	for i := range img.Cores {
		c := img.Cores[i].Image
		words += int64(len(c.Ports)) * int64(c.Ring) * int64(c.N)
		for g := range c.Groups {
			words += int64(len(c.Groups[g].State)) * int64(c.Groups[g].N)
		}
	}
	return words*wordBytes + img.ParamBytes()
}
