package synapse

import (
	"slices"
	"testing"
	"time"

	"hillock/router"
)

// xorshift is the generator of the benchmarks (Marsaglia 2003).
type xorshift uint32

func (x *xorshift) next() uint32 {
	*x ^= *x << 13
	*x ^= *x >> 17
	*x ^= *x << 5
	return uint32(*x)
}

// pairs times two ways of the same work in turn and reports the medians and
// their ratio.
func pairs(b *testing.B, slow, fast string, events int, one, two func()) {
	const turns = 21
	times := [2][]float64{}
	for range turns {
		for k, f := range []func(){one, two} {
			start := time.Now()
			f()
			times[k] = append(times[k], float64(time.Since(start).Nanoseconds())/float64(events))
		}
	}
	for k := range times {
		slices.Sort(times[k])
	}
	m := [2]float64{times[0][turns/2], times[1][turns/2]}
	b.ReportMetric(m[0], "ns/"+slow)
	b.ReportMetric(m[1], "ns/"+fast)
	b.ReportMetric(m[0]/m[1], "x")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPrefetch serves random lists of 32 synapses out of 64 MB, fetched
// ahead of their use or not; ns per synaptic event.
func BenchmarkPrefetch(b *testing.B) {
	const n, fan, axons, runs = 1024, 32, 1 << 16, 16
	m, x := New(n, 1), xorshift(1)
	tables, list := make([]*Table, runs), make([]Entry, fan)
	for k := range tables {
		lists := make([]List, axons)
		for a := range lists {
			for i := range list {
				list[i] = Entry{uint16(i*n/fan + int(x.next()%(n/fan))), 0, int32(int8(x.next())) << 6}
			}
			lists[a], _ = m.addGap(list, 6, 0)
		}
		tables[k] = NewTable(axons, func(a int) (*List, uint32, uint32) { return &lists[a], fan, 8 })
	}
	m.Seal()
	acc := make([]int32, n)
	packets := make([]router.Packet, 128)
	serve := func(distance int) func() {
		return func() {
			defer func(was int) { ahead = was }(ahead)
			ahead = distance
			for k := range 1024 {
				for i := range packets {
					packets[i].Axon = uint16(x.next())
				}
				tables[k%runs].Put(packets)
				tables[k%runs].Serve(m, acc, 0)
			}
		}
	}
	pairs(b, "event-not-ahead", "event-ahead", 1024*len(packets)*fan, serve(0), serve(8))
}

// BenchmarkDense serves full rows of 1024 synapses as 3-byte lists and as dense
// rows; ns per synaptic event.
func BenchmarkDense(b *testing.B) {
	const n, axons = 1024, 256
	m, x := New(n, 1), xorshift(1)
	near, rows, list := make([]List, axons), make([]List, axons), make([]Entry, n)
	for a := range near {
		for i := range list {
			list[i] = Entry{uint16(i), 0, int32(int8(x.next())) << 6}
		}
		near[a] = m.addNear(list, 6)
		rows[a], _ = m.addRow(list, 6, 0)
	}
	m.Seal()
	acc := make([]int32, n)
	serve := func(lists []List) func() {
		return func() {
			var batch Batch
			for range 20 {
				for range 128 {
					batch.Put(m, &lists[x.next()%axons], 0)
				}
				batch.Serve(m, acc)
			}
		}
	}
	pairs(b, "event-packed", "event-dense", 20*128*n, serve(near), serve(rows))
}
