package onnx

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHostile: small files that ask for much memory are refused or stay within
// the limits of a model.
func TestHostile(t *testing.T) {
	one := []*Tensor{tensor("k", 1, 1, 1, 1), tensor("c", 2), tensor("s", 64, 64)}
	conv := func(in, out string, pad int64) *Node {
		return node("Conv", []string{in, "k"}, out, list("pads", pad, pad, pad, pad))
	}
	var layers, turns, joins []*Node
	layers = append(layers, conv("x", "a", 1<<10))
	turns = append(turns, node("Transpose", []string{"s"}, "t0"))
	joins = append(joins, node("Concat", []string{"c", "c"}, "j0", whole("axis", 0)))
	name := func(p string, i int) string {
		return p + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
	}
	last := [3]string{"a", "t0", "j0"}
	for i := range 300 {
		l, u, j := name("l", i), name("u", i), name("j", i)
		layers = append(layers, node("Relu", []string{last[0]}, l+"r"), node("Mul", []string{l + "r", "k"}, l))
		turns = append(turns, node("Transpose", []string{last[1]}, u))
		joins = append(joins, node("Concat", []string{last[2], last[2]}, j, whole("axis", 0)))
		last = [3]string{l, u, j}
	}
	layers[len(layers)-1].Out[0] = "y"
	turns = append(turns, node("Add", []string{"x", last[1]}, "y"))
	joins = append(joins, node("Reshape", []string{"x", last[2]}, "y"))
	for want, g := range map[string]*Graph{
		"need at most 16777216 values in all layers": network([]int64{1, 4, 4}, one, layers...),
		"need constants of at most 64 times":         network([]int64{1, 4, 4}, one, turns...),
		"at most 64) are supported, have [128]":      network([]int64{1, 4, 4}, one, joins...),
	} {
		_, err := g.Model()
		require.ErrorContains(t, err, want)
	}
	_, err := network([]int64{1, 4, 4}, one, conv("x", "y", 1<<24)).Model()
	require.ErrorContains(t, err, "values in all layers, have [1 33554436 33554436] more than 16")
}
