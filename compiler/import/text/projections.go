package text

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hillock/compiler/graph"
)

// Bounds of what a few bytes of a file may ask for.
const (
	maxMatrix = 1 << 24 // entries of all matrices of a neutral network
	maxPairs  = 1 << 26 // pairs of neurons that "all" and "random" go through
)

// drawn is a synapse on its way into a list.
type drawn struct {
	graph.RawSynapse
	w  float64
	at int32
}

// projection is one projection in hand.
type projection struct {
	*graph.RawProj
	pre, post *graph.RawPop
	self      bool // i -> i is there
	syn       []drawn
}

func (d *decoder) projections(n *node) {
	d.items(n, "projections", func(_ int, v *node) {
		p := projection{RawProj: &graph.RawProj{Rule: -1, At: d.place(v.at)}, self: true}
		d.projection(v, &p)
		if d.err != nil {
			return
		}
		d.f.Raw.Projs = append(d.f.Raw.Projs, p.RawProj)
		var w []float64
		for _, s := range p.syn {
			p.Synapses = append(p.Synapses, s.RawSynapse)
			w = append(w, s.w)
		}
		d.weights = append(d.weights, w)
	})
}

func (d *decoder) projection(v *node, p *projection) {
	var weights *node
	delay := int32(0)
	rule := ""
	d.object(v, "a projection",
		field{"name", false, d.name(&p.Name, "name")},
		field{"pre", true, d.popOf(&p.Pre, "pre")},
		field{"post", true, d.popOf(&p.Post, "post")},
		field{"weights", true, func(n *node) { weights = n }},
		field{"delay", false, d.whole32(&delay, "delay", 0, graph.MaxDelay)},
		field{"self", false, d.bool(&p.self, "self")},
		field{"port", false, d.whole(&p.Port, "port", 0, 3)},
		field{"sign", false, d.word(&p.Sign, "sign", "exc", "inh", "mixed")},
		field{"bits", false, d.whole(&p.Bits, "bits", 1, 15)},
		field{"exp", false, d.whole(&p.Exp, "exp", -31, 31)},
		field{"plastic", false, d.name(&rule, "plastic")},
		field{"role", false, d.name(&p.Role, "role")},
		field{"reserved", false, d.bool(&p.Reserved, "reserved")})
	if d.err != nil {
		return
	}
	p.pre, p.post = d.pops[p.Pre].raw, d.pops[p.Post].raw
	d.ends(v, p, rule)
	if p.Name == "" {
		p.Name = p.pre.Name + "-" + p.post.Name
	}
	d.plastic(v, p, rule)
	d.synapses(weights, p, delay)
	d.finish(p)
}

// ends holds a projection against its populations and its other members.
func (d *decoder) ends(v *node, p *projection, rule string) {
	for _, name := range [...]string{"port", "sign", "bits", "exp", "plastic", "role", "reserved"} {
		if m := v.member(name); m != nil {
			d.speaksRaw(m.at, fmt.Sprintf("%q", name))
		}
	}
	if p.post.Input {
		d.fail(v.member("post").at, "population %q is an input and takes no projections", p.post.Name)
	}
	if d.pops[p.Pre].kind == "readout" {
		d.fail(v.member("pre").at, "population %q is a readout and sends no spikes", p.pre.Name)
	}
	if m := v.member("self"); m != nil && p.Pre != p.Post {
		d.fail(m.at, "\"self\" needs a projection of a population onto itself")
	}
	if m := v.member("role"); m != nil && rule == "" {
		d.fail(m.at, "\"role\" needs a projection that is \"plastic\"")
	}
	if m := v.member("reserved"); p.Reserved && rule == "" {
		d.fail(m.at, "\"reserved\" needs a projection that is \"plastic\"")
	}
}

func (d *decoder) plastic(v *node, p *projection, rule string) {
	if rule == "" || d.err != nil {
		return
	}
	k, ok := d.rules[rule]
	if !ok {
		d.fail(v.member("plastic").at, "no learning %q in this file", rule)
		return
	}
	p.Rule, d.used[k] = k, true
}

// popOf reads the name of a population.
func (d *decoder) popOf(to *int, what string) func(*node) {
	return func(n *node) {
		if !d.is(n, quoted, what) {
			return
		}
		k, ok := d.index[n.text]
		if !ok {
			d.fail(n.at, "%s: no population %q", what, n.text)
		}
		*to = k
	}
}

// synapses reads weights in any of their forms.
func (d *decoder) synapses(n *node, p *projection, delay int32) {
	switch {
	case d.err != nil:
	case n.kind == object && len(n.keys) == 1 && n.keys[0].name == "random":
		d.random(&n.kids[0], p, delay)
	case n.kind == object && len(n.keys) == 1 && n.keys[0].name == "all":
		d.spend(n, p)
		for i := range p.pre.N {
			for j := range p.post.N {
				if d.err != nil {
					return
				}
				d.add(p, i, j, delay, &n.kids[0])
			}
		}
	case n.kind == object && len(n.keys) == 1 && n.keys[0].name == "one":
		if p.pre.N != p.post.N {
			d.fail(n.at, "weights \"one\": need populations of one size, have %d and %d", p.pre.N, p.post.N)
		}
		for i := range p.pre.N {
			d.add(p, i, i, delay, &n.kids[0])
		}
	case n.kind == object && len(n.keys) == 1 && n.keys[0].name == "npz":
		d.npz(&n.kids[0], p, delay)
	case n.kind == object && len(n.keys) == 1 && n.keys[0].name == "list":
		d.list(&n.kids[0], p, delay)
	case n.kind == list:
		d.matrix(n, p, delay)
	default:
		d.fail(n.at, "weights: need a matrix, or an object with one of all, one, list, npz, random")
	}
}

// matrix reads a row per source with an entry per target; null and, where
// nothing learns, 0 are no synapse.
func (d *decoder) matrix(n *node, p *projection, delay int32) {
	if len(n.kids) != p.pre.N {
		d.fail(n.at, "weights: need %d rows, one per neuron of %q, have %d", p.pre.N, p.pre.Name, len(n.kids))
	}
	d.items(n, "weights", func(i int, row *node) {
		if d.is(row, list, "weights") && len(row.kids) != p.post.N {
			d.fail(row.at, "weights, row %d: need %d entries, one per neuron of %q, have %d", i, p.post.N, p.post.Name, len(row.kids))
		}
		d.items(row, "weights", func(j int, w *node) {
			if w.kind != null {
				d.add(p, i, j, delay, w)
			}
		})
	})
}

// list reads [pre, post, weight] or [pre, post, weight, delay].
func (d *decoder) list(n *node, p *projection, delay int32) {
	d.items(n, "weights", func(_ int, v *node) {
		if d.is(v, list, "a synapse") && len(v.kids) != 3 && len(v.kids) != 4 {
			d.fail(v.at, "a synapse: need [pre, post, weight] or [pre, post, weight, delay], have %d values", len(v.kids))
		}
		if d.err != nil {
			return
		}
		own := delay
		if len(v.kids) == 4 {
			own = int32(d.integer(&v.kids[3], "delay of a synapse", 0, graph.MaxDelay))
			if d.raw < 0 {
				d.speaksRaw(v.kids[3].at, "the delay of a single synapse")
			}
		}
		i := int(d.integer(&v.kids[0], "pre of a synapse", 0, int64(p.pre.N-1)))
		j := int(d.integer(&v.kids[1], "post of a synapse", 0, int64(p.post.N-1)))
		d.add(p, i, j, own, &v.kids[2])
	})
}

// add takes one synapse.
func (d *decoder) add(p *projection, i, j int, delay int32, v *node) {
	w := 0.0
	if d.plain >= 0 {
		w = d.real(v, "weight")
	} else {
		w = float64(d.integer(v, "weight", math.MinInt32, math.MaxInt32))
	}
	d.take(p, i, j, delay, w, v.at)
}

// take keeps a synapse, if it is one.
func (d *decoder) take(p *projection, i, j int, delay int32, w float64, at int32) {
	if d.err != nil || !p.self && i == j || w == 0 && p.Rule < 0 {
		return
	}
	if d.total++; d.total > graph.MaxRawSynapses {
		d.fail(at, "weights: need at most %d synapses in all", graph.MaxRawSynapses)
		return
	}
	s := graph.RawSynapse{Pre: int32(i), Post: int32(j), Delay: delay}
	if d.plain < 0 {
		s.Weight = int32(w)
	}
	p.syn = append(p.syn, drawn{s, w, at})
}

// finish orders the synapses and refuses one that is there twice.
func (d *decoder) finish(p *projection) {
	slices.SortStableFunc(p.syn, func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.Pre, b.Pre), cmp.Compare(a.Post, b.Post), cmp.Compare(a.Delay, b.Delay))
	})
	for i := 1; i < len(p.syn); i++ {
		a, b := p.syn[i-1], p.syn[i]
		if a.Pre == b.Pre && a.Post == b.Post && a.Delay == b.Delay {
			d.fail(b.at, "synapse from neuron %d to neuron %d with delay %d is there twice", b.Pre, b.Post, b.Delay)
		}
	}
}

// spend counts the pairs of a projection that the file does not list.
func (d *decoder) spend(n *node, p *projection) {
	if d.pairs += p.pre.N * p.post.N; d.pairs > maxPairs {
		d.fail(n.at, "weights for %d x %d pairs of neurons, need at most %d pairs in all", p.pre.N, p.post.N, maxPairs)
	}
}

// random draws synapses and weights. The draws of a pair depend on the seed
// and the pair alone.
func (d *decoder) random(n *node, p *projection, delay int32) {
	probability, lo, hi, seed := 1.0, 0.0, 0.0, 0
	number := func(to *float64, what string) func(*node) {
		return func(v *node) {
			if *to = d.real(v, what); d.plain < 0 && what != "probability" {
				*to = float64(d.integer(v, what, math.MinInt32, math.MaxInt32))
			}
		}
	}
	d.object(n, "random weights",
		field{"probability", true, number(&probability, "probability")},
		field{"lo", true, number(&lo, "lo")},
		field{"hi", true, number(&hi, "hi")},
		field{"seed", true, d.whole(&seed, "seed", 0, math.MaxInt32)})
	switch {
	case d.err != nil:
		return
	case !(probability >= 0 && probability <= 1):
		d.fail(n.member("probability").at, "probability is %g, need 0..1", probability)
	case lo > hi:
		d.fail(n.member("lo").at, "lo is %g and hi %g, need lo <= hi", lo, hi)
	}
	d.spend(n, p)
	for i := range p.pre.N {
		for j := range p.post.N {
			if d.err != nil {
				return
			}
			if fraction(seed, i, j, 0) >= probability {
				continue
			}
			w := lo + (hi-lo)*fraction(seed, i, j, 1)
			if d.plain < 0 {
				w = lo + math.Floor((hi-lo+1)*fraction(seed, i, j, 1))
			}
			d.take(p, i, j, delay, w, n.at)
		}
	}
}

// fraction is a draw in [0, 1) that depends on its arguments only (the
// finaliser of splitmix64, Steele et al. 2014, over their chain).
func fraction(seed, i, j, k int) float64 {
	x := uint64(seed)
	for _, v := range [...]int{i, j, k} {
		x += 0x9e3779b97f4a7c15 + uint64(v)
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return float64(x>>11) / (1 << 53)
}
