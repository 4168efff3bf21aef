package table

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTheWayAroundClosesForEveryLink follows a packet around each blocked link:
// it ends where the link would have led, and goes straight on from there.
func TestTheWayAroundClosesForEveryLink(t *testing.T) {
	torus := Torus{5, 4}
	for link := range Links {
		f := &Fabric{Torus: torus, Tables: make([]Table, 20), Patience: Patience{Wait1: 10, Wait2: 10}, Hop: 1, Dead: map[[2]int]bool{{7, link}: true}}
		far := torus.Neighbor(7, link)
		next := torus.Neighbor(far, link)
		f.Tables[7] = Table{{1, ^uint32(0), 1 << link}}
		f.Tables[next] = Table{{1, ^uint32(0), 1 << 6}}
		got, lost, err := f.Send(Packet{Key: 1, Router: 7, Cycle: 100})
		require.NoError(t, err)
		require.Empty(t, lost)
		require.Equal(t, []Delivery{{next, 0, 113, 3}}, got, "link %d", link)
	}
}

func TestBlockedPackets(t *testing.T) {
	f := &Fabric{Torus: Torus{3, 3}, Tables: make([]Table, 9), Patience: Default(), Hop: 2, Independent: true, Dead: map[[2]int]bool{{0, 0}: true}}
	f.Tables[0] = Table{{0, 0, 1<<0 | 1<<2 | 1<<7}}
	f.Tables[3] = Table{{0, 0, 1 << 8}}
	got, lost, err := f.Send(Packet{Key: 9})
	require.NoError(t, err)
	require.Equal(t, []Delivery{{0, 1, 0, 0}, {3, 2, 2, 1}}, got)
	require.Equal(t, []Loss{{Dropped, 9, 0, 0, 240}}, lost)
	f.Reinject = true
	_, lost, err = f.Send(Packet{Key: 9})
	require.NoError(t, err)
	require.Equal(t, []Loss{{Reinjected, 9, 0, 0, 240}, {Dropped, 9, 0, 0, 480}}, lost)
	f.Patience.Wait1 = Forever
	_, lost, err = f.Send(Packet{Key: 9})
	require.NoError(t, err)
	require.Equal(t, Stuck, lost[0].Fate)
	_, lost, err = f.Send(Packet{Key: 9, Router: 1})
	require.NoError(t, err)
	require.Equal(t, []Loss{{Unrouted, 9, 1, -1, 0}}, lost)
}

func TestCopiesLeaveTogether(t *testing.T) {
	f := &Fabric{Torus: Torus{3, 3}, Tables: make([]Table, 9), Patience: Patience{Wait1: 5}, Hop: 2, Dead: map[[2]int]bool{{0, 0}: true}}
	f.Tables[0] = Table{{0, 0, 1<<0 | 1<<2 | 1<<7}}
	f.Tables[3] = Table{{0, 0, 1 << 8}}
	got, lost, err := f.Send(Packet{})
	require.NoError(t, err)
	require.Equal(t, []Delivery{{0, 1, 5, 0}, {3, 2, 7, 1}}, got)
	require.Equal(t, []Loss{{Dropped, 0, 0, 0, 5}}, lost)
	f.Patience.Wait1 = Forever
	got, lost, err = f.Send(Packet{})
	require.NoError(t, err)
	require.Empty(t, got)
	require.Len(t, lost, 3)
}

func TestALoopEnds(t *testing.T) {
	f := &Fabric{Torus: Torus{2, 1}, Tables: []Table{{{0, 0, 3}}, {{0, 0, 3}}}, Hop: 1, MaxCopies: 50}
	_, lost, err := f.Send(Packet{})
	require.NoError(t, err)
	require.Equal(t, Endless, lost[0].Fate)
	f.Hop = 0
	_, _, err = f.Send(Packet{})
	require.ErrorContains(t, err, "table: fabric")
}

func TestDecide(t *testing.T) {
	p := Patience{Wait1: 3, Wait2: 2}
	require.Equal(t, Send, p.Decide(0, 9, false, true))
	require.Equal(t, Wait, p.Decide(0, 2, true, false))
	require.Equal(t, Divert, p.Decide(0, 3, true, false))
	require.Equal(t, Wait, p.Decide(0, 4, true, true))
	require.Equal(t, Drop, p.Decide(0, 5, true, true))
	require.Equal(t, Drop, p.Decide(8, 3, true, false), "cores have no way around")
	require.Equal(t, Drop, Patience{}.Decide(0, 0, true, false))
	require.Equal(t, int64(240), Default().Wait1)
}

func TestLowestEntryWinsAndSomeNeverMatch(t *testing.T) {
	tab := Table{{1, 0, 1}, {4, 4, 2}, {0, 0, 4}}
	for key, want := range map[uint32]Route{1: 4, 4: 2, 5: 2} {
		r, ok := tab.Lookup(key)
		require.True(t, ok)
		require.Equal(t, want, r)
	}
	_, err := tab.Route(nil, 0, 6, Normal)
	require.ErrorContains(t, err, "table: packet at input 6")
	_, err = tab.Route(nil, 0, Local, Detour)
	require.Error(t, err)
}

func TestPathsAreShortestAndArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Torus{rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")}
		a, b := rapid.IntRange(0, g.W*g.H-1).Draw(t, "a"), rapid.IntRange(0, g.W*g.H-1).Draw(t, "b")
		at := a
		path := g.Path(a, b)
		for _, l := range path {
			at = g.Neighbor(at, l)
		}
		require.Equal(t, b, at)
		require.Len(t, path, g.Hops(a, b))
		require.Equal(t, breadthFirst(g, a, b), len(path))
	})
}

// breadthFirst is the distance by search.
func breadthFirst(g Torus, a, b int) int {
	dist := map[int]int{a: 0}
	for queue := []int{a}; len(queue) > 0; queue = queue[1:] {
		for l := range Links {
			if n := g.Neighbor(queue[0], l); n != queue[0] {
				if _, seen := dist[n]; !seen {
					dist[n] = dist[queue[0]] + 1
					queue = append(queue, n)
				}
			}
		}
	}
	return dist[b]
}
