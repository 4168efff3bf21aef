package conform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConversionReference(t *testing.T) {
	r, err := Run([]string{"../data/science/mnist_mlp_relu.json"}, Options{})
	require.NoError(t, err)
	assert.Equal(t, 1, r.Passed, "%+v", r.Results)
}

// Damage to the file, its weights or the images is said with its place.
func TestConversionDamage(t *testing.T) {
	good, err := os.ReadFile("../data/science/mnist_mlp_relu.json")
	require.NoError(t, err)
	for name, c := range map[string]struct{ from, to, want string }{
		"threshold": {`"threshold":1154`, `"threshold":0`, "layer 0"},
		"layers":    {`"in":128`, `"in":129`, "need 128 inputs"},
		"setting":   {`"rate/T4/soft1half1"`, `"rate/T4/soft1"`, "INPUT/T<ticks>"},
		"input":     {`"rate/T4/soft1half1"`, `"rat/T4/soft1half1"`, `input "rat"`},
		"bias":      {`"bias":[-5,`, `"bias":[4294967291,`, "layer 0, bias, entry 0"},
		"spikes":    {`"spikes":[0,28972,22200]`, `"spikes":[0,28972]`, "spikes: need 3 values"},
		"type":      {`"spikes":[0,28972,22200]`, `"spikes":"none"`, "have string as spikes"},
		"logits":    {`"logits_first3"`, `"logits"`, "logits_first3: need 3 images"},
		"files":     {`"images":500`, `"images":500`, "bytes of weights"},
	} {
		path := filepath.Join(t.TempDir(), "x.json")
		require.Contains(t, string(good), c.from)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(good), c.from, c.to, 1)), 0o666))
		if name != "files" {
			w, err := os.ReadFile("../data/science/mnist_mlp_relu.w.gz")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(strings.TrimSuffix(path, ".json")+".w.gz", w, 0o666))
			mnist := filepath.Join(filepath.Dir(path), "..", "mnist")
			if _, err := os.Stat(mnist); err != nil {
				abs, err := filepath.Abs("../data/mnist")
				require.NoError(t, err)
				require.NoError(t, os.Symlink(abs, mnist))
			}
		}
		r, err := Run([]string{path}, Options{})
		require.NoError(t, err)
		assert.Equal(t, 1, r.Failed, name)
		assert.Contains(t, r.Results[0].Reason, c.want, name)
	}
}
