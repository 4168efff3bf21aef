package chip

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/isa/count"
)

func TestAccess(t *testing.T) {
	img := ringImage(t, 3, 10, 4)
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(6, drive, nil)) // not a multiple of the ring
	before := m.Counts()
	got := make([]int32, 3)
	for _, at := range []Place{{StateWords, 1, 0, 1, 4}, {Parameters, 1, 0, 3, 2}, {Accumulators, 1, 0, 0, 35}, {Modulators, 1, 0, 0, 1}} {
		values := []int32{7, -8, 9}
		require.NoError(t, m.Write(at, values), at.Space)
		require.NoError(t, m.Read(at, got))
		require.Equal(t, values, got, at.Space)
	}
	require.NoError(t, m.Read(Place{Parameters, 0, 0, 3, 5}, got))
	require.Equal(t, []int32{20000, 20000, 20000}, got, "a shared parameter reads as one per lane")
	s := &m.Core(1).State
	require.Equal(t, int32(7), s.Words[0][1][4])
	require.Equal(t, int32(-8), s.Params[0][3][3])
	require.Equal(t, int32(20000), s.Params[0][3][5])
	require.Equal(t, []int32{20000}, img.Cores[1].Image.Groups[0].Params[3], "the image is left alone")
	require.Equal(t, int32(7), s.Acc[0][(6%4*10+35)%40])
	require.NoError(t, m.Modulate(-1, 3, -5))
	require.NoError(t, m.Modulate(2, 0, 6))
	require.Equal(t, int32(-5), m.Core(0).State.Mods[3])
	require.Equal(t, int32(6), m.Core(2).State.Mods[0])
	c := m.Counts()
	d := c.Sub(&before)
	require.Equal(t, int64(15), d[count.HostReads])
	require.Equal(t, int64(14), d[count.HostWrites])
	m.Reset()
	fresh, err := New(img, Options{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(fresh.Core(1).State, m.Core(1).State))
}

func TestAccessRefuses(t *testing.T) {
	img := ringImage(t, 2, 10, 4)
	m, err := New(img, Options{})
	require.NoError(t, err)
	kept := m.Snapshot()
	for _, x := range []struct {
		at     Place
		values []int32
		want   string
	}{
		{Place{StateWords, 5, 0, 0, 0}, []int32{0}, "chip: core 5 is not in use"},
		{Place{StateWords, 1, 1, 0, 0}, []int32{0}, "core 1 has no group 1, have 1"},
		{Place{StateWords, 1, 0, 3, 0}, []int32{0}, "has no state 3, have 3"},
		{Place{StateWords, 1, 0, 2, 8}, []int32{0, 0, 0}, "core 1, state: words 8..10, have 10"},
		{Place{StateWords, 1, 0, 2, 0}, []int32{1, 64}, "value 1 is 64, which does not fit 6 bits, satu"},
		{Place{Parameters, 1, 0, 3, 10}, []int32{1}, "core 1, param: words 10..10, have 10"},
		{Place{Accumulators, 1, 0, 1, 0}, []int32{1}, "has no acc 1, have 1"},
		{Place{Modulators, 1, 0, 0, 4}, []int32{1}, "words 4..4, have 4"},
		{Place{NumSpaces, 1, 0, 0, 4}, []int32{1}, "core 1 has no space(5)"},
	} {
		require.ErrorContains(t, m.Write(x.at, x.values), x.want)
	}
	require.ErrorContains(t, m.Modulate(-1, 4, 0), "modulator 4")
	require.ErrorContains(t, m.Modulate(9, 0, 0), "core 9 is not in use")
	require.Empty(t, cmp.Diff(kept, m.Snapshot(), cmpopts.EquateEmpty()))
}

func TestLocate(t *testing.T) {
	img := ringImage(t, 3, 10, 4)
	s, err := img.Locate(1, 23)
	require.NoError(t, err)
	require.Equal(t, Site{Core: 2, Comp: 3, Group: 0, Lane: 3}, s)
	for _, x := range []struct {
		pop, index int
		want       string
	}{{2, 0, "population 2, the image has 2"}, {1, 30, "neuron 30"}, {1, -1, "neuron -1"}, {0, 3, "driven from outside"}} {
		_, err := img.Locate(x.pop, x.index)
		require.ErrorContains(t, err, x.want)
	}
}
