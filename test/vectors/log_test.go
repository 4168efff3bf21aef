package vectors_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/router/aer"
	"hillock/test/vectors"
)

// exported is the set of the invented chip.
func exported(t testing.TB) *vectors.Set {
	img := invented(t)
	in, last := plan(t, img, aer.Spike{Index: 2, Payload: 1}, aer.Spike{Index: 2, Payload: 1}, aer.Spike{Tick: 50, Index: 2, Payload: 1}, aer.Spike{Tick: 60, Index: 9, Payload: 1})
	files, err := vectors.Export(img, in, last, vectors.Options{})
	require.NoError(t, err)
	s, err := vectors.ReadSet("set", func(name string) ([]byte, error) {
		for _, f := range files {
			if f.Name == name {
				return f.Data, nil
			}
		}
		return nil, os.ErrNotExist
	})
	require.NoError(t, err)
	return s
}

func TestCompareLog(t *testing.T) {
	s := exported(t)
	in, out := s.Samples, s.Outputs
	require.Len(t, in, 4)
	require.Len(t, out, 2)
	compare := func(text string) *vectors.LogResult {
		r, err := vectors.CompareLog(s, strings.NewReader(text), "b.log")
		require.NoError(t, err, text)
		return r
	}
	f := func(text string) string {
		return strings.NewReplacer("$0", str(out[0][0]), "$1", str(out[1][0]), "$I", str(in[1][1])).Replace(text)
	}
	pass := "PASS: 4 inputs, 2 outputs\n"
	require.True(t, compare("a simulator\r\n"+pass+"- $finish\n").Equal)
	require.True(t, compare(f("output 0: address 002 after edge $0\noutput 1: address 2 after edge $1\n"+pass)).Equal)

	// The earliest edge first, whatever the order; the event in work.
	r := compare(f("output 1: address 3 after edge $1, need 2 after $1\ncells 3: 001, need 000\noutput 0: address 2 after edge 500, need 0002 after $0\nFAIL: 3 errors\n"))
	require.Equal(t, vectors.Mismatch{Edge: out[0][0], Signal: "output", Want: f("address 2 after edge $0"), Have: "address 2 after edge 500", Line: 3}, *r.First)
	require.Equal(t, 3, r.Mismatches)
	require.Contains(t, r.Text(), "in work: event 3, source (queue 2)")

	// A word alone: who wrote it last; an unknown digit is kept.
	r = compare("cells 3: 0xX, need 000\nFAIL: 1 errors\n")
	require.Equal(t, "0xx", r.First.Have)
	require.Equal(t, s.States[len(s.States)-1].Edge, r.First.Edge)
	require.Contains(t, r.Text(), ", clear (")
	r = compare("cells 0: 001, need 000\n")
	require.Contains(t, r.Text(), "different: at the end, cells 0: want 000, have 001\n  the log ends without PASS or FAIL")

	// Missing and extra outputs, inputs at another edge.
	r = compare(f("output 0: address 2 after edge $0\n1 outputs, need 2\nFAIL: 1 errors\n"))
	require.Equal(t, []any{out[1][0], "nothing", 1}, []any{r.First.Edge, r.First.Have, r.Mismatches})
	r = compare(f("output 2: address 7 after edge 900, need xxx after 0\n"))
	require.Equal(t, "nothing", r.First.Want)
	r = compare(f("input 1 of port 0: sampled at edge 1, need $I\nFAIL: 2 errors"))
	require.Equal(t, int64(1), r.First.Edge)
	require.Contains(t, r.Text(), "counts 2 errors, the log has 1")
	r = compare("3 inputs, need 4\nFAIL: 1 errors\n")
	require.Contains(t, r.Text(), "different\n  3 of 4 inputs were sent")
}

func TestCompareLogRefuses(t *testing.T) {
	s := exported(t)
	for _, x := range [][2]string{
		{"", "b.log: vectors: 0 lines without the bench's PASS or FAIL"},
		{"one\ntwo", "2 lines without"},
		{"FAIL: 2 errors\n", "no line says what differs"},
		{"\nFAIL: no run.txt\n", `b.log:2: vectors: the bench did not run: "FAIL: no run.txt"`},
		{"PASS: 3 inputs, 2 outputs\n", "of another set: set has 4 inputs and 2 outputs"},
		{"input 1 of port 0: sampled at", "need input N of port P"},
		{"input 1 of port 7: sampled at edge 3", "no such port"},
		{"output 1: address", "need output N"},
		{"output -1: address 2 after edge 3", "need output N"},
		{"output 0: address 2 after edge 3, need 5 after 1", "of another set: set has output 0: address 2"},
		{"5 outputs, need 6", "of another set"},
		{"cells 3: 001, need 077", "of another set: set has cells 3: 000"},
		{"cells 900: 001, need 077", "word 900 of memory cells"},
		{strings.Repeat("a", 1<<21), "b.log:1: vectors: a line of more than"},
	} {
		_, err := vectors.CompareLog(s, strings.NewReader(x[0]), "b.log")
		require.ErrorContains(t, err, x[1])
	}
}

func FuzzCompareLog(f *testing.F) {
	s := exported(f)
	f.Add("input 1 of port 0: sampled at edge 1, need 7\noutput 0: address 002 after edge 3\ncells 3: 0x1, need 000\n1 outputs, need 2\nFAIL: 2 errors\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := vectors.CompareLog(s, strings.NewReader(text), "x")
		if err == nil && !r.Equal && r.First == nil && len(r.Explanation) == 0 {
			t.Fatal("a difference without a word")
		}
	})
}

func str(n int64) string { return strconv.FormatInt(n, 10) }
