// Package mesh is a two-dimensional mesh of packet routers, one clock cycle at
// a time: packets of flits, virtual channels, finite buffers, credits, a
// pipelined router with separable round-robin allocators, links of any length.
// docs/network.md says what is modelled and where it is known from.
//
// Everything that takes time goes through a wheel of future cycles, and only
// routers that have something to decide are visited: an idle mesh costs
// nothing, whatever its size.
package mesh

import (
	"fmt"
	"math/bits"
)

// Alloc says in which cycle a packet's output VC and its way through the
// switch are decided.
type Alloc uint8

// The ways to allocate.
const (
	Split Alloc = iota // the VC first, the switch one cycle later
	Joint              // both in one cycle; the switch is asked for speculatively
)

// String is the name of the way, as on the command line.
func (a Alloc) String() string {
	if a == Joint {
		return "joint"
	}
	return "split"
}

// ParseAlloc is the way of a name.
func ParseAlloc(s string) (Alloc, error) {
	switch s {
	case "split":
		return Split, nil
	case "joint":
		return Joint, nil
	}
	return 0, fmt.Errorf("mesh: allocation %q, need split or joint", s)
}

// Choice says which subnet a packet takes.
type Choice uint8

// The ways to choose a subnet.
const (
	RoundRobin   Choice = iota // each source takes the subnets in turn
	RandomSubnet               // at random, by the seed of the traffic
	BySource                   // source number modulo subnets
)

// ParseChoice is the way of a name.
func ParseChoice(s string) (Choice, error) {
	switch s {
	case "round-robin":
		return RoundRobin, nil
	case "random":
		return RandomSubnet, nil
	case "source":
		return BySource, nil
	}
	return 0, fmt.Errorf("mesh: subnet choice %q, need round-robin, random or source", s)
}

// Spec describes a mesh. Times are in cycles.
type Spec struct {
	W, H          int    // routers along x and y; router = x + W*y
	Concentration int    // nodes per router; node = router*Concentration + local
	Subnets       int    // independent meshes that share sources and sinks
	Choose        Choice // subnet of a packet
	VCs           int    // virtual channels per link
	Buffer        int    // flits per VC
	Alloc         Alloc
	Flits         int // per packet
	Routing       int // route computation; 0 = looked ahead by the router before
	Crossbar      int // switch traversal, at least 1
	LinkX, LinkY  int // links between routers, per axis, at least 1
	InjectLink    int // source to router, at least 1
	EjectLink     int // router to sink, at least 1
	CreditLink    int // credit wires; 0 = as long as the link that they return over
	Credit        int // handling of a credit by the router that receives it
	CyclesPerFlit int // cycles that one flit occupies a link between routers
	DropAfter     int // a packet that cannot leave a router for so long is dropped; 0 = waits forever
	BlockedAfter  int // the same, but only reported; 0 = never
}

// Default is an 8 x 8 mesh of single-flit packets with two VCs of 8 flits.
func Default() Spec {
	return Spec{W: 8, H: 8, Concentration: 1, Subnets: 1, VCs: 2, Buffer: 8, Flits: 1, Crossbar: 1,
		LinkX: 1, LinkY: 1, InjectLink: 1, EjectLink: 1, Credit: 1, CyclesPerFlit: 1}
}

// The bounds of a Spec.
const (
	maxSide   = 4096    // routers along an axis
	maxDelay  = 1 << 12 // cycles of any stage
	maxWait   = 1 << 30 // cycles of DropAfter and BlockedAfter
	maxVCs    = 16
	maxLocal  = 12    // nodes per router
	maxLanes  = lanes // VCs of all inputs of a router: one machine word
	maxRouter = 1 << 17
	maxSlots  = 1 << 24 // flits in all buffers
	maxFlits  = 1 << 16
	maxBuffer = 1 << 14
)

// Nodes is the number of sources, which is that of sinks.
func (s Spec) Nodes() int { return s.W * s.H * s.Concentration }

// Check reports the first field that cannot be.
func (s Spec) Check() error {
	for _, f := range []struct {
		name      string
		v, lo, hi int
	}{
		{"width", s.W, 1, maxSide}, {"height", s.H, 1, maxSide}, {"concentration", s.Concentration, 1, maxLocal},
		{"subnets", s.Subnets, 1, 16}, {"subnet choice", int(s.Choose), 0, int(BySource)}, {"VCs", s.VCs, 1, maxVCs},
		{"buffer", s.Buffer, 1, maxBuffer}, {"allocation", int(s.Alloc), 0, int(Joint)}, {"flits", s.Flits, 1, maxFlits},
		{"routing delay", s.Routing, 0, maxDelay}, {"crossbar delay", s.Crossbar, 1, maxDelay}, {"x link", s.LinkX, 1, maxDelay},
		{"y link", s.LinkY, 1, maxDelay}, {"injection link", s.InjectLink, 1, maxDelay}, {"ejection link", s.EjectLink, 1, maxDelay},
		{"credit link", s.CreditLink, 0, maxDelay}, {"credit delay", s.Credit, 0, maxDelay},
		{"cycles per flit", s.CyclesPerFlit, 1, maxDelay}, {"drop after", s.DropAfter, 0, maxWait}, {"blocked after", s.BlockedAfter, 0, maxWait},
	} {
		if f.v < f.lo || f.v > f.hi {
			return fmt.Errorf("mesh: %s: need %d to %d, have %d", f.name, f.lo, f.hi, f.v)
		}
	}
	if n := (4 + s.Concentration) * s.VCs; n > maxLanes {
		return fmt.Errorf("mesh: %d VCs at each of %d inputs of a router: need at most %d together, have %d", s.VCs, 4+s.Concentration, maxLanes, n)
	}
	routers := s.W * s.H * s.Subnets
	if routers > maxRouter {
		return fmt.Errorf("mesh: %d x %d routers in %d subnets: need at most %d, have %d", s.W, s.H, s.Subnets, maxRouter, routers)
	}
	if routers*(4+s.Concentration)*s.VCs*ceil2(s.Buffer) > maxSlots {
		return fmt.Errorf("mesh: %d x %d routers in %d subnets with %d VCs of %d flits: need at most %d buffered flits together", s.W, s.H, s.Subnets, s.VCs, s.Buffer, maxSlots)
	}
	return nil
}

// ZeroLoad is the latency of a packet that meets no other, over hx and hy
// links: generation to the arrival of its last flit. Each router costs the
// route, one cycle (Joint) or two (Split) of allocation and the crossbar; each
// link its length and one cycle of registers between stages. Exact for packets
// of one flit or links of one cycle per flit; with several of both the flits
// behind the first make up for some of its waiting, and this is a bound.
func (s Spec) ZeroLoad(hx, hy int) int {
	alloc := 2
	if s.Alloc == Joint {
		alloc = 1
	}
	routers := hx + hy + 1
	links := s.InjectLink + s.EjectLink + hx*s.LinkX + hy*s.LinkY + (hx+hy)*(s.CyclesPerFlit-1)
	perFlit := 1
	if hx+hy > 0 {
		perFlit = s.CyclesPerFlit
	}
	return routers*(s.Routing+alloc+s.Crossbar) + links + perFlit*(s.Flits-1) + 1
}

// ceil2 is the least power of two that is not below n.
func ceil2(n int) int { return 1 << bits.Len(uint(n-1)) }
