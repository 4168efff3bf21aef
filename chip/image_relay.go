package chip

import (
	"fmt"

	"hillock/core"
)

// coreRelays is what the section RLAY of an image file holds of a core with
// relays, kept ports or payloads that repeat. Without such cores there is no
// section.
type coreRelays struct {
	Core   int          // index into Image.Cores
	Relays []core.Relay // as in the image
	Kept   []uint8      // per port: 0 = keeps nothing, else state word + 1
	Most   []uint8      // per in-axon, empty = all 0
}

// relays lists the cores that need the section.
func (img *Image) relays() []coreRelays {
	var out []coreRelays
	for i := range img.Cores {
		ci := img.Cores[i].Image
		x := coreRelays{Core: i, Relays: ci.Relays, Kept: make([]uint8, len(ci.Ports))}
		needed := len(ci.Relays) > 0
		for p := range ci.Ports {
			if ci.Ports[p].Keep {
				x.Kept[p], needed = ci.Ports[p].Word+1, true
			}
		}
		if ci.Payload == core.Repeated {
			needed = true
			for a := range ci.Axons {
				x.Most = append(x.Most, ci.Axons[a].Most)
			}
		}
		if needed {
			out = append(out, x)
		}
	}
	return out
}

// codeRelays codes the section RLAY.
func (img *Image) codeRelays(c *codec) {
	all := img.relays()
	if !c.write {
		all = nil
	}
	list(c, &all, 4, "cores with relays", func(k *coreRelays) {
		integer(c, &k.Core, "core index")
		list(c, &k.Relays, 2, "relays", func(r *core.Relay) {
			integer(c, &r.From, "compartment")
			integer(c, &r.To, "compartment")
		})
		ints(c, &k.Kept, "kept state words")
		ints(c, &k.Most, "most repeats")
	})
	for i := range all {
		if c.write || c.err != nil {
			return
		}
		if err := img.setRelays(&all[i]); err != nil {
			c.err = fmt.Errorf("chip: %s: %w", c.where, err)
			return
		}
	}
}

func (img *Image) setRelays(k *coreRelays) error {
	if k.Core < 0 || k.Core >= len(img.Cores) {
		return fmt.Errorf("core index %d of %d", k.Core, len(img.Cores))
	}
	ci := img.Cores[k.Core].Image
	if len(k.Kept) != len(ci.Ports) || len(k.Most) != 0 && len(k.Most) != len(ci.Axons) {
		return fmt.Errorf("core index %d: %d kept words and %d repeats, need %d and 0 or %d", k.Core, len(k.Kept), len(k.Most), len(ci.Ports), len(ci.Axons))
	}
	ci.Relays = k.Relays
	for p, w := range k.Kept {
		if w > 0 {
			ci.Ports[p].Keep, ci.Ports[p].Word = true, w-1
		}
	}
	for a, n := range k.Most {
		ci.Axons[a].Most = n
	}
	return nil
}
