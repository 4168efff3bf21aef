package chip

import (
	"fmt"
	"math"

	"hillock/core"
)

// bindGenerator gives a core its random generator.
func (f *Family) bindGenerator(img *core.Image, v Vars) error {
	t := &f.Core.Generator
	if t.Kind == "" {
		return nil
	}
	img.Generator = core.Kiss64
	for i, src := range t.Seed {
		x, err := f.coreValue(src, v, 0, 0, math.MaxUint32)
		if err != nil {
			return fmt.Errorf("chip: seed %d of the generator: %w", i, err)
		}
		img.Seed[i] = uint32(x)
	}
	return nil
}
