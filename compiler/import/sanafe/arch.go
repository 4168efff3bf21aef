package sanafe

import (
	"regexp"
	"sort"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// ParseArch reads an architecture. Of units of one sort the first counts; tiles
// and cores that differ are refused, because an image has one table of costs.
func ParseArch(b []byte) (*Arch, error) {
	root, err := parse(b)
	if err != nil {
		return nil, err
	}
	top, err := root.need("architecture")
	if err != nil {
		return nil, err
	}
	a := &Arch{}
	if n, ok := top.field("name"); ok {
		a.Name = n.Value
	}
	at, err := top.need("attributes")
	if err != nil {
		return nil, err
	}
	for _, x := range []struct {
		key         string
		to          *int
		def, lo, hi int
	}{{"width", &a.W, 0, 1, maxTiles}, {"height", &a.H, 0, 1, maxTiles}, {"link_buffer_size", &a.Buffer, 0, 0, 1 << 20}} {
		if *x.to, err = at.whole(x.key, x.def, x.lo, x.hi); err != nil {
			return nil, err
		}
	}
	if a.W*a.H > maxTiles {
		return nil, at.fail("%d x %d tiles: need at most %d", a.W, a.H, maxTiles)
	}
	if err := a.readSync(at); err != nil {
		return nil, err
	}
	return a, a.readTiles(top)
}

func (a *Arch) readSync(at node) error {
	f, ok := at.field("latency_sync")
	if !ok {
		return nil
	}
	if f.Kind != yaml.MappingNode {
		s, err := at.real("latency_sync", 0)
		if err == nil && !priced(s) {
			err = f.fail("latency_sync: need 0 to 1 s, have %g", s)
		}
		a.Sync = []SyncTime{{1, s}}
		return err
	}
	for _, p := range f.pairs() {
		k, err := strconv.Atoi(p[0].Value)
		if err != nil || k < 1 || k > maxTiles {
			return f.fail("latency_sync: need numbers of tiles, have %q", clip(p[0].Value))
		}
		s, err := number(p[1].Value)
		if err != nil || !priced(s) {
			return f.fail("latency_sync: need 0 to 1 s, have %q", clip(p[1].Value))
		}
		a.Sync = append(a.Sync, SyncTime{k, s})
	}
	sort.SliceStable(a.Sync, func(i, j int) bool { return a.Sync[i].Tiles < a.Sync[j].Tiles })
	return nil
}

// priced says that a cost can be one: at most a joule or a second.
func priced(v float64) bool { return v >= 0 && v <= 1 }

var ranged = regexp.MustCompile(`\[(\d{1,6})\.\.(\d{1,6})\]$`)

// copies is how many a name with a range stands for.
func (n node) copies() (int, error) {
	name, err := n.need("name")
	if err != nil {
		return 0, err
	}
	m := ranged.FindStringSubmatch(name.Value)
	if m == nil {
		return 1, nil
	}
	lo, _ := strconv.Atoi(m[1])
	hi, _ := strconv.Atoi(m[2])
	if hi < lo {
		return 0, name.fail("range %q: need an end that is not below its beginning", clip(name.Value))
	}
	return hi - lo + 1, nil
}

// only is the one entry of a list of tiles or cores, and how many it stands for.
func (n node) only(key string) (node, int, error) {
	f, err := n.need(key)
	if err != nil {
		return node{}, 0, err
	}
	if f.Kind == yaml.SequenceNode {
		if len(f.Content) != 1 {
			return node{}, 0, f.fail("%s: need one entry, with a range in its name, have %d: all must be alike", key, len(f.Content))
		}
		f = node{f.Content[0]}
	}
	count, err := f.copies()
	return f, count, err
}

func (a *Arch) readTiles(top node) error {
	tile, tiles, err := top.only("tile")
	if err != nil {
		return err
	}
	if tiles != a.W*a.H {
		return tile.fail("tiles: need width x height = %d, have %d", a.W*a.H, tiles)
	}
	for _, x := range []struct {
		to       *Cost
		one, two string
	}{{&a.HopX, "east", "west"}, {&a.HopY, "north", "south"}} {
		p, err := tile.cost(x.one + "_hop")
		if err != nil {
			return err
		}
		q, err := tile.cost(x.two + "_hop")
		if err != nil {
			return err
		}
		if p != q {
			return tile.fail("hops: need the same costs %s and %s", x.one, x.two)
		}
		*x.to = p
	}
	c, cores, err := tile.only("core")
	if err != nil {
		return err
	}
	if a.CoresPerTile = cores; cores*tiles > maxCores {
		return c.fail("%d tiles of %d cores: need at most %d cores", tiles, cores, maxCores)
	}
	return a.readCore(c)
}

// cost is energy_NAME and latency_NAME among the attributes.
func (n node) cost(name string) (c Cost, err error) {
	at, ok := n.field("attributes")
	if !ok {
		return c, nil
	}
	if c.Joules, err = at.real("energy_"+name, 0); err != nil {
		return c, err
	}
	if c.Seconds, err = at.real("latency_"+name, 0); err != nil {
		return c, err
	}
	if !priced(c.Joules) || !priced(c.Seconds) {
		return c, at.fail("%s: need 0 to 1 J and s, have %g and %g", name, c.Joules, c.Seconds)
	}
	return c, nil
}

func (a *Arch) readCore(c node) (err error) {
	a.Neurons = 1024
	if at, ok := c.field("attributes"); ok {
		if a.Neurons, err = at.whole("max_neurons_supported", 1024, 1, 1<<16); err != nil {
			return err
		}
		if p, ok := at.field("buffer_position"); ok && p.Value != "soma" {
			return p.fail("buffer_position: need soma, have %q", clip(p.Value))
		}
	}
	var dendrite Cost
	for _, x := range []struct {
		sort, name string
		to         *Cost
	}{
		{"axon_in", "message_in", &a.MessageIn}, {"synapse", "process_spike", &a.Synapse}, {"dendrite", "update", &dendrite},
		{"soma", "access_neuron", &a.Access}, {"soma", "update_neuron", &a.Update}, {"soma", "spike_out", &a.Spike},
		{"axon_out", "message_out", &a.MessageOut},
	} {
		units, err := c.need(x.sort)
		if err != nil {
			return err
		}
		first := units
		if units.Kind == yaml.SequenceNode {
			if len(units.Content) == 0 {
				return units.fail("%s: need a unit", x.sort)
			}
			first = node{units.Content[0]}
		}
		if *x.to, err = first.cost(x.name); err != nil {
			return err
		}
		name, err := first.need("name")
		if err != nil {
			return err
		}
		switch x.sort {
		case "soma":
			a.SomaName = name.Value
		case "synapse":
			a.SynapseName = name.Value
		}
	}
	a.Synapse.Joules += dendrite.Joules
	a.Synapse.Seconds += dendrite.Seconds
	return nil
}
