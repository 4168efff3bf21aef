package science

import (
	_ "embed"
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed sampling.uasm
var samplingText string

const samplingUnits = 5

// SamplingResult compares the states visited with the Boltzmann distribution.
type SamplingResult struct {
	Hash string  // of the histogram over the 32 states
	KL   float64 // Kullback-Leibler divergence from the exact distribution, nats
	TV   float64 // total variation distance
}

// Sampling runs neural sampling (Buesing et al. 2011) in five units whose
// refractory state is the sampled variable. Everything is on the chip; the
// draws are the set's, one per unit and tick.
func Sampling(seed uint64, ticks int64, engine string, workers int) (*SamplingResult, error) {
	b, w := samplingNetwork(seed)
	img, err := samplingImage(b, w)
	if err != nil {
		return nil, err
	}
	noise := func(comp int32, tick int64, _ int, _ core.DrawFormat) int32 {
		return int32(u32(seed, uint64(tick), uint64(comp)))
	}
	m, err := chip.New(img, chip.Options{Engine: engine, Workers: workers, Noise: noise})
	if err != nil {
		return nil, err
	}
	var seen [1 << samplingUnits]int64
	sink := func(_ int64, m *chip.Machine) error {
		state := 0
		for g, words := range m.Core(0).State.Words {
			if words[0][0] > 0 {
				state |= 1 << g
			}
		}
		seen[state]++
		return nil
	}
	if err := m.Run(ticks, nil, sink); err != nil {
		return nil, err
	}
	return samplingResult(b, w, seen[:], ticks), nil
}

func samplingNetwork(seed uint64) (b []int32, w [][]int32) {
	for i := range samplingUnits {
		b = append(b, int32(u32(seed+1, uint64(i), 0)>>23)-320)
		w = append(w, make([]int32, samplingUnits))
		for j := range i {
			w[i][j] = int32(u32(seed+2, uint64(i), uint64(j))>>23) - 256
			w[j][i] = w[i][j]
		}
	}
	return b, w
}

// samplingImage has a group per unit: compartments of one group would run side
// by side, and the units run one after the other.
func samplingImage(b []int32, w [][]int32) (*chip.Image, error) {
	prog, err := asm.Assemble(samplingText, "sampling.uasm", asm.Options{})
	if err != nil {
		return nil, err
	}
	table := make([]int32, 4096)
	for i := range table {
		p := math.Floor(math.Ldexp(1, 32) / (1 + math.Exp(-(float64(i-2048)/256 - math.Log(20)))))
		table[i] = int32(uint32(min(p, math.MaxUint32)))
	}
	ci := &core.Image{Ring: 1, Ports: []core.Port{{}}, Draws: []core.DrawFormat{{Lo: math.MinInt32, Hi: math.MaxInt32}}, N: len(b), OutOff: make([]uint32, len(b)+1)}
	kc, img := chip.Core{Image: ci}, &chip.Image{Chip: "sampling", Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1}}
	for i := range b {
		g := core.Group{Name: fmt.Sprintf("unit%d", i), Base: i, N: 1, Prog: prog, Substeps: 1, State: []fixed.Layout{{Width: 6, Over: fixed.SatU}},
			Tables: [][]int32{table}, Params: make([][]int32, 9)}
		g.Params[0] = []int32{b[i]}
		k := 0
		for j := range b {
			if j != i {
				g.Params[1+k], g.Params[5+k] = []int32{w[i][j]}, []int32{int32(j)}
				k++
			}
		}
		ci.Groups = append(ci.Groups, g)
		img.Pops = append(img.Pops, chip.Population{Name: g.Name, N: 1, Read: 1})
		kc.Runs = append(kc.Runs, chip.Run{Pop: i, Base: i, N: 1})
	}
	img.Cores = []chip.Core{kc}
	return img, img.Check()
}

// samplingResult compares a histogram with exp(sum b z + sum w z z), in units of
// 1/256.
func samplingResult(b []int32, w [][]int32, seen []int64, ticks int64) *SamplingResult {
	exact, total := make([]float64, len(seen)), 0.0
	for s := range seen {
		e := 0.0
		for i := range b {
			if s>>i&1 == 0 {
				continue
			}
			e += float64(b[i])
			for j := range i {
				if s>>j&1 == 1 {
					e += float64(w[i][j])
				}
			}
		}
		exact[s] = math.Exp(e / 256)
		total += exact[s]
	}
	h, r := newHash(), &SamplingResult{}
	for s, n := range seen {
		h.add(int32(n))
		p, q := float64(n)/float64(ticks), exact[s]/total
		if p > 0 {
			r.KL += p * math.Log(p/q)
		}
		r.TV += math.Abs(p-q) / 2
	}
	r.Hash = fmt.Sprintf("%016x", uint64(h))
	return r
}
