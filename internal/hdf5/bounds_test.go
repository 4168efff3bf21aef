package hdf5

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"bad_cycle.h5", "group contains itself: it is also /a"},
		{"bad_unwritten.h5", "hdf5: /x at byte 800: data too large: need 1073741824 more bytes"},
		{"bad_bomb.h5", "268435456 values of 8 bytes of memory each, the limit is 2147483647 bytes"},
		{"bad_compound.h5", "hdf5: /t at byte "},
		{"bad_compound.h5", "datatype: compound data is not read"},
		{"bad_uint64.h5", "element 1 is 9223372036854775808, above the largest int64"},
		{"bad_nbit.h5", "filter 6 (scale-offset) is not read"},
		{"bad_virtual.h5", "virtual datasets are not read"},
	} {
		t.Run(c.file, func(t *testing.T) {
			g, err := Decode(unpack(t, c.file))
			if err == nil || g != nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("group %v, error %v; want %q", g, err, c.want)
			}
			if !strings.HasPrefix(err.Error(), "hdf5: ") {
				t.Fatalf("error %q lacks the package name", err)
			}
		})
	}
}

// TestHighlyCompressed reads an identity matrix of 2048 x 2048, which deflate
// makes about 450 times smaller.
func TestHighlyCompressed(t *testing.T) {
	g, err := Decode(unpack(t, "large/eye.h5"))
	must(t, err)
	d, ok := g.Dataset("w")
	if !ok || len(d.Floats) != 2048*2048 {
		t.Fatalf("dataset read: %v, %d values", ok, len(d.Floats))
	}
	for i, x := range d.Floats {
		if want := i%2049 == 0; (x == 1) != want || (x == 0) == want {
			t.Fatalf("value %d is %g", i, x)
		}
	}
}

// TestSkipped checks that what is left out is named, not silently dropped.
func TestSkipped(t *testing.T) {
	for _, name := range []string{"tree_old.h5", "tree_new.h5"} {
		g, err := Decode(unpack(t, name))
		must(t, err)
		got := strings.Join(g.Skipped, "; ")
		if got != "ext: external link; named: named datatype; soft: soft link" {
			t.Fatalf("%s: skipped %q", name, got)
		}
		g2, _ := g.Group("g2")
		if len(g2.Skipped) != 1 || !strings.HasPrefix(g2.Skipped[0], "@ref: hdf5: /g2@ref at byte ") {
			t.Fatalf("%s: skipped %q", name, g2.Skipped)
		}
		if a, ok := g2.Attr("a07"); !ok || a.Floats[0] != 3.5 {
			t.Fatalf("%s: attribute a07 is %v", name, a)
		}
	}
}

func TestNoSignature(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("PK\x03\x04"), make([]byte, 5000)} {
		_, err := Decode(b)
		want := "hdf5: no HDF5 signature at byte 0 (file of "
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Fatalf("%d bytes: error %v, want %q", len(b), err, want)
		}
	}
}

func TestCutShort(t *testing.T) {
	b := unpack(t, "conv1d.nir")
	_, err := Decode(b[:5000])
	want := "the file is cut short: need 26112 bytes, have 5000"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want %q", err, want)
	}
	// What a file that lies about its length runs into.
	var seen bool
	for n := 0; n < len(b); n += 97 {
		_, err := decode(b[:n], true)
		if err == nil {
			t.Fatalf("the first %d bytes decode", n)
		}
		seen = seen || strings.Contains(err.Error(), "runs past the end of the file (need ")
	}
	if !seen {
		t.Fatal("no prefix ran past the end of the file")
	}
}

func TestChecksum(t *testing.T) {
	b := unpack(t, "compact_new.h5")
	b[len(b)/3] ^= 1
	bad := 0
	for i := 12; i < len(b); i++ {
		c := bytes.Clone(b)
		c[i] ^= 0x10
		if _, err := Decode(c); err != nil && strings.Contains(err.Error(), "checksum") {
			bad++
		}
	}
	if bad < 100 {
		t.Fatalf("only %d of %d changed bytes fail a checksum", bad, len(b))
	}
}

// TestSuperblock1 rebuilds a version 0 file as version 1, whose superblock is
// four bytes longer, after moving the root object out of the way.
func TestSuperblock1(t *testing.T) {
	b := unpack(t, "conv1d.nir")
	le := binary.LittleEndian
	root := le.Uint64(b[64:])
	head := bytes.Clone(b[root : root+16+uint64(le.Uint32(b[root+8:]))])
	copy(b[28:104], bytes.Clone(b[24:100]))
	copy(b[24:28], []byte{32, 0, 0, 0})
	b[8] = 1
	le.PutUint64(b[68:], uint64(len(b)))
	b = append(b, head...)
	le.PutUint64(b[44:], uint64(len(b)))
	g, err := Decode(b)
	must(t, err)
	node, ok := g.Group("node")
	if !ok || len(node.Groups) == 0 {
		t.Fatalf("root %+v has no node group", g)
	}
}

// TestOneByte changes single bytes all over the files: nothing may panic, and
// every error names the package.
func TestOneByte(t *testing.T) {
	for _, name := range samples(t) {
		b := unpack(t, name)
		step := max(1, len(b)/50) | 1
		for i := 0; i < len(b); i += step {
			old := b[i]
			for _, v := range []byte{0xff, old ^ 0x80} {
				b[i] = v
				checkDecode(t, b)
			}
			b[i] = old
		}
	}
}

func checkDecode(t testing.TB, b []byte) {
	t.Helper()
	for _, lenient := range []bool{false, true} {
		g, err := decode(b, lenient)
		if err != nil {
			if g != nil || !strings.HasPrefix(err.Error(), "hdf5: ") {
				t.Fatalf("group %v with error %q", g, err)
			}
			continue
		}
		checkGroup(t, g)
	}
}

// checkGroup verifies what Decode promises of its result.
func checkGroup(t testing.TB, g *Group) {
	t.Helper()
	for i, s := range g.Groups {
		if i > 0 && s.Name <= g.Groups[i-1].Name {
			t.Fatalf("groups %q and %q out of order", g.Groups[i-1].Name, s.Name)
		}
		checkGroup(t, s)
	}
	checkDatasets(t, g.Datasets)
	checkDatasets(t, g.Attrs)
}

func checkDatasets(t testing.TB, list []*Dataset) {
	t.Helper()
	for i, d := range list {
		if i > 0 && d.Name <= list[i-1].Name {
			t.Fatalf("datasets %q and %q out of order", list[i-1].Name, d.Name)
		}
		n := d.Len()
		if d.Rows != nil {
			if len(d.Rows) != n {
				t.Fatalf("%s: %d rows, %d elements", d.Name, len(d.Rows), n)
			}
			n = 0
			for _, r := range d.Rows {
				n += r
			}
		}
		have := map[Kind]int{Int: len(d.Ints), Float: len(d.Floats), String: len(d.Strings)}[d.Kind]
		if have != n || len(d.Ints)+len(d.Floats)+len(d.Strings) != n {
			t.Fatalf("%s: %d values of kind %v, shape %v", d.Name, have, d.Kind, d.Dims)
		}
		checkDatasets(t, d.Attrs)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range samples(f) {
		if b := unpack(f, name); len(b) < 64<<10 { // larger ones only slow it down
			f.Add(b)
		}
	}
	for _, name := range []string{"bad_cycle.h5", "bad_compound.h5", "bad_virtual.h5"} {
		f.Add(unpack(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkDecode(t, b) })
}

func TestHalf(t *testing.T) {
	for _, c := range []struct {
		bits uint16
		want float64
	}{
		{0x0000, 0}, {0x8000, math.Copysign(0, -1)}, {0x0001, 0x1p-24}, {0x03ff, 1023 * 0x1p-24},
		{0x0400, 0x1p-14}, {0x3c00, 1}, {0xc000, -2}, {0x7bff, 65504}, {0x7c00, math.Inf(1)}, {0xfc00, math.Inf(-1)},
	} {
		if got := half(c.bits); math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("half(%#04x) = %v, want %v", c.bits, got, c.want)
		}
	}
	if got := half(0x7e01); !math.IsNaN(got) {
		t.Errorf("half(0x7e01) = %v, want NaN", got)
	}
}
