package conform

import (
	"fmt"

	"hillock/chip"
	events "hillock/isa/count"
)

// replayRANCMNIST replays a digit classifier of RANC: one image per tick, votes
// of image n in output row n + 2.
func replayRANCMNIST(d *doc, c *checker) error {
	g := &rancMNIST{rancFile: rancFile{doc: d}}
	if err := g.read(); err != nil {
		return err
	}
	g.fill(nil)
	if err := g.record(); err != nil {
		return err
	}
	img, err := g.image("ranc-sim")
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return g.replay(c, img, e) })
}

// The parts of an image that a first-layer core sees, and the classes.
const (
	rancPixels  = 784
	rancClasses = 10
	rancAfter   = 1024 // ticks behind the last image, at most
	rancReadout = 2    // rows from an image to its votes
)

type rancMNIST struct {
	rancFile
	images       lists // pixels that are set, per image
	offsets      []int64
	votes        []int64
	predictions  []int64
	late, merged int64
}

func (g *rancMNIST) record() error {
	d := g.doc
	g.images.off = []int{0}
	err := d.each("images", d.raw("images"), "", func(cur *cursor, n int) error {
		if len(g.images.flat) > maxCells {
			return d.fail("images", "", fmt.Sprintf("at most %d pixels", maxCells), "more")
		}
		err := d.bits("images", cur.value(), fmt.Sprintf("image %d", n), rancPixels, func(i int) { g.images.flat = append(g.images.flat, int32(i)) })
		g.images.off = append(g.images.off, len(g.images.flat))
		return err
	})
	if err != nil {
		return err
	}
	n := len(g.images.off) - 1
	if g.steps < n+rancReadout || g.steps > n+rancAfter {
		return d.fail("ticks", "", fmt.Sprintf("%d..%d for %d images", n+rancReadout, n+rancAfter, n), fmt.Sprint(g.steps))
	}
	if g.offsets, err = d.ints("patch_offsets", -1, 0, rancPixels-1); err != nil {
		return err
	}
	if len(g.offsets) > g.own {
		return d.fail("patch_offsets", "", fmt.Sprintf("at most %d entries", g.own), fmt.Sprint(len(g.offsets)))
	}
	if g.votes, err = d.matrix("votes", n, rancClasses, 0, rancGridMax); err != nil {
		return err
	}
	if g.predictions, err = d.ints("predictions", n, 0, rancClasses-1); err != nil {
		return err
	}
	if g.late, err = d.integer("late", 0, 1<<53); err != nil {
		return err
	}
	g.merged, err = d.integer("merged", 0, 1<<53)
	return err
}

func (g *rancMNIST) replay(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	bus := g.model.Place(len(g.model.Cores))
	err = m.Run(int64(g.steps), g.source, func(tick int64, m *chip.Machine) error {
		n := int(tick) - rancReadout
		if n < 0 || n >= len(g.images.off)-1 {
			return nil
		}
		var votes [rancClasses]int64
		for _, s := range m.Spikes(bus) {
			votes[int(s.Comp)%rancClasses]++
		}
		best := 0
		for k, v := range votes {
			c.equal("votes", n, k, g.votes[n*rancClasses+k], v)
			if v > votes[best] {
				best = k
			}
		}
		c.equal("predictions", n, -1, g.predictions[n], int64(best))
		return nil
	})
	if err != nil {
		return err
	}
	if err := m.Run(1, nil, nil); err != nil {
		return err
	}
	n := m.Counts()
	where := func() string { return "after the last tick" }
	c.equalAt("late", -1, g.late, n[events.Late], where)
	c.equalAt("merged", -1, g.merged, n[events.Merged]-m.Core(bus).Counts[events.Merged], where)
	return nil
}

// source shows image n at tick n, to every first-layer core its part.
func (g *rancMNIST) source(tick int64, dst []chip.Injection) []chip.Injection {
	if tick >= int64(len(g.images.off)-1) {
		return dst
	}
	first := int32(len(g.model.Cores) + 1)
	for k, off := range g.offsets {
		for _, p := range g.images.at(tick) {
			if a := p - int32(off); a >= 0 && int(a) < g.model.Axons {
				dst = append(dst, chip.Injection{Pop: first + int32(k), Index: a, Payload: 1})
			}
		}
	}
	return dst
}
