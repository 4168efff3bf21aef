package compiler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/isa/count"
)

func loaded(t require.TestingT, name string) *chip.Family {
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	return f
}

// spiking is a population of neurons that must reach their thresholds.
func spiking(name string, n int, keep float64, theta []float64) *graph.Population {
	ones := slices.Repeat([]float64{1}, n)
	return &graph.Population{Name: name, Kind: graph.CubaLIF, N: n, Shape: []int{n}, AJ: make([]float64, n), GJ: ones, GV: ones, AV: slices.Repeat([]float64{keep}, n),
		C: make([]float64, n), Theta: theta, VReset: make([]float64, n), GE: true}
}

// between draws a whole number of lo to hi.
func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

// wholeDraw draws weights of which every target has one of 1, so that a unit of
// the network is one of the chip.
func wholeDraw(r *rand.Rand, pre, post int, hi int) []float64 {
	w := make([]float64, pre*post)
	for i := range w {
		w[i] = float64(between(r, -hi, hi))
	}
	for i := range post {
		w[i*pre] = 1
	}
	return w
}

// steps draws the input spikes of a sample.
func drawSteps(r *rand.Rand, inputs int) [][]int {
	out := make([][]int, between(r, 1, 8))
	for t := range out {
		for j := range inputs {
			if r.IntN(3) > 0 {
				out[t] = append(out[t], j)
			}
		}
	}
	return out
}

// shown is what a machine made of a sample.
type shown struct {
	counts [][][]int // [step][population][neuron]
	m      *chip.Machine
}

func show(t require.TestingT, img *chip.Image, m *chip.Machine, steps [][]int, more int) shown {
	s := shown{m: m}
	for range len(steps) + more {
		var pops [][]int
		for _, p := range img.Pops {
			pops = append(pops, make([]int, p.N))
		}
		s.counts = append(s.counts, pops)
	}
	rec := chip.NewRecorder(img, false)
	require.NoError(t, m.Show(int64(len(s.counts)), func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick < int64(len(steps)) {
			for _, j := range steps[tick] {
				dst = append(dst, chip.Injection{Index: int32(j), Payload: 1})
			}
		}
		return dst
	}, func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		for _, x := range rec.Last() {
			s.counts[tick][x.Pop][x.Index] += int(x.Payload)
		}
		return nil
	}))
	return s
}

// oneSpace is a chip on which every spike is an event, in plain Go: potentials
// between lo and hi, leak towards 0, first in first out.
type oneSpace struct {
	signed    bool // the sign of a weight is its source's
	lo, hi    int
	depth     int
	n         int
	w         [][]int // [source: inputs, drive, neurons][neuron]
	inputs    int
	thr, leak []int
	v         []int
	copies    []int
	fired     []int
	lost      int64
}

// rows are the signs that the events of a source have, in order.
func (o *oneSpace) rows(src int) []int {
	if !o.signed {
		return []int{0}
	}
	var out []int
	for _, sign := range []int{1, -1} {
		if slices.ContainsFunc(o.w[src], func(w int) bool { return w*sign > 0 }) {
			out = append(out, sign)
		}
	}
	return out
}

func (o *oneSpace) start() {
	o.copies = nil
	for n := range o.n {
		if len(o.rows(o.inputs+1+n)) == 2 {
			o.copies = append(o.copies, n)
		}
	}
	o.v = make([]int, o.n+len(o.copies))
}

// of is the neuron that an address is, or is a copy of.
func (o *oneSpace) of(at int) int {
	if at < o.n {
		return at
	}
	return o.copies[at-o.n]
}

// event serves one event of a source and all that comes of it.
func (o *oneSpace) event(src, sign int) {
	type entry struct{ src, sign int }
	queue := []entry{{src, sign}}
	for len(queue) > 0 {
		e := queue[0]
		for at := range o.v {
			n := o.of(at)
			w := o.w[e.src][n]
			if e.sign != 0 && w*e.sign < 0 {
				w = 0
			}
			if o.v[at] = min(max(o.v[at]+w, o.lo), o.hi); o.v[at] < 0 || o.v[at] < o.thr[n] {
				continue
			}
			o.v[at] = 0
			signs := o.rows(o.inputs + 1 + n)
			out := 0
			switch {
			case at >= o.n:
				out = -1
			case o.signed:
				if out = 1; len(signs) == 1 {
					out = signs[0]
				}
			}
			if at < o.n {
				o.fired[n]++
			}
			if len(queue) >= o.depth {
				o.lost++
				continue
			}
			queue = append(queue, entry{o.inputs + 1 + n, out})
		}
		queue = queue[1:]
	}
}

// step is one step of a sample.
func (o *oneSpace) step(in []int) []int {
	o.fired = make([]int, o.n)
	for _, j := range in {
		for _, sign := range o.rows(j) {
			if slices.ContainsFunc(o.w[j], func(w int) bool { return w != 0 }) {
				o.event(j, sign)
			}
		}
	}
	if slices.ContainsFunc(o.w[o.inputs], func(w int) bool { return w != 0 }) {
		for _, sign := range o.rows(o.inputs) {
			o.event(o.inputs, sign)
		}
	}
	for at := range o.v {
		if l := o.leak[o.of(at)]; o.v[at] > 0 {
			o.v[at] = max(o.v[at]-l, 0)
		} else {
			o.v[at] = min(o.v[at]+l, 0)
		}
	}
	return o.fired
}

// drawOneSpace draws a network of two layers, the second of which may feed
// back, and its plain form.
func drawOneSpace(r *rand.Rand, name string) (*graph.Network, *oneSpace) {
	o := &oneSpace{lo: -2048, hi: 2047, depth: 128}
	if name == "odin" {
		o = &oneSpace{signed: true, hi: 255, depth: 32}
	}
	o.inputs = between(r, 2, 9)
	h, k := between(r, 1, 12), between(r, 1, 5)
	o.n = h + k
	keep := []float64{1, 0.9, 0.5}[r.IntN(3)]
	net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: o.inputs}}}
	o.w = make([][]int, o.inputs+1+o.n)
	for i := range o.w {
		o.w[i] = make([]int, o.n)
	}
	first := []int{0, 0, h}
	for l, n := range []int{0, h, k} {
		if l == 0 {
			continue
		}
		theta := make([]float64, n)
		for i := range theta {
			theta[i] = float64(between(r, 2, 16))
			o.thr = append(o.thr, int(theta[i]))
			o.leak = append(o.leak, int((1-keep)*theta[i]/2+0.5))
		}
		p := spiking([]string{"", "hidden", "out"}[l], n, keep, theta)
		p.Output = l == 2
		pre := net.Pops[l-1].N
		q := &graph.Projection{Pre: l - 1, Post: l, W: wholeDraw(r, pre, n, 7)}
		if r.IntN(3) > 0 {
			for i := range n {
				p.C[i] = float64(between(r, -3, 3))
				o.w[o.inputs][first[l]+i] = int(p.C[i])
			}
		}
		net.Pops, net.Projs = append(net.Pops, p), append(net.Projs, q)
	}
	if r.IntN(3) > 0 { // inhibits, so that it comes to rest
		w := make([]float64, h*k)
		for i := range w {
			w[i] = -float64(between(r, 0, 7))
		}
		net.Projs = append(net.Projs, &graph.Projection{Pre: 2, Post: 1, W: w, Recurrent: true})
	}
	for _, q := range net.Projs {
		pre := net.Pops[q.Pre].N
		for i, w := range q.W {
			src := i % pre
			if q.Pre > 0 {
				src += o.inputs + 1 + first[q.Pre]
			}
			o.w[src][first[q.Post]+i/pre] = int(w)
		}
	}
	if keep < 1 {
		o.widen(keep)
	}
	o.start()
	return net, o
}

// widen makes weights of neurons that leak as large as their bits allow.
func (o *oneSpace) widen(keep float64) {
	for n := range o.n {
		most := 0
		for _, row := range o.w {
			most = max(most, row[n], -row[n])
		}
		m := 7 / most
		for _, row := range o.w {
			row[n] *= m
		}
		o.thr[n] *= m
		o.leak[n] = int((1-keep)*float64(o.thr[n])/2 + 0.5)
	}
}

// TestOneSpace holds random networks on chips whose spikes are events against
// plain loops: spikes per step of every neuron, over two samples.
func TestOneSpace(t *testing.T) {
	for _, name := range []string{"tinyodin", "odin"} {
		t.Run(name, func(t *testing.T) {
			f := loaded(t, name)
			for seed := range uint64(60) {
				r := rand.New(rand.NewPCG(seed, 1))
				net, plain := drawOneSpace(r, name)
				res, err := Compile(net, f, Options{})
				require.NoError(t, err)
				img, err := chip.DecodeImage(res.Image.Encode(), "img")
				require.NoError(t, err)
				m, err := chip.New(img, chip.Options{Workers: between(r, 1, 3)})
				require.NoError(t, err)
				for range 2 {
					steps := drawSteps(r, plain.inputs)
					got := show(t, img, m, steps, 0)
					plain.start()
					for s, in := range steps {
						fired := plain.step(in)
						require.Empty(t, cmp.Diff(fired, slices.Concat(got.counts[s][1], got.counts[s][2])), "step %d", s)
					}
					require.Equal(t, plain.lost, m.Counts()[count.Lost])
				}
			}
		})
	}
}

// TestReckOnPlain holds recurrent networks on the chip whose neurons spike when
// the next step's words come against its published steps in plain Go.
func TestReckOnPlain(t *testing.T) {
	f := loaded(t, "reckon")
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		in, h, k := between(r, 1, 6), between(r, 1, 7), between(r, 1, 5)
		keep := float64(between(r, 28672, 32768)) / 32768
		theta := make([]float64, h)
		for i := range theta {
			if theta[i] = float64(between(r, 5, 90)); i%2 == 1 {
				theta[i] = theta[i-1]
			}
		}
		hid := spiking("hidden", h, keep, theta)
		out := spiking("out", k, float64(between(r, 64, 128))/128, slices.Repeat([]float64{1}, k))
		out.Output = true
		net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: in}, hid, out}, Projs: []*graph.Projection{
			{Pre: 0, Post: 1, W: wholeDraw(r, in, h, 60)},
			{Pre: 1, Post: 2, W: slices.Concat([]float64{1}, wholeDraw(r, h, k, 60)[1:])},
			{Pre: 1, Post: 1, W: wholeDraw(r, h, h, 30), Recurrent: true}}}
		drives := make([]float64, k)
		if r.IntN(3) > 0 {
			for i := range h {
				hid.C[i] = float64(between(r, -9, 9))
			}
			for i := range k {
				out.C[i] = float64(between(r, -9, 9))
				drives[i] = out.C[i]
			}
		}
		res, err := Compile(net, f, Options{})
		require.NoError(t, err)
		m, err := chip.New(res.Image, chip.Options{})
		require.NoError(t, err)
		for range 2 {
			steps := drawSteps(r, in)
			got := show(t, res.Image, m, steps, 1)
			want, label := reckonPlain(net, steps)
			for s := range want {
				require.Equal(t, want[s], got.counts[s][1], "step %d", s)
			}
			at := slices.Index(got.counts[len(steps)][2], 1)
			require.Equal(t, label, at)
		}
	}
}

// reckonPlain is a sample in plain Go: spikes of hidden neurons per step, one
// more than the inputs have, and the label. What fires behind the last step
// belongs to it.
func reckonPlain(net *graph.Network, steps [][]int) (spikes [][]int, label int) {
	hid, out := net.Pops[1], net.Pops[2]
	h, k, in := hid.N, out.N, net.Pops[0].N
	u, z, o, score := make([]int, h), make([]bool, h), make([]int, k), make([]int, k)
	alpha, kappa := int(hid.AV[0]*32768), int(out.AV[0]*128)
	wide, wideOut := reckonWide(net)
	update := func(fired []int) {
		for i := range u {
			if z[i] = u[i] >= int(hid.Theta[i])*8*wide[i]; z[i] {
				fired[i]++
				u[i] = 0
			}
			u[i] = u[i] * alpha >> 15
		}
		for i := range o {
			o[i] = int(int16(o[i] * kappa >> 7))
		}
		score[slices.Index(o, slices.Max(o))]++
	}
	for t := range len(steps) + 1 {
		fired := make([]int, h)
		if t > 0 {
			update(fired)
		}
		for i := range u {
			for j := range in {
				if t < len(steps) && slices.Contains(steps[t], j) {
					u[i] += 8 * wide[i] * int(net.Projs[0].W[i*in+j])
				}
			}
			u[i] += 8 * wide[i] * int(hid.C[i])
			for j := range z {
				if z[j] {
					u[i] += 8 * wide[i] * int(net.Projs[2].W[i*h+j])
				}
			}
		}
		for i := range o {
			if t > 0 {
				o[i] += wideOut * int(out.C[i])
			}
			for j := range z {
				if z[j] {
					o[i] += wideOut * int(net.Projs[1].W[i*h+j])
				}
			}
			o[i] = min(max(o[i], -32768), 32767)
		}
		spikes = append(spikes, fired)
	}
	update(spikes[len(steps)])
	return spikes, slices.Index(score, slices.Max(score))
}

// reckonWide is by how much whole weights are raised: of hidden neurons in pairs,
// if they leak, as far as weights have 8 bits and thresholds 12; of outputs always.
func reckonWide(net *graph.Network) (wide []int, out int) {
	hid := net.Pops[1]
	h, k, in := hid.N, net.Pops[2].N, net.Pops[0].N
	largest := 0.0
	for _, w := range slices.Concat(net.Projs[1].W, net.Pops[2].C) {
		largest = max(largest, w, -w)
	}
	for i := 0; i < h; i += 2 {
		m := 4095 / int(hid.Theta[i])
		for n := i; n < min(i+2, h); n++ {
			for _, w := range slices.Concat(net.Projs[0].W[n*in:(n+1)*in], net.Projs[2].W[n*h:(n+1)*h], hid.C[n:n+1]) {
				if w != 0 {
					m = min(m, int(127/max(w, -w)))
				}
			}
		}
		if hid.AV[0] == 1 {
			m = 1
		}
		wide = append(wide, m, m)
	}
	if k == 0 || largest == 0 {
		return wide, 1
	}
	return wide, int(127 / largest)
}
