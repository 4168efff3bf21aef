package mapped

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
	f, err := os.Open(path)
	require.NoError(t, err)
	b, ok := File(f, 1<<20)
	require.NoError(t, f.Close())
	if !ok {
		t.Log("this system does not map files")
		return
	}
	require.Len(t, b, 1<<20)
	sum := byte(0)
	read := func() error {
		for _, x := range b {
			sum += x
		}
		return nil
	}
	require.NoError(t, Guard("x", read))
	failed := errors.New("no")
	require.ErrorIs(t, Guard("x", func() error { return failed }), failed)
	require.Panics(t, func() { _ = Guard("x", func() error { panic("ours") }) })
	if runtime.GOOS == "linux" {
		require.NoError(t, os.Truncate(path, 0))
		require.ErrorContains(t, Guard("x", read), "x: the file changed while it was read")
	}
	_, ok = File(nil, 0)
	require.False(t, ok)
}
