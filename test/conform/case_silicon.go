package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler"
)

// replaySilicon replays a neuron that was recorded on a board: its input acts
// one row later, and its voltage is read through the family's readout tap.
func replaySilicon(d *doc, c *checker) error {
	fam, err := anonymous()
	if err != nil {
		return err
	}
	const group = "cuba-silicon-readout"
	p, err := d.object("params")
	if err != nil {
		return err
	}
	given := vars{}
	if !p.has("decay_u") { // the recording shows no current: it is gone after one step
		given = vars{{"decay_u", column{4095}}, {"u_decay_offset", column{1}}}
	}
	v, err := neuronVars(p, 1, given)
	if err != nil {
		return err
	}
	wire, err := siliconWeight(fam, p, c)
	if err != nil {
		return err
	}
	steps, err := d.length("in_spikes")
	if err != nil {
		return err
	}
	in, err := d.ints("in_spikes", steps, 0, 1)
	if err != nil {
		return err
	}
	read, err := d.ints("v_read", steps, -1<<53, 1<<53)
	if err != nil {
		return err
	}
	spikes, err := d.ints("spikes", steps, 0, 1)
	if err != nil {
		return err
	}
	ci, err := fam.BindCore(v)
	if err != nil {
		return err
	}
	g, err := fam.BindGroup(group, 1, v)
	if err != nil {
		return err
	}
	img := bench(fam, ci, g, 1, wire)
	source := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick > 0 && in[tick-1] == 1 {
			dst = append(dst, chip.Injection{Pop: popInput, Payload: 1})
		}
		return dst
	}
	return c.onEngines(func(e string) error { return compareSilicon(c, img, source, read, spikes) })
}

// siliconWeight stores the one weight as a full mantissa at exponent 0.
func siliconWeight(fam *chip.Family, p *doc, c *checker) (wiring, error) {
	w, err := p.integer("weight_mant", -1<<8, 1<<8)
	if err != nil {
		return wiring{}, err
	}
	code := compiler.WeightCode{Width: 8, Bits: 8, Sign: compiler.Excitatory}
	if w < 0 {
		code.Sign = compiler.Inhibitory
	}
	mant, _, err := compiler.QuantiseWeight(fam.Weights.Quantiser, float64(w), code)
	if err != nil {
		return wiring{}, p.fail("weight_mant", "", "a weight that can be stored", err.Error())
	}
	f := code.Format(int(fam.Weights.Scale), 0)
	if p.has("weight_eff") {
		eff, err := p.integer("weight_eff", -1<<53, 1<<53)
		if err != nil {
			return wiring{}, err
		}
		c.equalAt("params.weight_eff", -1, eff, int64(f.Contribution(int32(mant))), nowhere)
	}
	return wiring{format: f, in: []int16{int16(mant)}}, nil
}

func compareSilicon(c *checker, img *chip.Image, source chip.Source, read, spikes []int64) error {
	m, err := chip.New(img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	var samples []int64
	m.Core(0).Tap = func(tap int, _, value int32) {
		if tap == 0 {
			samples = append(samples, int64(value))
		}
	}
	return m.Run(int64(len(read)), source, func(tick int64, m *chip.Machine) error {
		if len(samples) != int(tick)+1 {
			return fmt.Errorf("conform: tick %d: the readout tap gave %d samples so far, need %d", tick, len(samples), tick+1)
		}
		c.equal("v_read", int(tick), 0, read[tick], samples[tick])
		c.equal("spikes", int(tick), 0, spikes[tick], int64(len(m.Core(0).Spikes)))
		return nil
	})
}
