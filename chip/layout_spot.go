package chip

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"hillock/core"
)

// spot is what the expressions of a word are about.
type spot struct {
	k       *Packer
	core    int
	state   func(group, word, lane int) int32
	comp    int // -1 = none
	axon    int // -1 = none
	syn     *core.Synapse
	packet  bool
	idle    bool
	address int
	payload int32
	each    string
	i       int
}

// word puts a word together.
func (s *spot) word(parts []LayoutPart) (*big.Int, error) {
	w := new(big.Int)
	for p := range parts {
		x := &parts[p]
		bits, err := x.Bits.Eval(lookIn(s.k.sizes[s.core]))
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", x.Name, err)
		}
		n := 1
		if s.each = x.Each; x.Each != "" {
			n = int(s.k.sizes[s.core][x.Each])
		}
		for j := range n {
			if s.i = j; x.LowFirst {
				s.i = n - 1 - j
			}
			v, err := s.part(x)
			switch {
			case err != nil:
				return nil, fmt.Errorf("part %s: %w", x.Name, err)
			case bits < 64 && (v < -1<<max(bits-1, 0) && bits > 0 || bits == 0 && v != 0 || v >= 1<<bits):
				return nil, fmt.Errorf("part %s is %d, which does not fit %d bits (%s)", x.Name, v, bits, x.Bits)
			}
			low := uint64(v)
			if bits < 64 {
				low &= 1<<bits - 1
			}
			w.Or(w.Lsh(w, uint(bits)), new(big.Int).SetUint64(low))
		}
	}
	return w, nil
}

// part is the value of a part.
func (s *spot) part(x *LayoutPart) (int64, error) {
	switch {
	case !s.idle:
		return x.Value.Eval(s.value)
	case x.Idle == nil:
		return 0, nil
	}
	return x.Idle.Eval(lookIn(s.k.sizes[s.core]))
}

// value is a variable.
func (s *spot) value(name string) (int64, bool) {
	if v, ok := s.k.sizes[s.core][name]; ok {
		return v, true
	}
	switch name {
	case "i":
		return int64(s.i), true
	case "payload":
		return int64(s.payload), s.packet
	case "type":
		return s.typeOf()
	case "target", "weight", "synapse", "late":
		if s.syn != nil {
			return s.listed(name)
		}
		return s.synapse(name)
	case "first", "count", "exponent":
		return s.list(name)
	case "sends", "dx", "dy", "axon", "delay", "output":
		return s.destination(name)
	}
	return s.compartment(name)
}

// compartment is a parameter or state word of the compartment.
func (s *spot) compartment(name string) (int64, bool) {
	groups := s.k.img.Cores[s.core].Image.Groups
	for g := range groups {
		x := &groups[g]
		if s.comp < x.Base || s.comp >= x.Base+x.N {
			continue
		}
		lane := s.comp - x.Base
		if w := slices.Index(x.Words, name); w >= 0 {
			return int64(s.state(g, w, lane)), true
		}
		for p := range x.Params {
			if name != "p"+strconv.Itoa(p) {
				continue
			}
			if len(x.Params[p]) == 1 {
				lane = 0
			}
			return int64(x.Params[p][lane]), true
		}
		return 0, true // a word or parameter of another group
	}
	return 0, false
}

func (s *spot) typeOf() (int64, bool) {
	a := s.axon
	if s.each == eachAxon {
		a = s.i
	}
	img := s.k.img.Cores[s.core].Image
	if a < 0 || a >= len(img.Axons) {
		return 0, a >= 0
	}
	x := &img.Axons[a]
	if b := int(x.Kernel) - 1 - len(img.Kernels); b >= 0 && b < len(img.Crossbars) {
		return int64(img.Crossbars[b].Types[x.Off]), true
	}
	return int64(x.Format), true
}

// listed is a part of a synapse of a list.
func (s *spot) listed(name string) (int64, bool) {
	switch name {
	case "target":
		return int64(s.syn.Target), true
	case "weight":
		return int64(s.syn.Mant), true
	case "late":
		return int64(s.syn.Delay), true
	}
	return 0, false
}

// list is where the synapses of the in-axon lie, and by how much their weights
// are shifted.
func (s *spot) list(name string) (int64, bool) {
	img := s.k.img.Cores[s.core].Image
	if s.axon < 0 || img.Axons[s.axon].Kernel != 0 {
		return 0, false
	}
	a := &img.Axons[s.axon]
	switch name {
	case "first":
		return int64(a.Off), true
	case "count":
		return int64(a.N), true
	}
	f := &img.Formats[a.Format]
	return int64(f.Lsb + f.Exp + f.Scale), true
}

// synapse is whether there is one between an in-axon and a compartment, and
// its stored weight; repeated over types, the compartment's weight of a type.
func (s *spot) synapse(name string) (int64, bool) {
	img := s.k.img.Cores[s.core].Image
	if s.each == eachType {
		for b := range img.Crossbars {
			x := &img.Crossbars[b]
			if n := int32(s.comp) - x.Base; n >= 0 && n < x.N && s.i < len(x.Mant) {
				return int64(x.Mant[s.i][n]), true
			}
		}
		return 0, true
	}
	comp, axon := s.comp, s.axon
	if s.each == eachAxon {
		axon = s.i
	} else {
		comp = s.i
	}
	p := s.k.pairing(s.core)
	switch {
	case p == nil || comp < 0 || axon < 0:
		return 0, false
	case comp >= img.N || axon >= len(img.Axons):
		return 0, true // of the design, not of the core
	}
	at := axon*img.N + comp
	if name == "weight" {
		return int64(p.mant[at]), true
	}
	return int64(p.has[at/64] >> (at % 64) & 1), true
}

// pairing holds the synapses of a core by in-axon and compartment.
type pairing struct {
	mant []int32
	has  []uint64
}

// pairing makes a core's pairs once; nil if there are too many.
func (k *Packer) pairing(i int) *pairing {
	img := k.img.Cores[i].Image
	if k.pairs[i] != nil || len(img.Axons)*img.N > maxLayoutPairs {
		return k.pairs[i]
	}
	p := &pairing{mant: make([]int32, len(img.Axons)*img.N), has: make([]uint64, (len(img.Axons)*img.N+63)/64)}
	for a := range img.Axons {
		img.EachSynapse(&img.Axons[a], func(comp int32, _ uint8, mant int32) {
			at := a*img.N + int(comp)
			p.mant[at] += mant
			p.has[at/64] |= 1 << (at % 64)
		})
	}
	k.pairs[i] = p
	return p
}

// destination is where a compartment's first out-axon goes, or a packet.
func (s *spot) destination(name string) (int64, bool) {
	cores := s.k.img.Cores
	dst, address, from := s.core, s.address, s.k.origin
	if !s.packet {
		img := cores[s.core].Image
		if s.comp < 0 {
			return 0, false
		}
		if name == "output" {
			if n, ok := s.k.output[s.core][s.comp]; ok {
				return n, true
			}
			return s.k.all["outputs"], true
		}
		first := img.OutOff[s.comp]
		if first == img.OutOff[s.comp+1] {
			return 0, true
		}
		o := img.Out[first]
		dst, address = int(img.Boxes[o.Box]), int(o.Axon)
		x, y := s.k.img.Mesh.XY(cores[s.core].ID)
		from = [2]int{x, y}
	}
	x, y := s.k.img.Mesh.XY(cores[dst].ID)
	n := max(len(cores[dst].Image.Axons), 1)
	switch name {
	case "sends":
		return 1, true
	case "dx":
		return int64(x - from[0]), true
	case "dy":
		return int64(y - from[1]), true
	case "axon":
		return int64(address % n), true
	}
	return int64(address / n), true
}
