package conform

import (
	"bytes"
	"fmt"
	"math"

	"hillock/core"
)

// nefMaxLists bounds the synapses and the out-axons of one block.
const nefMaxLists = 4096

// readNEFSynapses reads the synapses that end at a block. How many neurons
// their targets have is checked where the lists are made.
func readNEFSynapses(p *doc) ([]nefSynapse, error) {
	var out []nefSynapse
	axons := 0
	err := p.each("synapses", p.raw("synapses"), "", func(c *cursor, i int) error {
		if i >= nefMaxLists {
			return p.fail("synapses", "", fmt.Sprintf("at most %d synapses", nefMaxLists), "more")
		}
		d, err := parseObject(fmt.Sprintf("%s.synapses[%d]", p.path, i), c.value())
		if err != nil {
			return err
		}
		var s nefSynapse
		if s.rows, err = readNEFRows(d); err != nil {
			return err
		}
		if s.axons, err = readNEFInAxons(d, len(s.rows)); err != nil {
			return err
		}
		s.first = uint16(min(axons, maxInputs-1))
		if axons += len(s.axons); axons > maxInputs {
			return p.fail("synapses", "", fmt.Sprintf("at most %d in-axons", maxInputs), "more")
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// readNEFInAxons reads [base, row] pairs; base null = the input is ignored.
func readNEFInAxons(d *doc, rows int) ([]nefInAxon, error) {
	var out []nefInAxon
	err := d.each("axons", d.raw("axons"), "", func(c *cursor, i int) error {
		where := fmt.Sprintf("entry %d", i)
		if i >= maxInputs {
			return d.fail("axons", "", fmt.Sprintf("at most %d in-axons", maxInputs), "more")
		}
		a, n := nefInAxon{base: -1}, 0
		err := d.each("axons", c.value(), where, func(c *cursor, j int) error {
			text := c.value()
			v, ok := number(text)
			n++
			switch {
			case j == 0 && bytes.Equal(text, []byte("null")):
			case j == 0 && ok && v >= 0 && v < core.MaxCompartments:
				a.base = int(v)
			case j == 1 && a.base < 0:
			case j == 1 && ok && v >= 0 && v < int64(rows):
				a.row = int(v)
			default:
				return d.fail("axons", where, fmt.Sprintf("[base or null, row of 0..%d]", rows-1), describe(text))
			}
			return nil
		})
		if err == nil && n != 2 {
			err = d.fail("axons", where, "[base, row]", fmt.Sprintf("%d entries", n))
		}
		out = append(out, a)
		return err
	})
	return out, err
}

// readNEFRows reads the rows of weights: a list, or lists of weights and
// targets.
func readNEFRows(d *doc) ([]nefRow, error) {
	var out []nefRow
	err := d.each("weights", d.raw("weights"), "", func(c *cursor, i int) (err error) {
		var r nefRow
		where := fmt.Sprintf("row %d", i)
		if c.peek() == '{' {
			var o *doc
			if o, err = parseObject(fmt.Sprintf("%s[%d]", d.name("weights"), i), c.value()); err != nil {
				return err
			}
			if r.w, err = o.ints("w", -1, math.MinInt32, math.MaxInt32); err == nil {
				r.to, err = o.ints("idx", len(r.w), 0, core.MaxCompartments-1)
			}
			if r.to == nil {
				r.to = []int64{}
			}
		} else {
			r.w, err = d.row("weights", c.value(), where, -1, math.MinInt32, math.MaxInt32, nil)
		}
		out = append(out, r)
		return err
	})
	return out, err
}

// readNEFAxons reads what leads from n compartments, or from the lines of an
// input (n < 0 = any number), to inputs of synapses.
func readNEFAxons(p *doc, n int) ([]nefAxon, error) {
	var out []nefAxon
	err := p.each("axons", p.raw("axons"), "", func(c *cursor, i int) error {
		if i >= nefMaxLists {
			return p.fail("axons", "", fmt.Sprintf("at most %d axons", nefMaxLists), "more")
		}
		d, err := parseObject(fmt.Sprintf("%s.axons[%d]", p.path, i), c.value())
		if err != nil {
			return err
		}
		to, err := d.ints("target", 2, 0, math.MaxInt32)
		if err != nil {
			return err
		}
		a := nefAxon{name: d.path, block: int(to[0]), synapse: int(to[1])}
		if a.to, err = d.ints("map", n, -1, maxInputs-1); err != nil {
			return err
		}
		if len(a.to) > maxInputs {
			return d.fail("map", "", fmt.Sprintf("at most %d entries", maxInputs), "more")
		}
		out = append(out, a)
		return nil
	})
	return out, err
}
