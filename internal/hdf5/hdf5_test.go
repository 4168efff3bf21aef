package hdf5

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// wanted is what another reader found for one dataset or attribute.
type wanted struct {
	Path, Kind, Type string
	Dims, Rows       []int
	First            []string
	N                int
	Hash             string
}

func unpack(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".gz"))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	b, err := io.ReadAll(z)
	must(t, err)
	return b
}

// samples returns the names of the files in testdata.
func samples(t testing.TB) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/*.gz")
	must(t, err)
	var out []string
	for _, p := range list {
		if n := strings.TrimSuffix(filepath.Base(p), ".gz"); n != "want.json" && !strings.HasPrefix(n, "bad_") {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		t.Fatal("no files in testdata")
	}
	return out
}

// describe summarises one dataset in the form of want.json.
func describe(path string, d *Dataset) wanted {
	w := wanted{Path: path, Kind: d.Kind.String(), Type: d.TypeName, Dims: d.Dims, Rows: d.Rows}
	h := sha256.New()
	var b [8]byte
	add := func(s string) {
		w.N++
		if len(w.First) < 4 {
			w.First = append(w.First, s)
		}
	}
	for _, v := range d.Ints {
		binary.LittleEndian.PutUint64(b[:], uint64(v))
		h.Write(b[:])
		add(strconv.FormatInt(v, 10))
	}
	for _, v := range d.Floats {
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
		add(strconv.FormatFloat(v, 'g', -1, 64))
	}
	for _, v := range d.Strings {
		binary.LittleEndian.PutUint32(b[:], uint32(len(v)))
		h.Write(b[:4])
		h.Write([]byte(v))
		add(v)
	}
	w.Hash = hex.EncodeToString(h.Sum(nil))[:24]
	return w
}

func flatten(path string, g *Group, out []wanted) []wanted {
	for _, a := range g.Attrs {
		out = append(out, describe(max(path, "/")+"@"+a.Name, a))
	}
	for _, d := range g.Datasets {
		out = append(out, describe(path+"/"+d.Name, d))
		for _, a := range d.Attrs {
			out = append(out, describe(path+"/"+d.Name+"@"+a.Name, a))
		}
	}
	for _, s := range g.Groups {
		out = flatten(path+"/"+s.Name, s, out)
	}
	return out
}

func TestDecodeEqualsReference(t *testing.T) {
	var all map[string][]wanted
	must(t, json.Unmarshal(unpack(t, "want.json"), &all))
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			want := all[name]
			g, err := Decode(unpack(t, name))
			must(t, err)
			got := flatten("", g, nil)
			byPath := func(w []wanted) {
				sort.Slice(w, func(i, j int) bool { return w[i].Path < w[j].Path })
				for i := range w {
					if len(w[i].Dims) == 0 {
						w[i].Dims = nil
					}
					if len(w[i].First) == 0 {
						w[i].First = nil
					}
					if w[i].Kind == "float" {
						w[i].First = nil // printed differently; the hash decides
					}
				}
			}
			byPath(want)
			byPath(got)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("-want +got\n%s", diff[:min(len(diff), 3000)])
			}
		})
	}
}

// TestExternal reads every file of a folder named in the environment; it
// serves to try files that are not in the repository.
func TestExternal(t *testing.T) {
	dir := os.Getenv("HDF5_DIR")
	if dir == "" {
		t.Skip("HDF5_DIR not set")
	}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".nir") && !strings.HasSuffix(p, ".h5") {
			return err
		}
		b, err := os.ReadFile(p)
		must(t, err)
		_, err = Decode(b)
		if err != nil {
			t.Errorf("%s: %v", p, err)
		}
		return nil
	})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAccess(t *testing.T) {
	g, err := Decode(unpack(t, "lif_norse.nir"))
	must(t, err)
	v, ok := g.Dataset("version")
	if !ok || v.Kind != String || v.Len() != 1 || v.Strings[0] == "" {
		t.Fatalf("version is %+v", v)
	}
	node, ok := g.Group("node")
	if !ok || node.Name != "node" {
		t.Fatalf("node is %+v", node)
	}
	edges, ok := node.Dataset("edges")
	if !ok || len(edges.Dims) != 2 || edges.Dims[1] != 2 || len(edges.Strings) != edges.Len() || edges.Offset <= 0 {
		t.Fatalf("edges are %+v", edges)
	}
	if _, ok := g.Group("nodes"); ok {
		t.Fatal("found a group that is not there")
	}
	if _, ok := g.Attr("none"); ok {
		t.Fatal("found an attribute that is not there")
	}
}
