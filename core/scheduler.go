package core

import (
	"fmt"
	"math/bits"

	"hillock/isa/count"
	"hillock/router"
)

// A core with Rows keeps what has arrived as bits: one row of in-axons per tick
// to come, as digital crossbar chips do (Merolla et al., Science 345, 2014). An
// event at address n is one for in-axon n mod A of the A in-axons, due in
// n div A ticks. Events that meet in one bit merge into one; an event whose
// delay would make it fall into the row that was being served when it was sent,
// a tick earlier, is dropped. Both are counted.

// maxRows bounds the rows of an axon store.
const maxRows = 256

// Addresses is the number of addresses at which a core takes events.
func (img *Image) Addresses() int {
	if img.Rows > 0 {
		return 1 << 16
	}
	if img.Event != nil {
		return img.Event.Spec.Axons()
	}
	return len(img.Axons)
}

// Address is the address of an event for an in-axon that is due so many ticks
// after it arrives; false if there is none.
func (img *Image) Address(axon, delay int) (uint16, bool) {
	n := axon + delay*len(img.Axons)
	if axon < 0 || axon >= len(img.Axons) || delay < 0 || delay > 1<<16 || n >= img.Addresses() {
		return 0, false
	}
	return uint16(n), true
}

// rowWords is the number of 64-bit words of a row of the axon store.
func (img *Image) rowWords() int { return (len(img.Axons) + 63) / 64 }

func (img *Image) checkRows() error {
	switch {
	case img.Rows == 0:
	case img.Rows < 2 || img.Rows > maxRows:
		return fmt.Errorf("core: axon store of %d rows, need 2..%d, or 0 for a list", img.Rows, maxRows)
	case len(img.Axons) == 0 || img.Payload != Plain:
		return fmt.Errorf("core: axon store of %d rows for %d in-axons, payload mode %d: need in-axons and plain payloads", img.Rows, len(img.Axons), img.Payload)
	}
	return nil
}

// keep notes events in the rows in which they are due.
func (c *Core) keep(events []router.Packet) {
	img := c.Image
	c.busy = c.State.Tick + int64(img.Rows)
	a, w := len(img.Axons), img.rowWords()
	for _, e := range events {
		axon, delay := int(e.Axon)%a, int(e.Axon)/a
		if (delay+1)%img.Rows == 0 {
			c.miss(count.Late, e.Axon)
			continue
		}
		row := int((c.State.Tick + int64(delay)) % int64(img.Rows))
		at, bit := &c.State.Due[row*w+axon/64], uint64(1)<<(axon%64)
		if *at&bit != 0 {
			c.miss(count.Merged, e.Axon)
		}
		*at |= bit
	}
}

// due serves the row of this tick, in-axons ascending, and clears it.
func (c *Core) due() {
	c.served = c.served[:0]
	w := c.Image.rowWords()
	row := c.State.Due[int(c.State.Tick%int64(c.Image.Rows))*w:][:w]
	for k, set := range row {
		for ; set != 0; set &= set - 1 {
			c.served = append(c.served, router.Packet{Axon: uint16(k*64 + bits.TrailingZeros64(set)), Payload: 1})
		}
		row[k] = 0
	}
	if len(c.served) > 0 {
		c.serve(c.served)
	}
}

// dueFits verifies the rows of a state.
func (s *State) dueFits(img *Image) error {
	w := img.rowWords()
	if len(s.Due) != img.Rows*w {
		return fmt.Errorf("core: axon store of %d words, need %d", len(s.Due), img.Rows*w)
	}
	for k, set := range s.Due {
		if last := len(img.Axons) % 64; last != 0 && k%w == w-1 && set>>last != 0 {
			return fmt.Errorf("core: word %d of the axon store is %#x, need %d in-axons at most", k, set, len(img.Axons))
		}
	}
	return nil
}

// chances says that in-axons of a crossbar draw.
func (img *Image) chances() bool {
	for k := range img.Crossbars {
		if img.Crossbars[k].Chance != nil {
			return true
		}
	}
	return false
}

// chance is the contribution of a synapse whose weight is a probability.
func (c *Core) chance(x *Crossbar, comp, mant int32) int32 {
	draw := c.draw(comp, int(c.drawn[comp]), c.Image.Draws[x.Draw])
	c.drawn[comp]++
	c.Counts[count.Draws]++
	switch {
	case mant >= 0 && mant < draw || mant < 0 && int64(-mant) < int64(draw) || mant == 0:
		return 0
	case mant < 0:
		return -1
	}
	return 1
}
