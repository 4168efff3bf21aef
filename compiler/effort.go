package compiler

import (
	"fmt"

	"hillock/compiler/partition"
)

// Effort is how much work goes into the mapping of neurons to cores.
type Effort uint8

// The efforts. Packed fills cores with populations in their order, each cut
// into as few slices as fit, as all images before had it; the others divide
// neurons by their traffic (packages partition and placement) and keep the
// packed mapping where nothing better is found.
const (
	Packed Effort = iota
	Fast
	Normal
	High
)

var effortNames = [...]string{"packed", "fast", "normal", "high"}

// String is the name of an effort.
func (e Effort) String() string { return effortNames[min(int(e), len(effortNames)-1)] }

// ParseEffort reads packed, fast, normal or high.
func ParseEffort(s string) (Effort, error) {
	for i, name := range effortNames {
		if s == name {
			return Effort(i), nil
		}
	}
	return 0, fmt.Errorf("compiler: need packed, fast, normal or high, have %q", s)
}

// partition is the effort in the partitioner's terms.
func (e Effort) partition() partition.Effort { return partition.Effort(e - 1) }
