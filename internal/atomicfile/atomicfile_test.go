package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
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

func TestCleanupStopsTheWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	err := Write(path, func(w io.Writer) error {
		Cleanup()
		_, err := io.WriteString(w, "late")
		return err
	})
	require.Error(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, files)
	require.NoError(t, Write(path, func(w io.Writer) error { return nil }), "later writes work")
}

func TestPanicLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	require.Panics(t, func() { _ = Write(filepath.Join(dir, "a"), func(io.Writer) error { panic("boom") }) })
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestKinds(t *testing.T) {
	dir := t.TempDir()
	hello := func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }
	require.ErrorContains(t, Write(dir, hello), "is a folder")
	require.NoError(t, Write(os.DevNull, hello))
	st, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	require.False(t, st.Mode().IsRegular(), "a device is written in place, not replaced")
	if runtime.GOOS == "windows" {
		return // links and modes are another matter there
	}
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(real, []byte("old"), 0o600))
	require.NoError(t, os.Symlink(real, link))
	require.NoError(t, Write(link, hello))
	b, err := os.ReadFile(real)
	require.NoError(t, err)
	require.Equal(t, "hello", string(b))
	st, err = os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeSymlink, "the link stays a link")
	st, err = os.Stat(real)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode().Perm(), "permissions stay")
}

func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := bytes.Repeat([]byte{byte('a' + i)}, 200000)
			if err := Write(path, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, b, 200000)
	require.Equal(t, bytes.Repeat(b[:1], 200000), b, "whole files only")
}
