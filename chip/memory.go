package chip

// Neurons is the number of compartments of all cores.
func (img *Image) Neurons() int64 {
	n := int64(0)
	for i := range img.Cores {
		n += int64(img.Cores[i].Image.N)
	}
	return n
}

// NeuronBytes is the memory that the neurons of all cores take in a machine and
// its image: state words, accumulators of all ring slots, parameters and start
// values, 4 bytes each. Synapses and routes are not in it.
func (img *Image) NeuronBytes() int64 {
	const word = 4
	words := int64(0)
	for i := range img.Cores {
		c := img.Cores[i].Image
		words += int64(len(c.Ports)) * int64(c.Ring) * int64(c.N)
		for g := range c.Groups {
			grp := &c.Groups[g]
			words += int64(len(grp.State)) * int64(grp.N)
			for _, rows := range [...][][]int32{grp.Params, grp.Init} {
				for _, row := range rows {
					words += int64(len(row))
				}
			}
		}
	}
	return words * word
}
