package conform

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hillock/compiler/import/sanafe"
	"hillock/router/queued"
)

const (
	peerCores   = 128
	peerPerCore = 1024
)

// peerBuilder makes a network of the README's rules: sources that fire in
// every step and targets that never do.
type peerBuilder struct {
	net sanafe.Network
}

func (b *peerBuilder) add(core int, fires bool) int {
	x := sanafe.Neuron{Threshold: 1000, Leak: 1, Core: int32(core), Order: int32(len(b.net.Neurons))}
	if fires {
		x.Threshold, x.Bias = 0, 1
	}
	b.net.Neurons = append(b.net.Neurons, x)
	return len(b.net.Neurons) - 1
}

func (b *peerBuilder) join(src int, dst ...int) {
	for _, d := range dst {
		b.net.Edges = append(b.net.Edges, sanafe.Edge{Src: int32(src), Dst: int32(d)})
	}
}

func (b *peerBuilder) done() *sanafe.Network {
	b.net.Groups = []sanafe.Group{{Name: "all", N: len(b.net.Neurons)}}
	return &b.net
}

// peerParams reads whole numbers of a network's parameters.
type peerParams struct {
	m   map[string]any
	err error
}

func (p *peerParams) whole(name string, lo, hi int) int {
	v, ok := p.m[name].(float64)
	if !ok || v != math.Trunc(v) || v < float64(lo) || v > float64(hi) {
		if p.err == nil {
			p.err = fmt.Errorf("%s: need %d to %d, have %s", name, lo, hi, clip(fmt.Sprint(p.m[name])))
		}
		return lo
	}
	return int(v)
}

func (p *peerParams) has(name string) bool { return p.m[name] != nil }

// peerNetwork builds a network from its parameters; bench has a name alone.
func peerNetwork(name string, params map[string]any) (*sanafe.Network, error) {
	p := &peerParams{m: params}
	var net *sanafe.Network
	switch {
	case p.has("permille"):
		net = peerRandom(p)
	case p.has("dest_core"):
		net = peerFan(p)
	case p.has("targets"):
		net = peerChain(p)
	case p.has("per"):
		net = peerTranspose(p)
	case strings.HasPrefix(name, "bench"):
		net = peerBench()
	default:
		return nil, fmt.Errorf("need those of chain, fanin, transpose, random or bench")
	}
	return net, p.err
}

func peerChain(p *peerParams) *sanafe.Network {
	var b peerBuilder
	n := p.whole("sources", 1, peerPerCore-1)
	list, ok := p.m["targets"].([]any)
	if !ok || len(list) == 0 || len(list) > peerPerCore-n {
		p.err = fmt.Errorf("targets: need 1 to %d cores", peerPerCore-n)
		return nil
	}
	for range n {
		b.add(0, true)
	}
	for _, v := range list {
		core := (&peerParams{m: map[string]any{"targets": v}})
		c := core.whole("targets", 0, peerCores-1)
		if core.err != nil {
			p.err = core.err
			return nil
		}
		t := b.add(c, false)
		for s := range n {
			b.join(s, t)
		}
	}
	return b.done()
}

func peerFan(p *peerParams) *sanafe.Network {
	var b peerBuilder
	n, core, targets := p.whole("n", 1, peerPerCore*32), p.whole("dest_core", 0, peerCores-1), p.whole("synapses", 1, peerPerCore)
	if p.err != nil || n*targets > 1<<22 {
		p.err = fmt.Errorf("fanin: need at most %d synapses", 1<<22)
		return nil
	}
	for i := range n {
		b.add(2*i%peerCores, true)
	}
	for range targets {
		t := b.add(core, false)
		for s := range n {
			b.join(s, t)
		}
	}
	return b.done()
}

func peerTranspose(p *peerParams) *sanafe.Network {
	var b peerBuilder
	per := p.whole("per", 1, 512)
	for c := range peerCores {
		for range per {
			b.add(c, true)
		}
	}
	for c := range peerCores {
		for range 4 {
			b.add(c, false)
		}
	}
	for i := range peerCores * per {
		to := peerCores*per + 4*(peerCores-1-i/per)
		b.join(i, to, to+1, to+2, to+3)
	}
	return b.done()
}

// peerRandom draws a network with a congruential generator.
func peerRandom(p *peerParams) *sanafe.Network {
	var b peerBuilder
	cores, per := p.whole("cores", 1, peerCores), p.whole("per", 1, peerPerCore)
	msgs, syn := p.whole("msgs", 1, cores), p.whole("syn", 1, per)
	permille, s := p.whole("permille", 0, 1000), uint64(p.whole("seed", 0, 1<<53))
	if p.err != nil || cores*per*msgs*syn > 1<<22 {
		p.err = fmt.Errorf("random: need at most %d synapses (%v)", 1<<22, p.err)
		return nil
	}
	draw := func(mod int) int {
		s = s*6364136223846793005 + 1442695040888963407
		return int(s >> 33 % uint64(mod))
	}
	distinct := func(n, mod int) (out []int) {
		for tries := 0; len(out) < n && tries < 1<<16; tries++ {
			if v := draw(mod); !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	for i := range cores * per {
		b.add(i/per, draw(1000) < permille)
	}
	for i := range cores * per {
		if b.net.Neurons[i].Bias == 0 {
			continue
		}
		for _, c := range distinct(msgs, cores) {
			for _, t := range distinct(syn, per) {
				b.join(i, c*per+t)
			}
		}
	}
	return b.done()
}

func peerBench() *sanafe.Network {
	var b peerBuilder
	for i := range 16 * peerPerCore {
		n := b.add(i/peerPerCore, i%33 == 0)
		if i%33 != 0 {
			b.net.Neurons[n].Bias = 1.0 / 64 // updated in every step; 64,000 steps from firing
		}
	}
	for i := range 16 * peerPerCore {
		for _, d := range []int{1, 3, 5, 11} {
			c := (i/peerPerCore + d) % 16
			for j := range 32 {
				b.join(i, c*peerPerCore+(37*i+31*j)%peerPerCore)
			}
		}
	}
	return b.done()
}

// replayPeerMessages runs a recorded list of messages through package queued.
func replayPeerMessages(d *doc, c *checker) error {
	var rows [][]float64
	var columns []string
	var want float64
	if err := d.unpack("rows", &rows); err != nil {
		return err
	}
	if err := d.unpack("columns", &columns); err != nil {
		return err
	}
	if err := d.unpack("step_time", &want); err != nil {
		return err
	}
	if !slices.Equal(columns, []string{"src_core", "dst_core", "hops", "spikes", "gen", "proc", "net", "block", "sent", "received", "processed"}) {
		return d.fail("columns", "", "src_core to processed", clip(fmt.Sprint(columns)))
	}
	a := peerArch()
	used := map[int32]bool{}
	list := make([]queued.Message, len(rows))
	for i, r := range rows {
		if len(r) < 5 || r[1] != queued.None && len(r) < len(columns) || math.Abs(r[0]) > peerCores || math.Abs(r[1]) > peerCores {
			return d.fail("rows", fmt.Sprintf("row %d", i), "cores and times", fmt.Sprintf("%d numbers", len(r)))
		}
		list[i] = queued.Message{Src: int32(r[0]), Dst: int32(r[1]), Gen: r[4]}
		if r[1] != queued.None {
			list[i].Proc = r[5]
			used[int32(r[1])/int32(a.CoresPerTile)] = true
		}
		used[int32(r[0])/int32(a.CoresPerTile)] = true
	}
	n, err := queued.New(a.Queue())
	if err != nil {
		return err
	}
	at := make([]queued.Times, len(list))
	end, err := n.Step(list, at)
	if err != nil {
		return d.fail("rows", "", "messages", err.Error())
	}
	for _, s := range slices.Backward(a.Sync) {
		if s.Tiles <= len(used) {
			end += s.Seconds
			break
		}
	}
	c.res.Reason = "step time within 0.1 %, hops equal"
	c.within("step_time", -1, want, end, peerQueued, "")
	for i, m := range list {
		if m.Dst != queued.None {
			x, y := a.Queue().Hops(m.Src, m.Dst)
			c.equalAt("rows.hops", i, int64(rows[i][2]), int64(x+y), func() string { return "" })
		}
	}
	return nil
}
