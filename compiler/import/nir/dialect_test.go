package nir

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"hillock/compiler/graph"
	"hillock/internal/hdf5"
)

// between puts neurons of one node between ports.
func between(version string, width int64, n *hdf5.Group) *hdf5.Group {
	return file(version, "in>"+n.Name+" "+n.Name+">out", input("in", width), n, output("out", width))
}

// neuron is a neuron node named n of width 1.
func neuron(typ string, fields ...any) *hdf5.Group {
	var ds []*hdf5.Dataset
	for i := 0; i < len(fields); i += 2 {
		ds = append(ds, vec(fields[i].(string), fields[i+1].(float64)))
	}
	return node("n", typ, ds...)
}

func TestDiscretisation(t *testing.T) {
	cuba := neuron("CubaLIF", "tau_syn", 1e-3, "tau_mem", 2e-3, "r", 4.0, "v_leak", 1.0, "w_in", 3.0, "v_threshold", 1.0, "v_reset", 0.25)
	p := convert(t, between("1.0.8", 1, cuba), Options{}).Pops[1]
	require.InDeltaSlice(t, []float64{0.9, 0.3, 0.95, 0.2, 0.05, 1, 0.25},
		[]float64{p.AJ[0], p.GJ[0], p.AV[0], p.GV[0], p.C[0], p.Theta[0], p.VReset[0]}, 1e-15)
	require.Equal(t, graph.ResetZero, p.Reset)
	p = convert(t, between("1.0.8", 1, neuron("CubaLIF", "tau_syn", 1e-3, "tau_mem", 2e-3, "r", 4.0, "v_leak", 1.0, "v_threshold", 1.0)), Options{DT: 1e-3}).Pops[1]
	require.InDeltaSlice(t, []float64{0, 1, 0.5, 2}, []float64{p.AJ[0], p.GJ[0], p.AV[0], p.GV[0]}, 1e-15)
	p = convert(t, between("1.0.8", 1, neuron("CubaLIF", "tau_syn", 1e-3, "tau_mem", 2e-3, "r", 4.0, "v_leak", 1.0, "v_threshold", 1.0)), Options{Reset: "zero-late"}).Pops[1]
	require.True(t, p.LateZeroWipe)
	p = convert(t, between("1.0.8", 1, lif("n", 1)), Options{Reset: "zero-late", Compare: "ge", Multispike: "on", Floor: "-theta"}).Pops[1]
	require.Equal(t, graph.ResetZeroLate, p.Reset)
	require.False(t, p.LateZeroWipe)
	require.True(t, p.GE && p.Multi)
	require.Equal(t, []float64{-1}, p.Floor)
	p = convert(t, between("1.0.8", 1, neuron("Threshold", "threshold", 2.0)), Options{}).Pops[1]
	require.Equal(t, graph.Threshold, p.Kind)
	require.Equal(t, []float64{2}, p.Theta)
}

// float32 files: a gain within rounding of 1 is 1, a time constant of one step
// is one step.
func TestSnapping(t *testing.T) {
	tau, r := float64(float32(1e-4/(1-0.85))), float64(float32(1/(1-0.85)))
	n := convert(t, between("1.0.8", 1, neuron("LIF", "tau", tau, "r", r, "v_leak", 0.0, "v_threshold", 1.0, "v_reset", 0.0)), Options{})
	require.Equal(t, 1.0, n.Pops[1].GV[0])
	require.InDelta(t, 0.85, n.Pops[1].AV[0], 1e-7)
	n = convert(t, between("1.0.8", 1, neuron("LIF", "tau", float64(float32(1e-4)), "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0, "v_reset", 0.0)), Options{})
	require.Equal(t, 0.0, n.Pops[1].AV[0])
}

func TestResetByVersion(t *testing.T) {
	without := neuron("LIF", "tau", 1e-2, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0)
	with := neuron("LIF", "tau", 1e-2, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0, "v_reset", 0.5)
	for _, c := range []struct {
		version string
		n       *hdf5.Group
		want    graph.Reset
		vreset  float64
	}{
		{"1.0.5", without, graph.ResetSubtract, 0},
		{"0.2.0", without, graph.ResetSubtract, 0},
		{"", without, graph.ResetSubtract, 0},
		{"1.0.6", without, graph.ResetZero, 0},
		{"1.0.5", with, graph.ResetZero, 0.5},
		{"1.0.8", with, graph.ResetZero, 0.5},
	} {
		n := convert(t, between(c.version, 1, c.n), Options{})
		require.Equal(t, c.want, n.Pops[1].Reset, c.version)
		require.Equal(t, c.vreset, n.Pops[1].VReset[0])
		require.Equal(t, resetName(c.want)+" --reset", flags(n)["reset"])
	}
}

func TestIntegrateGain(t *testing.T) {
	n := convert(t, between("1.0.8", 1, neuron("IF", "r", 1.0, "v_threshold", 1.0, "v_reset", 0.0)), Options{})
	require.Equal(t, []float64{1, 1}, []float64{n.Pops[1].AV[0], n.Pops[1].GV[0]})
	require.Equal(t, "one step --dt", flags(n)["dt"])
	n = convert(t, between("1.0.8", 1, neuron("IF", "r", 1e4, "v_threshold", 1.0, "v_reset", 0.0)), Options{})
	require.Equal(t, 1.0, n.Pops[1].GV[0])
	require.Equal(t, "0.0001 s --dt", flags(n)["dt"])
	n = convert(t, between("1.0.8", 1, neuron("IF", "r", 1.0, "v_threshold", 1.0, "v_reset", 0.0)), Options{DT: 0.5})
	require.Equal(t, 0.5, n.Pops[1].GV[0])
	n = convert(t, between("1.0.8", 1, neuron("I", "r", 2.0)), Options{DT: 0.5})
	require.Equal(t, graph.Readout, n.Pops[1].Kind)
	require.Equal(t, 1.0, n.Pops[1].GV[0])
}

func TestAssumptions(t *testing.T) {
	plain := neuron("LIF", "tau", 1e-2, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0, "v_reset", 0.0)
	for _, c := range []struct {
		name string
		n    *hdf5.Group
		o    Options
		want map[string]string
	}{
		{"all", plain, Options{}, map[string]string{"dt": "0.0001 s --dt", "update": "Euler --dialect", "reset": "zero --reset", "compare": "gt --compare"}},
		{"given", plain, Options{DT: 1e-3, Dialect: "nir"}, map[string]string{}},
		{"nir", plain, Options{Dialect: "nir", Reset: "subtract"}, map[string]string{"dt": "0.0001 s --dt"}},
		{"unit gain", lif("n", 1), Options{}, map[string]string{"dt": "0.0001 s --dt", "reset": "zero --reset", "compare": "gt --compare"}},
		{"unit gain given", lif("n", 1), Options{DT: 1e-4, Reset: "zero", Compare: "gt"}, map[string]string{}},
		{"asked", lif("n", 1), Options{Dialect: "snntorch"}, map[string]string{"reset": "subtract-late --reset"}},
		{"asked and given", lif("n", 1), Options{Dialect: "snntorch", Reset: "file"}, map[string]string{}},
		{"threshold", neuron("Threshold", "threshold", 1.0), Options{}, map[string]string{"compare": "gt --compare"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := between("1.0.8", 1, c.n)
			require.Equal(t, c.want, flags(convert(t, g, c.o)))
			c.o.Strict = true
			_, err := ToNetwork(read(t, g), c.o)
			if len(c.want) == 0 {
				require.NoError(t, err)
				return
			}
			for what := range c.want {
				require.ErrorContains(t, err, what+" = ")
			}
		})
	}
}

func TestDialects(t *testing.T) {
	stepwise := file("1.0.4", "in>1 1>out", input("in", 1), node("1", "IF", vec("r", 1), vec("v_threshold", 2)), output("out", 1))
	n := convert(t, stepwise, Options{})
	p := n.Pops[1]
	require.True(t, p.GE && p.Multi)
	require.Equal(t, graph.ResetSubtract, p.Reset)
	require.Equal(t, []float64{-2}, p.Floor)
	require.Equal(t, map[string]string{"dialect": "sinabs --dialect", "reset": "subtract --reset", "compare": "ge --compare",
		"multispike": "on --multispike", "floor": "-theta --floor"}, flags(n))
	n = convert(t, stepwise, Options{Multispike: "off", Floor: "none", Compare: "gt"})
	require.False(t, n.Pops[1].Multi || n.Pops[1].GE)
	require.Nil(t, n.Pops[1].Floor)

	steps := between("1.0.4", 1, neuron("LIF", "tau", 20.0, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0))
	p = convert(t, steps, Options{Dialect: "sinabs"}).Pops[1]
	require.Equal(t, []float64{math.Exp(-1. / 20), 1}, []float64{p.AV[0], p.GV[0]})

	small := between("1.0.8", 1, neuron("LIF", "tau", 5e-6, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0))
	n = convert(t, small, Options{})
	require.Equal(t, "norse --dialect", flags(n)["dialect"])
	require.InDeltaSlice(t, []float64{0.8, 0.2}, []float64{n.Pops[1].AV[0], n.Pops[1].GV[0]}, 1e-12)
	require.Equal(t, graph.ResetZero, n.Pops[1].Reset)
	n = convert(t, between("1.0.8", 1, neuron("LIF", "tau", 5e-3, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0)), Options{Dialect: "norse"})
	require.InDelta(t, 0.8, n.Pops[1].AV[0], 1e-12)

	r := 20 * math.Exp(-1./20)
	exact := between("1.0.8", 1, neuron("LIF", "tau", 2e-2, "r", r, "v_leak", 0.0, "v_threshold", 1.0))
	n = convert(t, exact, Options{})
	require.Equal(t, "rockpool --dialect", flags(n)["dialect"])
	require.Equal(t, "0.001 s --dt", flags(n)["dt"])
	require.InDeltaSlice(t, []float64{math.Exp(-1. / 20), 1}, []float64{n.Pops[1].AV[0], n.Pops[1].GV[0]}, 1e-12)

	n = convert(t, between("1.0.8", 1, lif("n", 1)), Options{Dialect: "lava"})
	require.Empty(t, n.Assumptions)
}

// A v_reset that the reset does not use is not kept.
func TestSubtractHasNoResetVoltage(t *testing.T) {
	lif := neuron("LIF", "tau", 1e-2, "r", 1.0, "v_leak", 0.0, "v_threshold", 1.0, "v_reset", 2.0)
	for _, how := range []string{"subtract", "subtract-late"} {
		require.Zero(t, convert(t, between("1.0.8", 1, lif), Options{Reset: how}).Pops[1].VReset[0])
	}
	require.Equal(t, 2.0, convert(t, between("1.0.8", 1, lif), Options{Reset: "zero"}).Pops[1].VReset[0])
}
