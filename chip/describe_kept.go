package chip

// word is the number of a state word of the group, by its name.
func (g *GroupTemplate) word(name string) (int, bool) {
	for i := range g.State {
		if g.State[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// kept verifies the ports that are state words: every group has the word at
// the same place, in the format of the accumulator.
func (d *descDecoder) kept(n *descNode) {
	for p, port := range d.f.Core.Ports {
		if port.Keep == "" {
			continue
		}
		first := -1
		for i := range d.f.Core.Groups {
			g := &d.f.Core.Groups[i]
			w, ok := g.word(port.Keep)
			switch {
			case !ok:
				d.fail(n.at, "port %d keeps state word %q, which group %s does not have", p, port.Keep, g.Name)
			case g.State[w].Layout != port.Acc:
				d.fail(n.at, "port %d keeps state word %q, which has another format in group %s", p, port.Keep, g.Name)
			case first >= 0 && w != first:
				d.fail(n.at, "port %d keeps state word %q, which is word %d and in group %s word %d", p, port.Keep, first, g.Name, w)
			}
			first = w
		}
	}
}
