package compiler

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawLayers is a small network; thresholds may need far more than 16 bits.
func drawLayers(t *rapid.T) *Layers {
	n := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	l := &Layers{Inputs: n("in", 0, 3), Hidden: n("hidden", 1, 4), Outputs: n("out", 1, 3), States: n("states", 1, 2)}
	l.Reached, l.Read = n("reached", 0, l.Hidden), n("read", 0, l.Hidden)
	list := func(name string, n int, most float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			if rapid.IntRange(0, 3).Draw(t, name+" zero") > 0 {
				out[i] = rapid.Float64Range(-most, most).Draw(t, name)
			}
		}
		return out
	}
	l.In, l.Rec, l.Out = list("w", l.Inputs*l.Reached*l.States, 2), list("w", l.Hidden*l.Hidden*l.States, 2), list("w", l.Read*l.Outputs, 2)
	l.Threshold, l.ThresholdOut = list("thr", l.Hidden, 3000), list("thr", l.Outputs, 3000)
	if rapid.Bool().Draw(t, "biases") {
		l.Bias, l.BiasOut = list("b", l.Hidden, 3), list("b", l.Outputs, 3)
	}
	return l
}

// Without quirks everything fits its bits, and one scale holds for a neuron:
// its threshold, bias and weights keep their ratios up to rounding.
func TestScaledLayersFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLayers(t)
		for _, scaler := range []string{ScaleGlobal, ScaleSpread, ScaleChannel} {
			got, err := ScaleLayers(l, LayerCode{Scaler: scaler, WeightBits: 8, ThresholdBits: 16})
			require.NoError(t, err)
			for _, w := range [][]int64{got.In, got.Rec, got.Out} {
				for _, x := range w {
					require.LessOrEqual(t, max(x, -x), int64(127))
				}
			}
			for h, th := range got.Threshold {
				require.LessOrEqual(t, max(th, -th), int64(32767))
				if scaler == ScaleSpread || math.Abs(l.Threshold[h]) < 1 {
					continue
				}
				scale := float64(th) / l.Threshold[h]
				slack := 0.5 + 2*0.5/math.Abs(l.Threshold[h]) + 1e-9 // a rounding more where it is met exactly
				for i := h * l.States; i < len(l.Rec); i += l.Hidden * l.States {
					require.InDelta(t, l.Rec[i]*scale, float64(got.Rec[i]), slack)
				}
				if l.Bias != nil && math.Abs(l.Bias[h]*scale) < 32767 {
					require.InDelta(t, l.Bias[h]*scale, float64(got.Bias[h]), slack+0.5/math.Abs(l.Threshold[h]))
				}
			}
			_, err = ScaleLayers(l, LayerCode{Scaler: scaler, WeightBits: 8, ThresholdBits: 16, Quirks: true})
			if err != nil {
				require.ErrorContains(t, err, "compiler: layers: ")
			}
		}
	})
}

func TestQuirksByHand(t *testing.T) {
	l := &Layers{Inputs: 1, Hidden: 1, Outputs: 1, States: 1, Reached: 1, Read: 1, In: []float64{1}, Rec: []float64{-0.5}, Out: []float64{2},
		Threshold: []float64{2}, ThresholdOut: []float64{1000}, Bias: []float64{0.4}, BiasOut: []float64{1}, Leaks: [][]float64{{2.5, 3.5}}}
	for _, c := range []struct {
		scaler string
		quirks bool
		want   LayerInts
	}{ // 1000 * 63.5 does not fit: k = 32767 / 63500
		{ScaleGlobal, true, LayerInts{In: []int64{127}, Rec: []int64{-33}, Out: []int64{66}, Threshold: []int64{254}, ThresholdOut: []int64{32767}, Bias: []int64{51}, BiasOut: []int64{127}}},
		{ScaleGlobal, false, LayerInts{In: []int64{127}, Rec: []int64{-64}, Out: []int64{66}, Threshold: []int64{254}, ThresholdOut: []int64{32767}, Bias: []int64{51}, BiasOut: []int64{33}}},
		{ScaleChannel, true, LayerInts{In: []int64{127}, Rec: []int64{-64}, Out: []int64{66}, Threshold: []int64{254}, ThresholdOut: []int64{32767}, Bias: []int64{0}, BiasOut: []int64{64}}},
		{ScaleChannel, false, LayerInts{In: []int64{127}, Rec: []int64{-64}, Out: []int64{66}, Threshold: []int64{254}, ThresholdOut: []int64{32767}, Bias: []int64{51}, BiasOut: []int64{33}}},
	} {
		c.want.Leaks = [][]int64{{2, 4}}
		got, err := ScaleLayers(l, LayerCode{Scaler: c.scaler, WeightBits: 8, ThresholdBits: 16, Quirks: c.quirks})
		require.NoError(t, err)
		require.Equal(t, &c.want, got, "%s %v", c.scaler, c.quirks)
	}
}

func TestLayersAreChecked(t *testing.T) {
	good := Layers{Hidden: 1, Outputs: 1, States: 1, Rec: []float64{1}, Threshold: []float64{1}, ThresholdOut: []float64{1}}
	code := LayerCode{Scaler: ScaleGlobal, WeightBits: 8, ThresholdBits: 16}
	_, err := ScaleLayers(&good, code)
	require.NoError(t, err)
	for want, do := range map[string]func(l *Layers, c *LayerCode){
		`layer scaler "x", have`:                 func(_ *Layers, c *LayerCode) { c.Scaler = "x" },
		"weights of 1 bits and thresholds of 16": func(_ *Layers, c *LayerCode) { c.WeightBits = 1 },
		"0 hidden and 1 output neurons":          func(l *Layers, _ *LayerCode) { l.Hidden = 0 },
		"with 2 recurrent weights, need 1":       func(l *Layers, _ *LayerCode) { l.Rec = []float64{1, 2} },
		"entry 0 of recurrent weights is NaN":    func(l *Layers, _ *LayerCode) { l.Rec = []float64{math.NaN()} },
		"entry 1 of leaks is 1e+99":              func(l *Layers, _ *LayerCode) { l.Leaks = [][]float64{{1, 1e99}} },
		"bias 0 is scaled to": func(l *Layers, c *LayerCode) {
			c.Scaler, c.Quirks, l.States = ScaleChannel, true, 2
			l.Rec, l.Bias = []float64{1e-30, 0}, []float64{1}
		},
	} {
		l, c := good, code
		do(&l, &c)
		_, err := ScaleLayers(&l, c)
		require.ErrorContains(t, err, want)
	}
}
