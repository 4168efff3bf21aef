package chip

// network reads how packets travel between tiles.
func (d *descDecoder) network(n *descNode) {
	s := &d.f.Latency.Network
	s.Subnets, s.Choose, s.Alloc, s.Flits, s.Crossbar = 1, "round-robin", "split", 1, 1
	s.LinkX, s.LinkY, s.Inject, s.Eject, s.CyclesPerFlit = 1, 1, 1, 1, 1
	const most = 1 << 14
	d.object(n, "network",
		descField{"cycle_fs", true, d.int64(&s.CycleFs, "cycle_fs", 1, descMaxFs)},
		descField{"subnets", false, d.int(&s.Subnets, "subnets", 1, 16)},
		descField{"choose", false, d.word(&s.Choose, "choose", "round-robin", "random", "source")},
		descField{"vcs", true, d.int(&s.VCs, "vcs", 1, 16)},
		descField{"buffer", true, d.int(&s.Buffer, "buffer", 1, most)},
		descField{"alloc", false, d.word(&s.Alloc, "alloc", "split", "joint")},
		descField{"flits", false, d.int(&s.Flits, "flits", 1, most)},
		descField{"routing", false, d.int(&s.Routing, "routing", 0, 1<<12)},
		descField{"crossbar", false, d.int(&s.Crossbar, "crossbar", 1, 1<<12)},
		descField{"link_x", false, d.int(&s.LinkX, "link_x", 1, 1<<12)},
		descField{"link_y", false, d.int(&s.LinkY, "link_y", 1, 1<<12)},
		descField{"inject", false, d.int(&s.Inject, "inject", 1, 1<<12)},
		descField{"eject", false, d.int(&s.Eject, "eject", 1, 1<<12)},
		descField{"credit", false, d.int(&s.Credit, "credit", 0, 1<<12)},
		descField{"cycles_per_flit", false, d.int(&s.CyclesPerFlit, "cycles_per_flit", 1, 1<<12)},
		descField{"drop_after", false, d.int(&s.DropAfter, "drop_after", 0, 1<<30)},
		descField{"hop_x_fs", false, d.int64(&s.HopXFs, "hop_x_fs", 0, descMaxFs)},
		descField{"hop_y_fs", false, d.int64(&s.HopYFs, "hop_y_fs", 0, descMaxFs)},
		descField{"hold", false, d.int(&s.Hold, "hold", 0, 1<<20)},
		descField{"link_fs", false, d.int64(&s.LinkFs, "link_fs", 0, descMaxFs)},
		descField{"period_fs", false, d.int64(&s.PeriodFs, "period_fs", 0, descMaxFs)},
		descField{"source", true, d.text(&s.Source, "source")})
	if err := s.Check(); err != nil {
		d.fail(n.at, "%v", err)
	}
}
