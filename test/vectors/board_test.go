package vectors_test

import (
	"fmt"
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

// inventedBoard is two invented chips in a ring, or a chain.
func inventedBoard(t testing.TB, ring bool) *chip.Image {
	img := invented(t)
	links := []chip.BoardLink{{From: 0, To: 1, Last: 7, Inlet: "in", Wired: true}}
	if ring {
		links = append(links, chip.BoardLink{From: 1, To: 0, Last: 7, Inlet: "in", Wired: true})
	}
	board, err := chip.EventBoard([]chip.BoardPart{{Name: "a", Image: img}, {Name: "b", Image: img}}, links)
	require.NoError(t, err)
	return board
}

// boardSet exports a board, and writes the set into a folder.
func boardSet(t testing.TB, board *chip.Image, spikes ...aer.Spike) (dir string, text map[string]string) {
	in, last, err := chip.Plan(board, &aer.Stream{Pops: []string{"a.in", "b.in"}, Spikes: spikes}, "events")
	require.NoError(t, err)
	files, err := vectors.Export(board, in, last, vectors.Options{})
	require.NoError(t, err)
	dir, text = t.TempDir(), map[string]string{}
	for _, f := range files {
		text[f.Name] = string(f.Data)
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
	return dir, text
}

// drive makes neuron 2 of a fire some times, and the neurons of b that it
// drives.
func drive(n int) (out []aer.Spike) {
	for i := range n {
		out = append(out, aer.Spike{Tick: int64(3 * i), Index: 2, Payload: 1})
	}
	return out
}

func TestBoardSet(t *testing.T) {
	dir, text := boardSet(t, inventedBoard(t, false), drive(30)...)
	outputs, calls, acks := strings.Count(text["outputs.txt"], "0 "), strings.Count(text["calls.txt"], "\n"), strings.Count(text["acknowledges.txt"], "\n")
	require.Greater(t, outputs, 5)
	require.Equal(t, calls, acks)
	require.Contains(t, text["README.md"], "- 0: a, a invented; its output goes to port in of b: address a is the word 0 + a*1")
	for _, part := range []string{"assign p1_in_call[0] = p0_out_req", "assign p0_out_ack = p1_in_grant[0]", "assign p1_out_ack = p1_out.echo", "`include \"invented.svh\"", "POKE_weights(i, start_weights[i])"} {
		require.Contains(t, text["bench.sv"], part)
	}
	require.Contains(t, text["invented.svh.example"], "`define SET_threshold(v)")
	rep, err := conform.Run([]string{dir}, conform.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, rep.Passed, rep.Failures)
	for _, field := range []string{"expect_calls", "expect_acknowledges", "expect_output", "expect_spikes", "expect_input_edges"} {
		at := strings.Index(text["vectors.json"], `"`+field+`": [`+"\n    [\n     ")
		require.Positive(t, at, field)
		at += strings.Index(text["vectors.json"][at:], "     ") + 5
		changed := text["vectors.json"][:at] + "7" + text["vectors.json"][at:]
		require.NoError(t, os.WriteFile(filepath.Join(dir, "vectors.json"), []byte(changed), 0o600))
		rep, err = conform.Run([]string{dir}, conform.Options{})
		require.NoError(t, err)
		require.Equal(t, 1, rep.Failed, field)
		require.Contains(t, rep.Failures[0].Field, field)
	}
}

// TestDeadlockSet exports a ring that locks itself up.
func TestDeadlockSet(t *testing.T) {
	both := append(drive(3), drive(3)...)
	for i := range 3 {
		both[3+i].Pop = 1
	}
	dir, text := boardSet(t, inventedBoard(t, true), sorted(both)...)
	require.Contains(t, text["vectors.json"], `"expect_cycles": -1`)
	rep, err := conform.Run([]string{dir}, conform.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, rep.Passed, rep.Failures)
}

func sorted(s []aer.Spike) []aer.Spike {
	out := make([]aer.Spike, 0, len(s))
	for tick := range int64(100) {
		for _, x := range s {
			if x.Tick == tick {
				out = append(out, x)
			}
		}
	}
	return out
}

func TestBoardRefusals(t *testing.T) {
	board := inventedBoard(t, false)
	in, last, err := chip.Plan(board, &aer.Stream{Pops: []string{"a.in"}, Spikes: drive(3)}, "events")
	require.NoError(t, err)
	_, err = vectors.Export(board, in, last, vectors.Options{Limit: 5})
	require.ErrorContains(t, err, "still at work")
	img := invented(t)
	for _, x := range []struct {
		name, want string
		links      []chip.BoardLink
	}{{"a-b", "need names of letters", nil}, {"a", "through the network", []chip.BoardLink{{Last: 1, Inlet: "in"}}}} {
		two, err := chip.EventBoard([]chip.BoardPart{{Name: x.name, Image: img}}, x.links)
		require.NoError(t, err)
		_, err = vectors.Export(two, in, last, vectors.Options{})
		require.ErrorContains(t, err, x.want)
	}
	_, err = vectors.RunBoard(img, in, last, vectors.Options{})
	require.ErrorContains(t, err, "is no board")
}

func TestCompareBoardLog(t *testing.T) {
	_, text := boardSet(t, inventedBoard(t, false), drive(30)...)
	read := func(name string) ([]byte, error) {
		if s, ok := text[name]; ok {
			return []byte(s), nil
		}
		return nil, os.ErrNotExist
	}
	require.True(t, vectors.IsBoardSet([]byte(text["vectors.json"])))
	compare := func(log string) (*vectors.LogResult, error) {
		return vectors.CompareBoardLog("set", read, strings.NewReader(log), "b.log")
	}
	r, err := compare("a simulator\nPASS: 2 parts\n- $finish\n")
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Equal(t, 2, r.Ignored)
	require.Contains(t, r.Text(), "2 chips, 30 inputs")

	var part, port, edge, word, rise, fall int64
	_, err = fmt.Sscan(text["calls.txt"], &part, &port, &edge, &word)
	require.NoError(t, err)
	_, err = fmt.Sscan(text["acknowledges.txt"], &part, &rise, &fall)
	require.NoError(t, err)
	_, err = compare(fmt.Sprintf("b: call 0 of port 0: word %x sampled at edge %d\na: acknowledge 0: falls after edge %d, need %d\nb: idle after 3 edges, need -9\nFAIL: 2 errors\n", word, edge, fall+1, fall))
	require.ErrorContains(t, err, "another set")
	r, err = compare(fmt.Sprintf("a: acknowledge 0: falls after edge %d, need %d\nb: call 0 of port 0: word %x sampled at edge %d, need %x at %d\nb: cells 2: 7ff, need %s\nb: 1 calls, need 2\nFAIL: 4 errors\n", fall+1, fall, word, edge-1, word, edge, strings.Fields(text["b.cells.end.hex"])[wordAt(text["b.cells.end.hex"], 2)]))
	require.NoError(t, err)
	require.Equal(t, 4, r.Mismatches)
	require.Equal(t, vectors.Mismatch{Edge: edge - 1, Signal: "b call of port 0", Want: fmt.Sprintf("word %x sampled at edge %d", word, edge), Have: fmt.Sprintf("word %x sampled at edge %d", word, edge-1), Line: 2}, *r.First)
	require.Contains(t, r.Text(), "b: in work: event 0")
	for log, want := range map[string]string{
		"":                         "the log is cut",
		"FAIL: 1 errors\n":         "no line says what differs",
		"a: call x\nFAIL: 1\n":     "need call N of port P",
		"a: acknowledge x\nFAIL\n": "need acknowledge N",
		"a: output x\nFAIL: 1\n":   "need output N",
		strings.Repeat("x", 2<<20): "bytes",
	} {
		_, err := compare(log)
		require.ErrorContains(t, err, want)
	}
}

// wordAt is the place of word n among the fields of a memory file.
func wordAt(file string, n int) int {
	comment := 0
	for _, line := range strings.Split(file, "\n") {
		if strings.HasPrefix(line, "//") {
			comment += len(strings.Fields(line))
		}
	}
	return comment + n
}
