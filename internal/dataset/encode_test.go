package dataset

import (
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func encoder(t require.TestingT, s *Set, encoding, layout string, ticks int) *Encoder {
	e, err := ParseEncoding(encoding)
	require.NoError(t, err)
	l, err := ParseLayout(layout)
	require.NoError(t, err)
	en, err := NewEncoder(s, e, l, ticks)
	require.NoError(t, err)
	return en
}

// TestAgainstFrameworkRasters compares with the input rasters that the training
// framework recorded for the first eight digits.
func TestAgainstFrameworkRasters(t *testing.T) {
	set, err := Load("testdata/digits16.csv.gz", "")
	require.NoError(t, err)
	for _, c := range []struct{ file, encoding, layout string }{
		{"testdata/phase_flat.npz", "phase:1,0,1,16", "flat"},
		{"testdata/phase_rows.npz", "phase:1,2,4,4", "rows:4"},
	} {
		b, err := os.ReadFile(c.file)
		require.NoError(t, err)
		arrays, err := ReadNpz(b, c.file)
		require.NoError(t, err)
		raster := Find(arrays, "raster_input") // [step, image, neuron]
		data := raster.Data.([]uint8)
		en := encoder(t, set, c.encoding, c.layout, 0)
		require.Equal(t, raster.Shape[0], en.Ticks())
		require.Equal(t, raster.Shape[2], en.Width())
		total := 0
		for tick := range raster.Shape[0] {
			for image := range raster.Shape[1] {
				have := make([]uint8, en.Width())
				for _, k := range en.Spikes(image, tick, nil) {
					have[k]++
					total++
				}
				at := (tick*raster.Shape[1] + image) * en.Width()
				require.Equal(t, data[at:at+en.Width()], have, "%s step %d image %d", c.file, tick, image)
			}
		}
		require.NotZero(t, total)
	}
}

func TestPhaseFormula(t *testing.T) {
	floor := func(a, b int64) *big.Int { // big numbers: no overflow to share
		q := new(big.Int)
		return q.Div(big.NewInt(a), big.NewInt(b)) // Euclidean: rounds down for b > 0
	}
	factor := rapid.OneOf(rapid.Int64Range(-20, 20), rapid.Int64Range(-MaxFactor, MaxFactor))
	rapid.Check(t, func(t *rapid.T) {
		e := Encoding{Code: Phase, A: factor.Draw(t, "A"), B: factor.Draw(t, "B"),
			C: rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, MaxFactor)).Draw(t, "C"),
			L: rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, MaxTicks)).Draw(t, "L")}
		again, err := ParseEncoding(e.String())
		require.NoError(t, err)
		require.Equal(t, e, again)
		img := rapid.SliceOfN(rapid.Uint16Range(0, 300), 1, 5).Draw(t, "pixels")
		set := &Set{Images: [][]uint16{img}, Shape: []int{len(img)}, Labels: []int{0}, Max: 300}
		ticks := rapid.IntRange(1, 60).Draw(t, "ticks")
		en := encoder(t, set, e.String(), "flat", ticks)
		for tick := range ticks {
			var want []int32
			for i, v := range img {
				q := new(big.Int).Add(new(big.Int).Mul(big.NewInt(e.A), big.NewInt(int64(v))), big.NewInt(e.B))
				q.Div(q, big.NewInt(e.C))
				at := func(n int64) *big.Int {
					x := new(big.Int).Mul(big.NewInt(n), q)
					return x.Div(x, big.NewInt(e.L))
				}
				if at(int64(tick)+1).Cmp(at(int64(tick))) > 0 {
					want = append(want, int32(i))
				}
			}
			require.Equal(t, want, en.Spikes(0, tick, nil), "tick %d", tick)
		}
	})
	require.Equal(t, int64(-2), floor(-3, 2).Int64())
	require.Equal(t, int64(-2), floorDiv(-3, 2))
}

func TestRate(t *testing.T) {
	set := &Set{Images: [][]uint16{{0, 8, 16, 3}}, Shape: []int{4}, Labels: []int{0}, Max: 16}
	en := encoder(t, set, "rate", "flat", 10)
	count := make([]int, 4)
	for tick := range 10 {
		for _, k := range en.Spikes(0, tick, nil) {
			count[k]++
		}
	}
	require.Equal(t, []int{0, 5, 10, 2}, count) // 3/16 of 10 is 1.875
}

func TestRows(t *testing.T) {
	set := &Set{Images: [][]uint16{{1, 0, 2, 2}}, Shape: []int{4}, Labels: []int{0}, Max: 2}
	en := encoder(t, set, "rate", "rows:2", 0)
	require.Equal(t, 4, en.Ticks())
	require.Equal(t, 2, en.Width())
	var got [][]int32
	for tick := range 4 {
		got = append(got, en.Spikes(0, tick, nil))
	}
	require.Equal(t, [][]int32{nil, {0}, {0, 1}, {0, 1}}, got)
	longer := encoder(t, set, "rate", "rows:2", 7)
	require.Empty(t, longer.Spikes(0, 5, nil), "the image was shown to its end")
	set.Shape = []int{3}
	_, err := NewEncoder(set, Encoding{Code: Rate}, Layout{Rows: 2}, 0)
	require.ErrorContains(t, err, "3 pixels, need a square number")
}

func TestCounts(t *testing.T) {
	set := &Set{Images: [][]uint16{{1, 0, 0, 3}}, Shape: []int{2, 2}, Labels: []int{0}, Max: 3}
	en := encoder(t, set, "none", "flat", 0)
	require.Equal(t, 2, en.Ticks())
	require.Equal(t, 2, en.Width())
	require.Equal(t, []int32{0}, en.Spikes(0, 0, nil))
	require.Equal(t, []int32{1, 1, 1}, en.Spikes(0, 1, nil))
	require.Empty(t, encoder(t, set, "none", "flat", 5).Spikes(0, 3, nil))
}

func TestCurrent(t *testing.T) {
	set := &Set{Images: [][]uint16{{1, 7}}, Shape: []int{2}, Labels: []int{0}, Max: 7}
	en := encoder(t, set, "current", "flat", 4)
	require.Empty(t, en.Spikes(0, 0, nil))
	require.Equal(t, []int32{1, 7}, en.Currents(0, nil))
	require.Empty(t, encoder(t, set, "rate", "flat", 4).Currents(0, nil))
}

func TestBernoulli(t *testing.T) {
	// The generator is frozen: these values are part of the format.
	require.Equal(t, uint64(0xe220a8397b1dcdaf), mix(golden), "first output of SplitMix64 for seed 0")
	require.NotEqual(t, Draw(1, 0, 0, 0), Draw(1, 0, 0, 1))
	require.NotEqual(t, Draw(1, 0, 1, 0), Draw(1, 1, 0, 0))
	set := &Set{Images: [][]uint16{{0, 4, 16, 8}}, Shape: []int{4}, Labels: []int{0}, Max: 16}
	const ticks = 20000
	en := encoder(t, set, "bernoulli:7", "flat", ticks)
	count := make([]int, 4)
	for tick := range ticks {
		for _, k := range en.Spikes(0, tick, nil) {
			count[k]++
		}
	}
	require.Zero(t, count[0])
	require.Equal(t, ticks, count[2], "the full range always spikes")
	require.InDelta(t, ticks/4, count[1], 5*61) // five standard deviations
	require.InDelta(t, ticks/2, count[3], 5*71)
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "need phase:A,B,C,L",
		"phase":                   "need phase:A,B,C,L",
		"phase:1,2,3":             "3 numbers, need 4",
		"phase:1,0,0,16":          `C is "0", need a whole number 1 to`,
		"phase:1,0,1,0":           `L is "0", need a whole number 1 to 1048576`,
		"phase:2147483648,0,1,16": "A is",
		"phase:1,x,1,16":          "B is",
		"rate:3":                  "need phase",
		"bernoulli:-1":            "seed",
		"bernoulli":               "need phase",
	} {
		_, err := ParseEncoding(in)
		require.ErrorContains(t, err, want, in)
		require.ErrorContains(t, err, "dataset: encoding ")
	}
	for _, in := range []string{"", "rows", "rows:0", "rows:x", "flat:2", "hwc"} {
		_, err := ParseLayout(in)
		require.ErrorContains(t, err, "dataset: layout ", in)
	}
	for _, in := range []string{"flat", "chw", "rows:4"} {
		l, err := ParseLayout(in)
		require.NoError(t, err)
		require.Equal(t, in, l.String())
	}
	set := &Set{Name: "s", Images: [][]uint16{{1}}, Shape: []int{1}, Labels: []int{0}, Max: 1}
	_, err := NewEncoder(set, Encoding{Code: Rate}, Layout{Name: "flat"}, 0)
	require.EqualError(t, err, "dataset: s as rate, layout flat: 0 ticks per image, need 1 to 1048576")
	_, err = NewEncoder(set, Encoding{Code: Counts}, Layout{Name: "flat"}, 0)
	require.ErrorContains(t, err, "need spike counts")
}

func TestSpikesAllocs(t *testing.T) {
	set, err := Load("testdata/digits16.csv.gz", "")
	require.NoError(t, err)
	for _, code := range []string{"phase:1,0,1,16", "phase:1,0,1,1048576", "rate", "bernoulli:1"} {
		en := encoder(t, set, code, "flat", 16)
		dst := make([]int32, 0, 64)
		require.Zero(t, testing.AllocsPerRun(100, func() { dst = en.Spikes(3, 5, dst[:0]) }), code)
	}
}

func BenchmarkPhase(b *testing.B) {
	img := make([]uint16, 784)
	for i := range img {
		img[i] = uint16(i * 7 % 256)
	}
	en := encoder(b, &Set{Images: [][]uint16{img}, Shape: []int{28, 28}, Labels: []int{0}, Max: 255}, "phase:16,127,255,16", "flat", 24)
	dst := make([]int32, 0, 784)
	n := 0
	for b.Loop() {
		dst = en.Spikes(0, n%24, dst[:0])
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/784, "ns/pixel")
}
