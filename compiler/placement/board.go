package placement

import (
	"fmt"

	"hillock/compiler/partition"
)

// board chooses where cores start on a board: all on one chip if they fit
// there; else divided among chips by their traffic, and the chips among their
// places.
func board(t *Traffic, m Mesh, o *Options) error {
	w, h := m.chips()
	if w*h < 2 || o.Fixed != nil || t.Cores == 0 {
		return nil
	}
	room := m.rooms(t.Cores, o.Tiles)
	most, sum := 0, 0
	for _, list := range room {
		most, sum = max(most, len(list)), sum+len(list)
	}
	if sum < t.Cores {
		return fmt.Errorf("placement: need %d tiles, have %d", t.Cores, sum)
	}
	of, chips := make([]int32, t.Cores), 1
	if t.Cores > most {
		p := &partition.Problem{Graph: t.hypergraph(), Resources: []partition.Resource{{Name: "cores", Limit: int64(most)}}}
		r, err := partition.Run(p, partition.Options{Effort: partition.Normal})
		if err != nil {
			return err
		}
		of, chips = r.Part, r.Cores
	}
	at, ok := chipsAt(t, m, of, chips, room, most)
	if !ok {
		return nil // chips of different room, or more parts than chips: by Hilbert
	}
	next := make([]int, len(room))
	o.start = make([]int32, t.Cores)
	o.Tiles = nil
	for c := range t.Cores {
		chip := at[of[c]]
		o.start[c] = room[chip][next[chip]]
		next[chip]++
	}
	for i, list := range room {
		if next[i] > 0 {
			o.Tiles = append(o.Tiles, list...)
		}
	}
	return nil
}

// rooms lists the slots of each chip that may be used, along the Hilbert curve
// of the mesh.
func (m Mesh) rooms(cores int, tiles []int32) [][]int32 {
	w, h := m.chips()
	usable := make([]bool, m.Slots())
	if tiles == nil {
		for s := range min(cores, m.Slots()) {
			usable[s] = true
		}
	}
	for _, s := range tiles {
		if s >= 0 && int(s) < len(usable) {
			usable[s] = true
		}
	}
	out := make([][]int32, w*h)
	for _, s := range hilbert(m) {
		if usable[s] {
			cx, cy := m.chipOf(m.XY(s))
			out[cy*w+cx] = append(out[cy*w+cx], s)
		}
	}
	return out
}

// chipsAt gives the parts of the cores chips of the board, all with room for
// most cores, by the traffic between parts. false if there are too few.
func chipsAt(t *Traffic, m Mesh, of []int32, parts int, room [][]int32, most int) ([]int32, bool) {
	var whole []int32
	for i, list := range room {
		if len(list) == most {
			whole = append(whole, int32(i))
		}
	}
	if len(whole) < parts {
		return nil, false
	}
	w, h := m.chips()
	at, err := Place(Of(t.hypergraph(), of, parts), Mesh{W: w, H: h}, Options{Attempts: Attempts(parts, 1), Tiles: whole})
	return at, err == nil
}

// hypergraph is the traffic with cores as neurons.
func (t *Traffic) hypergraph() *partition.Hypergraph {
	h := &partition.Hypergraph{Neurons: t.Cores, First: []int32{0}}
	most, shift := int64(1), 0
	for _, w := range t.Weight {
		most = max(most, w)
	}
	for most>>shift > 1<<20 {
		shift++
	}
	for e, w := range t.Weight {
		h.Pins = append(append(h.Pins, t.Source[e]), t.Dest[t.First[e]:t.First[e+1]]...)
		h.First = append(h.First, int32(len(h.Pins)))
		h.Weight = append(h.Weight, int32(max(w>>shift, 1)))
	}
	return h
}
