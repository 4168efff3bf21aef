package chip

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip/timing"
	"hillock/isa/count"
)

// described is a ring of cores on a grid whose network is described.
func described(t testing.TB, seed uint64) *Image {
	img := ringImage(t, 6, 30, seed)
	for i := range img.Cores {
		img.Cores[i].ID = []int{0, 3, 5, 8, 12, 15}[i]
	}
	img.Latency.PerEvent = append(img.Latency.PerEvent, EventTime{Event: "packets_in", Fs: 16_000_000, Stage: "process"}, EventTime{Event: "packets_out", Fs: 5_100_000, Stage: "generate"},
		EventTime{Event: "neuron_updates_active", Fs: 3_700_000, Stage: "generate"}, EventTime{Event: "spikes", Fs: 30_000_000, Stage: "generate"})
	img.Latency.Network = timing.Spec{CycleFs: 1e6, Subnets: 2, Choose: "round-robin", VCs: 1, Buffer: 4, Alloc: "split", Flits: 1, Crossbar: 1, LinkX: 1, LinkY: 1,
		Inject: 1, Eject: 1, CyclesPerFlit: 1, HopXFs: 4_100_000, HopYFs: 6_500_000, Hold: 4, Source: "made up"}
	return img
}

// Spikes, counts and hops are the same at every level of time and with every
// number of workers; the time is the same with every number of workers.
func TestLevelsComputeTheSame(t *testing.T) {
	for seed := range uint64(3) {
		img := described(t, 11+seed)
		var trace string
		var counts count.Counts
		for _, level := range timing.Names() {
			var took Femtoseconds
			var paths []timing.Bound
			for _, workers := range []int{1, 2, 3, 8} {
				at := fmt.Sprintf("%s, %d workers", level, workers)
				m, err := New(img, Options{Timing: level, Workers: workers, Incidents: true, Mesh: timing.MeshOptions{BlockedAfter: 16}})
				require.NoError(t, err)
				rec, prof := NewRecorder(img, false), Profile{Keep: true}
				require.NoError(t, m.Run(40, drive, func(tick int64, m *Machine) error {
					require.NoError(t, prof.Tick(tick, m))
					return rec.Tick(tick, m)
				}))
				if trace == "" {
					trace, counts = rec.MachineHash(), m.Counts()
					require.Positive(t, counts[count.PacketsIn])
				}
				require.Equal(t, trace, rec.MachineHash(), at)
				require.Equal(t, counts, m.Counts(), at)
				if workers == 1 {
					took, paths = m.Elapsed(), prof.Each
				}
				require.Equal(t, took, m.Elapsed(), at)
				require.Equal(t, paths, prof.Each, at)
			}
			require.Equal(t, level != timing.Functional, took > 0, level)
		}
	}
}

// The critical paths sum up to the time of the run.
func TestCriticalPathsSumUp(t *testing.T) {
	img := described(t, 5)
	for _, level := range timing.Names() {
		m, err := New(img, Options{Timing: level})
		require.NoError(t, err)
		p := Profile{Keep: true}
		require.NoError(t, m.Run(30, drive, p.Tick))
		sum, ticks := Femtoseconds(0), int64(0)
		for _, fs := range p.Path {
			sum += fs
		}
		require.Equal(t, m.Elapsed(), sum, level)
		for _, x := range p.Bottlenecks(img, 100) {
			ticks += x.Ticks
		}
		require.Equal(t, int64(30), ticks+p.Idle(), level)
		require.Len(t, p.Each, 30)
	}
}

// A network that drops packets takes them out of the run; every packet is sent,
// taken, under way or lost.
func TestDroppedPacketsAreLost(t *testing.T) {
	img := described(t, 3)
	img.Latency.Network.DropAfter = 40
	whole, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, whole.Run(40, drive, nil))
	var want string
	for _, workers := range []int{1, 3} {
		m, err := New(img, Options{Timing: timing.Mesh, Workers: workers, Incidents: true})
		require.NoError(t, err)
		rec := NewRecorder(img, false)
		var all []timing.Incident
		require.NoError(t, m.Run(40, drive, func(tick int64, m *Machine) error {
			all = m.Incidents(all)
			return rec.Tick(tick, m)
		}))
		c := m.Counts()
		require.Positive(t, c[count.Lost])
		require.Len(t, all, int(c[count.Lost]))
		for _, x := range all {
			require.Equal(t, timing.Dropped, x.Kind)
			require.GreaterOrEqual(t, x.X, int32(0))
			require.GreaterOrEqual(t, x.Dst, int32(0))
		}
		under := int64(0)
		for i := range img.Cores {
			for _, h := range m.net.Halves(i, m.inFlight()) {
				under += int64(len(h.Packets()))
			}
		}
		require.Equal(t, c[count.PacketsOut], c[count.PacketsIn]+c[count.Lost]+under)
		if want == "" {
			want = rec.MachineHash()
		}
		require.Equal(t, want, rec.MachineHash())
	}
}

// Messages served after the end of a tick of fixed length are late.
func TestLatePackets(t *testing.T) {
	img := described(t, 3)
	img.Latency.Network.PeriodFs = 400_000_000
	m, err := New(img, Options{Timing: timing.Mesh, Incidents: true})
	require.NoError(t, err)
	var all []timing.Incident
	require.NoError(t, m.Run(40, drive, func(_ int64, m *Machine) error {
		all = m.Incidents(all)
		return nil
	}))
	c := m.Counts()
	require.Positive(t, c[count.Late])
	require.Len(t, all, int(c[count.Late]))
}

// A snapshot goes on at every level, from any other.
func TestLevelsGoOnFromSnapshots(t *testing.T) {
	img := described(t, 8)
	for _, level := range []string{timing.Queued, timing.Mesh} {
		a, err := New(img, Options{Timing: level})
		require.NoError(t, err)
		require.NoError(t, a.Run(11, drive, nil))
		b, err := New(img, Options{Timing: level})
		require.NoError(t, err)
		require.NoError(t, b.Restore(a.Snapshot()))
		require.NoError(t, a.Run(9, drive, nil))
		require.NoError(t, b.Run(9, drive, nil))
		require.Equal(t, a.Elapsed(), b.Elapsed())
		require.Equal(t, a.Counts(), b.Counts())
		require.NoError(t, a.Restore(b.Snapshot()))
		a.Reset()
		require.NoError(t, a.Run(3, drive, nil))
	}
}

func TestLevelsThatAreRefused(t *testing.T) {
	img := ringImage(t, 2, 4, 1)
	_, err := New(img, Options{Timing: timing.Mesh})
	require.ErrorContains(t, err, "chip: level mesh: the network of test is not described")
	_, err = New(img, Options{Timing: "lunar"})
	require.ErrorContains(t, err, "lunar")
	img = described(t, 1)
	img.Latency.Network.VCs = 0
	require.ErrorContains(t, img.Check(), "VCs: need 1 to 16")
	img = described(t, 1)
	same, err := DecodeImage(img.Encode(), "x")
	require.NoError(t, err)
	require.Equal(t, img.Latency, same.Latency)
}

// Where links are described, the busiest one can bind an analytic tick.
func TestBusiestLinkBinds(t *testing.T) {
	img := described(t, 5)
	plain, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, plain.Run(30, drive, nil))
	img.Latency.Network.LinkFs = 50_000_000
	var want []timing.Bound
	for _, workers := range []int{1, 3} {
		m, err := New(img, Options{Workers: workers})
		require.NoError(t, err)
		p := Profile{Keep: true}
		require.NoError(t, m.Run(30, drive, p.Tick))
		require.Greater(t, m.Elapsed(), plain.Elapsed())
		require.Positive(t, p.Terms[timing.Link])
		for _, b := range p.Each {
			if b.Term == timing.Link {
				require.Zero(t, b.Net%50_000_000)
				require.GreaterOrEqual(t, b.Link.Side, int32(0))
			}
		}
		if want == nil {
			want = p.Each
		}
		require.Equal(t, want, p.Each)
	}
}

// Defects of the network are a function of the seed; packets that they cost are
// lost, and only those.
func TestDefectsOfTheNetwork(t *testing.T) {
	img := described(t, 3)
	for name, o := range map[string]timing.MeshOptions{"links": {Links: 0.2}, "routers": {Routers: 0.2}, "stuck": {Stuck: 0.6}, "drop": {Drop: 0.05}} {
		var first [2]string
		var lost int64
		for k, workers := range []int{1, 3} {
			o.Seed = 4
			m, err := New(img, Options{Timing: timing.Mesh, Workers: workers, Incidents: true, Mesh: o})
			require.NoError(t, err)
			rec := NewRecorder(img, false)
			n := 0
			require.NoError(t, m.Run(30, drive, func(tick int64, m *Machine) error {
				for _, x := range m.Incidents(nil) {
					if x.Kind == timing.Dropped {
						n++
					}
				}
				return rec.Tick(tick, m)
			}))
			lost = m.Counts()[count.Lost]
			require.Equal(t, lost, int64(n), name)
			first[k] = rec.MachineHash()
		}
		require.Positive(t, lost, name)
		require.Equal(t, first[0], first[1], name)
	}
	_, err := New(img, Options{Timing: timing.Mesh, Mesh: timing.MeshOptions{Drop: 2}})
	require.ErrorContains(t, err, "drop: need a probability of 0 to 1, have 2")
}
