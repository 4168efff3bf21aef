package compiler

import "hillock/compiler/graph"

// calibrateCross runs the float reference over the calibration samples: spikes
// per neuron, and the mean of every membrane while it is above its reset. At
// that mean a constant leak takes what the decay takes. Membranes below count
// for nothing: inhibition drives some far down, and a leak that fits those
// leaves nothing of what could spike.
func (u *Unit) calibrateCross() error {
	calib := u.Options.Calib
	if calib == nil || calib.Len() == 0 || !u.rateOnly() {
		return nil
	}
	run, err := graph.NewRun(u.Net)
	if err != nil {
		return err
	}
	c := crossCalibration{u: u, run: run, spikes: make([]float64, len(u.Pops)), above: make([][]float64, len(u.Pops)), level: make([][]float64, len(u.Pops))}
	for k := range u.Pops {
		c.level[k], c.above[k] = make([]float64, len(run.V[k])), make([]float64, len(run.V[k]))
	}
	ticks := c.observe(calib)
	for k := range u.Pops {
		u.Pops[k].Rate = c.spikes[k] / float64(u.Net.Pops[k].N) / float64(calib.Len())
		for i := range c.level[k] {
			c.level[k][i] /= max(c.above[k][i], 1)
		}
	}
	u.activity, u.crossbar.level = true, c.level
	u.note("calibration: %d samples, %d ticks of the float reference; leaks are what the decay takes at a membrane's mean above its reset", calib.Len(), ticks)
	return nil
}

// crossCalibration adds up spikes per population, and per neuron its membrane
// above the reset and the ticks in which it was there.
type crossCalibration struct {
	u            *Unit
	run          *graph.Run
	spikes       []float64
	level, above [][]float64
}

// observe runs all samples and returns the ticks.
func (c *crossCalibration) observe(calib Samples) (ticks int) {
	var in [][]float64
	for _, k := range c.u.Net.Inputs() {
		in = append(in, make([]float64, c.u.Net.Pops[k].N))
	}
	for s := range calib.Len() {
		c.run.Reset()
		for t := range calib.Ticks(s) {
			for k := range in {
				clear(in[k])
			}
			calib.Fill(s, t, in)
			c.run.Step(in)
			ticks++
			for k := range c.u.Pops {
				c.add(k)
			}
		}
	}
	return ticks
}

func (c *crossCalibration) add(pop int) {
	for _, s := range c.run.Spikes[pop] {
		c.spikes[pop] += s
	}
	for i, v := range c.run.V[pop] {
		if v -= c.u.Pops[pop].resting(i); v > 0 {
			c.level[pop][i] += v
			c.above[pop][i]++
		}
	}
}

// rateOnly says that no population has an exact code, so that there is a float
// reference.
func (u *Unit) rateOnly() bool {
	for _, p := range u.Net.Pops {
		if p.Kind == graph.Rectifier || p.Code != graph.Rate {
			return false
		}
	}
	return true
}

// resting is the reset voltage of neuron i, to which voltages are shifted.
func (p *Pop) resting(i int) float64 {
	if p.Src.VReset == nil {
		return 0
	}
	return p.Src.VReset[i]
}

// levelOf is the membrane at which a constant leak takes what the decay takes:
// the mean in calibration, or half the threshold.
func (u *Unit) levelOf(pop, i int) float64 {
	if l := u.crossbar.level; l != nil && i < len(l[pop]) {
		return l[pop][i]
	}
	return u.Pops[pop].Theta[i] / 2
}
