package chip

import (
	"fmt"

	"hillock/core"
)

// coreCrossbars are the crossbars of one core in an image file. The section
// XBAR holds them for the cores that have any; without such cores there is no
// section.
type coreCrossbars struct {
	Core int // index into Image.Cores
	Bars []core.Crossbar
}

// crossbars lists the cores that have crossbars.
func (img *Image) crossbars() []coreCrossbars {
	var out []coreCrossbars
	for i := range img.Cores {
		if x := img.Cores[i].Image.Crossbars; len(x) > 0 {
			out = append(out, coreCrossbars{i, x})
		}
	}
	return out
}

// codeCrossbars codes the section XBAR.
func (img *Image) codeCrossbars(c *codec) {
	all := img.crossbars()
	list(c, &all, 2, "cores with crossbars", func(k *coreCrossbars) {
		integer(c, &k.Core, "core index")
		list(c, &k.Bars, 8, "crossbars", func(x *core.Crossbar) {
			integer(c, &x.Base, "first compartment")
			integer(c, &x.N, "targets")
			integer(c, &x.Delay, "delay")
			ints(c, &x.Types, "row types")
			list(c, &x.Bits, 8, "words of bits", func(w *uint64) { c.word(w, "64 bits") })
			list(c, &x.Mant, 1, "weights by type", func(m *[]int32) { ints(c, m, "mantissas") })
			list(c, &x.Chance, 1, "chances by type", func(m *[]uint8) { ints(c, m, "chances") })
			integer(c, &x.Draw, "draw format")
		})
	})
	for _, k := range all {
		if c.write || c.err != nil {
			return
		}
		if k.Core < 0 || k.Core >= len(img.Cores) {
			c.fail(fmt.Sprintf("a core of %d", len(img.Cores)), k.Core)
			return
		}
		img.Cores[k.Core].Image.Crossbars = k.Bars
	}
}
