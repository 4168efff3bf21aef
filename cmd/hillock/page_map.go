package main

import (
	"fmt"
	"slices"

	"hillock/compiler/partition"
	"hillock/internal/page"
)

// pageBars is the number of cores whose bars are drawn for a resource.
const pageBars = 30

// page is the picture book of a mapping: floor plan coloured by load, links,
// resources of each core.
func (m *mapping) page(path string, p *partition.Problem) *page.Page {
	out := page.New("hillock map: "+path, fmt.Sprintf("%d neurons on %d cores; rates per 1,000 ticks", p.Graph.Neurons, m.score.Cores))
	r := m.report(p)
	out.Table("Result", []string{"what", "value"}, [][]string{
		{"packets", fmt.Sprint(r.Packets)}, {"hops, one packet per core", fmt.Sprint(r.Unicast)}, {"hops, multicast trees", fmt.Sprint(r.Tree)},
		{"fullest link", fmt.Sprint(r.MaxLink)}, {"busiest core, sent and received", fmt.Sprint(r.MaxCore)},
		{"most neurons in a core", fmt.Sprint(r.MaxN)}, {"most in-axons", fmt.Sprint(r.MaxAx)}, {"most synapses", fmt.Sprint(r.MaxSyn)}, {"start", r.From},
	})
	if r.Note != "" {
		out.Text("Note", r.Note)
	}
	grid := page.CoreLoad{X: m.mesh.W, Y: m.mesh.H, CoresPerTile: 1, Load: floats(m.cost.Core), Unit: "packets sent and received"}
	out.Cores("Floor plan: packets of each core", grid)
	grid.Load, grid.CoresPerTile, grid.Unit = floats(m.links), 4, "packets over the link"
	out.Cores("Links: in each tile to the right, to the left, to the row after, to the row before", grid)
	s := m.score
	resourceBars(out, "Neurons", s.Neurons, p.Resources[0].Limit, nil)
	resourceBars(out, "In-axons", s.InAxons, p.MaxInAxons, nil)
	synapses := int64(0)
	if len(p.Resources) > 1 {
		synapses = p.Resources[1].Limit
	}
	resourceBars(out, "Synapses", s.Synapses, synapses, nil)
	rows := make([][]string, 0, len(s.Neurons))
	for c := range s.Neurons {
		rows = append(rows, []string{fmt.Sprint(c), fmt.Sprint(c % m.mesh.W), fmt.Sprint(c / m.mesh.W),
			fmt.Sprint(s.Neurons[c]), fmt.Sprint(s.InAxons[c]), fmt.Sprint(s.Synapses[c]), fmt.Sprint(m.cost.Core[c])})
	}
	out.Table("Every core", []string{"core", "tile x", "tile y", "neurons", "in-axons", "synapses", "packets"}, rows)
	return out
}

// resourceBars draws the fullest cores of a resource; limit 0 is none. ids are
// the numbers of the cores, nil is 0, 1, ...
func resourceBars[N int32 | int64](out *page.Page, name string, held []N, limit int64, ids []int) {
	order := make([]int, len(held))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(held[b]) - int(held[a]) })
	order = order[:min(len(order), pageBars)]
	heading := name + " of the fullest cores"
	bars := make([]page.Bar, 0, len(order)+1)
	if limit > 0 {
		heading += fmt.Sprintf(", limit %d", limit)
		bars = append(bars, page.Bar{Label: "limit", Value: float64(limit)})
	}
	for _, c := range order {
		id := c
		if ids != nil {
			id = ids[c]
		}
		bars = append(bars, page.Bar{Label: fmt.Sprintf("core %d", id), Value: float64(held[c])})
	}
	out.Bars(heading, "", bars)
}

func floats(v []int64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
