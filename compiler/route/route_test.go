package route

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router/table"
)

func rows(es []Entry) (t table.Table) {
	for _, e := range es {
		t = append(t, e.Entry)
	}
	return t
}

// TestCoverKeepsEveryRoute compares all keys before and after.
func TestCoverKeepsEveryRoute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 9).Draw(t, "width")
		var in []Entry
		for key := range uint32(1) << width {
			if rapid.IntRange(0, 2).Draw(t, "used") == 0 {
				continue
			}
			in = append(in, Entry{table.Entry{Key: key, Mask: ^uint32(0), Route: 1 << rapid.IntRange(0, 3).Draw(t, "route")},
				1 << rapid.IntRange(0, 5).Draw(t, "source")})
		}
		want, got := rows(in), Cover(in, 0)
		short := rows(got)
		for _, e := range in {
			r, ok := short.Lookup(e.Key)
			require.True(t, ok)
			require.Equal(t, e.Route, r)
		}
		rest := rows(DropDefaults(got))
		for _, e := range in {
			outs, err := rest.Route(nil, e.Key, oneSource(e.Sources), table.Normal)
			require.NoError(t, err)
			all, err := want.Route(nil, e.Key, oneSource(e.Sources), table.Normal)
			require.NoError(t, err)
			require.Equal(t, all, outs)
		}
	})
}

func oneSource(s Sources) int {
	for i := range table.Links {
		if s>>i&1 != 0 {
			return i
		}
	}
	return table.Local
}

func TestCoverStopsAtItsTarget(t *testing.T) {
	var in []Entry
	for k := range uint32(64) {
		in = append(in, Entry{table.Entry{Key: k, Mask: ^uint32(0), Route: table.Route(k%2 + 1)}, Unknown})
	}
	require.Len(t, Cover(in, 40), 33, "one merge suffices")
	require.Len(t, Cover(in, 0), 2)
	require.Empty(t, Cover(nil, 0))
}

func TestAllocate(t *testing.T) {
	got, err := Allocate([]int{3, 256, 1, 5, 4}, 0x100, 16)
	require.NoError(t, err)
	require.Equal(t, []Block{{0x208, ^uint32(3)}, {0x100, ^uint32(255)}, {0x210, ^uint32(0)}, {0x200, ^uint32(7)}, {0x20c, ^uint32(3)}}, got)
	_, err = Allocate([]int{9, 8}, 0, 4)
	require.ErrorContains(t, err, "route: population 1: need 8 keys from 16 on, have 16 in 4 bits")
	_, err = Allocate([]int{0}, 0, 4)
	require.ErrorContains(t, err, "population 0 has 0 neurons")
	full, err := Allocate([]int{1 << 20, 1 << 20}, 0, 32)
	require.NoError(t, err)
	require.Equal(t, uint32(1<<20), full[1].Key)
}

func TestBlocksDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 100), 1, 20).Draw(t, "sizes")
		got, err := Allocate(sizes, rapid.Uint32Range(0, 999).Draw(t, "first"), 24)
		require.NoError(t, err)
		for i, a := range got {
			require.Zero(t, a.Key&^a.Mask)
			require.GreaterOrEqual(t, uint64(^a.Mask)+1, uint64(sizes[i]))
			for _, b := range got[:i] {
				require.False(t, pattern{a.Key, a.Mask}.meets(pattern{b.Key, b.Mask}))
			}
		}
	})
}
