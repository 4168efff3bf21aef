package chip

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImageTextRoundTrip(t *testing.T) {
	img := ringImage(t, 3, 20, 4)
	img.Energy = []byte(`{"a":1}`)
	img.Meta = []KV{{"k", "v"}}
	var b bytes.Buffer
	require.NoError(t, img.WriteText(&b))
	require.True(t, IsImageText(b.Bytes()))
	back, err := ReadImageText(b.Bytes(), "x.json")
	require.NoError(t, err)
	require.Equal(t, img.Encode(), back.Encode())
	for from, to := range map[string]string{`"Ring"`: `"Rung"`, `"0073cf20"`: `"0073cf21"`, `"hillock/image-text/1"`: `"hillock/image-text/2"`} {
		_, err := ReadImageText(bytes.Replace(b.Bytes(), []byte(from), []byte(to), 1), "x.json")
		require.Error(t, err, "%s -> %s", from, to)
	}
}
