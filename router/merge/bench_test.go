package merge

import "testing"

// BenchmarkTick is a tick of 64 cores of 256 neurons and in-axons, of which one
// in so many fires, to a place that is drawn from its number.
func BenchmarkTick(b *testing.B) {
	for name, every := range map[string]int32{"idle": 1 << 20, "fifth": 5, "all": 1} {
		b.Run(name, func(b *testing.B) {
			n, err := New(cross(4, false), 8, 8)
			if err != nil {
				b.Fatal(err)
			}
			var tiles []int
			var timing []Timing
			var fires []Fire
			hops := 0
			for t := range int32(64) {
				tiles, timing = append(tiles, int(t)), append(timing, sequence(256, 256))
				for j := range int32(256) {
					if x := uint32(t*256+j) * 2654435761 >> 8; (t+j+1)%every == 0 {
						to := int32(x % 64)
						w := Word{int16(to%8 - t%8), int16(to/8 - t/8), int32(len(fires))}
						hops += int(max(w.DX, -w.DX) + max(w.DY, -w.DY))
						fires = append(fires, Fire{t, j, true, w})
					}
				}
			}
			c, err := NewCores(n, tiles, timing)
			if err != nil {
				b.Fatal(err)
			}
			cycles := int64(0)
			for b.Loop() {
				out, err := c.Tick(fires, nil, 0, true)
				if err != nil {
					b.Fatal(err)
				}
				cycles += out.Cycles
			}
			b.ReportMetric(float64(cycles)/b.Elapsed().Seconds(), "cycles/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(hops, 1)), "ns/hop")
		})
	}
}
