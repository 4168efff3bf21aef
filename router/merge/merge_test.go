package merge

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// cross is the router of five merges that a 2-D grid with dimension order
// needs: x fully before y, through traffic first.
func cross(depth int, rising bool) *Spec {
	when := func(f func(dx, dy int) bool) (t Turns) {
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				if f(dx, dy) {
					t |= Turn(dx, dy)
				}
			}
		}
		return t
	}
	up := when(func(dx, dy int) bool { return dx == 0 && dy >= 0 })
	down := when(func(dx, dy int) bool { return dx == 0 && dy < 0 })
	on := when(func(dx, dy int) bool { return dx != 0 })
	row := func(name, local string, behind, step int) Merge {
		return Merge{Name: name, From: []Input{{name + "-on", behind, 0}, {local, 0, 0}},
			To: []Branch{{name + "-on", on, step, 0}, {name + "-north", up, 0, 0}, {name + "-south", down, 0, 0}}}
	}
	column := func(name string, behind, step int) Merge {
		here := when(func(dx, dy int) bool { return dy == 0 })
		return Merge{Name: name, From: []Input{{name + "-on", 0, behind}, {"east-" + name, 0, 0}, {"west-" + name, 0, 0}},
			To: []Branch{{name + "-on", AllTurns &^ here, 0, step}, {name + "-local", here, 0, 0}}}
	}
	return &Spec{Depth: depth, Rising: rising, Host: Host{FIFO: "east-on"},
		Entry: []Branch{{"local-east", when(func(dx, dy int) bool { return dx >= 0 }), 0, 0}, {"local-west", when(func(dx, dy int) bool { return dx < 0 }), 0, 0}},
		Merges: []Merge{row("east", "local-east", -1, -1), row("west", "local-west", 1, 1), column("north", -1, -1), column("south", 1, 1),
			{Name: "local", From: []Input{{"north-local", 0, 0}, {"south-local", 0, 0}}}}}
}

// sequence is the timing of a core of n neurons that looks at a in-axons.
func sequence(n, a int64) Timing {
	return Timing{Neurons: n, First: 2, Each: a + 2, Write: a, Clear: 0, Shows: 1}
}

func TestWayWithoutLoad(t *testing.T) {
	for y := range 3 {
		for x := range 4 {
			n, err := New(cross(4, false), 4, 3)
			require.NoError(t, err)
			c, err := NewCores(n, []int{5}, []Timing{sequence(4, 8)})
			require.NoError(t, err)
			dx, dy := x-1, y-1
			out, err := c.Tick([]Fire{{0, 2, true, Word{int16(dx), int16(dy), 7}}}, nil, 0, true)
			require.NoError(t, err)
			at := int64(1 + 3*10 + 6 + 2*(max(dx, -dx)+max(dy, -dy)))
			require.Equal(t, []int64{31}, out.Shots)
			require.Equal(t, []Arrival{{int32(y*4 + x), 7, at, false}}, out.Arrivals)
			require.Equal(t, []int64{4*10 + 3}, out.Clears)
			require.Equal(t, max(at, 43), out.Cycles)
		}
	}
}

// TestHalfAWordPerCycle: a merge passes a word every other cycle; the words of
// the host come after each other.
func TestHalfAWordPerCycle(t *testing.T) {
	n, err := New(cross(4, false), 2, 2)
	require.NoError(t, err)
	c, err := NewCores(n, nil, nil)
	require.NoError(t, err)
	var host []Word
	for i := range 20 {
		host = append(host, Word{1, 1, int32(i)})
	}
	out, err := c.Tick(nil, host, 6, false)
	require.NoError(t, err)
	for i, a := range out.Arrivals {
		require.Equal(t, Arrival{3, int32(i), int64(16 + 2*i), false}, a)
	}
	require.Len(t, out.Arrivals, 20)
}

// TestClearInTheSameCycle: a word that comes as the row is cleared is lost, a
// cycle earlier or later it is not.
func TestClearInTheSameCycle(t *testing.T) {
	for from := int64(20); from < 30; from++ {
		n, err := New(cross(4, false), 1, 1)
		require.NoError(t, err)
		c, err := NewCores(n, []int{0}, []Timing{sequence(3, 8)}) // clears at 33
		require.NoError(t, err)
		out, err := c.Tick(nil, []Word{{0, 0, 1}}, from, true)
		require.NoError(t, err)
		require.Equal(t, []Arrival{{0, 1, from + 6, from+6 == 33}}, out.Arrivals)
	}
}

// TestAFullEntryHoldsTheCore: behind a merge that others keep busy, the spikes
// of a core wait, and with them the clearing of its row.
func TestAFullEntryHoldsTheCore(t *testing.T) {
	n, err := New(cross(2, false), 3, 1)
	require.NoError(t, err)
	c, err := NewCores(n, []int{0, 1}, []Timing{sequence(30, 2), sequence(30, 2)})
	require.NoError(t, err)
	var fires []Fire
	for k := range int32(2) {
		for i := range int32(30) {
			fires = append(fires, Fire{k, i, true, Word{int16(2 - k), 0, k*30 + i}})
		}
	}
	var host []Word
	for i := range 60 {
		host = append(host, Word{2, 0, int32(100 + i)})
	}
	out, err := c.Tick(fires, host, 0, true)
	require.NoError(t, err)
	require.Len(t, out.Arrivals, 120)
	free := sequence(30, 2)
	require.Greater(t, out.Clears[0], free.Cycles())
	require.Greater(t, out.Clears[1], out.Clears[0])
	// The core's spikes come in its order, and what it clears follows its last.
	for k := range 2 {
		for i := 1; i < 30; i++ {
			require.GreaterOrEqual(t, out.Shots[k*30+i], out.Shots[k*30+i-1]+4)
		}
		require.Equal(t, out.Shots[k*30+29]+2, out.Clears[k])
	}
}

// load is a random network with what its cores and the host send in a tick.
type load struct {
	spec   *Spec
	w, h   int
	tiles  []int
	timing []Timing
	fires  []Fire
	host   []Word
	from   int64
	to     []int32 // by tag
}

func draw(t *rapid.T) load {
	l := load{spec: cross(rapid.IntRange(1, 6).Draw(t, "depth"), rapid.Bool().Draw(t, "rising")), w: rapid.IntRange(1, 5).Draw(t, "w"), h: rapid.IntRange(1, 4).Draw(t, "h"),
		from: rapid.Int64Range(0, 20).Draw(t, "from")}
	word := func(tile int) Word {
		to := rapid.IntRange(0, l.w*l.h-1).Draw(t, "to")
		if rapid.Bool().Draw(t, "hot") {
			to = l.w*l.h - 1
		}
		l.to = append(l.to, int32(to))
		return Word{int16(to%l.w - tile%l.w), int16(to/l.w - tile/l.w), int32(len(l.to) - 1)}
	}
	n, a := rapid.Int64Range(1, 24).Draw(t, "neurons"), rapid.Int64Range(2, 6).Draw(t, "axons")
	busy := rapid.IntRange(0, 3).Draw(t, "busy")
	for tile := range l.w*l.h - 1 {
		k := int32(len(l.tiles))
		l.tiles, l.timing = append(l.tiles, tile), append(l.timing, sequence(n, a))
		for j := range n {
			if rapid.IntRange(0, 3).Draw(t, "fires") < busy {
				l.fires = append(l.fires, Fire{k, int32(j), true, word(tile)})
			}
		}
	}
	for range rapid.IntRange(0, 40).Draw(t, "host") {
		l.host = append(l.host, word(0))
	}
	return l
}

func (l *load) run(t require.TestingT) *Outcome {
	n, err := New(l.spec, l.w, l.h)
	require.NoError(t, err)
	c, err := NewCores(n, l.tiles, l.timing)
	require.NoError(t, err)
	out, err := c.Tick(l.fires, l.host, l.from, true)
	require.NoError(t, err)
	return out
}

// TestEveryWordArrives: once, where it was to go, not faster than the way is
// long, in order with those of the same way; it is lost exactly in the cycle of
// the clear. A core that does not wait clears on time.
func TestEveryWordArrives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := draw(t)
		out := l.run(t)
		require.Len(t, out.Arrivals, len(l.to))
		seen := make([]int64, len(l.to))
		core := map[int32]int{}
		for k, tile := range l.tiles {
			core[int32(tile)] = k
			require.GreaterOrEqual(t, out.Clears[k], l.timing[k].Cycles())
		}
		for i, a := range out.Arrivals {
			require.Zero(t, seen[a.Tag])
			require.Equal(t, l.to[a.Tag], a.Tile)
			k, runs := core[a.Tile]
			require.Equal(t, runs && out.Clears[k] == a.Cycle, a.Lost)
			if seen[a.Tag] = a.Cycle; i > 0 {
				require.GreaterOrEqual(t, a.Cycle, out.Arrivals[i-1].Cycle)
			}
			require.LessOrEqual(t, a.Cycle, out.Cycles)
		}
		last := map[string]int64{}
		for i, f := range l.fires {
			hops := int64(max(f.Word.DX, -f.Word.DX) + max(f.Word.DY, -f.Word.DY))
			if !l.spec.Rising {
				require.GreaterOrEqual(t, seen[f.Word.Tag], out.Shots[i]+6+2*hops)
			}
			way := fmt.Sprint(f.Core, l.to[f.Word.Tag])
			require.Greater(t, seen[f.Word.Tag], last[way])
			last[way] = seen[f.Word.Tag]
		}
		require.Equal(t, out, l.run(t))
	})
}

// TestBooks: at every cycle what went in is in the network or has arrived.
func TestBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := draw(t)
		n, err := New(l.spec, l.w, l.h)
		require.NoError(t, err)
		in, out, next := 0, 0, 0
		for in < len(l.to) || !n.Idle() {
			for tries := rapid.IntRange(0, 4).Draw(t, "tries"); tries > 0 && next < len(l.fires); tries-- {
				f := &l.fires[next]
				full := n.Full(l.tiles[f.Core])
				took := n.Enter(l.tiles[f.Core], f.Word)
				require.True(t, took || full)
				if took {
					in++
					next++
				}
			}
			if k := in - next; k < len(l.host) && rapid.Bool().Draw(t, "host now") {
				n.Host(l.host[k])
				in++
			}
			n.Step(func(tile int, tag int32) { out++ })
			require.Equal(t, in, out+n.Held())
		}
		require.Equal(t, len(l.to), out)
		n.Clear()
		require.True(t, n.Idle())
	})
}

func TestCheck(t *testing.T) {
	for want, do := range map[string]func(s *Spec){
		"FIFOs of 0 words, need 1..4096":                  func(s *Spec) { s.Depth = 0 },
		"0 merges, need 1..32":                            func(s *Spec) { s.Merges = nil },
		"FIFO \"local-west\" is read by 0 merges, need 1": func(s *Spec) { s.Merges[1].From = s.Merges[1].From[:1] },
		"FIFO \"local-west\" is written at two places":    func(s *Spec) { s.Merges[0].To[0].FIFO = "local-west" },
		"merge west reads FIFO \"x\", have local-east": func(s *Spec) {
			s.Merges[1].From[0].FIFO = "x"
			s.Merges[1].To[0].FIFO = "local-east2"
			s.Merges[1].From = append(s.Merges[1].From, Input{"local-east2", 0, 0})
		},
		"merge east: 6 of 9 pairs of signs have a FIFO":        func(s *Spec) { s.Merges[0].To = s.Merges[0].To[:1] },
		"entry: FIFO \"local-west\" has turns 111111111":       func(s *Spec) { s.Entry[1].Turns = AllTurns },
		"merge north: FIFO \"north-on\" steps (0, 2)":          func(s *Spec) { s.Merges[2].To[0].StepY = 2 },
		"merge south reads FIFO \"south-on\" of the tile at (": func(s *Spec) { s.Merges[3].From[0].DY = 2 },
	} {
		s := cross(4, false)
		do(s)
		require.ErrorContains(t, s.Check(), want)
	}
	for want, side := range map[string][2]int{
		"grid of 0 x 1 tiles, need 1..4096 each":           {0, 1},
		"grid of 512 x 256 tiles with 12 FIFOs of 4 words": {512, 256},
	} {
		_, err := New(cross(4, false), side[0], side[1])
		require.ErrorContains(t, err, want)
	}
	s := cross(4, false)
	s.Host.X = 2
	_, err := New(s, 2, 2)
	require.ErrorContains(t, err, "words from outside enter at (2, 0), need a tile of the grid of 2 x 2")
	s.Host.X = 1
	_, err = New(s, 2, 2)
	require.ErrorContains(t, err, "in place of FIFO \"east-on\" at (1, 0), need one that a merge there reads")
}

func TestCoresAreChecked(t *testing.T) {
	n, err := New(cross(4, false), 2, 2)
	require.NoError(t, err)
	bad := sequence(3, 2)
	bad.Write = 4
	for want, x := range map[string]struct {
		tiles  []int
		timing []Timing
	}{
		"timings of 0 cores for 1 tiles":        {[]int{1}, nil},
		"core 0 at tile 4, need one of 4":       {[]int{4}, []Timing{sequence(3, 2)}},
		"core 1 at tile 1, need one of 4":       {[]int{1, 1}, []Timing{sequence(3, 2), sequence(3, 2)}},
		"core 0: timing {Neurons:3 First:2 Eac": {[]int{1}, []Timing{bad}},
	} {
		_, err := NewCores(n, x.tiles, x.timing)
		require.ErrorContains(t, err, want)
	}
	c, err := NewCores(n, []int{1, 2}, []Timing{sequence(3, 2), sequence(3, 2)})
	require.NoError(t, err)
	for want, fires := range map[string][]Fire{
		"fire 0 is of neuron 3 of core 0": {{Core: 0, Neuron: 3}},
		"fire 0 is of neuron 0 of core 2": {{Core: 2}},
		"fire 1 is of neuron 0 of core 0": {{Core: 1}, {Core: 0}},
		"fire 1 is of neuron 1 of core 1": {{Core: 1, Neuron: 1}, {Core: 1, Neuron: 1}},
	} {
		_, err := c.Tick(fires, nil, 0, true)
		require.ErrorContains(t, err, want)
	}
	_, err = c.Tick([]Fire{{}}, nil, 0, false)
	require.ErrorContains(t, err, "cores that run")
}

// TestNoWayOut: words that leave the grid, that go round and that block each
// other end in errors.
func TestNoWayOut(t *testing.T) {
	n, err := New(cross(4, false), 2, 1)
	require.NoError(t, err)
	c, err := NewCores(n, []int{0}, []Timing{sequence(9, 2)})
	require.NoError(t, err)
	_, err = c.Tick([]Fire{{0, 0, true, Word{5, 0, 0}}}, nil, 0, true)
	require.ErrorContains(t, err, "1 words wait where nothing takes them")
	n.Clear()
	var fires []Fire
	for i := range int32(9) {
		fires = append(fires, Fire{0, i, true, Word{5, 0, i}})
	}
	_, err = c.Tick(fires, nil, 0, true)
	require.ErrorContains(t, err, "a deadlock")

	ring := &Spec{Depth: 2, Host: Host{FIFO: "far"}, Entry: []Branch{{"in", AllTurns, 0, 0}},
		Merges: []Merge{{Name: "a", From: []Input{{"on", 0, 0}, {"in", 0, 0}, {"far", 1, 0}}, To: []Branch{{"on", AllTurns &^ 1, 0, 0}, {"far", 1, 0, 0}}}}}
	n, err = New(ring, 1, 1)
	require.NoError(t, err)
	c, err = NewCores(n, []int{0}, []Timing{sequence(1, 2)})
	require.NoError(t, err)
	_, err = c.Tick([]Fire{{0, 0, true, Word{}}}, nil, 0, true)
	require.ErrorContains(t, err, "they go round in circles")
}
