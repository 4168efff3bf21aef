package conform

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/core"
)

// drawnLayer is a random layer with the record that the formulas of the model
// give, written without the machine: every neuron gathers its inputs.
type drawnLayer struct {
	in, out                     [3]int
	window, stride, pad, steps  int
	several, subtract, hasBias  bool
	weight, bias                []int64
	threshold, floor            int64
	input                       [][]int64 // [step][input]
	current, v, spikes, pooling [][]int64
}

func drawLayer(t *rapid.T) *drawnLayer {
	l := &drawnLayer{window: rapid.IntRange(1, 5).Draw(t, "window"), stride: rapid.SampledFrom([]int{1, 2, 4, 8, 3}).Draw(t, "stride"),
		pad: rapid.IntRange(0, 3).Draw(t, "pad"), steps: rapid.IntRange(1, 12).Draw(t, "steps"),
		several: rapid.Bool().Draw(t, "several"), subtract: rapid.Bool().Draw(t, "subtract"), hasBias: rapid.Bool().Draw(t, "bias")}
	least := max(1, l.window-2*l.pad)
	l.in = [3]int{rapid.IntRange(1, 3).Draw(t, "channels in"), rapid.IntRange(least, least+9).Draw(t, "rows"), rapid.IntRange(least, least+11).Draw(t, "columns")}
	l.out = [3]int{rapid.IntRange(1, 4).Draw(t, "channels"), (l.in[1]+2*l.pad-l.window)/l.stride + 1, (l.in[2]+2*l.pad-l.window)/l.stride + 1}
	l.weight = rapid.SliceOfN(rapid.Int64Range(-128, 127), l.out[0]*l.in[0]*l.window*l.window, -1).Draw(t, "weights")[:l.out[0]*l.in[0]*l.window*l.window]
	if l.hasBias {
		l.bias = rapid.SliceOfN(rapid.Int64Range(-128, 127), l.out[0], l.out[0]).Draw(t, "biases")
	}
	l.threshold = rapid.SampledFrom([]int64{1, 2, 7, 127, 300, 32767}).Draw(t, "threshold")
	l.floor = rapid.SampledFrom([]int64{-32768, -l.threshold, -1, 0}).Draw(t, "floor")
	n := l.in[0] * l.in[1] * l.in[2]
	for range l.steps {
		l.input = append(l.input, rapid.SliceOfN(rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 3, 40}), n, n).Draw(t, "input"))
	}
	return l
}

// replayed fills the record.
func (l *drawnLayer) replayed() {
	n := l.out[0] * l.out[1] * l.out[2]
	v := make([]int64, n)
	for _, in := range l.input {
		cur, spikes := make([]int64, n), make([]int64, n)
		for i := range n {
			c, y, x := i/(l.out[1]*l.out[2]), i/l.out[2]%l.out[1], i%l.out[2]
			cur[i] = l.gather(in, c, y, x)
			v[i], spikes[i] = l.neuron(v[i] + cur[i])
		}
		l.current, l.spikes, l.v = append(l.current, cur), append(l.spikes, spikes), append(l.v, append([]int64(nil), v...))
		if l.out[1] > 1 && l.out[2] > 1 {
			l.pooling = append(l.pooling, l.pool(spikes))
		}
	}
}

func (l *drawnLayer) gather(in []int64, c, y, x int) int64 {
	sum := int64(0)
	if l.hasBias {
		sum = l.bias[c]
	}
	for k := range l.in[0] {
		for i := range l.window {
			for j := range l.window {
				sy, sx := y*l.stride-l.pad+i, x*l.stride-l.pad+j
				if sy >= 0 && sy < l.in[1] && sx >= 0 && sx < l.in[2] {
					sum += in[(k*l.in[1]+sy)*l.in[2]+sx] * l.weight[((c*l.in[0]+k)*l.window+i)*l.window+j]
				}
			}
		}
	}
	return sum
}

func (l *drawnLayer) neuron(a int64) (v, n int64) {
	if a >= l.threshold {
		if n = 1; l.several {
			n = int64(math.Floor(float64(a) / float64(l.threshold)))
		}
		if a -= n * l.threshold; !l.subtract {
			a = 0
		}
	}
	return max(a, l.floor), n
}

func (l *drawnLayer) pool(spikes []int64) []int64 {
	rows, columns := l.out[1]/2, l.out[2]/2
	out := make([]int64, l.out[0]*rows*columns)
	for c := range l.out[0] {
		for y := range rows * 2 {
			for x := range columns * 2 {
				out[(c*rows+y/2)*columns+x/2] += spikes[(c*l.out[1]+y)*l.out[2]+x]
			}
		}
	}
	return out
}

// nested is [step][channel][row][column].
func nested(v [][]int64, shape [3]int) any {
	out := []any{}
	for _, flat := range v {
		out = append(out, boxed(flat, shape[0], shape[1], shape[2]))
	}
	return out
}

func boxed(flat []int64, dims ...int) any {
	if len(dims) == 0 {
		return flat[0]
	}
	out, per := []any{}, len(flat)/dims[0]
	for i := range dims[0] {
		out = append(out, boxed(flat[i*per:(i+1)*per], dims[1:]...))
	}
	return out
}

func (l *drawnLayer) document() map[string]any {
	ints := map[string]any{"weight": boxed(l.weight, l.out[0], l.in[0], l.window, l.window), "bias": nil, "threshold": l.threshold, "min_v_mem": l.floor}
	if l.hasBias {
		ints["bias"] = l.bias
	}
	two := func(n int) int { return int(math.Exp2(math.Ceil(math.Log2(float64(n))))) }
	d := map[string]any{"kind": "speck-layer", "in_shape": l.in, "kernel": l.window, "stride": l.stride, "padding": l.pad,
		"spike_fn": map[bool]string{true: "multi", false: "single"}[l.several], "reset": map[bool]string{true: "subtract", false: "zero"}[l.subtract],
		"int_params": ints, "input": nested(l.input, l.in), "current": nested(l.current, l.out), "v_mem": nested(l.v, l.out), "spikes": nested(l.spikes, l.out),
		"sumpool2": nil, "memory": map[string]int{"kernel": l.in[0] * two(l.window*l.window) * two(l.out[0]),
			"neuron": l.out[0] * two(l.out[1]) * two(l.out[2]), "bias": len(l.bias)}}
	if l.pooling != nil {
		d["sumpool2"] = nested(l.pooling, [3]int{l.out[0], l.out[1] / 2, l.out[2] / 2})
	}
	return d
}

// Layers of any shape agree with formulas that share nothing with the machine.
func TestRandomConvolutionLayers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := drawLayer(r)
		l.replayed()
		res, _ := replay(t, text(t, l.document()), Options{})
		require.Equal(t, Passed, res.Status, res.Reason)
		require.Greater(t, res.Compared, int64(len(core.Engines())*l.steps))
	})
}

// A changed record is reported where it is, once per engine.
func TestChangedConvolutionLayers(t *testing.T) {
	for field, n := range map[string]int{"current": 2, "v_mem": 2, "spikes": 2, "sumpool2": 2} {
		d := load(t, "speck_2")
		change(d[field], 1, 7, 0, 0, 0)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, field)
		require.EqualValues(t, n, res.Mismatches, field)
		require.Equal(t, 7, fails[0].Tick)
		require.Equal(t, field, fails[0].Field)
	}
	d := load(t, "speck_8")
	d["memory"].(map[string]any)["neuron"] = 33
	res, _ := replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "memory.neuron: want 33, got 32")
	d = load(t, "speck_8")
	d["float_params"].(map[string]any)["min_v_mem"] = nil
	res, _ = replay(t, text(t, d), Options{})
	require.Contains(t, res.Reason, "int_params.weight", "a floor that is not set takes nearly all of the weights")
}

func TestDamagedConvolutionLayers(t *testing.T) {
	params := func(d map[string]any) map[string]any { return d["int_params"].(map[string]any) }
	for want, do := range map[string]func(d map[string]any){
		"field in_shape: need at most 65536 inputs":                       func(d map[string]any) { d["in_shape"] = []int{1024, 9, 9} },
		"field in_shape: need 3 entries, have more":                       func(d map[string]any) { d["in_shape"] = []int{1, 2, 3, 4} },
		"field kernel: need at most 6, input and padding, have 7":         func(d map[string]any) { d["kernel"] = 7 },
		"field stride: need an integer of 1..1024, have 0":                func(d map[string]any) { d["stride"] = 0 },
		"field spike_fn: need multi or single, have max":                  func(d map[string]any) { d["spike_fn"] = "max" },
		"field int_params.weight: entry 0: need an integer of -128..127":  func(d map[string]any) { set(params(d)["weight"], 128, 0, 0, 0, 0) },
		"field int_params.bias: need 2 entries, have more":                func(d map[string]any) { params(d)["bias"] = []int{1, 2, 3} },
		"field input: entry 9: need an integer of 0..1048576, have -1":    func(d map[string]any) { set(d["input"], -1, 0, 0, 1, 3) },
		"field current: need [25 2 2 2] numbers":                          func(d map[string]any) { d["current"] = []any{[]any{[]any{[]int{1}}}} },
		"field float_params.bias: need a bias as in int_params":           func(d map[string]any) { d["float_params"].(map[string]any)["bias"] = nil },
		"field float_params.threshold: need a number":                     func(d map[string]any) { delete(d["float_params"].(map[string]any), "threshold") },
		"field memory.kernel: need an integer of 0..9007199254740992":     func(d map[string]any) { d["memory"] = map[string]any{"neuron": 1, "bias": 2} },
		`chip: group "several-zero", parameter p1: neuron 0: field "vth_`: func(d map[string]any) { params(d)["threshold"] = 32768 },
	} {
		d := load(t, "speck_2")
		do(d)
		res, _ := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, want)
		require.Contains(t, res.Reason, want)
	}
}
