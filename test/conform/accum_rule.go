package conform

import "hillock/chip"

// accumRule is the learning rule of a file.
type accumRule struct{}

func (k *accumCore) learning() error {
	if k.doc.has("stdp") {
		return k.doc.fail("stdp", "", "no learning yet", "a rule")
	}
	return nil
}

func (k *accumCore) plasticRow(d *doc, i int) ([]uint16, error) { return nil, nil }

func (k *accumCore) learned(c *checker, m *chip.Machine, step int) {}
