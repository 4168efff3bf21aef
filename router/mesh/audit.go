package mesh

import "fmt"

// Audit checks the books: on every link and VC the credits at one end, flits
// and credits under way and places taken at the other sum up to the buffer, and
// every packet of one flit is somewhere. An error is a bug in this package. It
// costs a walk over the whole mesh.
func (m *Mesh) Audit() error {
	if m.turns.wide {
		m.narrow()
		defer m.widen()
	}
	taken := make([]int, len(m.credit))
	flits := int64(0)
	for r := range m.rt {
		rt := &m.rt[r]
		for i := range m.ports * int(m.vcs) {
			n := int(rt.lane[i].n)
			if n > m.spec.Buffer || n > 0 && !m.joined(r, int(m.portOf[i])) {
				return fmt.Errorf("mesh: audit: router %d input VC %d holds %d flits, need at most %d and a link", r, i, n, m.spec.Buffer)
			}
			if n > 0 {
				taken[rt.port[m.portOf[i]].up+uint32(m.vcOf[i])] += n
				flits += int64(n)
			}
		}
	}
	for i := range m.wheel {
		w := &m.wheel[i]
		for _, e := range w.arrive {
			i := e.vc & (lanes - 1)
			taken[m.rt[e.vc>>laneBits].port[m.portOf[i]].up+uint32(m.vcOf[i])]++
		}
		for _, k := range w.credit {
			taken[k]++
		}
		flits += int64(len(w.arrive) + len(w.eject))
	}
	if err := m.auditCredits(taken); err != nil {
		return err
	}
	for i := range m.src {
		if m.src[i].left > 0 {
			flits++
		}
	}
	if m.spec.Flits == 1 && flits != m.inFlight {
		return fmt.Errorf("mesh: audit: %d flits, need %d", flits, m.inFlight)
	}
	return nil
}

// auditCredits compares credits with what is taken of the buffers.
func (m *Mesh) auditCredits(taken []int) error {
	stuck := map[int]bool{}
	for _, b := range m.fault.Stuck {
		stuck[b.Router<<laneBits|b.Port*m.spec.VCs+b.VC] = true
	}
	for k, c := range m.credit {
		r, i := k>>laneBits, k&(lanes-1)
		if r < len(m.rt) && (i >= local0*int(m.vcs) || !m.joined(r, int(m.portOf[i])) || stuck[k]) {
			continue // sinks take everything
		}
		if c < 0 || int(c)+taken[k] != m.spec.Buffer {
			return fmt.Errorf("mesh: audit: entry %d has %d credits and %d places taken or under way, need %d together", k, c, taken[k], m.spec.Buffer)
		}
	}
	return nil
}

// joined says whether a port of a router has a neighbour.
func (m *Mesh) joined(r, p int) bool {
	x, y := int(m.rt[r].x), int(m.rt[r].y)
	switch p {
	case xPlus:
		return x < m.spec.W-1
	case xMinus:
		return x > 0
	case yPlus:
		return y < m.spec.H-1
	case yMinus:
		return y > 0
	}
	return true
}
