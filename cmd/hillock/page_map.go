package main

import (
	"fmt"

	"hillock/compiler/partition"
	"hillock/internal/page"
)

// page is the picture book of a mapping: floor plan coloured by load, links,
// resources of each core.
func (m *mapping) page(path string, p *partition.Problem) *page.Page {
	out := page.New("hillock map: "+path, fmt.Sprintf("%d neurons on %d cores", p.Graph.Neurons, m.score.Cores))
	r := m.report(p)
	out.Table("Result", []string{"what", "value"}, [][]string{
		{"packets per 1,000 ticks", fmt.Sprint(r.Packets)}, {"unicast hops", fmt.Sprint(r.Unicast)}, {"tree hops", fmt.Sprint(r.Tree)},
		{"fullest link", fmt.Sprint(r.MaxLink)}, {"busiest core", fmt.Sprint(r.MaxCore)},
		{"most neurons, in-axons, synapses in a core", fmt.Sprintf("%d, %d, %d", r.MaxN, r.MaxAx, r.MaxSyn)}, {"start", r.From},
	})
	return out
}
