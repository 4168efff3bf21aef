package chip

// codeNetwork codes the section NETW.
func (img *Image) codeNetwork(c *codec) {
	s := &img.Latency.Network
	integer(c, &s.CycleFs, "cycle")
	integer(c, &s.Subnets, "subnets")
	c.text(&s.Choose, "subnet choice")
	integer(c, &s.VCs, "VCs")
	integer(c, &s.Buffer, "buffer")
	c.text(&s.Alloc, "allocation")
	for _, x := range [...]*int{&s.Flits, &s.Routing, &s.Crossbar, &s.LinkX, &s.LinkY, &s.Inject, &s.Eject, &s.Credit, &s.CyclesPerFlit, &s.DropAfter, &s.Hold} {
		integer(c, x, "network delay")
	}
	for _, x := range [...]*int64{&s.HopXFs, &s.HopYFs, &s.PeriodFs, &s.LinkFs} {
		integer(c, x, "network time")
	}
	c.text(&s.Source, "source")
}
