package placement_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/partition"
	"hillock/compiler/placement"
)

// line is k cores in a row that talk to the next.
func line(k int) *placement.Traffic {
	t := &placement.Traffic{Cores: k, First: []int32{0}}
	for c := range k - 1 {
		t.Source, t.Weight, t.Dest = append(t.Source, int32(c)), append(t.Weight, 3), append(t.Dest, int32(c+1))
		t.First = append(t.First, int32(len(t.Dest)))
	}
	return t
}

// TestCosts counts one packet to three cores by hand: x first, then y.
func TestCosts(t *testing.T) {
	h := &partition.Hypergraph{Neurons: 4, Weight: []int32{5, 5}, First: []int32{0, 4, 6}, Pins: []int32{0, 1, 2, 3, 1, 1}}
	h.Pins[5] = 0
	tr := placement.Of(h, []int32{0, 1, 2, 3}, 4)
	load, cost := placement.Links(tr, placement.Square(4), []int32{0, 1, 2, 3})
	require.Equal(t, placement.Cost{Unicast: 5*(1+1+2) + 5, Tree: 5*3 + 5, MaxLink: 10, MaxCore: 20, Core: []int64{20, 10, 5, 5}}, cost)
	require.Equal(t, int64(10), load[0], "right of tile 0: to cores 1 and 3")
	require.Equal(t, int64(5), load[2], "down from tile 0: to core 2")
	require.Equal(t, int64(5), load[1*4+2], "down from tile 1: to core 3")
	require.Equal(t, int64(5), load[1*4+1], "left from tile 1")
}

// TestEqualNetsMerge is that traffic lists a source and its cores once.
func TestEqualNetsMerge(t *testing.T) {
	h := &partition.Hypergraph{Neurons: 4, Weight: []int32{5, 6}, First: []int32{0, 3, 6}, Pins: []int32{0, 2, 3, 1, 3, 2}}
	tr := placement.Of(h, []int32{0, 0, 1, 2}, 3)
	require.Equal(t, []int64{11}, tr.Weight)
	require.Equal(t, []int32{1, 2}, tr.Dest)
}

func TestLineIsOptimal(t *testing.T) {
	tr, m := line(16), placement.Square(16)
	tile, err := placement.Place(tr, m, placement.Options{Attempts: 2000})
	require.NoError(t, err)
	_, cost := placement.Links(tr, m, tile)
	require.Equal(t, int64(3*15), cost.Unicast)
}

// TestPlaceIsOneToOne is that every core has a usable tile of its own, fixed
// cores theirs, twice the same.
func TestPlaceIsOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 30).Draw(t, "cores")
		m := placement.Mesh{W: rapid.IntRange(1, 8).Draw(t, "w"), H: 8}
		tr := &placement.Traffic{Cores: k, First: []int32{0}}
		for c := range k {
			for range 3 {
				if d := rapid.IntRange(0, k-1).Draw(t, "to"); d != c {
					tr.Source, tr.Weight, tr.Dest = append(tr.Source, int32(c)), append(tr.Weight, int64(1+d)), append(tr.Dest, int32(d))
					tr.First = append(tr.First, int32(len(tr.Dest)))
				}
			}
		}
		o := placement.Options{Attempts: 50}
		if rapid.Bool().Draw(t, "all tiles") {
			for x := range m.W * m.H {
				o.Tiles = append(o.Tiles, int32(x))
			}
		}
		if rapid.Bool().Draw(t, "fixed") {
			o.Fixed = make([]int32, k)
			for c := range o.Fixed {
				o.Fixed[c] = -1
			}
			o.Fixed[0] = 0
		}
		tile, err := placement.Place(tr, m, o)
		if k > m.W*m.H {
			require.ErrorContains(t, err, "placement: need")
			return
		}
		require.NoError(t, err)
		used := map[int32]bool{}
		for _, x := range tile {
			require.False(t, used[x])
			used[x] = true
			require.True(t, x >= 0 && int(x) < m.W*m.H && (o.Tiles != nil || int(x) < k))
		}
		if o.Fixed != nil {
			require.Equal(t, int32(0), tile[0])
		}
		again, err := placement.Place(tr, m, o)
		require.NoError(t, err)
		require.Equal(t, tile, again)
	})
}

func TestPlaceErrors(t *testing.T) {
	for _, c := range []struct {
		m    placement.Mesh
		o    placement.Options
		want string
	}{
		{placement.Mesh{}, placement.Options{}, "mesh of 0 by 0"},
		{placement.Mesh{W: 1, H: 2}, placement.Options{}, "need 3 tiles, have 2"},
		{placement.Square(3), placement.Options{Tiles: []int32{9}}, "tile 9, need 0 to 3"},
		{placement.Square(3), placement.Options{Fixed: []int32{1, 1, -1}}, "core 1 fixed to tile 1"},
		{placement.Square(3), placement.Options{Fixed: []int32{1}}, "1 fixed tiles"},
	} {
		_, err := placement.Place(line(3), c.m, c.o)
		require.ErrorContains(t, err, c.want)
	}
}

// grid is k by k cores that talk to their neighbours, in random order.
func grid(k int, seed uint64) *placement.Traffic {
	order := rand.New(rand.NewPCG(seed, 1)).Perm(k * k)
	t := &placement.Traffic{Cores: k * k, First: []int32{0}}
	for y := range k {
		for x := range k {
			var to []int32
			for _, s := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				if u, v := x+s[0], y+s[1]; u >= 0 && v >= 0 && u < k && v < k {
					to = append(to, int32(order[v*k+u]))
				}
			}
			t.Source, t.Weight, t.Dest = append(t.Source, int32(order[y*k+x])), append(t.Weight, 1), append(t.Dest, to...)
			t.First = append(t.First, int32(len(t.Dest)))
		}
	}
	return t
}

// TestBoard is that cores go to few chips, and that few packets change chips.
func TestBoard(t *testing.T) {
	tr := grid(8, 3)
	m := placement.Mesh{W: 8, H: 8, PerTile: 2, ChipW: 4, ChipH: 4, ColumnMajor: true}
	tile, err := placement.Place(tr, m, placement.Options{Attempts: 2000, Tiles: all(m)})
	require.NoError(t, err)
	_, cost := placement.Links(tr, m, tile)
	require.LessOrEqual(t, cost.Between, int64(24), "cut in the middle, 2 x 8 packets change chips; %+v", cost)
	chips := map[[2]int]bool{}
	for _, s := range tile {
		x, y := m.XY(s)
		chips[[2]int{x / 4, y / 4}] = true
	}
	require.LessOrEqual(t, len(chips), 3, "64 cores, 32 on a chip")

	small := grid(5, 1)
	tile, err = placement.Place(small, m, placement.Options{Attempts: 2000, Tiles: all(m)})
	require.NoError(t, err)
	_, cost = placement.Links(small, m, tile)
	require.Zero(t, cost.Between, "25 cores fit one chip")

	_, err = placement.Place(grid(12, 1), m, placement.Options{Tiles: all(m)})
	require.ErrorContains(t, err, "need 144 tiles, have 128")
	_, err = placement.Place(small, placement.Mesh{W: 8, H: 8, ChipW: -1}, placement.Options{})
	require.ErrorContains(t, err, "chips of -1 by 0 tiles")
}

func all(m placement.Mesh) []int32 {
	out := make([]int32, m.Slots())
	for s := range out {
		out[s] = int32(s)
	}
	return out
}

// TestTrees is that trees are shorter where the cost is trees: broadcasts whose
// targets should lie on one way.
func TestTrees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	tr := &placement.Traffic{Cores: 64, First: []int32{0}}
	for c := range 64 {
		seen := map[int]bool{c: true}
		tr.Source, tr.Weight = append(tr.Source, int32(c)), append(tr.Weight, 1)
		for range 9 {
			if d := rnd.IntN(64); !seen[d] {
				seen[d] = true
				tr.Dest = append(tr.Dest, int32(d))
			}
		}
		tr.First = append(tr.First, int32(len(tr.Dest)))
	}
	m := placement.Square(64)
	var trees [2]int64
	for i, tree := range []bool{false, true} {
		tile, err := placement.Place(tr, m, placement.Options{Attempts: 1000, Tree: tree})
		require.NoError(t, err)
		_, cost := placement.Links(tr, m, tile)
		trees[i] = cost.Tree
	}
	require.Less(t, trees[1], trees[0])
	t.Log(trees)
}
