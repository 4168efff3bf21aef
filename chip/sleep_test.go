package chip

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/fixed"
)

// restImage is a ring of cores of which each passes spikes on to the next with
// some delay; neurons without input and without leak rest.
func restImage(t testing.TB, cores int) *Image {
	t.Helper()
	prog, err := isa.NewProgram([]isa.Instr{
		{Op: isa.ADD, D: isa.S0, A: isa.S0, B: isa.IN0},
		{Op: isa.CLE, Flag: 0, A: isa.P0, B: isa.S0},
		{Op: isa.MOV, Pred: isa.IfF, D: isa.S0, A: isa.Z},
		{Op: isa.SPK, Pred: isa.IfF, A: isa.Z},
		{Op: isa.END},
	})
	require.NoError(t, err)
	img := &Image{Chip: "ring", Mesh: Mesh{X: cores, Y: 1, CoresPerTile: 1}}
	img.Latency.PerEvent = []EventTime{{Event: "neuron_updates", Fs: 10, Stage: "generate", Source: "test"},
		{Event: "synaptic_events_sparse", Fs: 7, Stage: "process", Source: "test"}, {Event: "packets_out", Fs: 5, Stage: "generate", Source: "test"}}
	img.Pops = []Population{{Name: "in", N: cores, Input: true}, {Name: "n", N: 4 * cores, Output: true}}
	in := InputMap{Pop: 0, Off: []uint32{0}}
	for k := range cores {
		ci := &core.Image{N: 4, Ring: 4, Ports: []core.Port{{Acc: fixed.Layout{Width: 24, Over: fixed.Wrap}}},
			Groups:  []core.Group{{Name: "g", N: 4, Prog: prog, State: []fixed.Layout{{Width: 24, Over: fixed.Wrap}}, Substeps: 1, Params: [][]int32{{int32(3 + k%2)}}}},
			Formats: []core.Format{{}}, OutOff: []uint32{0, 1, 2, 2, 2}, Boxes: []int32{int32((k + 1) % cores)},
			Out:   []core.OutAxon{{Axon: 1}, {Axon: 1}},
			Axons: []core.Axon{{N: 4}, {Off: 4, N: 3}},
			Syn: []core.Synapse{{Target: 0, Mant: 2}, {Target: 1, Delay: 1, Mant: 4}, {Target: 2, Delay: 3, Mant: 1}, {Target: 3, Mant: -1},
				{Target: 0, Delay: uint8(k % 4), Mant: 2}, {Target: 2, Delay: 2, Mant: 3}, {Target: 3, Mant: 1}}}
		img.Cores = append(img.Cores, Core{ID: k, Image: ci, Runs: []Run{{Pop: 1, First: 4 * k, N: 4}}})
		in.Dst = append(in.Dst, Target{Core: uint16(k)})
		in.Off = append(in.Off, uint32(len(in.Dst)))
	}
	img.Inputs = []InputMap{in}
	require.NoError(t, img.Check())
	return img
}

// TestSleepChangesNothing runs a machine whose cores sleep beside one whose
// cores never do: same spikes, counts, time and snapshots, whatever the host
// does in between, for every number of workers.
func TestSleepChangesNothing(t *testing.T) {
	const cores = 70
	img := restImage(t, cores)
	sparse := func(tick int64, dst []Injection) []Injection {
		r := rand.New(rand.NewPCG(uint64(tick), 5))
		if tick%40 > 4 {
			return dst
		}
		for range 3 {
			dst = append(dst, Injection{Index: int32(r.IntN(cores)), Payload: 1})
		}
		return dst
	}
	for _, workers := range []int{1, 2, 8} {
		a, err := New(img, Options{Workers: workers})
		require.NoError(t, err)
		b, err := New(img, Options{Engine: "oracle"})
		require.NoError(t, err)
		for i := range cores {
			b.Core(i)
		}
		ra, rb := NewRecorder(img, false), NewRecorder(img, false)
		r, slept := rand.New(rand.NewPCG(uint64(workers), 1)), 0
		for round := range 16 {
			n := int64(1 + r.IntN(20))
			require.NoError(t, a.Run(n, sparse, func(tick int64, m *Machine) error {
				slept += cores - len(m.sched.run)
				return ra.Tick(tick, m)
			}))
			require.NoError(t, b.Run(n, sparse, rb.Tick))
			require.Equal(t, rb.TraceHash(), ra.TraceHash())
			require.Equal(t, b.Counts(), a.Counts())
			require.Equal(t, b.Elapsed(), a.Elapsed())
			require.Empty(t, cmp.Diff(b.Snapshot(), a.Snapshot(), cmpopts.EquateEmpty()))
			core, word := r.IntN(cores), []int32{int32(r.IntN(9))}
			for _, m := range []*Machine{a, b} {
				switch round % 5 {
				case 0:
					require.NoError(t, m.Write(Place{Space: StateWords, Core: core}, word))
				case 1:
					require.NoError(t, m.Write(Place{Space: Accumulators, Core: core, First: 13}, word))
				case 2:
					require.NoError(t, m.Modulate(-1, 1, word[0]))
				case 3:
					require.NoError(t, m.Restore(a.Snapshot()))
				}
			}
		}
		require.Greater(t, slept, 500)
		require.NotEmpty(t, ra.TraceHash())
	}
}

// TestSilentMachineVisitsNobody lets everything come to rest.
func TestSilentMachineVisitsNobody(t *testing.T) {
	m, err := New(restImage(t, 10), Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(3, nil, nil))
	require.NoError(t, m.Run(5, nil, func(_ int64, m *Machine) error {
		require.Empty(t, m.sched.run)
		return nil
	}))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Run(1, nil, nil) }))
	require.True(t, slices.IsSorted(m.sched.run))
}

// BenchmarkSilentCore is one tick of a machine of 4,096 resting cores, per core.
func BenchmarkSilentCore(b *testing.B) {
	m, err := New(restImage(b, 4096), Options{})
	if err != nil {
		b.Fatal(err)
	}
	_ = m.Run(3, nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Run(1, nil, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/core")
}
