package bench

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/count"
)

// TestPins holds every workload at its shortest pinned length against the
// spike counts of other simulators, on every engine.
func TestPins(t *testing.T) {
	for _, w := range Works() {
		if w.OnDemand || len(w.Pins) == 0 {
			continue
		}
		n, err := w.Build()
		require.NoError(t, err)
		for _, e := range core.Engines() {
			if e == "oracle" && testing.Short() {
				continue
			}
			p := w.Pins[0]
			m, err := chip.New(n.Image, chip.Options{Engine: e})
			require.NoError(t, err)
			require.NoError(t, m.Run(p.Ticks, n.Source(), nil))
			c := m.Counts()
			require.Equal(t, p.Spikes, c[count.Spikes], "%s on %s after %d ticks", w.Name, e, p.Ticks)
		}
	}
}

// TestEngines compares the engines where no other simulator is known.
func TestEngines(t *testing.T) {
	for _, w := range Works() {
		if w.OnDemand || len(w.Pins) > 0 {
			continue
		}
		n, err := w.Build()
		require.NoError(t, err)
		ticks := int64(12)
		if !n.Image.Ticks() {
			ticks = 400_000
		}
		var want count.Counts
		for i, e := range core.Engines() {
			m, err := chip.New(n.Image, chip.Options{Engine: e})
			require.NoError(t, err)
			require.NoError(t, m.Run(ticks, n.Source(), nil))
			if i == 0 {
				want = m.Counts()
			}
			require.Equal(t, want, m.Counts(), "%s on %s", w.Name, e)
		}
		require.Equal(t, w.Name == "idle" || w.Name == "dense", want[count.Spikes] == 0, w.Name)
	}
}

// TestPlainKernel holds the plain loop against the program of the family, with
// inputs put into the accumulators.
func TestPlainKernel(t *testing.T) {
	p := newPlainCuba(1024)
	f, err := family()
	require.NoError(t, err)
	c := recurrent(1024)
	ci, err := cubaCore(f, "cuba", &c, 1024)
	require.NoError(t, err)
	k, err := core.New(ci, "oracle", nil)
	require.NoError(t, err)
	for range 200 {
		copy(k.State.Acc[0], p.inputs[p.ticks%len(p.inputs)])
		p.run(1)
		k.Update()
		require.Equal(t, [][]int32{p.u, p.v, p.refract}, k.State.Words[0])
		require.Len(t, k.Spikes, len(p.spikes))
	}
	require.InDelta(t, 0.03, float64(p.fired)/(200*1024), 0.01, "as busy as W1")
}

// TestFind names what it does not know, and leaves out what is on demand.
func TestFind(t *testing.T) {
	ws, err := Find()
	require.NoError(t, err)
	for _, w := range ws {
		require.False(t, w.OnDemand, w.Name)
	}
	ws, err = Find("w2", "big")
	require.NoError(t, err)
	require.Equal(t, []string{"W2", "big"}, workNames(ws))
	_, err = Find("W9")
	require.ErrorContains(t, err, `bench: no workload "W9", have W1, W2`)
}

// TestBytesPerSynapse holds image and machine of a network of lists to 8 bytes
// per stored synapse, and the image alone to half of what plain lists take.
func TestBytesPerSynapse(t *testing.T) {
	ws, err := Find("sanafe")
	require.NoError(t, err)
	r, err := Run(ws, Options{Ticks: 1, Repeat: 1})
	require.NoError(t, err)
	x := r.Results[0]
	require.LessOrEqual(t, x.BytesPerSynapse, 8.0)
	require.LessOrEqual(t, x.ImagePerSynapse, 3.0)
	require.Positive(t, x.ImagePerSynapse)
}

// TestRun measures small runs: counts, medians, both formats.
func TestRun(t *testing.T) {
	ws, err := Find("W2", "conv", "stdp", "tn63")
	require.NoError(t, err)
	calls := 0
	r, err := Run(ws, Options{Ticks: 10, Repeat: 2, Progress: func(done, total int) {
		calls++
		require.Equal(t, []int{calls, 2 * len(ws)}, []int{done, total})
	}})
	require.NoError(t, err)
	require.Equal(t, 2*len(ws), calls)
	for _, x := range r.Results {
		require.Len(t, x.Repeats, 2)
		require.Positive(t, x.TicksPerS, x.Work)
		require.Positive(t, x.Events, x.Work)
		require.Equal(t, 10*x.Neurons, x.Updates, x.Work)
		require.False(t, x.Pinned, "no pin at 10 ticks")
	}
	var table, stat strings.Builder
	require.NoError(t, r.Write(&table))
	require.Contains(t, table.String(), "load average before")
	require.NoError(t, r.WriteBenchstat(&stat))
	require.Equal(t, 2*len(ws), strings.Count(stat.String(), "BenchmarkWork/"))
	_, err = Run(ws, Options{Repeat: -1})
	require.ErrorContains(t, err, "bench: -1 repeats")
	_, err = Run(ws, Options{Workers: []int{0}})
	require.ErrorContains(t, err, "bench: workers [0]")
	two, err := Run(ws[:1], Options{Ticks: 10, Repeat: 1, Workers: []int{1, 2}, Engines: core.Engines()})
	require.NoError(t, err)
	require.True(t, two.ByWall)
	require.Len(t, two.Results, 4)
	require.Equal(t, "W2/vector/x2", two.Results[3].label())
	ws[0].Pins = []Pin{{10, 1}}
	_, err = Run(ws[:1], Options{Ticks: 10, Repeat: 1})
	require.ErrorContains(t, err, "bench: W2: ")
}

// BenchmarkWork runs every workload that is not on demand, one tick per
// operation.
func BenchmarkWork(b *testing.B) {
	ws, err := Find()
	require.NoError(b, err)
	for _, w := range ws {
		b.Run(w.Name, func(b *testing.B) {
			n, err := w.Build()
			require.NoError(b, err)
			m, err := chip.New(n.Image, chip.Options{})
			require.NoError(b, err)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			in := n.Source()
			require.NoError(b, m.Run(20, in, nil)) // boxes find their size
			before := m.Counts()
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime(1)
			require.NoError(b, m.Run(int64(b.N), in, nil))
			used := float64(cpuTime(1) - cpu)
			c := m.Counts()
			c = c.Sub(&before)
			b.ReportMetric(used/float64(b.N), "cpu-ns/op")
			b.ReportMetric(used/float64(c[count.Updates]), "cpu-ns/compartment")
			b.ReportMetric(used/float64(max(c.SynapticEvents(), 1)), "cpu-ns/event")
		})
	}
}

// BenchmarkYardsticks measures the machine.
func BenchmarkYardsticks(b *testing.B) {
	var y yardstick
	for b.Loop() {
		y.sweep()
	}
	m := y.medians()
	b.ReportMetric(m.StreamBytesPerS/1e9, "GB/s")
	b.ReportMetric(m.Line256NS, "ns/line-256MB")
	b.ReportMetric(m.Line8NS, "ns/line-8MB")
	b.ReportMetric(m.PlainNS, "ns/compartment")
}
