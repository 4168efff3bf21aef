package bench

import (
	"runtime"
	"time"
)

// noClock is the name of a CPU clock that does not exist.
const noClock = "none"

// Yardsticks are what the machine itself can do, in one thread.
type Yardsticks struct {
	StreamBytesPerS float64 `json:"stream_bytes_per_s"`              // reading 256 MB in order
	Line256NS       float64 `json:"random_line_256mb_ns"`            // one independent random 64-byte line of 256 MB
	Line8NS         float64 `json:"random_line_8mb_ns"`              // and of 8 MB
	PlainNS         float64 `json:"plain_kernel_ns_per_compartment"` // the CUBA program as a plain Go loop
}

// yardstick holds the memory that is read and what each sweep gave.
type yardstick struct {
	words               []uint64
	plain               *plainCuba
	stream, l256, l8, k []float64
	sum                 uint64 // so that no read is left out
}

const (
	bigWords   = 256 << 20 / 8
	smallWords = 8 << 20 / 8
	lineWords  = 64 / 8
)

// sweep measures everything once. The first call makes the memory.
func (y *yardstick) sweep() {
	if y.words == nil {
		y.words = make([]uint64, bigWords)
		for i := range y.words {
			y.words[i] = uint64(i)
		}
		y.plain = newPlainCuba(1024)
		y.lines(1<<16, smallWords)
	}
	y.stream = append(y.stream, bigWords*8/seconds(y.readAll))
	const lines = 1 << 20
	y.l256 = append(y.l256, seconds(func() { y.lines(lines, bigWords) })*1e9/lines)
	y.l8 = append(y.l8, seconds(func() { y.lines(lines, smallWords) })*1e9/lines)
	const ticks = 1000
	y.k = append(y.k, seconds(func() { y.plain.run(ticks) })*1e9/float64(ticks*y.plain.n))
	runtime.KeepAlive(y.sum)
}

// seconds is the CPU time of f where the system tells it, else the wall time.
func seconds(f func()) float64 {
	start, cpu := time.Now(), cpuTime(1)
	f()
	if used := cpuTime(1) - cpu; used > 0 {
		return used.Seconds()
	}
	return time.Since(start).Seconds()
}

func (y *yardstick) readAll() {
	var a, b, c, d uint64
	for w := y.words; len(w) >= 8; w = w[8:] {
		a += w[0] + w[4]
		b += w[1] + w[5]
		c += w[2] + w[6]
		d += w[3] + w[7]
	}
	y.sum += a + b + c + d
}

// lines reads n lines at random places of the first size words, none of which
// depends on another; size is a power of two.
func (y *yardstick) lines(n, size int) {
	var sum uint64
	mask := uint64(size/lineWords - 1)
	w := y.words[:size]
	for i := range n {
		x := (uint64(i) + streamLines) * 0x9e3779b97f4a7c15
		x ^= x >> 29
		sum += w[((x*0xbf58476d1ce4e5b9)>>20&mask)*lineWords]
	}
	y.sum += sum
}

func (y *yardstick) medians() Yardsticks {
	return Yardsticks{StreamBytesPerS: median(y.stream), Line256NS: median(y.l256), Line8NS: median(y.l8), PlainNS: median(y.k)}
}

// plainCuba is what one writes first for a core of current-based neurons:
// indexes, branches, no tricks. It equals the program of the family.
type plainCuba struct {
	n                       int
	u, v, q, bias, refract  []int32
	keepU, keepV, threshold int32
	vmin, vmax, hold        int32
	inputs                  [64][]int32
	spikes                  []int32
	ticks, fired            int
}

// newPlainCuba makes n neurons of the kind of W1, with inputs for 64 ticks.
func newPlainCuba(n int) *plainCuba {
	row := func() []int32 { return make([]int32, n) }
	c := recurrent(n)
	p := &plainCuba{n: n, u: row(), v: row(), q: row(), bias: row(), refract: row(), spikes: make([]int32, 0, n),
		keepU: int32(c.keepU), keepV: int32(c.keepV), threshold: int32(c.threshold), hold: int32(c.refract), vmin: -(1 << 23) + 1, vmax: 1<<23 - 1}
	for i := range n {
		p.bias[i], p.v[i] = int32(c.bias[i]), int32(c.start[i])
	}
	for t := range p.inputs {
		p.inputs[t] = row()
		for i := range p.inputs[t] {
			p.inputs[t][i] = int32(below(draw(streamPlain, uint64(t*n+i+1)), 1025)) - 512
		}
	}
	return p
}

func (p *plainCuba) run(ticks int) {
	for range ticks {
		copy(p.q, p.inputs[p.ticks%len(p.inputs)])
		p.tick()
	}
}

// towardZero is x*keep/4096 without its fraction.
func towardZero(x, keep int32) int32 {
	if x < 0 {
		return -int32(int64(-x) * int64(keep) >> 12)
	}
	return int32(int64(x) * int64(keep) >> 12)
}

// tick is the program; shifts up and down wrap at 22 and 24 bits.
func (p *plainCuba) tick() {
	p.spikes = p.spikes[:0]
	for i := 0; i < p.n; i++ {
		q := p.q[i] << 10 >> 10
		p.q[i] = 0
		u := (towardZero(p.u[i], p.keepU) + q) << 8 >> 8
		v := towardZero(p.v[i], p.keepV) + (u+p.bias[i])<<8>>8
		if v > p.vmax {
			v = p.vmax
		}
		if v < p.vmin {
			v = p.vmin
		}
		hold := p.refract[i]
		if hold > 0 {
			v = 0
		}
		if v > p.threshold {
			v, hold = 0, p.hold
			p.spikes = append(p.spikes, int32(i))
		}
		if hold > 0 {
			hold--
		}
		p.u[i], p.v[i], p.refract[i] = u, v, hold
	}
	p.fired += len(p.spikes)
	p.ticks++
}
