package partition

// star is the level as a graph: an edge from the source (first pin) of each
// net to every other pin. Where nearly every net is cut whatever one does, as
// in networks with random far connections, the count of cut nets says little
// and the weight of cut edges guides bisection better.
func (l *level) star() *level {
	g := &level{n: l.n, kinds: l.kinds, need: l.need, first: []int32{0}}
	edges := len(l.pins) - l.numNets()
	g.weight, g.pins, g.first = make([]int32, 0, edges), make([]int32, 0, 2*edges), make([]int32, 1, edges+1)
	for e := range int32(l.numNets()) {
		net := l.net(e)
		for _, v := range net[1:] {
			g.weight = append(g.weight, l.weight[e])
			g.pins = append(g.pins, net[0], v)
			g.first = append(g.first, int32(len(g.pins)))
		}
	}
	g.netAt, g.nets = transpose(int(g.n), g.first, g.pins)
	return g
}
