package core

import "hillock/isa/count"

// AxonCounts is what one plain spike at an in-axon counts, whenever it is
// served.
func (c *Core) AxonCounts(axon uint16) (n count.Counts) {
	if int(axon) >= len(c.axon) {
		return n
	}
	x := &c.axon[axon]
	n[count.AxonEvents], n[count.SynWords] = 1, int64(x.words)
	n[x.class%uint8(count.NumEvents)] += int64(x.n)
	return n
}

// miss counts an event that was lost, late or merged.
func (c *Core) miss(what count.Event, address uint16) {
	c.Counts[what]++
	if c.Miss != nil {
		c.Miss(what, address)
	}
}
