package mesh

// Crossing is a flit that leaves a router over a link: it wins the switch in
// Cycle and occupies the link for Spec.CyclesPerFlit cycles.
type Crossing struct {
	Cycle                int64
	Subnet, Router, Port int32 // Port 0 = +x, 1 = -x, 2 = +y, 3 = -y
	Tag                  int32 // number in the list of messages; -1 = synthetic
}

// watch is what is noted of flits that leave over links.
type watch struct{ list []Crossing }

// Watch notes every crossing of a link from the next delivery on, or no more.
func (m *Mesh) Watch(on bool) {
	m.watched = nil
	if on {
		m.watched = &watch{}
	}
}

// Crossings are those of the last delivery, in the order of cycles.
func (m *Mesh) Crossings() []Crossing {
	if m.watched == nil {
		return nil
	}
	return m.watched.list
}

// cross notes a flit that leaves router r through port o.
func (m *Mesh) cross(r, o uint32, f flit) {
	if o >= local0 {
		return
	}
	per := uint32(m.spec.W * m.spec.H)
	m.watched.list = append(m.watched.list, Crossing{m.now, int32(r / per), int32(r % per), int32(o), m.packets[f.slot()].tag})
}
