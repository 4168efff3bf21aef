package mesh

// stats is what sinks and sources count. Latency is of packets generated in
// from..to-1; accepted packets are those that end in since..until-1.
type stats struct {
	from, to     int64
	since, until int64
	made, done   int64 // packets generated in from..to-1; of these, ended
	lost         int64 // of these, dropped
	sum          int64 // cycles from generation to the last flit
	routers      int64 // routers visited
	min, max     int64
	accepted     int64
}

func (s *stats) generated(born int64) {
	if born >= s.from && born < s.to {
		s.made++
	}
}

// retire takes flits out of the network.
func (m *Mesh) retire(w *slot) {
	for _, e := range w.eject {
		if e.f.tail() {
			m.end(e.f.slot())
		}
	}
	w.eject = w.eject[:0]
}

// end closes a packet whose last flit arrived.
func (m *Mesh) end(slot int32) {
	p, s := &m.packets[slot], &m.stats
	if m.now >= s.since && m.now < s.until {
		s.accepted++
	}
	if p.born >= s.from && p.born < s.to {
		lat := m.now - p.born
		s.done++
		s.sum += lat
		s.routers += int64(m.hops(p.src, p.dst)) + 1
		if s.done == 1 || lat < s.min {
			s.min = lat
		}
		s.max = max(s.max, lat)
	}
	if m.traffic.casts.on {
		m.reap(slot)
	} else if p.tag >= 0 {
		m.traffic.arrived(p.tag, m.now)
	}
	p.born = never // no longer in flight
	m.freePacket(slot)
}

// hops is the number of links between the routers of two nodes.
func (m *Mesh) hops(a, b int32) int32 {
	dx, dy := m.legs(a, b)
	return dx + dy
}

// legs is the number of links along each axis.
func (m *Mesh) legs(a, b int32) (dx, dy int32) {
	p, q := &m.place[a], &m.place[b]
	dx, dy = int32(p.x-q.x), int32(p.y-q.y)
	return max(dx, -dx), max(dy, -dy)
}
