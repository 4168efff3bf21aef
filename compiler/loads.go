package compiler

// Loads is what the expected spikes put on cores and links of the chip's mesh.
type Loads struct {
	W, H int       // tiles of the smallest corner of the mesh that holds all cores
	Core []float64 // by index into Unit.Cores: packets sent to other cores and received
	Link []float64 // 4*(row*W + column) + direction: to the right, to the left, to the row after, to the row before
}

// Loads routes the expected spikes as measureMapping does, for a picture.
func (u *Unit) Loads() Loads {
	var l Loads
	for c := range u.Cores {
		x, y := u.Family.Mesh.XY(u.Cores[c].ID)
		l.W, l.H = max(l.W, x+1), max(l.H, y+1)
	}
	t := u.routed()
	l.Core, l.Link = t.core, make([]float64, 4*l.W*l.H)
	for _, c := range t.all {
		way := c.way
		at := 4 * (way.y0*l.W + way.x0)
		switch {
		case way.x1 < way.x0:
			at++
		case way.y1 > way.y0:
			at += 2
		case way.y1 < way.y0:
			at += 3
		}
		l.Link[at] = c.load
	}
	return l
}

// Need is what a core takes of a resource. Have is the chip's limit, 0 if it
// has none.
type Need struct {
	Resource   string
	Need, Have int64
}

// Needs lists what a core takes of every resource that has a limit on any chip.
func (u *Unit) Needs(core int) []Need {
	var out []Need
	for _, l := range u.coreLimits(u.Cores[core].Use) {
		n := Need{Resource: l.name, Need: l.need}
		if l.ok {
			n.Have = l.have
		}
		out = append(out, n)
	}
	return out
}
