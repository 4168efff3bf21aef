package science

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/graph"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
)

func digitsNet(t testing.TB) *graph.Network {
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	return net
}

func TestReckOnDigits(t *testing.T) {
	_, test := digits(t)
	r, err := ReckOnDigits(ReckOnOptions{Net: digitsNet(t), Test: firstOf(test, 40), Ticks: 16, Kappa: 128})
	require.NoError(t, err)
	t.Logf("%d of %d, %d edges", r.Correct, r.Images, r.Edges)
	t.Log(r.Spikes)
}
