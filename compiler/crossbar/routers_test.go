package crossbar

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/count"
)

// traffic is a random grid whose neurons fire often, with packets of the host.
func traffic(t *rapid.T) (*Model, []chip.Injection) {
	w, h := rapid.IntRange(1, 4).Draw(t, "w"), rapid.IntRange(1, 3).Draw(t, "h")
	n, a := rapid.IntRange(1, 20).Draw(t, "neurons"), rapid.IntRange(2, 6).Draw(t, "axons")
	m := &Model{X: w + 1, Y: h, Axons: a, Delays: 3, Buses: []Bus{{Name: "bus", X: w, Y: h - 1, Pins: a}},
		Fields: []Column{{"potential_bits", []int64{31}}, {"neg_compare", []int64{0}}, {"scheduler_rows", []int64{8}}}}
	small := func(lo, hi int64) []int64 {
		return rapid.SliceOfN(rapid.Int64Range(lo, hi), n, n).Draw(t, "column")
	}
	for y := range h {
		for x := range w {
			c := Core{Name: fmt.Sprintf("x%dy%d", x, y), X: x, Y: y, N: n, Types: make([]uint8, a), Weights: [][]int32{nil},
				Fields: []Column{{"leak", small(-1, 2)}, {"pos_threshold", small(0, 3)}, {"neg_threshold", small(-3, -1)}, {"reset_mode", small(0, 1)}}}
			for j := range n {
				c.Weights[0] = append(c.Weights[0], int32(rapid.IntRange(-2, 3).Draw(t, "weight")))
				to := Dest{X: w, Y: h - 1, Axon: rapid.IntRange(0, a-1).Draw(t, "axon"), Delay: rapid.IntRange(0, 6).Draw(t, "delay")}
				if rapid.Bool().Draw(t, "core") {
					to.X, to.Y = rapid.IntRange(0, w-1).Draw(t, "x"), rapid.IntRange(0, h-1).Draw(t, "y")
				}
				c.Dest = append(c.Dest, to)
				for i := range a {
					if rapid.Bool().Draw(t, "point") {
						c.Set(i, j)
					}
				}
			}
			m.Cores = append(m.Cores, c)
		}
	}
	var in []chip.Injection
	for range rapid.IntRange(0, 12).Draw(t, "host") {
		in = append(in, chip.Injection{Pop: int32(w*h + 1 + rapid.IntRange(0, w*h-1).Draw(t, "pop")), Index: int32(rapid.IntRange(0, 3*a-1).Draw(t, "index")), Payload: 1})
	}
	return m, in
}

// told is everything that a run tells of a tick.
type told struct {
	transit chip.Transit
	spikes  [][]core.Spike
	counts  count.Counts
}

const trafficTicks = 8

// watch runs a machine from its tick on and notes what it tells.
func watch(t require.TestingT, x *chip.Machine, in []chip.Injection) []told {
	var out []told
	source := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick%3 == 2 {
			return dst
		}
		return append(dst, in...)
	}
	require.NoError(t, x.Run(trafficTicks-x.Tick(), source, func(_ int64, x *chip.Machine) error {
		var k told
		if n := x.Transit(); n != nil {
			k.transit = *n
			k.transit.Sent, k.transit.Arrivals, k.transit.Clears = append([]chip.SentSpike{}, n.Sent...), append([]chip.ArrivingPacket{}, n.Arrivals...), slices.Clone(n.Clears)
		}
		for i := range x.Image().Cores {
			k.spikes = append(k.spikes, append([]core.Spike{}, x.Spikes(i)...))
		}
		k.counts = x.Counts()
		out = append(out, k)
		return nil
	}))
	return out
}

// TestRouters: what is sent arrives or is counted as lost; nothing depends on
// workers, engine or a snapshot; and as long as nothing is lost the spikes are
// those of the chip without the network.
func TestRouters(t *testing.T) {
	sim, rtl := family(t, "ranc-sim"), family(t, "ranc-rtl")
	losses := 0
	rapid.Check(t, func(t *rapid.T) {
		m, in := traffic(t)
		img, err := m.Image(rtl)
		require.NoError(t, err)
		img, err = chip.DecodeImage(img.Encode(), "x.img")
		require.NoError(t, err)
		start := func(o chip.Options) *chip.Machine {
			x, err := chip.New(img, o)
			require.NoError(t, err)
			return x
		}
		want := watch(t, start(chip.Options{}), in)
		for _, o := range []chip.Options{{Workers: 2}, {Workers: 3, Engine: "oracle"}, {Workers: 8}} {
			require.Equal(t, want, watch(t, start(o), in))
		}
		half, other := start(chip.Options{}), start(chip.Options{})
		stop := rapid.Int64Range(1, trafficTicks-1).Draw(t, "stop")
		require.NoError(t, half.Run(stop, func(tick int64, dst []chip.Injection) []chip.Injection {
			if tick%3 == 2 {
				return dst
			}
			return append(dst, in...)
		}, nil))
		require.NoError(t, other.Restore(half.Snapshot()))
		require.Equal(t, want[stop:], watch(t, other, in))
		losses += books(t, want)

		img, err = m.Image(sim)
		require.NoError(t, err)
		plain, err := chip.New(img, chip.Options{})
		require.NoError(t, err)
		for i, k := range watch(t, plain, in) {
			if want[i].counts[count.Lost] > 0 {
				break
			}
			require.Equal(t, k.spikes, want[i].spikes, "tick %d", i)
		}
	})
	require.NotZero(t, losses)
}

// books holds the counts of a run against what the network told.
func books(t require.TestingT, list []told) int {
	lost, arrived := int64(0), int64(0)
	for i, k := range list {
		require.EqualValues(t, i, k.transit.Tick)
		sent := 0
		if i > 0 {
			for c, spikes := range list[i-1].spikes {
				if list[0].transit.Clears[c] == -1 && k.transit.Clears[c] >= 0 {
					sent += len(spikes)
				}
			}
		}
		require.Len(t, k.transit.Sent, sent)
		for _, a := range k.transit.Arrivals {
			if arrived++; a.Lost {
				lost++
			}
			require.Equal(t, k.transit.Clears[a.Core] == a.Cycle, a.Lost)
			require.LessOrEqual(t, a.Cycle, k.transit.Cycles)
		}
		n := &k.counts
		underway := int64(0) // spikes of this tick
		for c, spikes := range k.spikes {
			if k.transit.Clears[c] >= 0 || i == 0 && c < len(k.spikes)-1 {
				underway += int64(len(spikes))
			}
		}
		require.Equal(t, lost, n[count.Lost])
		require.Equal(t, n[count.PacketsOut]+n[count.HostIn], arrived+underway)
	}
	return int(lost)
}
