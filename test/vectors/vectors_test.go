package vectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/conform"
	"hillock/test/vectors"
)

// invented is an image of the invented chip: source n drives neuron n with 15
// and the next one with -16.
func invented(t testing.TB) *chip.Image {
	f, err := chip.LoadPath("testdata/invented.json")
	require.NoError(t, err)
	s := chip.EventSetup{AckDelay: 1, Registers: []chip.RegisterValue{{Name: "threshold", Value: 20}}}
	rows := make([]uint64, 8)
	for n := range rows {
		rows[n] = 15<<(5*n) | 16<<(5*((n+1)%8))
	}
	s.Memories = []chip.MemoryWords{{Name: "weights", Chunks: rows}}
	e, err := f.BindEvent(s)
	require.NoError(t, err)
	return f.EventImage(e)
}

func plan(t testing.TB, img *chip.Image, spikes ...aer.Spike) (*chip.Schedule, int64) {
	in, last, err := chip.Plan(img, &aer.Stream{Pops: []string{"in"}, Spikes: spikes}, "events")
	require.NoError(t, err)
	return in, last
}

// TestInventedSet exports a chip that nobody made and replays the set.
func TestInventedSet(t *testing.T) {
	img := invented(t)
	in, last := plan(t, img, aer.Spike{Index: 2, Payload: 1}, aer.Spike{Index: 2, Payload: 1}, aer.Spike{Tick: 50, Index: 2, Payload: 1}, aer.Spike{Tick: 60, Index: 9, Payload: 1})
	files, err := vectors.Export(img, in, last, vectors.Options{})
	require.NoError(t, err)
	dir := t.TempDir()
	text := map[string]string{}
	for _, f := range files {
		text[f.Name] = string(f.Data)
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
	// 15, then 30: spike, 10 left; 25: spike, 5 left; then all are cleared
	require.Equal(t, "0 0 2\n0 0 2\n50 0 2\n60 0 9\n", text["stimulus.txt"])
	require.Equal(t, "threshold 9 014\n", text["registers.txt"])
	require.Equal(t, 2, strings.Count(text["outputs.txt"], " 2\n"))
	require.Contains(t, text["weights.hex"], "\n0000083c00\n")
	require.Contains(t, text["states.txt"], "  cells 2 00a\n  cells 3 3e0\n")
	require.Contains(t, text["states.txt"], "# clear\n  cells 2 000\n  cells 3 000\n")
	require.Equal(t, text["cells.hex"], text["cells.end.hex"])
	require.Contains(t, text["core.vcd"], "$var wire 9 ( threshold $end\n")
	require.Contains(t, text["core.vcd"], "b10100 (\n") // the threshold, once
	require.Contains(t, text["core.vcd"], "#2\nb1 !\n") // the first event is queued
	for _, part := range []string{"POKE_weights(i, start_weights[i])", "SET_threshold(x[8:0])", "logic [3:0] in_addr"} {
		require.Contains(t, text["bench.sv"], part)
	}
	rep, err := conform.Run([]string{dir}, conform.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, rep.Passed, rep.Failures)

	changed := strings.Replace(text["vectors.json"], `"expect_cycles": `, `"expect_cycles": 1`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "vectors.json"), []byte(changed), 0o600))
	rep, err = conform.Run([]string{dir}, conform.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, rep.Failed)
	require.Equal(t, "expect_cycles", rep.Failures[0].Field)
}

// TestExportRefuses names what is wrong.
func TestExportRefuses(t *testing.T) {
	img := invented(t)
	in, last := plan(t, img, aer.Spike{Index: 2, Payload: 1})
	_, err := vectors.Export(img, in, last, vectors.Options{Limit: 5})
	require.ErrorContains(t, err, "still at work")
	two := *img
	two.Cores = append(append([]chip.Core(nil), img.Cores...), img.Cores...)
	_, err = vectors.Export(&two, in, last, vectors.Options{})
	require.ErrorContains(t, err, "need one core")
}

func TestReadMem(t *testing.T) {
	words, err := vectors.ReadMem([]byte("// a\n01 f_f /* b\n 77 */ @4 3ffffffffffffffffffffff"), "x.hex", 5, 90)
	require.NoError(t, err)
	require.Equal(t, []uint64{1, 0, 0xff, 0, 0, 0, 0, 0, 1<<64 - 1, 1<<26 - 1}, words)
	for _, x := range [][2]string{{"g", `x.hex:1: vectors: "g"`}, {"\n@6", "address"}, {"1 2 3 4 5 6", "word 5"}, {"@-1", "hexadecimal"}, {"4000000000000000000000000", "90 bits"}, {"@", "hexadecimal"}, {"+1", "hexadecimal"}} {
		_, err := vectors.ReadMem([]byte(x[0]), "x.hex", 5, 90)
		require.ErrorContains(t, err, x[1], x[0])
	}
}

func FuzzReadMem(f *testing.F) {
	f.Add([]byte("// a\n01 f_f /* b\n 77 */ @4 3f"), uint8(8))
	f.Fuzz(func(t *testing.T, b []byte, bits uint8) {
		words, err := vectors.ReadMem(b, "x", 16, int(bits)+1)
		if err == nil && len(words) > 16*vectors.Chunks(int(bits)+1) {
			t.Fatalf("%d chunks", len(words))
		}
	})
}
