package vectors_test

import (
	"compress/gzip"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/test/conform"
	"hillock/test/vectors"
)

// eprop is a set that passed on the published design of ReckOn, learning
// included: the record that vectors wrote, and what it was made of.
type eprop struct {
	Registers []chip.RegisterValue
	Memories  map[string][]string // words in hexadecimal, from address 0
	AckDelay  int64
	Record    map[string]any
}

func readEprop(t *testing.T, file string) *eprop {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	e := &eprop{}
	require.NoError(t, json.NewDecoder(z).Decode(e))
	return e
}

// set writes the set for a description and gives its folder.
func (e *eprop) set(t *testing.T, f *chip.Family) string {
	s := chip.EventSetup{Registers: e.Registers, AckDelay: e.AckDelay}
	for _, m := range f.Event.Memories {
		var words []uint64
		for _, text := range e.Memories[m.Name] {
			x, ok := new(big.Int).SetString(text, 16)
			require.True(t, ok, text)
			for range vectors.Chunks(m.Bits) {
				words = append(words, new(big.Int).And(x, new(big.Int).SetUint64(1<<64-1)).Uint64())
				x.Rsh(x, 64)
			}
		}
		if words != nil {
			s.Memories = append(s.Memories, chip.MemoryWords{Name: m.Name, Chunks: words})
		}
	}
	img, err := f.BindEvent(s)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "core.img"), f.EventImage(img).Encode(), 0o600))
	record, err := json.Marshal(e.Record)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "vectors.json"), record, 0o600))
	return dir
}

// epropFiles are the sets, small ones: random configurations, and edge_* where
// a wish is exactly as large as the random number that it is compared with.
func epropFiles(t *testing.T) []string {
	files, err := filepath.Glob("testdata/eprop_*.json.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// TestEprop replays what the published design of ReckOn did while it learnt.
func TestEprop(t *testing.T) {
	f, err := chip.LoadNamed("reckon")
	require.NoError(t, err)
	for _, file := range epropFiles(t) {
		rep, err := conform.Run([]string{readEprop(t, file).set(t, f)}, conform.Options{})
		require.NoError(t, err)
		require.Equal(t, 1, rep.Passed, "%s: %v", file, rep.Failures)
	}
}

// planted are changes of the description that the sets have to notice.
var planted = []struct{ file, from, to string }{
	{"reckon_outrow.uasm", "CLE F t3 t5", "CLT F t3 t5"},
	{"reckon_chance.uasm", "CLTU F t5 t3 and", "CLE F t5 t3 and"},
	{"reckon_chance.uasm", "SHL t5 t4 t1", "SHL t5 t4 t2"},
	{"reckon_error.uasm", "LDC t1 #2048", "LDC t1 #2047"},
	{"reckon_lane.uasm", "CLT F t1 p7", "CLE F t1 p7"},
	{"reckon_lane.uasm", "SHR t0 s4 12", "SHR t0 s4 13"},
	{"reckon_regul.uasm", "MAX t0 t0 Z", "NOP"},
	{"reckon_rows.uasm", "?G MOV s1 Z", "NOP"},
	{"reckon_rows.uasm", "?H RND t4 winp_high", "RND t4 winp_high"},
	{"reckon_wish.uasm", "CLT F t3 Z and", "CLT F Z Z and"},
	{"reckon_decide.uasm", "CNE F p6 Z and", "CEQ F p6 Z and"},
	{"reckon_post.uasm", "?F MOV s3 t4", "NOP"},
	{"reckon.json", `"src": "port_row", "programs"`, `"programs"`},
	{"reckon.json", `"first": 0, "last": "last_post", "start": 2, "step": 2`, `"first": 0, "last": "last_post", "start": 1, "step": 2`},
	{"reckon.json", `"return": 3`, `"return": 2`},
	{"reckon.json", `"next": [19173961]`, `"next": [19173960]`},
}

// TestEpropNoticesChanges plants changes in the description, one at a time.
func TestEpropNoticesChanges(t *testing.T) {
	src, err := filepath.Glob("../../chip/families/reckon*")
	require.NoError(t, err)
	for _, p := range planted {
		dir := t.TempDir()
		for _, file := range src {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			text := string(b)
			if filepath.Base(file) == p.file {
				require.Contains(t, text, p.from, p.file)
				text = strings.ReplaceAll(text, p.from, p.to)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(text), 0o600))
		}
		f, err := chip.LoadPath(filepath.Join(dir, "reckon.json"))
		require.NoError(t, err)
		noticed := false
		for _, file := range epropFiles(t) {
			rep, err := conform.Run([]string{readEprop(t, file).set(t, f)}, conform.Options{})
			require.NoError(t, err)
			if noticed = rep.Failed > 0; noticed {
				break
			}
		}
		assert.True(t, noticed, "%s: %q instead of %q is not noticed", p.file, p.to, p.from)
	}
}
