package core

import (
	"fmt"
	"math/bits"
)

// Crossbar is a binary synapse array: row r has a synapse to target n where
// bit n is set, and its weight is that of target n for the type of the row.
// In-axons name it like a kernel: numbers of crossbars follow those of kernels.
type Crossbar struct {
	Base, N int32 // targets are compartments Base .. Base+N-1
	Delay   uint8
	Types   []uint8   // per row
	Bits    []uint64  // row after row, Words() words each, target 0 in bit 0
	Mant    [][]int32 // [type][target]
	// Chance: where it is 1 the weight is a probability: an event adds the
	// weight's sign if its magnitude is at least a draw of format Draw.
	// [type][target]; nil = no weight is.
	Chance [][]uint8 `json:",omitempty"`
	Draw   uint8     `json:",omitempty"`
}

// Words is the number of 64-bit words of a row.
func (x *Crossbar) Words() int { return int(x.N+63) / 64 }

// Row is the bits of a row.
func (x *Crossbar) Row(r int) []uint64 { return x.Bits[r*x.Words():][:x.Words()] }

// Each visits the synapses of a row: compartment and mantissa, ascending.
func (x *Crossbar) Each(row int32, visit func(comp, mant int32)) {
	mant := x.Mant[x.Types[row]]
	for w, set := range x.Row(int(row)) {
		for ; set != 0; set &= set - 1 {
			n := int32(w*64 + bits.TrailingZeros64(set))
			visit(x.Base+n, mant[n])
		}
	}
}

// Count is the number of synapses of a row.
func (x *Crossbar) Count(row int) int {
	n := 0
	for _, w := range x.Row(row) {
		n += bits.OnesCount64(w)
	}
	return n
}

// check verifies sizes, and that no bit lies behind the last target.
func (x *Crossbar) check(img *Image) error {
	switch {
	case x.N < 1 || x.Base < 0 || int64(x.Base)+int64(x.N) > int64(img.N):
		return fmt.Errorf("targets %d..%d of %d compartments", x.Base, int64(x.Base)+int64(x.N)-1, img.N)
	case int(x.Delay) >= img.Ring:
		return fmt.Errorf("delay %d of %d slots", x.Delay, img.Ring)
	case len(x.Bits) != len(x.Types)*x.Words():
		return fmt.Errorf("%d words of bits for %d rows, need %d", len(x.Bits), len(x.Types), len(x.Types)*x.Words())
	}
	for t, m := range x.Mant {
		if len(m) != int(x.N) {
			return fmt.Errorf("%d mantissas of type %d, need %d", len(m), t, x.N)
		}
	}
	if err := x.checkChance(img); err != nil {
		return err
	}
	for r, t := range x.Types {
		if int(t) >= len(x.Mant) {
			return fmt.Errorf("row %d has type %d of %d", r, t, len(x.Mant))
		}
		if last := x.Row(r)[x.Words()-1]; x.N%64 != 0 && last>>(x.N%64) != 0 {
			return fmt.Errorf("row %d has synapses behind target %d", r, x.N-1)
		}
	}
	return nil
}

func (x *Crossbar) checkChance(img *Image) error {
	switch {
	case x.Chance == nil:
		return nil
	case len(x.Chance) != len(x.Mant):
		return fmt.Errorf("chances of %d types, need %d", len(x.Chance), len(x.Mant))
	case int(x.Draw) >= len(img.Draws):
		return fmt.Errorf("draw format %d of %d", x.Draw, len(img.Draws))
	}
	for t, row := range x.Chance {
		if len(row) != int(x.N) {
			return fmt.Errorf("%d chances of type %d, need %d", len(row), t, x.N)
		}
	}
	return nil
}

// crossbar is the crossbar of an in-axon, nil if it has none.
func (img *Image) crossbar(a *Axon) *Crossbar {
	if k := int(a.Kernel) - len(img.Kernels); k > 0 {
		return &img.Crossbars[k-1]
	}
	return nil
}

// EachSynapse visits the synapses of an in-axon as they are stored: target
// compartment, delay in ticks and mantissa.
func (img *Image) EachSynapse(a *Axon, visit func(comp int32, delay uint8, mant int32)) {
	if x := img.crossbar(a); x != nil {
		x.Each(int32(a.Off), func(comp, mant int32) { visit(comp, x.Delay, mant) })
		return
	}
	if a.Kernel > 0 {
		k := &img.Kernels[a.Kernel-1]
		k.Each(int32(a.Off), func(comp, m int32) { visit(comp, k.Delay, img.Formats[a.Format].mantissa(k.Mant[m])) })
		return
	}
	for _, s := range img.List(a.Off, a.N, nil) {
		visit(int32(s.Target), s.Delay, img.Formats[a.Format].mantissa(s.Mant))
	}
}
