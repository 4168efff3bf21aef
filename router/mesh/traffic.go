package mesh

import "fmt"

// Pattern says where packets go.
type Pattern uint8

// The patterns. Node id = x + W*y where a router has one node.
const (
	Uniform   Pattern = iota // every node, the sender included, equally likely
	Transpose                // x and y exchanged
	BitComp                  // the complement of the node id's bits
	Neighbor                 // x and y one further, around the end
	Hotspot                  // one of a list, equally likely
)

var patternNames = [...]string{"uniform", "transpose", "bitcomp", "neighbor", "hotspot"}

// String is the name of the pattern, as on the command line.
func (p Pattern) String() string {
	if int(p) < len(patternNames) {
		return patternNames[p]
	}
	return fmt.Sprintf("pattern(%d)", uint8(p))
}

// ParsePattern is the pattern of a name.
func ParsePattern(s string) (Pattern, error) {
	for i, n := range patternNames {
		if n == s {
			return Pattern(i), nil
		}
	}
	return 0, fmt.Errorf("mesh: traffic %q, need one of %v", s, patternNames)
}

// Traffic is synthetic traffic: in each cycle each node generates a packet
// with probability Load, independently.
type Traffic struct {
	Pattern  Pattern
	Hotspots []int   // targets of Hotspot
	Load     float64 // packets per node and cycle, 0..1
	Seed     uint64
}

// Check reports what is wrong with the traffic for a mesh.
func (t Traffic) Check(s Spec) error {
	n := s.Nodes()
	if !(t.Load >= 0 && t.Load <= 1) {
		return fmt.Errorf("mesh: load: need 0 to 1 packets per node and cycle, have %v", t.Load)
	}
	switch t.Pattern {
	case Uniform, Neighbor:
	case Transpose:
		if s.W != s.H {
			return fmt.Errorf("mesh: transpose: need a square mesh, have %d x %d", s.W, s.H)
		}
	case BitComp:
		if n&(n-1) != 0 {
			return fmt.Errorf("mesh: bitcomp: need a power of two of nodes, have %d", n)
		}
	case Hotspot:
		if len(t.Hotspots) == 0 || len(t.Hotspots) > maxSlots {
			return fmt.Errorf("mesh: hotspot: need 1 to %d targets, have %d", maxSlots, len(t.Hotspots))
		}
		for _, h := range t.Hotspots {
			if h < 0 || h >= n {
				return fmt.Errorf("mesh: hotspot: need nodes of 0..%d, have %d", n-1, h)
			}
		}
	default:
		return fmt.Errorf("mesh: unknown traffic pattern %d", t.Pattern)
	}
	return nil
}

// mode is where packets come from.
type mode uint8

const (
	idle mode = iota
	synthetic
	listed
)

// traffic is the state of all sources together.
type traffic struct {
	sources
	mode    mode
	pattern Pattern
	spots   []int32
	seed    uint64
	gaps    gaps
	list    []Message
	follow  []int32 // next entry of the same source
	order   []int32 // entries by cycle
	used    []int32 // sources that have entries
	casts   casts
}

// Start makes an idle mesh take synthetic traffic from the next cycle on.
func (m *Mesh) Start(t Traffic) error {
	if err := t.Check(m.spec); err != nil {
		return err
	}
	if m.traffic.mode != idle {
		return fmt.Errorf("mesh: traffic was started already: reset the mesh first")
	}
	g := &m.traffic
	g.mode, g.pattern, g.seed = synthetic, t.Pattern, t.Seed
	g.spots = g.spots[:0]
	for _, h := range t.Hotspots {
		g.spots = append(g.spots, int32(h))
	}
	if t.Load == 0 {
		return nil
	}
	g.gaps = newGaps(t.Load)
	for n := range m.src {
		if m.deadNode(int32(n)) {
			continue
		}
		x := &m.src[n]
		x.next = m.now - 1 + g.gaps.draw(g.seed, uint64(n), &x.drawn)
		m.sleep(int32(n))
	}
	return nil
}

// gap is the number of cycles to the next packet of a node.
func (t *traffic) gap(node uint64, drawn *uint64) int64 { return t.gaps.draw(t.seed, node, drawn) }

// target is where the packet of a node goes.
func (t *traffic) target(s *Spec, nodes, n int32, made uint64) int32 {
	switch t.pattern {
	case Uniform:
		return int32(below(mix(t.seed, uint64(n), made, streamTarget), uint64(nodes)))
	case Hotspot:
		return t.spots[below(mix(t.seed, uint64(n), made, streamTarget), uint64(len(t.spots)))]
	case BitComp:
		return (nodes - 1) ^ n
	}
	w, h, c := int32(s.W), int32(s.H), int32(s.Concentration)
	x, y, local := n/c%w, n/c/w, n%c
	if t.pattern == Transpose {
		return (y+w*x)*c + local
	}
	return ((x+1)%w+w*((y+1)%h))*c + local
}
