package chip

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

// Packing changes neither bytes nor text of an image, nor the machine made of it
// before or after, nor its snapshots and explanations.
func TestPackedImageIsTheSame(t *testing.T) {
	img := ringImage(t, 3, 60, 16)
	other, err := DecodeImage(img.Encode(), "x")
	require.NoError(t, err)
	b := img.Encode()
	var text, again strings.Builder
	require.NoError(t, img.WriteText(&text))
	plain, err := New(other, Options{})
	require.NoError(t, err)
	before, err := New(img, Options{})
	require.NoError(t, err)
	count := img.Cores[0].Image.Synapses()
	img.Pack()
	img.Pack()
	require.NotNil(t, img.Cores[0].Image.Packed)
	require.Nil(t, img.Cores[0].Image.Syn)
	require.Equal(t, count, img.Cores[0].Image.Synapses())
	require.NoError(t, img.Check())
	require.Equal(t, b, img.Encode())
	require.NoError(t, img.WriteText(&again))
	require.Equal(t, text.String(), again.String())
	require.NotNil(t, img.Cores[0].Image.Packed, "the text took a copy")
	after, err := New(img, Options{})
	require.NoError(t, err)
	for tick := range int64(12) {
		want, err := plain.Explain(1, 7, drive(tick, nil))
		require.NoError(t, err)
		have, err := before.Explain(1, 7, drive(tick, nil))
		require.NoError(t, err)
		require.Equal(t, want, have)
		for _, m := range []*Machine{plain, before, after} {
			require.NoError(t, m.Run(1, drive, nil))
		}
		for _, m := range []*Machine{before, after} {
			require.Empty(t, cmp.Diff(plain.Snapshot(), m.Snapshot(), cmpopts.EquateEmpty()))
		}
	}
	require.NoError(t, after.Restore(plain.Snapshot()))
}
