package partition_test

import (
	"bytes"
	"fmt"
	"slices"

	"hillock/compiler/partition"
)

// stream is SplitMix64, as the public mapping benchmarks define it.
type stream uint64

func (s *stream) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// under draws from [0, n) by the high word of a product; n is below 2^32.
func (s *stream) under(n int) int {
	z := s.next()
	return int((z>>32*uint64(n) + (z&(1<<32-1))*uint64(n)>>32) >> 32)
}

// hits is true with probability p, by the top 53 bits.
func (s *stream) hits(p float64) bool { return s.next()>>11 < uint64(p*(1<<53)) }

func (s *stream) permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := s.under(i + 1)
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// wiring is a network under construction: weight and targets per neuron.
type wiring struct {
	weight []int32
	target [][]int32
}

func (w *wiring) grow(n int) int {
	at := len(w.weight)
	w.weight = append(w.weight, make([]int32, n)...)
	w.target = append(w.target, make([][]int32, n)...)
	return at
}

func (w *wiring) link(from, to int) { w.target[from] = append(w.target[from], int32(to)) }

// rates draws 1 to 64 spikes per 1,000 ticks.
func (w *wiring) rates(seed uint64) *wiring {
	s := stream(seed ^ 0xA5A5A5A5)
	for i := range w.weight {
		w.weight[i] = int32(1 + s.under(64))
	}
	return w
}

// graph is the hypergraph without self connections and repeated targets.
func (w *wiring) graph() *partition.Hypergraph {
	h := &partition.Hypergraph{Neurons: len(w.weight), First: []int32{0}}
	for v, t := range w.target {
		if len(t) == 0 {
			continue
		}
		slices.Sort(t)
		h.Weight, h.Pins = append(h.Weight, w.weight[v]), append(h.Pins, int32(v))
		for _, u := range slices.Compact(t) {
			if int(u) != v {
				h.Pins = append(h.Pins, u)
			}
		}
		h.First = append(h.First, int32(len(h.Pins)))
	}
	return h
}

// text is the hypergraph as a file.
func text(h *partition.Hypergraph) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %d 1\n", h.Nets(), h.Neurons)
	for e, w := range h.Weight {
		fmt.Fprint(&b, w)
		for _, v := range h.Net(e) {
			fmt.Fprint(&b, " ", v+1)
		}
		fmt.Fprintln(&b)
	}
	return b.Bytes()
}

// maps is the output of a layer: maps of side by side neurons from at.
type maps struct{ at, count, side int }

func (m maps) neuron(c, y, x int) int { return m.at + (c*m.side+y)*m.side + x }

// stage is a layer: 'c' convolves all maps to all, 'd' each to its own, 'f'
// connects everything.
type stage struct {
	kind                      byte
	count, kernel, step, edge int
}

func layered(count, side int, stages []stage, seed uint64) *wiring {
	w := &wiring{}
	in := maps{w.grow(count * side * side), count, side}
	for _, s := range stages {
		out := maps{count: s.count, side: 1}
		if s.kind != 'f' {
			out.side = (in.side+2*s.edge-s.kernel)/s.step + 1
		}
		if s.kind == 'd' {
			out.count = in.count
		}
		out.at = w.grow(out.count * out.side * out.side)
		if s.kind == 'f' {
			for i := in.at; i < out.at; i++ {
				for o := range out.count {
					w.link(i, out.at+o)
				}
			}
		} else {
			w.convolve(in, out, s)
		}
		in = out
	}
	return w.rates(seed)
}

func (w *wiring) convolve(in, out maps, s stage) {
	for i := range out.side * out.side * s.kernel * s.kernel {
		oy, ox, ky, kx := i/(out.side*s.kernel*s.kernel), i/(s.kernel*s.kernel)%out.side, i/s.kernel%s.kernel, i%s.kernel
		y, x := oy*s.step+ky-s.edge, ox*s.step+kx-s.edge
		if y < 0 || x < 0 || y >= in.side || x >= in.side {
			continue
		}
		for c := range in.count {
			if s.kind == 'd' {
				w.link(in.neuron(c, y, x), out.neuron(c, oy, ox))
				continue
			}
			for o := range out.count {
				w.link(in.neuron(c, y, x), out.neuron(o, oy, ox))
			}
		}
	}
}

func letters(side int, seed uint64) *wiring {
	return layered(1, side, []stage{{'c', 6, 5, 1, 0}, {'d', 0, 2, 2, 0}, {'c', 16, 5, 1, 0}, {'d', 0, 2, 2, 0},
		{kind: 'f', count: 120}, {kind: 'f', count: 84}, {kind: 'f', count: 10}}, seed)
}

// separable is a net of separable convolutions; side 32 and width 16 give
// 111,626 neurons, 96 and 16 a million.
func separable(side, width int, seed uint64) *wiring {
	stages := []stage{{'c', width, 3, 1, 1}}
	for i := range 4 {
		stages = append(stages, stage{'d', 0, 3, 1 + min(i, 1), 1}, stage{'c', width * 2 << i, 1, 1, 0})
	}
	return layered(3, side, append(stages, stage{kind: 'f', count: 10}), seed)
}

// torus has near connections but for a share of far ones; ids are permuted.
func torus(side, fan, reach int, far float64, seed uint64) *wiring {
	w, s := &wiring{}, stream(seed)
	w.grow(side * side)
	id := s.permutation(side * side)
	for i := range side * side {
		for range fan {
			ty, tx := 0, 0
			if s.hits(far) {
				ty = s.under(side)
				tx = s.under(side)
			} else {
				dy := s.under(2*reach+1) - reach
				dx := s.under(2*reach+1) - reach
				if dy == 0 && dx == 0 {
					dx = 1
				}
				ty, tx = (i/side+dy+side)%side, (i%side+dx+side)%side
			}
			w.link(id[i], id[ty*side+tx])
		}
	}
	return w.rates(seed)
}

func modules(count, size int, inside, outside float64, seed uint64) *wiring {
	w, s := &wiring{}, stream(seed)
	n := count * size
	w.grow(n)
	id := s.permutation(n)
	for i := range n {
		for j := range n {
			p := outside
			if i/size == j/size {
				p = inside
			}
			if s.hits(p) {
				w.link(id[i], id[j])
			}
		}
	}
	return w.rates(seed)
}

// cortex is the microcircuit of Potjans and Diesmann (2014) scaled in size:
// population sizes, rates in 1/s, probabilities by target and source.
func cortex(scale float64, seed uint64) *wiring {
	sizes := [8]float64{20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948}
	rates := [8]float64{0.971, 2.868, 4.746, 5.396, 8.142, 9.078, 0.991, 7.523}
	chance := [8][8]float64{
		{0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0},
		{0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0},
		{0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0},
		{0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0},
		{0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0},
		{0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0},
		{0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252},
		{0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443}}
	w, s := &wiring{}, stream(seed)
	var at, size [8]int
	for p := range sizes {
		size[p] = int(sizes[p]*scale + 0.5)
		at[p] = w.grow(size[p])
		for i := range size[p] {
			w.weight[at[p]+i] = int32(rates[p]*10 + 0.5)
		}
	}
	for from := range sizes {
		for to := range sizes {
			if chance[to][from] == 0 {
				continue
			}
			for i := range size[from] * size[to] {
				if s.hits(chance[to][from]) {
					w.link(at[from]+i/size[to], at[to]+i%size[to])
				}
			}
		}
	}
	return w
}
