package chip

import "hillock/core"

// Image is everything that a chip's memories hold after configuration, plus
// what is needed to read its spikes: population names, where each neuron
// sits, and which inputs drive which in-axons. It is self-contained: the
// description's mesh, latency and energy tables travel with it.
type Image struct {
	Chip     string     // family name
	ChipHash string     // Family.Hash of the description it was made for
	Fidelity []Fidelity // as in the description
	Mesh     Mesh
	Latency  Latency
	Energy   []byte   // the energy table (JSON), may be empty
	Routers  *Routers // of the description, nil = none
	Pops     []Population
	Cores    []Core
	Inputs   []InputMap
	// Modulators are registers that follow a population's rate.
	Modulators []Modulator
	Frame      *Frame `json:",omitempty"` // how its host shows samples; nil = it says nothing
	// Parts and Wires are of a board of chips without ticks: a part for every core.
	Parts []Part `json:",omitempty"`
	Wires []Wire `json:",omitempty"`
	Meta  []KV   // provenance: passes, seed, assumptions, report; in order
}

// Population names a set of neurons of the user's network.
type Population struct {
	Name   string
	N      int
	Input  bool // driven from outside
	Output bool // read by the host
	Depth  int  // ticks by which its spikes trail the input (0 = first layer)
	Read   int  // 1 + the state word that the host reads at the end of an inference; 0 = its spikes
	Window int  // ticks after Depth that the population needs for one inference; 0 = the input's
	Aside  bool `json:",omitempty"` // neurons that a compiler added: in the machine's trace, not in the network's
}

// Core is a configured core at a place on the chip.
type Core struct {
	ID    int // physical core number: tile = ID / Mesh.CoresPerTile
	Image *core.Image
	Runs  []Run // which neurons its compartments are, ascending
}

// Chips is the number of chips with cores in use: 1 but on a board.
func (img *Image) Chips() int {
	m := img.Mesh
	if m.ChipX < 1 || m.ChipY < 1 {
		return 1
	}
	across := max(m.X/m.ChipX, 1)
	used := make([]bool, across*max(m.Y/m.ChipY, 1))
	n := 0
	for _, c := range img.Cores {
		x, y := m.XY(c.ID)
		if at := y/m.ChipY*across + x/m.ChipX; at < len(used) && !used[at] {
			used[at] = true
			n++
		}
	}
	return max(n, 1)
}

// XY is the column and row of the tile of a core.
func (m Mesh) XY(core int) (x, y int) {
	t := core / max(m.CoresPerTile, 1)
	if m.ColumnMajor {
		return t / max(m.Y, 1), t % max(m.Y, 1)
	}
	return t % max(m.X, 1), t / max(m.X, 1)
}

// Run maps compartments Base..Base+N-1 to neurons First..First+N-1 of Pop.
type Run struct{ Pop, First, Base, N int }

// InputMap lists, for each neuron of an input population, the in-axons that
// its spikes feed: Dst[Off[i]:Off[i+1]].
type InputMap struct {
	Pop int
	Off []uint32
	Dst []Target
}

// Target is an in-axon of a core (an index into Image.Cores, not a core ID).
type Target struct {
	Core uint16
	Axon uint16
}

// KV is one line of provenance.
type KV struct{ Key, Value string }
