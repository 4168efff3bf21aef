package mesh

// flit is all that a router needs to know of a flit: the slot of its packet,
// the place of its target, and whether it is the first or the last one.
type flit uint64

const (
	slotBits = 28
	xShift   = slotBits
	yShift   = xShift + 12
	locShift = yShift + 12
	headBit  = 1 << 56
	tailBit  = 1 << 57
	outShift = 58 // output at the router where a flit is; only blocks use it
	outMask  = 15 << outShift
	treeBit  = 1 << 62 // a packet to several nodes
	slotMask = 1<<slotBits - 1
)

func (f flit) slot() int32  { return int32(f & slotMask) }
func (f flit) x() int32     { return int32(f >> xShift & 0xfff) }
func (f flit) y() int32     { return int32(f >> yShift & 0xfff) }
func (f flit) local() int32 { return int32(f >> locShift & 0xf) }
func (f flit) head() bool   { return f&headBit != 0 }
func (f flit) out() uint32  { return uint32(f >> outShift & 15) }
func (f flit) tail() bool   { return f&tailBit != 0 }

// packet is what is remembered of a packet between source and sink.
type packet struct {
	born     int64 // cycle of generation
	serial   uint64
	src, dst int32
	tag      int32 // the caller's number, -1 = none
}

// newPacket takes a slot for a packet.
func (m *Mesh) newPacket(p packet) int32 {
	p.serial = m.serial
	m.serial++
	m.inFlight++
	if n := len(m.spare); n > 0 {
		s := m.spare[n-1]
		m.spare = m.spare[:n-1]
		m.packets[s] = p
		return s
	}
	m.packets = append(m.packets, p)
	return int32(len(m.packets) - 1)
}

// freePacket gives the slot back.
func (m *Mesh) freePacket(slot int32) {
	m.inFlight--
	m.spare = append(m.spare, slot)
}

// address is the part of all flits to node dst.
func (m *Mesh) address(dst, slot int32) flit { return m.place[dst].f | flit(slot) }
