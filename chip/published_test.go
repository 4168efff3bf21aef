package chip

import (
	"math"
	"slices"
	"testing"

	"hillock/core"
	"hillock/isa/count"
	"hillock/power"
)

// sent is one message of a source neuron: the core it goes to and the neurons
// there that it reaches.
type sent struct {
	core    int
	targets []int
}

// busyNet is a network of sources that fire every tick and targets that never
// do, placed by hand: the networks on which SANA-FE was recorded.
type busyNet struct {
	fires [128][]bool       // per core and neuron
	out   map[[2]int][]sent // by core and neuron
}

func (n *busyNet) add(core int, fires bool) int {
	n.fires[core] = append(n.fires[core], fires)
	return len(n.fires[core]) - 1
}

func busyNets() map[string]*busyNet {
	chain := &busyNet{out: map[[2]int][]sent{}}
	s := chain.add(0, true)
	for _, c := range []int{0, 1, 4, 16, 60, 127} {
		chain.out[[2]int{0, s}] = append(chain.out[[2]int{0, s}], sent{c, []int{chain.add(c, false)}})
	}
	fan := &busyNet{out: map[[2]int][]sent{}}
	var targets []int
	for range 8 {
		targets = append(targets, fan.add(63, false))
	}
	for i := range 16 {
		c := 2 * i % 128
		fan.out[[2]int{c, fan.add(c, true)}] = []sent{{63, targets}}
	}
	cross := &busyNet{out: map[[2]int][]sent{}}
	for c := range 128 {
		for range 2 {
			cross.out[[2]int{c, cross.add(c, true)}] = []sent{{127 - c, []int{2, 3, 4, 5}}}
		}
	}
	for c := range 128 {
		for range 4 {
			cross.add(c, false)
		}
	}
	return map[string]*busyNet{"chain": chain, "fanin16": fan, "transpose2": cross, "random-a": randomNet()}
}

// randomNet is 16 cores of 64 neurons; a quarter fires, to 4 cores each and 4
// neurons there, by a congruential generator with seed 7.
func randomNet() *busyNet {
	n := &busyNet{out: map[[2]int][]sent{}}
	s := uint64(7)
	draw := func(mod uint64) int {
		s = s*6364136223846793005 + 1442695040888963407
		return int(s >> 33 % mod)
	}
	distinct := func(mod uint64) []int {
		var out []int
		for len(out) < 4 {
			if v := draw(mod); !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	for i := range 1024 {
		n.add(i/64, draw(1000) < 250)
	}
	for i := range 1024 {
		if !n.fires[i/64][i%64] {
			continue
		}
		at := [2]int{i / 64, i % 64}
		for _, c := range distinct(16) {
			n.out[at] = append(n.out[at], sent{c, distinct(64)})
		}
	}
	return n
}

// image places the network as it says. Weights are the smallest that make an
// input: SANA-FE counts a neuron as updated when a spike arrives.
func (n *busyNet) image(t *testing.T, f *Family) *Image {
	img := &Image{Chip: f.Name, Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy}
	at := map[int]int{} // core number to index of Cores
	for c := range n.fires {
		m := len(n.fires[c])
		if m == 0 {
			continue
		}
		bias, vth := make([]int64, m), make([]int64, m)
		for i, fires := range n.fires[c] {
			if vth[i] = 1 << 16; fires {
				bias[i], vth[i] = 4000, 1
			}
		}
		v := bindVars{"decay_u": {4095}, "decay_v": {4095}, "bias_mant": bias, "vth_mant": vth}
		ci, err := f.BindCore(v)
		if err != nil {
			t.Fatal(err)
		}
		g, err := f.BindGroup("cuba", m, v)
		if err != nil {
			t.Fatal(err)
		}
		ci.N, ci.Groups, ci.Formats = m, []core.Group{g}, []core.Format{{Scale: int(f.Weights.Scale)}}
		at[c] = len(img.Cores)
		img.Cores = append(img.Cores, Core{ID: c, Image: &ci, Runs: []Run{{N: m}}})
	}
	for k := range img.Cores {
		for j := range img.Cores {
			img.Cores[k].Image.Boxes = append(img.Cores[k].Image.Boxes, int32(j))
		}
	}
	n.wire(img, at)
	first := 0
	for k := range img.Cores {
		img.Cores[k].Runs[0].First = first
		first += img.Cores[k].Image.N
	}
	img.Pops = []Population{{Name: "all", N: first}}
	return img
}

// wire adds in-axons, synapses and out-axons.
func (n *busyNet) wire(img *Image, at map[int]int) {
	for k := range img.Cores {
		c := &img.Cores[k]
		c.Image.OutOff = []uint32{0}
		for i := range n.fires[c.ID] {
			for _, s := range n.out[[2]int{c.ID, i}] {
				to := img.Cores[at[s.core]].Image
				a := core.Axon{Off: uint32(len(to.Syn)), N: uint32(len(s.targets)), Dense: true, Words: 1}
				for _, target := range s.targets {
					to.Syn = append(to.Syn, core.Synapse{Target: uint16(target), Mant: 1})
				}
				c.Image.Out = append(c.Image.Out, core.OutAxon{Box: uint16(at[s.core]), Axon: uint16(len(to.Axons))})
				to.Axons = append(to.Axons, a)
			}
			c.Image.OutOff = append(c.Image.OutOff, uint32(len(c.Image.Out)))
		}
	}
}

// The machine itself counts what SANA-FE counted on its networks, tick by
// tick, and its time is that of SANA-FE's simple model; with the fitted table
// the counts give the four energies (package power holds them).
func TestCountsOfPublishedRuns(t *testing.T) {
	f, err := LoadNamed("loihi1")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := power.Published()
	if err != nil {
		t.Fatal(err)
	}
	seconds := map[string]float64{"chain": 1.48e-6, "fanin16": 2.1424e-6, "transpose2": 1.9284e-6, "random-a": 3.584e-6}
	found := 0
	for name, net := range busyNets() {
		for _, c := range cases {
			if c.Name != "sanafe-"+name+"-later" {
				continue
			}
			found++
			m, err := New(net.image(t, f), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Run(2, nil, nil); err != nil {
				t.Fatal(err)
			}
			before, start := m.Counts(), m.Elapsed()
			if err := m.Run(1, nil, nil); err != nil {
				t.Fatal(err)
			}
			have := m.Counts()
			have = have.Sub(&before)
			for e, want := range c.Census.Counts {
				if want != 0 && have[e] != want {
					t.Errorf("%s: %s: want %d, have %d", name, count.Event(e), want, have[e])
				}
			}
			if s := (m.Elapsed() - start).Seconds(); math.Abs(s/seconds[name]-1) > 1e-9 {
				t.Errorf("%s: a tick of %g s, want %g", name, s, seconds[name])
			}
		}
	}
	if found != 4 {
		t.Errorf("%d of 4 networks have a case", found)
	}
}
