package chip

import (
	"hillock/router/merge"
)

// descEdges are the edges of the clock.
var descEdges = []string{"falling", "rising"}

// routers reads the section "routers": merges and FIFOs, and the
// sequencer of cores.
func (d *descDecoder) routers(n *descNode) {
	x := &Routers{}
	d.f.Routers = x
	merges, fifos := "falling", "rising"
	places := map[string][2]int{}
	d.object(n, "routers",
		descField{"source", true, d.text(&x.Source, "source")},
		descField{"clock_fs", true, d.int64(&x.ClockFs, "clock_fs", 0, descMaxFs)},
		descField{"depth", true, d.int(&x.Router.Depth, "depth", 1, 1<<12)},
		descField{"edges", true, func(n *descNode) {
			d.object(n, "edges",
				descField{"merges", true, d.word(&merges, "merges", descEdges...)},
				descField{"fifos", true, d.word(&fifos, "fifos", descEdges...)})
		}},
		descField{"neighbours", true, func(n *descNode) { d.neighbours(n, places) }},
		descField{"entry", true, d.branches(&x.Router.Entry)},
		descField{"merges", true, func(n *descNode) { d.merges(n, places) }},
		descField{"host", true, d.hostEntry},
		descField{"sequencer", true, d.sequencer})
	if x.Router.Rising = merges == "rising"; merges == fifos {
		d.fail(n.at, "merges and FIFOs work on the %s edge, need one on the falling edge", merges)
	}
	if len(d.errs) > 0 {
		return
	}
	if err := x.check(); err != nil {
		d.fail(n.at, "routers: %w", err)
	}
}

func (d *descDecoder) neighbours(n *descNode, places map[string][2]int) {
	d.named(n, "neighbours", func(name string, _ descPos, v *descNode) {
		var dx, dy int
		d.object(v, "neighbour "+name,
			descField{"dx", true, d.int(&dx, "dx", -1, 1)},
			descField{"dy", true, d.int(&dy, "dy", -1, 1)})
		places[name] = [2]int{dx, dy}
	})
}

func (d *descDecoder) merges(n *descNode, places map[string][2]int) {
	d.named(n, "merges", func(name string, _ descPos, v *descNode) {
		m := merge.Merge{Name: name}
		d.object(v, "merge "+name,
			descField{"from", true, func(n *descNode) {
				d.items(n, "from", 64, func(v *descNode) {
					var in merge.Input
					of := ""
					d.object(v, "input of "+name,
						descField{"fifo", true, d.text(&in.FIFO, "fifo")},
						descField{"of", false, d.text(&of, "of")})
					at, ok := places[of]
					if of != "" && !ok {
						d.fail(v.at, "FIFO %s of %q, which is no neighbour", in.FIFO, of)
					}
					in.DX, in.DY = at[0], at[1]
					m.From = append(m.From, in)
				})
			}},
			descField{"to", false, d.branches(&m.To)})
		d.f.Routers.Router.Merges = append(d.f.Routers.Router.Merges, m)
	})
}

// branches reads ways: a FIFO, the offsets for which it is taken and what is
// added to them then.
func (d *descDecoder) branches(to *[]merge.Branch) func(*descNode) {
	return func(n *descNode) {
		d.items(n, "ways", 64, func(v *descNode) {
			var b merge.Branch
			d.object(v, "way",
				descField{"fifo", true, d.text(&b.FIFO, "fifo")},
				descField{"when", true, func(n *descNode) { b.Turns = d.turns(n) }},
				descField{"dx", false, d.int(&b.StepX, "dx", -1, 1)},
				descField{"dy", false, d.int(&b.StepY, "dy", -1, 1)})
			*to = append(*to, b)
		})
	}
}

// turns evaluates a condition for the signs of offsets.
func (d *descDecoder) turns(n *descNode) merge.Turns {
	if !d.kind(n, descString, "when") {
		return 0
	}
	e, err := CompileExpr(n.text)
	if err != nil {
		d.exprError(n, "when", err)
		return 0
	}
	var out merge.Turns
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			v, err := e.Eval(func(name string) (int64, bool) {
				return map[string]int64{"dx": int64(dx), "dy": int64(dy)}[name], name == "dx" || name == "dy"
			})
			if err != nil {
				d.exprError(n, "when", err)
				return 0
			}
			if v != 0 {
				out |= merge.Turn(dx, dy)
			}
		}
	}
	return out
}

func (d *descDecoder) hostEntry(n *descNode) {
	x := d.f.Routers
	h := &x.Router.Host
	d.object(n, "host",
		descField{"x", true, d.int(&h.X, "x", 0, maxMesh-1)},
		descField{"y", true, d.int(&h.Y, "y", 0, maxMesh-1)},
		descField{"fifo", true, d.text(&h.FIFO, "fifo")},
		descField{"enter", true, d.int64(&x.Enter, "enter", 0, 1<<20)},
		descField{"before", true, d.int64(&x.Before, "before", 0, 1<<20)},
		descField{"source", false, func(n *descNode) { d.text(new(string), "source")(n) }})
}

func (d *descDecoder) sequencer(n *descNode) {
	s := &d.f.Routers.Sequencer
	d.object(n, "sequencer",
		descField{"source", true, d.text(&s.Source, "source")},
		descField{"groups", true, func(n *descNode) {
			d.texts(&s.Groups, "groups")(n)
			for _, g := range s.Groups {
				if d.f.Group(g) == nil {
					d.fail(n.at, "sequencer of group %q, have %s", g, d.f.groupNames())
				}
			}
		}},
		descField{"shows", true, d.int64(&s.Shows, "shows", 1, 1<<10)},
		descField{"states", true, func(n *descNode) {
			d.named(n, "states", func(name string, _ descPos, v *descNode) {
				x := SequencerState{Name: name}
				d.object(v, "state "+name,
					descField{"per", true, d.word(&x.Per, "per", perTick, perNeuron, perEnd)},
					descField{"cycles", true, d.text(&x.Cycles, "cycles")},
					descField{"does", false, d.word(&x.Does, "does", doesSend, doesClear)})
				s.States = append(s.States, x)
			})
		}})
}
