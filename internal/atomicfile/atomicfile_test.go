package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	require.NoError(t, Write(path, func(w io.Writer) error { _, err := io.WriteString(w, "one"); return err }))
	boom := errors.New("boom")
	require.ErrorIs(t, Write(path, func(w io.Writer) error { io.WriteString(w, "two"); return boom }), boom)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "one", string(b))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
	require.ErrorContains(t, Write(filepath.Join(dir, "no", "b"), func(io.Writer) error { return nil }), "cannot write")
}

func TestCleanup(t *testing.T) {
	dir := t.TempDir()
	Write(filepath.Join(dir, "a"), func(w io.Writer) error {
		Cleanup()
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, files)
		return errors.New("stopped")
	})
}
