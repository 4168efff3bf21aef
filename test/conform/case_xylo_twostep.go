package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/core"
)

// replayXyloTwoStep replays tables of single neurons with a constant bias: v
// after the first step is the bias, v after the second is listed.
func replayXyloTwoStep(d *doc, c *checker) error {
	f, err := xyloFamily(d)
	if err != nil {
		return err
	}
	var dash, bias, second column
	err = d.each("rows", d.raw("rows"), "", func(cur *cursor, i int) error {
		r, err := parseObject(fmt.Sprintf("rows[%d]", i), cur.value())
		if err != nil {
			return err
		}
		x, err := r.integer("dash", 0, 15)
		if err != nil {
			return err
		}
		first, err := r.ints("bias_and_v1", -1, -1<<15, 1<<15-1)
		if err != nil {
			return err
		}
		want, err := r.ints("v2", len(first), -1<<15, 1<<15-1)
		if err == nil && len(bias)+len(first) > maxInputs {
			err = r.fail("v2", "", fmt.Sprintf("at most %d neurons in all rows", maxInputs), "more")
		}
		for range first {
			dash = append(dash, x)
		}
		bias, second = append(bias, first...), append(second, want...)
		return err
	})
	if err != nil {
		return err
	}
	if len(bias) == 0 {
		return d.fail("rows", "", "at least 1 neuron", "none")
	}
	img, err := twoStepImage(f, dash, bias)
	if err != nil {
		return err
	}
	for _, c.engine = range c.engines {
		if err := twoSteps(c, f, img, bias, second); err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

func twoStepImage(f *chip.Family, dash, bias column) (*chip.Image, error) {
	v := vars{{"dash_syn", column{0}}, {"dash_mem", dash}, {"threshold", column{1<<15 - 1}}, {"bias", bias}}
	ci, err := f.BindCore(v)
	if err != nil {
		return nil, err
	}
	g, err := f.BindGroup("hidden", len(bias), v)
	if err != nil {
		return nil, err
	}
	return bench(f, ci, g, 0, wiring{format: core.Format{}}), nil
}

func twoSteps(c *checker, f *chip.Family, img *chip.Image, bias, second column) error {
	m, err := chip.New(img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	w, ok := word(f, "hidden", "v")
	if !ok {
		return fmt.Errorf("conform: group hidden of %s has no state word v", f.Name)
	}
	return m.Run(2, nil, func(tick int64, m *chip.Machine) error {
		field, want := "bias_and_v1", bias
		if tick == 1 {
			field, want = "v2", second
		}
		for i, x := range m.Core(0).State.Words[0][w] {
			c.equal(field, int(tick), i, want[i], int64(x))
		}
		return nil
	})
}
