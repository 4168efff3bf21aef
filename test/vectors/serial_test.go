package vectors_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core/event"
	"hillock/router/aer"
	"hillock/test/conform"
	"hillock/test/vectors"
)

// golden is a case whose log was printed by the bench on the chip's own design:
// registers and memories, events and transfers that lie between them.
type golden struct {
	img       *chip.Image
	events    *aer.Stream
	transfers []event.Transfer
	log       []byte
}

// member is a file of an archive in which lines "-- NAME --" begin files.
type member struct {
	Name string
	Data []byte
}

func archive(b []byte) (out []member) {
	for line := range bytes.Lines(b) {
		name, ok := strings.CutPrefix(string(line), "-- ")
		if name, end := strings.CutSuffix(name, " --\n"); ok && end {
			out = append(out, member{Name: name})
		} else if len(out) > 0 {
			out[len(out)-1].Data = append(out[len(out)-1].Data, line...)
		}
	}
	return out
}

func readGolden(t *testing.T, path string) *golden {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	name, _, _ := strings.Cut(filepath.Base(path), "-")
	fam, err := chip.LoadNamed(name)
	require.NoError(t, err)
	g := &golden{}
	var s chip.EventSetup
	for _, x := range archive(b) {
		switch base, isMemory := strings.CutSuffix(x.Name, ".hex"); {
		case isMemory:
			m := fam.Event.Memory(base)
			words, err := vectors.ReadMem(x.Data, x.Name, fam.Event.Memories[m].Words, fam.Event.Memories[m].Bits)
			require.NoError(t, err)
			s.Memories = append(s.Memories, chip.MemoryWords{Name: base, Chunks: words})
		case x.Name == "registers":
			for _, w := range strings.Fields(string(x.Data)) {
				reg, v, _ := strings.Cut(w, "=")
				n, err := strconv.ParseInt(v, 10, 64)
				require.NoError(t, err)
				if reg == "ack-delay" {
					s.AckDelay = n
					continue
				}
				s.Registers = append(s.Registers, chip.RegisterValue{Name: reg, Value: n})
			}
		case x.Name == "ev.csv":
			g.events, err = aer.ReadCSV(x.Data, x.Name)
			require.NoError(t, err)
		case x.Name == "tr.txt":
			g.transfers, err = vectors.ReadTransfers(x.Data, x.Name)
			require.NoError(t, err)
		case x.Name == "log":
			g.log = x.Data
		}
	}
	e, err := fam.BindEvent(s)
	require.NoError(t, err)
	g.img = fam.EventImage(e)
	return g
}

// TestSerialGolden compares runs with transfers between events, after a program
// over the serial port, with what the designs did: edges of inputs and outputs,
// and every word that came back.
func TestSerialGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*-serial*.txtar.gz")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, path := range cases {
		t.Run(filepath.Base(path), func(t *testing.T) {
			g := readGolden(t, path)
			in, last, err := chip.Plan(g.img, g.events, "ev.csv")
			require.NoError(t, err)
			files, err := vectors.Export(g.img, in, last, vectors.Options{Transfers: g.transfers, Program: true, Sparse: true})
			require.NoError(t, err)
			dir := t.TempDir()
			for _, f := range files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
			}
			set, err := vectors.ReadSet("set", func(f string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, f)) })
			require.NoError(t, err)
			require.Len(t, set.Transfers, len(g.transfers))
			res, err := vectors.CompareLog(set, bytes.NewReader(g.log), "log")
			require.NoError(t, err)
			require.True(t, res.Equal, res.Text())
			changed := strings.Replace(string(g.log), "came back ", "came back 1", 1)
			res, err = vectors.CompareLog(set, strings.NewReader(changed), "log")
			require.NoError(t, err)
			require.False(t, res.Equal)
			require.Equal(t, "transfer", res.First.Signal)

			rep, err := conform.Run([]string{dir}, conform.Options{})
			require.NoError(t, err)
			require.Equal(t, 1, rep.Passed, rep.Failures)
		})
	}
}

// TestSnapshotWithinTransfer goes on from snapshots in the middle of transfers.
func TestSnapshotWithinTransfer(t *testing.T) {
	cases, err := filepath.Glob("testdata/*-serial*.txtar.gz")
	require.NoError(t, err)
	for _, path := range cases {
		g := readGolden(t, path)
		run := func(m *chip.Machine, ticks int64) string {
			out := ""
			m.Core(0).Event().Watch = func(n event.Note) { out += fmt.Sprintln(n) }
			require.NoError(t, m.Run(ticks, nil, nil))
			return out
		}
		m, err := chip.New(g.img, chip.Options{})
		require.NoError(t, err)
		for _, x := range g.transfers {
			require.NoError(t, m.Transfer(0, x))
		}
		n := g.transfers[len(g.transfers)-1].At + 4000
		whole := run(m, n)
		require.NotEmpty(t, whole)

		m, err = chip.New(g.img, chip.Options{})
		require.NoError(t, err)
		for _, x := range g.transfers {
			require.NoError(t, m.Transfer(0, x))
		}
		parts := ""
		for at := int64(0); at < n; at += 501 {
			parts += run(m, min(501, n-at))
			snap, err := chip.DecodeSnapshot(m.Snapshot().Encode(), "x")
			require.NoError(t, err)
			m, err = chip.New(g.img, chip.Options{})
			require.NoError(t, err)
			require.NoError(t, m.Restore(snap))
		}
		require.Empty(t, cmp.Diff(whole, parts))
	}
}

// TestProgram programs the invented chip of this folder and the three families,
// all of it and what is not 0: Program itself holds memories against the image.
func TestProgram(t *testing.T) {
	for _, path := range []string{"tinyodin", "odin", "reckon"} {
		fam, err := chip.LoadNamed(path)
		require.NoError(t, err)
		for _, sparse := range []bool{true, false} {
			img := randomImage(t, fam, sparse || path != "tinyodin")
			p, err := vectors.Program(img, sparse || path != "tinyodin", 0)
			require.NoError(t, err)
			require.Greater(t, len(p.Steps), 20)
			require.Empty(t, p.Notes)
		}
	}
	_, err := vectors.Program(invented(t), true, 0)
	require.ErrorContains(t, err, "has a serial port")
}

// randomImage fills memories that the serial port reaches, few words if sparse.
func randomImage(t *testing.T, fam *chip.Family, sparse bool) *chip.Image {
	var s chip.EventSetup
	x := uint64(88172645463325252)
	next := func() uint64 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return x
	}
	own := map[string]bool{}
	for _, r := range fam.Event.Transfers.Rows {
		if r.Memory < 0 || r.Memory == fam.Event.Transfers.Gate.Register || own[fam.Event.Memories[r.Memory].Name] {
			continue
		}
		m := fam.Event.Memories[r.Memory]
		own[m.Name] = true
		if m.Name == "burst_timeref" || m.Name == "open_loop" || m.Name == "neurons" && fam.Name != "tinyodin" {
			continue // refused; flags and marks of words that are written are checked by the golden runs
		}
		if m.Words == 1 && m.Lanes == 1 {
			s.Registers = append(s.Registers, chip.RegisterValue{Name: m.Name, Value: int64(next() >> (64 - m.Bits))})
			continue
		}
		chunks := vectors.Chunks(m.Bits)
		w := chip.MemoryWords{Name: m.Name}
		for i := range m.Words * chunks {
			v := next()
			if top := m.Bits - i%chunks*64; top < 64 {
				v >>= 64 - top
			}
			if sparse && i > 200 && i%97 != 0 {
				v = 0
			}
			w.Chunks = append(w.Chunks, v)
		}
		s.Memories = append(s.Memories, w)
	}
	e, err := fam.BindEvent(s)
	require.NoError(t, err)
	return fam.EventImage(e)
}

// TestFlagsOfAWrite: a write of a neuron's byte recomputes its flags from the
// old word, and says so where an image wants others.
func TestFlagsOfAWrite(t *testing.T) {
	fam, err := chip.LoadNamed("odin")
	require.NoError(t, err)
	// LIF of threshold 200 with calcium: membrane 10 above 5, calcium 1 below 7
	word := uint64(1 | 200<<9 | 1<<17 | 5<<18 | 7<<29 | 7<<32)
	high := uint64(10<<(70-64) | 1<<(78-64))
	e, err := fam.BindEvent(chip.EventSetup{Memories: []chip.MemoryWords{{Name: "neurons", Chunks: []uint64{word, high}}}})
	require.NoError(t, err)
	p, err := vectors.Program(fam.EventImage(e), true, 0)
	require.NoError(t, err)
	require.Len(t, p.Notes, 1)
	require.Contains(t, p.Notes[0], "up cannot be written over the serial port")
	e = p.Image.Cores[0].Image.Event
	require.Equal(t, []uint64{1}, e.Init[fam.Event.Memory("up")])
	require.Empty(t, e.Init[fam.Event.Memory("down")])
	require.Equal(t, []uint64{word, high}, e.Init[fam.Event.Memory("neurons")])
}

func TestReadTransfers(t *testing.T) {
	got, err := vectors.ReadTransfers([]byte("# none\n\n3 4 40000 1 # gate\n7 5 9 a b\n"), "x")
	require.NoError(t, err)
	require.Equal(t, []event.Transfer{{At: 3, Period: 4, Words: []uint64{0x40000, 1}}, {At: 7, Period: 5, Words: []uint64{9, 10, 11}}}, got)
	for _, bad := range []string{"1 2", "x 4 1 1", "1 4 g 1", "-1 4 1 1", "1 4 1 1000000000000"} {
		_, err := vectors.ReadTransfers([]byte(bad), "x")
		require.ErrorContains(t, err, "x:1: vectors:", bad)
	}
}
