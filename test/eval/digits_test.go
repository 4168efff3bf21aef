package eval

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
)

// digits is the phase-coded test set of the examples, q = pixel, L = 16.
type digits struct {
	pix    [][]int
	labels []int
}

func (d digits) Len() int        { return len(d.pix) }
func (d digits) Width() int      { return 64 }
func (d digits) Label(i int) int { return d.labels[i] }
func (d digits) Ticks() int      { return 16 }
func (d digits) Spikes(i, t int, dst []int32) []int32 {
	for k, q := range d.pix[i] {
		if (t+1)*q/16 > t*q/16 {
			dst = append(dst, int32(k))
		}
	}
	return dst
}

func loadDigits(t testing.TB) digits {
	f, err := os.Open("../../examples/mappings/digits8x8_test1797.csv.gz")
	if os.IsNotExist(err) {
		f, err = os.Open("../../examples/mappings/digits.csv.gz")
	}
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	var d digits
	for _, r := range rows {
		var px []int
		for _, s := range r {
			n, err := strconv.Atoi(s)
			require.NoError(t, err)
			px = append(px, n)
		}
		d.pix = append(d.pix, px[:64])
		d.labels = append(d.labels, px[64])
	}
	return d
}

func TestDigitsOnChip(t *testing.T) {
	d := loadDigits(t)
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	start := time.Now()
	fl, err := Float(net, d, Options{})
	require.NoError(t, err)
	t.Logf("float %.4f in %v", fl.Accuracy(), time.Since(start))
	require.InDelta(t, 0.9516, fl.Accuracy(), 0.0001)
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	r, err := compiler.Compile(net, f, compiler.Options{})
	require.NoError(t, err)
	for _, l := range r.Report.Layers {
		t.Log(l)
	}
	start = time.Now()
	on, err := Chip(r.Image, d, Options{}, chip.Options{})
	require.NoError(t, err)
	t.Logf("chip %.4f in %v, trace %s, layers %v", on.Accuracy(), time.Since(start), on.Trace, on.Layer[0])
	require.GreaterOrEqual(t, on.Accuracy(), fl.Accuracy()-0.005)
}
