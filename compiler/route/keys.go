package route

import (
	"fmt"
	"math/bits"
	"slices"
)

// Block is the keys of one population: those that equal Key under Mask; neuron
// i has Key + i.
type Block struct{ Key, Mask uint32 }

// Allocate gives each population of a size a block of keys whose length is the
// next power of two, below 2^width and from first on. The largest come first,
// equal ones in the order of the list, so that blocks are aligned without gaps
// between them; the result is in the order of the list.
func Allocate(sizes []int, first uint32, width int) ([]Block, error) {
	if width < 1 || width > 32 {
		return nil, fmt.Errorf("route: keys of %d bits, need 1 to 32", width)
	}
	order := make([]int, len(sizes))
	for i, n := range sizes {
		if n < 1 || uint64(n) > 1<<width {
			return nil, fmt.Errorf("route: population %d has %d neurons, need 1 to %d with keys of %d bits", i, n, uint64(1)<<width, width)
		}
		order[i] = i
	}
	length := func(i int) uint64 { return 1 << bits.Len64(uint64(sizes[i]-1)) }
	slices.SortStableFunc(order, func(a, b int) int {
		switch la, lb := length(a), length(b); {
		case la > lb:
			return -1
		case la < lb:
			return 1
		}
		return 0
	})
	out := make([]Block, len(sizes))
	at := uint64(first)
	for _, i := range order {
		n := length(i)
		at = (at + n - 1) &^ (n - 1)
		if at+n > 1<<width {
			return nil, fmt.Errorf("route: population %d: need %d keys from %d on, have %d in %d bits", i, n, at, uint64(1)<<width, width)
		}
		out[i] = Block{uint32(at), ^uint32(n - 1)}
		at += n
	}
	return out, nil
}
