package eval

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
)

// TestDigitsWithoutTicks: the digits on chips without ticks come out the same for
// any engine and number of workers, and an image by itself is all that eval needs.
func TestDigitsWithoutTicks(t *testing.T) {
	set := loadDigits(t)
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	for _, name := range []string{"tinyodin", "reckon"} {
		f, err := chip.LoadNamed(name)
		require.NoError(t, err)
		r, err := compiler.Compile(net, f, compiler.Options{})
		require.NoError(t, err)
		img, err := chip.DecodeImage(r.Image.Encode(), "img")
		require.NoError(t, err)
		o := Options{First: 5, N: 8}
		want, err := Chip(r.Image, set, o, chip.Options{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, want.Correct(), 6, name)
		for _, mo := range []chip.Options{{Workers: 3}, {Engine: "oracle"}} {
			got, err := Chip(img, set, o, mo)
			require.NoError(t, err)
			require.Equal(t, want, got, name)
		}
		// an image's answer does not depend on those before it
		o = Options{First: 9, N: 2}
		got, err := Chip(img, set, o, chip.Options{})
		require.NoError(t, err)
		require.Equal(t, want.Counts[4:6], got.Counts)
		require.Equal(t, want.Times[5], got.Times[1])
		_, err = Chip(img, set, Options{Serial: Ascending}, chip.Options{})
		require.ErrorContains(t, err, "eval: --serial is for chips with ticks")
		img.Frame = nil
		_, err = Chip(img, set, o, chip.Options{})
		require.ErrorContains(t, err, "eval: this image of a chip without ticks says not how its host shows samples")
	}
}
