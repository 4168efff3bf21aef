package main

import (
	"fmt"
	"strings"

	"hillock/compiler"
	"hillock/internal/page"
)

// addMapping shows where an image's neurons went: floor plans coloured by
// compartments and by packets, links, and every limited resource of the cores.
func addMapping(p *page.Page, r *compiler.Result) {
	u, m := r.Unit, r.Image.Mesh
	l := u.Loads()
	per := max(m.CoresPerTile, 1)
	held, busy := make([]float64, l.W*l.H*per), make([]float64, l.W*l.H*per)
	ids := make([]int, len(u.Cores))
	for c := range u.Cores {
		ids[c] = u.Cores[c].ID
		x, y := m.XY(ids[c])
		at := (y*l.W+x)*per + ids[c]%per
		held[at], busy[at] = float64(u.Cores[c].Use.Compartments), l.Core[c]
	}
	grid := page.CoreLoad{X: l.W, Y: l.H, CoresPerTile: per, Load: held, Unit: "compartments"}
	p.Cores("Floor plan: compartments of each core", grid)
	grid.Load, grid.Unit = busy, "packets sent to other cores and received"
	p.Cores("Floor plan: packets of each core", grid)
	grid.Load, grid.CoresPerTile, grid.Unit = l.Link, 4, "packets over the link"
	p.Cores("Links: in each tile to the right, to the left, to the row after, to the row before", grid)
	addNeeds(p, u, ids)
}

// addNeeds draws the fullest cores of every limited resource, and lists all
// cores.
func addNeeds(p *page.Page, u *compiler.Unit, ids []int) {
	if len(ids) == 0 {
		return
	}
	header := []string{"core", "tile x", "tile y", "populations"}
	var rows [][]string
	held := make([][]int64, len(u.Needs(0)))
	for c := range u.Cores {
		x, y := u.Family.Mesh.XY(ids[c])
		row := []string{fmt.Sprint(ids[c]), fmt.Sprint(x), fmt.Sprint(y), populations(u, c)}
		for k, n := range u.Needs(c) {
			held[k] = append(held[k], n.Need)
			row = append(row, fmt.Sprint(n.Need))
		}
		rows = append(rows, row)
	}
	for k, n := range u.Needs(0) {
		name := strings.ReplaceAll(n.Resource, "_", " ")
		header = append(header, name)
		if n.Have > 0 {
			resourceBars(p, strings.ToUpper(name[:1])+name[1:], held[k], n.Have, ids)
		}
	}
	p.Table("Every core", header, rows)
}

// populations names what a core holds.
func populations(u *compiler.Unit, c int) string {
	var names []string
	for _, s := range u.Cores[c].Slices {
		if name := u.Net.Pops[s.Pop].Name; len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
