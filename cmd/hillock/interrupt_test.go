//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestInterruptLeavesNothing stops a long run and looks for half-written files.
func TestInterruptLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "hillock")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	img := filepath.Join(dir, "d.img")
	out, err = exec.Command(bin, "compile", "../../examples/mappings/digits.nir", "--reset", "zero", "-o", img).CombinedOutput()
	require.NoError(t, err, string(out))
	cmd := exec.Command(bin, "run", img, "--ticks", "1000000000", "--trace", filepath.Join(dir, "t.spk"))
	require.NoError(t, cmd.Start())
	time.Sleep(time.Second)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, cmd.Wait())
	require.Equal(t, exitBad, cmd.ProcessState.ExitCode())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "only the program and the image are left")
}
