package queued

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// recorded is the mesh of the recorded runs.
var recorded = Spec{W: 8, H: 4, CoresPerTile: 4, HopX: 4.1e-9, HopY: 6.5e-9, Buffer: 16}

func rows(t *testing.T, name string) [][]float64 {
	f, err := os.Open("testdata/messages_" + name + ".json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var d struct{ Rows [][]float64 }
	require.NoError(t, json.NewDecoder(z).Decode(&d))
	return d.Rows
}

// Every time that the peer printed for its messages is ours; only delays of the
// network of messages that are sent at the same time may follow another order.
func TestTimesOfThePeer(t *testing.T) {
	n, err := New(recorded)
	require.NoError(t, err)
	for name, ties := range map[string]int{"chain": 0, "random_a": 6} {
		var list []Message
		want := rows(t, name)
		for _, r := range want {
			m := Message{Src: int32(r[0]), Dst: int32(r[1]), Gen: r[4]}
			if m.Dst != None {
				m.Proc = r[5]
			}
			list = append(list, m)
		}
		at := make([]Times, len(list))
		_, err := n.Step(list, at)
		require.NoError(t, err)
		differ := 0
		for i, r := range want {
			if list[i].Dst == None {
				continue
			}
			for k, v := range []float64{at[i].Block, at[i].Sent, at[i].Received, at[i].Processed} {
				require.InDelta(t, r[7+k], v, 1e-14+1e-7*v, "%s, message %d, column %d", name, i, 7+k)
			}
			if math.Abs(at[i].Net-r[6]) > 1e-14+1e-7*r[6] {
				differ++
			}
		}
		require.LessOrEqual(t, differ, ties, name)
	}
}

func drawList(t *rapid.T, s Spec) []Message {
	list := make([]Message, rapid.IntRange(0, 80).Draw(t, "n"))
	core := rapid.Int32Range(0, int32(s.W*s.H*s.CoresPerTile-1))
	for i := range list {
		list[i] = Message{core.Draw(t, "src"), core.Draw(t, "dst"), float64(rapid.IntRange(0, 9).Draw(t, "gen")) * 1e-9, float64(rapid.IntRange(0, 90).Draw(t, "proc")) * 1e-9}
		if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
			list[i].Dst = None
		}
	}
	return list
}

func TestStepsAreBoundedAndForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{W: rapid.IntRange(1, 4).Draw(t, "w"), H: rapid.IntRange(1, 4).Draw(t, "h"), CoresPerTile: rapid.IntRange(1, 4).Draw(t, "c"), HopX: 4e-9, HopY: 6e-9, Buffer: rapid.IntRange(0, 3).Draw(t, "buffer")}
		used, err := New(s)
		require.NoError(t, err)
		for range 3 {
			list := drawList(t, s)
			fresh, err := New(s)
			require.NoError(t, err)
			a, b := make([]Times, len(list)), make([]Times, len(list))
			ta, err := used.Step(list, a)
			require.NoError(t, err)
			tb, err := fresh.Step(list, b)
			require.NoError(t, err)
			require.Equal(t, tb, ta)
			require.Equal(t, b, a)
			sent := map[int32]float64{}
			for i, m := range list {
				require.GreaterOrEqual(t, a[i].Sent+1e-15, sent[m.Src]+m.Gen) // sums of densities are rounded, as in the peer
				sent[m.Src] = a[i].Sent
				require.GreaterOrEqual(t, ta, a[i].Sent)
				if m.Dst != None {
					x, y := s.Hops(m.Src, m.Dst)
					require.GreaterOrEqual(t, a[i].Received+1e-15, a[i].Sent+float64(x)*s.HopX+float64(y)*s.HopY)
					require.Equal(t, a[i].Received+m.Proc, a[i].Processed)
				}
			}
			for _, d := range used.density {
				require.GreaterOrEqual(t, d, -1e-9)
			}
		}
	})
}

func TestHeapGivesTheEarliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &Net{}
		var want, have []float64
		for i, v := range rapid.SliceOfN(rapid.IntRange(0, 9), 0, 40).Draw(t, "times") {
			n.push(entry{float64(v), int32(i)})
			want = append(want, float64(v))
		}
		for len(n.heap) > 0 {
			have = append(have, n.pop().t)
		}
		slices.Sort(want)
		require.Equal(t, want, have)
	})
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	for _, s := range []Spec{{}, {W: 1, H: 1}, {W: 4096, H: 4096, CoresPerTile: 1}, {W: 1, H: 1, CoresPerTile: 1, Buffer: -1}, {W: 1, H: 1, CoresPerTile: 1, HopX: math.NaN()}} {
		_, err := New(s)
		require.ErrorContains(t, err, "queued: ")
	}
	n, err := New(recorded)
	require.NoError(t, err)
	for _, m := range []Message{{Src: -1}, {Src: 128}, {Dst: -2}, {Dst: 128}, {Gen: -1}, {Proc: math.Inf(1)}} {
		_, err := n.Step([]Message{m}, nil)
		require.ErrorContains(t, err, "queued: message 0")
	}
	_, err = n.Step(make([]Message, 2), make([]Times, 1))
	require.ErrorContains(t, err, "queued: step")
	end, err := n.Step(nil, nil)
	require.NoError(t, err)
	require.Zero(t, end)
}

func BenchmarkStep(b *testing.B) {
	n, _ := New(recorded)
	var list []Message
	for i := range 2000 {
		list = append(list, Message{int32(i / 125), int32(i*7%16 + i%4), 5e-9, 1e-7})
	}
	at := make([]Times, len(list))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Step(list, at); err != nil {
			b.Fatal(err)
		}
	}
}
