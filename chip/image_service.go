package chip

import (
	"fmt"

	"hillock/core"
)

// coreService is what the section SERV of an image file holds of a core that
// serves its own neurons first, has weights without a sign or a random generator. Without such
// cores there is no section.
type coreService struct {
	Core     int // index into Image.Cores
	OwnFirst bool
	Unsigned []bool // per weight format

	Generator core.Generator
	Seed      [core.NumSeeds]uint32
}

// services lists the cores that need the section.
func (img *Image) services() []coreService {
	var out []coreService
	for i := range img.Cores {
		ci := img.Cores[i].Image
		x := coreService{Core: i, OwnFirst: ci.OwnFirst, Unsigned: make([]bool, len(ci.Formats)), Generator: ci.Generator, Seed: ci.Seed}
		needed := ci.OwnFirst || ci.Generator != core.Numbered
		for f := range ci.Formats {
			x.Unsigned[f] = ci.Formats[f].Unsigned
			needed = needed || x.Unsigned[f]
		}
		if needed {
			out = append(out, x)
		}
	}
	return out
}

// codeServices codes the section SERV.
func (img *Image) codeServices(c *codec) {
	all := img.services()
	if !c.write {
		all = nil
	}
	list(c, &all, 8, "cores with a service of their own", func(k *coreService) {
		integer(c, &k.Core, "core index")
		c.flag(&k.OwnFirst)
		list(c, &k.Unsigned, 1, "weights without a sign", func(f *bool) { c.flag(f) })
		integer(c, &k.Generator, "random generator")
		for i := range k.Seed {
			integer(c, &k.Seed[i], "seed")
		}
	})
	for i := range all {
		if c.write || c.err != nil {
			return
		}
		if err := img.setService(&all[i]); err != nil {
			c.err = fmt.Errorf("chip: %s: %w", c.where, err)
			return
		}
	}
}

func (img *Image) setService(k *coreService) error {
	if k.Core < 0 || k.Core >= len(img.Cores) {
		return fmt.Errorf("core index %d of %d", k.Core, len(img.Cores))
	}
	ci := img.Cores[k.Core].Image
	if len(k.Unsigned) != len(ci.Formats) {
		return fmt.Errorf("core index %d: signs of %d weight formats, need %d", k.Core, len(k.Unsigned), len(ci.Formats))
	}
	ci.OwnFirst, ci.Generator, ci.Seed = k.OwnFirst, k.Generator, k.Seed
	for f, u := range k.Unsigned {
		ci.Formats[f].Unsigned = u
	}
	return nil
}
