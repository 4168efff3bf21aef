package conform

import (
	"fmt"

	"hillock/compiler"
)

// replayWeightTable replays rows of weights that were clipped and cut to the
// stored bits: clipped is the full mantissa, w_out the stored one with the
// lost bits as zeros. No engine takes part.
func replayWeightTable(d *doc, c *checker) error {
	f, err := unlimited(lavaFamily)
	if err != nil {
		return err
	}
	return d.each("rows", d.raw("rows"), "", func(cur *cursor, i int) error {
		r, err := parseObject(fmt.Sprintf("rows[%d]", i), cur.value())
		if err != nil {
			return err
		}
		code, err := r.code(f, "sign_mode", "num_weight_bits")
		if err != nil {
			return err
		}
		n, err := r.length("w_in")
		if err != nil {
			return err
		}
		full := code
		full.Bits = code.Width
		if code.Sign == compiler.Mixed {
			full.Bits++ // with a bit for the sign nothing is cut off
		}
		for _, x := range [...]struct {
			field string
			code  compiler.WeightCode
		}{{"clipped", full}, {"w_out", code}} {
			if err := compareStored(r, c, f.Weights.Quantiser, x.field, x.code, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareStored compares a list of stored weights, if it is there.
func compareStored(r *doc, c *checker, quantiser, field string, code compiler.WeightCode, n int) error {
	if !r.has(field) {
		return nil
	}
	in, err := r.ints("w_in", n, -1<<40, 1<<40)
	if err != nil {
		return err
	}
	want, err := r.ints(field, n, -1<<53, 1<<53)
	if err != nil {
		return err
	}
	for k, x := range in {
		m, _, err := compiler.QuantiseWeight(quantiser, float64(x), code)
		if err != nil {
			return r.fail("w_in", fmt.Sprintf("entry %d", k), "a weight that can be stored", err.Error())
		}
		c.equalAt(r.name(field), k, want[k], m<<code.Lsb(), nowhere)
	}
	return nil
}
