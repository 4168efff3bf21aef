package remedy

import (
	"fmt"
	"math"
	"slices"

	"hillock/compiler/graph"
)

// copies puts so many populations in the place of one: the same neurons with
// the same inputs, so the same spikes, each with a part of the targets.
func (p *plan) copies(c Change) error {
	at, err := p.fanned(c)
	if err != nil {
		return err
	}
	net := copied(p.net)
	var twins []*graph.Population
	for range c.Count - 1 {
		twin := *net.Pops[at]
		twin.Name, twin.Output = fresh(net, twin.Name), false
		net.Pops = append(net.Pops, &twin) // so that the next name is another
		twins = append(twins, &twin)
	}
	net.Pops = net.Pops[:len(net.Pops)-len(twins)]
	insert(net, at+1, twins...)
	inward := slices.Clone(net.Projs)
	if err := shareTargets(net, at, at+1, c.Count, true); err != nil {
		return err
	}
	for k := range twins {
		for _, q := range inward {
			if q.Post == at {
				twin := *q
				twin.Name, twin.Post = partName(q.Name, k+1), at+1+k
				net.Projs = append(net.Projs, &twin)
			}
		}
	}
	p.net = net
	return nil
}

// fanRelay puts relays behind a population, each with a part of its targets.
func (p *plan) fanRelay(c Change) error {
	at, err := p.fanned(c)
	if err != nil {
		return err
	}
	net := copied(p.net)
	var relays []*graph.Population
	for range c.Count {
		r, err := relayOf(net.Pops[at], fresh(net, net.Pops[at].Name))
		if err != nil {
			return err
		}
		net.Pops = append(net.Pops, r)
		relays = append(relays, r)
	}
	net.Pops = net.Pops[:len(net.Pops)-len(relays)]
	insert(net, at+1, relays...)
	if err := shareTargets(net, at, at+1, c.Count, false); err != nil {
		return err
	}
	for k, r := range relays {
		net.Projs = append(net.Projs, oneToOne(intoRelay(r.Name), at, at+1+k, r.N, 0))
	}
	p.net = net
	return nil
}

func (p *plan) fanned(c Change) (int, error) {
	if c.Count < 1 || c.Count > mostRelays || c.Verb == "copies" && c.Count < 2 {
		return 0, fmt.Errorf("need 2..%d of them, have %d", mostRelays, c.Count)
	}
	return p.pop(c.Subject)
}

// shareTargets gives the projections of population at to sources first,
// first+1, ...; with own, at keeps the first share. Matrices are divided by
// target, kernels go whole. Without own, feedback stays where it is: a relay
// would make it late.
func shareTargets(n *graph.Network, at, first, shares int, own bool) error {
	source := func(k int) int {
		if own && k == 0 {
			return at
		}
		if own {
			return first + k - 1
		}
		return first + k
	}
	var out []*graph.Projection
	whole := 0
	for _, q := range n.Projs {
		switch {
		case q.Pre != at || !own && q.Recurrent:
			out = append(out, q)
		case q.Kernel != nil || n.Pops[q.Post].N < shares:
			one := *q
			one.Pre = source(whole % shares)
			whole++
			out = append(out, &one)
		default:
			for k := range shares {
				part := *q
				part.Pre = source(k)
				part.W = rowsOnly(q.W, n.Pops[at].N, n.Pops[q.Post].N, k, shares)
				if k > 0 {
					part.Name, part.Bias = partName(q.Name, k), nil
				}
				out = append(out, &part)
			}
		}
	}
	n.Projs = out
	return nil
}

// rowsOnly is a matrix with the rows of one share of the targets, 0 elsewhere.
func rowsOnly(w []float64, pre, post, share, shares int) []float64 {
	lo, hi := post*share/shares, post*(share+1)/shares
	out := make([]float64, len(w))
	copy(out[lo*pre:hi*pre], w[lo*pre:hi*pre])
	return out
}

// splitWeights divides whole-number weights among projections.
func (p *plan) splitWeights(c Change) error {
	i, err := p.proj(c.Subject)
	if err != nil {
		return err
	}
	if c.Count < 2 || c.Count > mostRelays {
		return fmt.Errorf("need 2..%d parts, have %d", mostRelays, c.Count)
	}
	net := copied(p.net)
	q := *net.Projs[i]
	whole := weightsOf(&q)
	for k := range c.Count {
		part := q
		w := make([]float64, len(whole))
		for at, x := range whole {
			w[at] = math.Floor(x*float64(k+1)/float64(c.Count)) - math.Floor(x*float64(k)/float64(c.Count))
		}
		setWeights(&part, w)
		if k == 0 {
			net.Projs[i] = &part
			continue
		}
		part.Name, part.Bias = partName(q.Name, k), nil
		net.Projs = append(net.Projs, &part)
	}
	p.net = net
	return nil
}

func weightsOf(q *graph.Projection) []float64 {
	if q.Kernel != nil {
		return q.Kernel.W
	}
	return q.W
}

func setWeights(q *graph.Projection, w []float64) {
	if q.Kernel == nil {
		q.W = w
		return
	}
	k := *q.Kernel
	k.W = w
	q.Kernel = &k
}

// divide divides everything that a population of an exact code adds up.
func (p *plan) divide(c Change) error {
	at, err := p.pop(c.Subject)
	if err != nil {
		return err
	}
	if p.net.Pops[at].Kind != graph.Rectifier {
		return fmt.Errorf("population %q is no clipped whole-number rectifier", c.Subject)
	}
	if g := commonFactor(p.net, at); c.Count < 2 || g%int64(c.Count) != 0 {
		return fmt.Errorf("the largest common factor is %d", g)
	}
	net := copied(p.net)
	by := float64(c.Count)
	s := *net.Pops[at]
	s.Theta, s.C = divided(s.Theta, by), divided(s.C, by)
	net.Pops[at] = &s
	for k, old := range net.Projs {
		if old.Post != at {
			continue
		}
		q := *old
		setWeights(&q, divided(weightsOf(old), by))
		q.Bias = divided(q.Bias, by)
		net.Projs[k] = &q
	}
	p.net = net
	return nil
}

func divided(v []float64, by float64) []float64 {
	if v == nil {
		return nil
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x / by
	}
	return out
}

// commonFactor is the largest whole number that divides weights, thresholds
// and drives of a population, 0 if all are 0.
func commonFactor(n *graph.Network, at int) int64 {
	g := int64(0)
	add := func(v []float64) {
		for _, x := range v {
			a := int64(math.Abs(x))
			for a != 0 {
				g, a = a, g%a
			}
		}
	}
	add(n.Pops[at].Theta)
	add(n.Pops[at].C)
	for _, q := range n.Projs {
		if q.Post == at {
			add(weightsOf(q))
			add(q.Bias)
		}
	}
	return g
}

// prune keeps the largest weights of each neuron, ties to the earlier
// projection and source.
func (p *plan) prune(c Change) error {
	at, err := p.pop(c.Subject)
	if err != nil {
		return err
	}
	net := copied(p.net)
	var into []*graph.Projection
	for k, old := range net.Projs {
		if old.Post != at {
			continue
		}
		if old.Kernel != nil {
			return fmt.Errorf("projection %q shares its weights", old.Name)
		}
		q := *old
		q.W = slices.Clone(q.W)
		net.Projs[k] = &q
		into = append(into, &q)
	}
	for i := range net.Pops[at].N {
		pruneNeuron(net, into, i, c.Count)
	}
	p.net = net
	return nil
}

func pruneNeuron(n *graph.Network, into []*graph.Projection, i, keep int) {
	type synapse struct {
		q  *graph.Projection
		at int
		w  float64
	}
	var all []synapse
	for _, q := range into {
		pre := n.Pops[q.Pre].N
		for j := range pre {
			if w := q.W[i*pre+j]; w != 0 {
				all = append(all, synapse{q, i*pre + j, math.Abs(w)})
			}
		}
	}
	if len(all) <= keep {
		return
	}
	slices.SortStableFunc(all, func(a, b synapse) int {
		switch {
		case a.w > b.w:
			return -1
		case a.w < b.w:
			return 1
		}
		return 0
	})
	for _, s := range all[keep:] {
		s.q.W[s.at] = 0
	}
}
