package text

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/compiler/graph"
	"hillock/internal/dataset"
)

func parsed(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse([]byte(src), "f")
	require.NoError(t, err)
	return f
}

func TestNeutralNetwork(t *testing.T) {
	f := parsed(t, `// a comment
{"schema": "hillock/net/1", "name": "small",
 "populations": [
  {"name": "in", "n": 2, "kind": "input"},
  {"name": "hid", "n": 2, "lif": {"tau_u": 2, "keep_v": [0.5, 1], "drive": -0.25, "threshold": 1, "reset": "subtract"}},
  {"name": "read", "n": 1, "kind": "readout", "lif": {"keep_v": 0.9}, "output": true}],
 "projections": [
  {"pre": "in", "post": "hid", "weights": [[0.5, 0], [null, -1e-1]]},
  {"pre": "hid", "post": "hid", "weights": {"all": 0.125}, "self": false, "delay": 2},
  {"pre": "hid", "post": "read", "weights": {"list": [[1, 0, 2]]}}]}`)
	require.Nil(t, f.Raw)
	keep := math.Exp(-0.5)
	one := []float64{1, 1}
	want := &graph.Network{Name: "small", Provenance: []string{"f: network in text"},
		Pops: []*graph.Population{
			{Name: "in", N: 2},
			{Name: "hid", N: 2, Kind: graph.CubaLIF, AJ: []float64{keep, keep}, GJ: one, AV: []float64{0.5, 1}, GV: one, C: []float64{-0.25, -0.25}, Theta: one, VReset: []float64{0, 0}, Reset: graph.ResetSubtract},
			{Name: "read", N: 1, Kind: graph.Readout, AJ: []float64{0}, GJ: []float64{1}, AV: []float64{0.9}, GV: []float64{1}, C: []float64{0}, Output: true},
		},
		Projs: []*graph.Projection{
			{Name: "in-hid", Pre: 0, Post: 1, W: []float64{0.5, 0, 0, -0.1}},
			{Name: "hid-hid", Pre: 1, Post: 1, W: []float64{0, 0.125, 0.125, 0}, Delay: 2, Recurrent: true},
			{Name: "hid-read", Pre: 1, Post: 2, W: []float64{0, 2}},
		}}
	require.Empty(t, cmp.Diff(want, f.Net))
}

func TestRawNetwork(t *testing.T) {
	f := parsed(t, head+`"populations": [{"name": "in", "n": 2, "kind": "input"}, {"name": "out", "n": 2, "group": "lif", "fields": {"vth_mant": [1, 2]}, "read": "v", "output": true}],
"learning": {"s": {"model": "m", "settings": {"a": 3}, "times": {"tau": 1.5}, "start": {"tag": -1}, "rule": {"dw": "x1*y0"}}},
"projections": [
 {"pre": "in", "post": "out", "weights": [[0, null], [7, 8]], "plastic": "s", "delay": 3},
 {"name": "back", "pre": "out", "post": "out", "weights": {"list": [[1, 0, -5, 2], [0, 0, 4], [0, 1, 0]]}, "port": 1, "sign": "mixed", "bits": 4, "exp": -2}],
"modulators": [{"register": 2, "population": "out", "keep": 4095, "gain": -1, "top": 9}]}`)
	require.Nil(t, f.Net)
	require.Empty(t, cmp.Diff(&graph.Raw{Name: "net", Provenance: []string{"f: network in text, in the chip's own numbers"},
		Pops: []*graph.RawPop{
			{Name: "in", N: 2, Input: true, At: "f:1:45"},
			{Name: "out", N: 2, Group: "lif", Fields: []graph.RawField{{Name: "vth_mant", Values: []int64{1, 2}}}, Output: true, Read: "v", At: "f:1:86"},
		},
		Projs: []*graph.RawProj{
			{Name: "in-out", Pre: 0, Post: 1, Rule: 0, At: "f:4:2", Synapses: []graph.RawSynapse{{Delay: 3}, {Pre: 1, Delay: 3, Weight: 7}, {Pre: 1, Post: 1, Delay: 3, Weight: 8}}},
			{Name: "back", Pre: 1, Post: 1, Port: 1, Sign: "mixed", Bits: 4, Exp: -2, Rule: -1, At: "f:5:2", Synapses: []graph.RawSynapse{{Weight: 4}, {Pre: 1, Delay: 2, Weight: -5}}},
		},
		Rules: []*graph.RawRule{{Name: "s", Model: "m", Settings: []graph.RawField{{Name: "a", Values: []int64{3}}}, Times: []graph.RawTime{{Name: "tau", Value: 1.5}},
			Start: []graph.RawField{{Name: "tag", Values: []int64{-1}}}, Targets: []graph.RawTarget{{Name: "dw", Text: "x1*y0", At: "f:2:116"}}, At: "f:2:14"}},
		Modulators: []graph.RawModulator{{Register: 2, Pop: 1, Keep: 4095, Gain: -1, Top: 9, At: "f:6:16"}},
	}, f.Raw))
}

// Random weights are even over their range, and a draw is a function of the
// seed and the pair alone: a larger population keeps those of the smaller one.
func TestRandomWeights(t *testing.T) {
	net := func(n string) *graph.RawProj {
		return parsed(t, head+`"populations": [{"name": "a", "n": `+n+`, "group": "g"}], "projections": [{"pre": "a", "post": "a", "sign": "mixed",
 "weights": {"random": {"probability": 0.25, "lo": -2, "hi": 2, "seed": 7}}, "plastic": "s"}], "learning": {"s": {"model": "m"}}}`).Raw.Projs[0]
	}
	big, small := net("200"), net("100")
	count := map[int32]int{}
	var within []graph.RawSynapse
	for _, s := range big.Synapses {
		count[s.Weight]++
		if s.Pre < 100 && s.Post < 100 {
			within = append(within, s)
		}
	}
	require.Equal(t, small.Synapses, within)
	require.InDelta(t, 10000, len(big.Synapses), 300)
	require.Len(t, count, 5)
	for w, n := range count {
		require.InDelta(t, 2000, n, 200, "weight %d", w)
	}
}

func TestIs(t *testing.T) {
	require.True(t, Is([]byte("// c\n {\n\"schema\": \"hillock/net/1\"")))
	require.False(t, Is([]byte(`{"schema": "hillock/chip/1"}`)))
	require.False(t, Is([]byte(`"hillock/net/1"`)))
	require.False(t, Is(nil))
}

// FuzzParse: no input makes the reader fail in another way than by an error
// that says where, and what it accepts is a valid network within the limits.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		head + pops + `, ` + stdp + `, "projections": [{"pre": "in", "post": "out", "weights": {"random": {"probability": 0.5, "lo": 0, "hi": 9, "seed": 1}}, "plastic": "stdp"}]}`,
		head + neutral + `, "projections": [{"pre": "in", "post": "out", "weights": [[1.5, null], [0, -2e3]]}]}`,
		"{ // x\n}", `{"a": "\ud800"}`, `[[[`, `{"schema":"hillock/net/1","populations":[{"name":"a","n":9,"group":"g"}],"projections":[{"pre":"a","post":"a","self":false,"weights":{"all":1}}],"modulators":[{"register":1,"population":"a","keep":1,"gain":1}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		file, err := Parse(b, "f")
		switch {
		case err != nil:
			require.Regexp(t, `^text: f:`, err.Error())
		case file.Net != nil:
			require.NoError(t, file.Net.Validate())
		default:
			require.NoError(t, file.Raw.Validate())
		}
	})
}

// Weights of an array file: the same network as with the matrix written out.
func TestWeightsOfAnArrayFile(t *testing.T) {
	var b bytes.Buffer
	w := dataset.NewNpzWriter(&b)
	nan := math.NaN()
	for name, data := range map[string]any{"w": []float64{1, 0, nan, -4}, "f": []float64{0.5, 1, 2, 3}, "i": []float64{math.Inf(1), 0, 0, 0}} {
		require.NoError(t, w.Add(name, []int{2, 2}, data))
	}
	require.NoError(t, w.Close())
	open := func(name string) ([]byte, error) {
		if name != "w.npz" {
			return nil, fmt.Errorf("open %s: no such file", name)
		}
		return b.Bytes(), nil
	}
	read := func(weights, more string) (*File, error) {
		return ParseWith([]byte(projection1(`"weights": `+weights+more)), "f", open)
	}
	for _, more := range []string{"", `, "plastic": "s"}], "learning": {"s": {"model": "m"}}, "modulators": [{"register": 0, "population": "out", "keep": 0, "gain": 1`} {
		want, err := read(`[[1, 0], [null, -4]]`, more)
		require.NoError(t, err)
		have, err := read(`{"npz": {"file": "w.npz", "array": "w"}}`, more)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want.Raw.Projs, have.Raw.Projs))
	}
	for _, x := range [][2]string{
		{`{"npz": {"file": "../w.npz", "array": "w"}}`, `text: f:1:214: file "../w.npz", need the name of a file beside the network`},
		{`{"npz": {"file": "v.npz", "array": "w"}}`, `text: f:1:214: open v.npz: no such file`},
		{`{"npz": {"file": "w.npz", "array": "v"}}`, `text: f:1:232: w.npz has no array "v"`},
		{`{"npz": {"file": "w.npz", "array": "f"}}`, `text: f:1:205: array "f", entry [0 0] is 0.5, need a whole number of 32 bits, or any finite one of a neutral network`},
		{`{"npz": {"file": "w.npz", "array": "i"}}`, `text: f:1:205: array "i", entry [0 0] is +Inf, need a whole number of 32 bits, or any finite one of a neutral network`},
	} {
		_, err := read(x[0], "")
		require.EqualError(t, err, x[1])
	}
	_, err := ParseWith([]byte(strings.Replace(projection1(`"weights": {"npz": {"file": "w.npz", "array": "w"}}`), `"n": 2`, `"n": 3`, 1)), "f", open)
	require.EqualError(t, err, `text: f:1:232: array "w" has shape [2 2], need [3 2]: a row per neuron of "in"`)
	_, err = Parse([]byte(projection1(`"weights": {"npz": {"file": "w.npz", "array": "w"}}`)), "f")
	require.EqualError(t, err, `text: f:1:214: file "w.npz": this network has no place where files could stand beside it`)
}
