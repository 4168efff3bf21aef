//go:build unix

package mesh

import (
	"fmt"
	"syscall"
	"testing"
)

// cpu is the processor time of this process in seconds: on a shared machine
// wall time says little.
func cpu() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// BenchmarkMesh is cycles of an 8 x 8 mesh under uniform traffic, one thread;
// its metrics are of processor time.
func BenchmarkMesh(b *testing.B) {
	for _, x := range []struct {
		vcs, buf int
		alloc    Alloc
		loads    []float64
	}{{2, 8, Split, []float64{.1, .38, .4}}, {1, 8, Joint, []float64{.1, .36}}, {1, 8, Split, []float64{.1}}} {
		for _, load := range x.loads {
			b.Run(fmt.Sprintf("%v_%dx%d_%g", x.alloc, x.vcs, x.buf, load), func(b *testing.B) {
				s := Default()
				s.VCs, s.Buffer, s.Alloc = x.vcs, x.buf, x.alloc
				m, err := New(s)
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Start(Traffic{Load: load, Seed: 1}); err != nil {
					b.Fatal(err)
				}
				for range 10000 {
					m.Step()
				}
				m.stats = stats{to: never, until: never}
				b.ReportAllocs()
				b.ResetTimer()
				start := cpu()
				for range b.N {
					m.Step()
				}
				sec := cpu() - start
				b.ReportMetric(float64(b.N)/sec, "cycles/s")
				if m.stats.done > 0 {
					b.ReportMetric(sec*1e9/float64(m.stats.routers), "ns/router-flit")
				}
			})
		}
	}
}

// BenchmarkIdle is cycles of an empty 64 x 64 mesh.
func BenchmarkIdle(b *testing.B) {
	s := Default()
	s.W, s.H = 64, 64
	m, err := New(s)
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		m.Step()
	}
}

// BenchmarkFew is about 20 packets in flight in meshes of three sizes: the cost
// is that of the packets.
func BenchmarkFew(b *testing.B) {
	for _, side := range []int{8, 32, 128} {
		b.Run(fmt.Sprintf("%dx%d", side, side), func(b *testing.B) {
			s := Default()
			s.W, s.H = side, side
			m, err := New(s)
			if err != nil {
				b.Fatal(err)
			}
			hops := 2 * float64(side) / 3
			if err := m.Start(Traffic{Load: 20 / (4 * hops) / float64(side*side), Seed: 1}); err != nil {
				b.Fatal(err)
			}
			for range 5000 {
				m.Step()
			}
			m.stats = stats{to: never, until: never}
			b.ResetTimer()
			start := cpu()
			for range b.N {
				m.Step()
			}
			if m.stats.done > 0 {
				b.ReportMetric((cpu()-start)*1e9/float64(m.stats.routers), "ns/router-flit")
			}
		})
	}
}

// BenchmarkDeliver is one tick of 2,000 messages between 128 cores: 8 x 4
// routers with four nodes each, two networks of one VC.
func BenchmarkDeliver(b *testing.B) {
	s := Default()
	s.W, s.H, s.Concentration, s.Subnets, s.VCs, s.Alloc = 8, 4, 4, 2, 1, Joint
	m, err := New(s)
	if err != nil {
		b.Fatal(err)
	}
	list := make([]Message, 2000)
	for i := range list {
		k := uint64(i)
		list[i] = Message{int32(below(mix(1, k, 0, 0), 128)), int32(below(mix(1, k, 1, 0), 128)), int64(i % 500)}
	}
	at := make([]int64, len(list))
	b.ReportAllocs()
	b.ResetTimer()
	start := cpu()
	for range b.N {
		if _, err := m.Deliver(list, at, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu()-start)*1e9/float64(b.N)/float64(len(list)), "cpu-ns/message")
}
