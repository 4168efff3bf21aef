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
	x, ticks := u.crossbar, 0
	x.level = make([][]float64, len(u.Pops))
	spikes, above := make([]float64, len(u.Pops)), make([][]float64, len(u.Pops))
	var in [][]float64
	for _, k := range u.Net.Inputs() {
		in = append(in, make([]float64, u.Net.Pops[k].N))
	}
	for k := range u.Pops {
		x.level[k], above[k] = make([]float64, len(run.V[k])), make([]float64, len(run.V[k]))
	}
	for s := range calib.Len() {
		run.Reset()
		for t := range calib.Ticks(s) {
			for k := range in {
				clear(in[k])
			}
			calib.Fill(s, t, in)
			run.Step(in)
			ticks++
			for k := range u.Pops {
				spikes[k] += sumOf(run.Spikes[k])
				for i, v := range run.V[k] {
					if v -= u.Pops[k].resting(i); v > 0 {
						x.level[k][i] += v
						above[k][i]++
					}
				}
			}
		}
	}
	for k := range u.Pops {
		u.Pops[k].Rate = spikes[k] / float64(u.Net.Pops[k].N) / float64(calib.Len())
		for i := range x.level[k] {
			x.level[k][i] /= max(above[k][i], 1)
		}
	}
	u.activity = true
	u.note("calibration: %d samples, %d ticks of the float reference; leaks are what the decay takes at a membrane's mean above its reset", calib.Len(), ticks)
	return nil
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

func sumOf(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// levelOf is the membrane at which a constant leak takes what the decay takes:
// the mean in calibration, or half the threshold.
func (u *Unit) levelOf(pop, i int) float64 {
	if l := u.crossbar.level; l != nil && i < len(l[pop]) {
		return l[pop][i]
	}
	return u.Pops[pop].Theta[i] / 2
}
