package compiler

import "hillock/chip"

// link is a way from one tile to the next.
type link struct{ x0, y0, x1, y1 int }

// carried is what a link carries, and the spike that passed it last.
type carried struct {
	way   link
	load  float64
	spike int64
}

// meter adds up the ways of expected spikes, X first, then Y.
type meter struct {
	mesh  chip.Mesh
	m     Mapping
	links map[link]*carried // looked up only
	all   []*carried
	core  []float64
	spike int64
}

// measureMapping routes the expected spikes: packets, hops, hops of multicast
// trees, the load of the busiest link between two tiles, and of the busiest
// core.
func (u *Unit) measureMapping() { u.Mapping = u.routed().m }

// routed is the meter after all spikes.
func (u *Unit) routed() *meter {
	t := &meter{mesh: u.Family.Mesh, links: map[link]*carried{}, core: make([]float64, len(u.Cores))}
	for c := range u.Cores {
		for _, s := range u.Cores[c].Slices {
			if len(u.Cores[c].out) < s.Base+s.N {
				continue // one core, whose spikes go nowhere else
			}
			rate := u.Pops[s.Pop].Rate
			for _, ts := range u.Cores[c].out[s.Base : s.Base+s.N] {
				t.spike++
				for _, to := range ts {
					t.m.Packets += rate
					if int(to.Core) != c {
						t.core[c] += rate
						t.core[to.Core] += rate
					}
					t.route(u.Cores[c].ID, u.Cores[to.Core].ID, rate)
				}
			}
		}
	}
	for _, x := range t.core {
		t.m.MaxCore = max(t.m.MaxCore, x)
	}
	for _, l := range t.all {
		t.m.MaxLink = max(t.m.MaxLink, l.load)
	}
	return t
}

// route leads a packet from core to core.
func (t *meter) route(from, to int, rate float64) {
	x, y := t.mesh.XY(from)
	tx, ty := t.mesh.XY(to)
	for ; x != tx; x += sign(tx - x) {
		t.step(link{x, y, x + sign(tx-x), y}, rate)
	}
	for ; y != ty; y += sign(ty - y) {
		t.step(link{x, y, x, y + sign(ty-y)}, rate)
	}
}

// step passes a link.
func (t *meter) step(l link, rate float64) {
	c := t.links[l]
	if c == nil {
		c = &carried{way: l}
		t.links[l] = c
		t.all = append(t.all, c)
	}
	c.load += rate
	t.m.Hops += rate
	if c.spike != t.spike {
		c.spike = t.spike
		t.m.Tree += rate
	}
}
