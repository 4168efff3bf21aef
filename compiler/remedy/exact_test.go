package remedy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/compiler/remedy"
)

// randomNetwork is layers with skips, feedback and delays; real weights and
// leaks if rough.
func randomNetwork(seed uint64, rough bool) *graph.Network {
	r := rand.New(rand.NewPCG(seed, 8))
	n := &graph.Network{Name: "random", Pops: []*graph.Population{input("in", 8+r.IntN(20))}}
	weight := whole(seed)
	if rough {
		weight = func(int, int) float64 { return float64(r.IntN(2000)-700) / 317 }
	}
	for k := range 2 + r.IntN(3) {
		p := lif(fmt.Sprint("p", k+1), 3+r.IntN(12), float64(4+r.IntN(8)))
		if rough {
			p.AV, p.AJ = fill(p.N, 0.8+r.Float64()/8), fill(p.N, r.Float64()/2)
		}
		n.Pops = append(n.Pops, p)
		join(n, k, k+1, weight).Delay = r.IntN(2) * r.IntN(100)
	}
	last := len(n.Pops) - 1
	if r.IntN(2) == 0 {
		join(n, r.IntN(last), last, weight).Name = "skip"
	}
	if k := 1 + r.IntN(last); r.IntN(2) == 0 {
		q := join(n, last, k, weight)
		q.Name, q.Recurrent, q.Delay = "back", true, r.IntN(80)
	}
	return n
}

// unlimited is the same chip without the limits: what a network would do there
// is what exact remedies must give.
func unlimited(t require.TestingT, family string) *chip.Family {
	f := loadChip(t, family, map[string]int64{"compartments": 4096, "out_axons": 1 << 15, "in_axons": 1 << 15, "cores": 1 << 10, "max_delay": 250})
	for i := range f.Fields {
		if f.Fields[i].Name == "max_delay" {
			f.Fields[i].Hi = 250
		}
	}
	return f
}

// TestExactRemediesKeepSpikes is that a remedy called exact gives the spikes
// of every population in the same ticks, and a late one the same spikes that
// many ticks later at most.
func TestExactRemediesKeepSpikes(t *testing.T) {
	tried := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64Range(0, 400).Draw(rt, "seed")
		n := randomNetwork(seed, rapid.Bool().Draw(rt, "rough"))
		family := rapid.SampledFrom([]string{"loihi1", "loihi1-b2l", "loihi2"}).Draw(rt, "family")
		whole := unlimited(rt, family)
		all, err := compiler.Compile(n, whole, compiler.Options{})
		if err != nil {
			return // a path too long even then
		}
		f := loadChip(rt, family, map[string]int64{
			"compartments": rapid.Int64Range(2, 12).Draw(rt, "compartments"),
			"out_axons":    rapid.Int64Range(2, 20).Draw(rt, "out-axons"),
			"in_axons":     rapid.Int64Range(20, 60).Draw(rt, "in-axons"),
			"cores":        rapid.Int64Range(4, 60).Draw(rt, "cores"),
			"max_delay":    rapid.Int64Range(8, 62).Draw(rt, "delay"),
		})
		r, err := compiler.Fit(n, f, compiler.Options{})
		require.NoError(rt, err)
		if r.Fits {
			return
		}
		want := [2]map[string][][2]int64{spikesOf(t, all.Image, false), spikesOf(t, all.Image, true)}
		for _, list := range remedy.Find(n, f, compiler.Options{}, r, nil) {
			for _, x := range list {
				if x.Kind == remedy.Approximate {
					continue
				}
				tried[string(x.Kind)+" "+x.Changes[0].Verb]++
				net, f2, o, err := remedy.Apply(n, f, compiler.Options{}, x.Changes)
				require.NoError(rt, err)
				res, err := compiler.Compile(net, f2, o)
				require.NoError(rt, err, x.Text())
				late := x.Kind == remedy.Late
				got := spikesOf(t, res.Image, late)
				for _, p := range n.Pops {
					require.Equal(rt, want[b2i(late)][p.Name], got[p.Name], "%s (%s), population %s, seed %d", x.Text(), x.Kind, p.Name, seed)
				}
			}
		}
	})
	t.Log(tried)
}

// TestChangesOnExactCodes is that changes of whole-number networks leave the
// values of every population.
func TestChangesOnExactCodes(t *testing.T) {
	for _, text := range []string{"split-weights:in-p1=3", "divide:p1=5", "copies:p1=3", "relay:p1-p2=1", "fan-relay:p1=2", "weight-bits=5"} {
		n := exactLayers(3, 5, 12, 10, 8)
		c, err := remedy.Parse(text)
		require.NoError(t, err)
		net, f, o, err := remedy.Apply(n, loadChip(t, "loihi2", nil), compiler.Options{}, []remedy.Change{c})
		require.NoError(t, err, text)
		a, err := compiler.Compile(n, loadChip(t, "loihi2", nil), compiler.Options{})
		require.NoError(t, err)
		b, err := compiler.Compile(net, f, o)
		if text == "weight-bits=5" {
			require.ErrorContains(t, err, "p1: weight: need 25, have 15", "an exact code is never rounded")
			continue
		}
		require.NoError(t, err, text)
		want, got := spikesOf(t, a.Image, true), spikesOf(t, b.Image, true)
		require.NotEmpty(t, want["p2"])
		for _, p := range n.Pops {
			require.Equal(t, want[p.Name], got[p.Name], "%s, %s", text, p.Name)
		}
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"relay:a-b=2", "prune:p 1=40", "weight-bits=4", "floor:none", "effort:fast", "chip:loihi2", "relay:a=b=3"} {
		c, err := remedy.Parse(s)
		require.NoError(t, err, s)
		require.Equal(t, s, c.String())
	}
	for s, want := range map[string]string{
		"":                "need one of relay:NAME=N",
		"nothing:x":       "need one of",
		"relay:a":         "need =N at its end",
		"relay:=2":        "relay takes a name",
		"weight-bits":     "need =N",
		"weight-bits:x=3": "takes no name",
		"prune:a=0":       "N from 1 to",
	} {
		_, err := remedy.Parse(s)
		require.ErrorContains(t, err, want, s)
	}
	wide := layers(1, 600, 600)
	for _, s := range []string{"copies:p1=250", "fan-relay:p1=200", "split-weights:in-p1=200"} {
		c, err := remedy.Parse(s)
		require.NoError(t, err)
		_, _, _, err = remedy.Apply(wide, loadChip(t, "loihi1", nil), compiler.Options{}, []remedy.Change{c})
		require.ErrorContains(t, err, "times 360000 weights, need at most", s)
	}
	n := layers(1, 5, 4)
	for s, want := range map[string]string{
		"relay:x=1":             `no projection "x"`,
		"copies:in=2":           `"in" is an input`,
		"floor:low":             "need floor:none",
		"floor:none":            "changes no population",
		"bias:none":             "no population has a constant drive",
		"clip-delay:in-p1=3":    "its delay is 0",
		"divide:p1=2":           "no clipped whole-number rectifier",
		"split-weights:in-p1=1": "need 2..",
		"chip:nothing":          "nothing",
	} {
		c, err := remedy.Parse(s)
		require.NoError(t, err, s)
		_, _, _, err = remedy.Apply(n, loadChip(t, "loihi1", nil), compiler.Options{}, []remedy.Change{c})
		require.ErrorContains(t, err, want, s)
	}
}

// TestRawRemedies is that a network in the chip's own numbers is offered other
// mappings and boards, and nothing that changes it.
func TestRawRemedies(t *testing.T) {
	const n, reach = 240, 3
	order := rand.New(rand.NewPCG(6, 6)).Perm(n)
	raw := &graph.Raw{Name: "ring", Pops: []*graph.RawPop{{Name: "in", N: n, Input: true, At: "a"}, {Name: "ring", N: n, Output: true, At: "b",
		Fields: []graph.RawField{{Name: "decay_u", Values: []int64{4095}}, {Name: "decay_v", Values: []int64{100}}, {Name: "vth_mant", Values: []int64{90}}}}}}
	in := &graph.RawProj{Name: "in", Pre: 0, Post: 1, Rule: -1, At: "c"}
	back := &graph.RawProj{Name: "back", Pre: 1, Post: 1, Rule: -1, At: "d"}
	at := make([]int, n)
	for i, place := range order {
		at[place] = i
	}
	for i := range n {
		in.Synapses = append(in.Synapses, graph.RawSynapse{Pre: int32(i), Post: int32(i), Weight: 100})
		var to []int
		for d := 1; d <= reach; d++ {
			to = append(to, at[(order[i]+d)%n], at[(order[i]+n-d)%n])
		}
		slices.Sort(to)
		for _, k := range to {
			back.Synapses = append(back.Synapses, graph.RawSynapse{Pre: int32(i), Post: int32(k), Weight: 20})
		}
	}
	raw.Projs = []*graph.RawProj{in, back}
	f := loadChip(t, "loihi1", map[string]int64{"in_axons": 120, "cores": 6})
	r, err := compiler.FitRaw(raw, f, compiler.Options{})
	require.NoError(t, err)
	require.Len(t, r.Misfits, 1)
	require.Equal(t, "cores", r.Misfits[0].Resource)
	found := remedy.FindRaw(raw, f, compiler.Options{}, r)
	require.Equal(t, "--effort fast", found[0][0].Text())
	require.Equal(t, "--chip loihi1-nahuku", found[0][len(found[0])-1].Text())
	for _, x := range found[0] {
		require.Equal(t, remedy.Exact, x.Kind)
	}
	one, err := compiler.CompileRaw(raw, unlimited(t, "loihi1"), compiler.Options{})
	require.NoError(t, err)
	many, err := compiler.CompileRaw(raw, f, compiler.Options{Effort: compiler.Fast})
	require.NoError(t, err)
	require.Equal(t, spikesOf(t, one.Image, false), spikesOf(t, many.Image, false))
}

// TestEveryFamilyAnswers is that every family says whether networks of every
// kind fit, whatever its neurons lack.
func TestEveryFamilyAnswers(t *testing.T) {
	nets := []*graph.Network{exactLayers(1, 1, 12, 10, 4), layers(2, 12, 10, 4), randomNetwork(7, true), randomNetwork(11, false)}
	for _, edit := range []func(p *graph.Population){
		func(p *graph.Population) { p.Reset, p.Multi = graph.ResetSubtract, true },
		func(p *graph.Population) { p.Reset, p.Floor = graph.ResetNone, fill(p.N, -1) },
		func(p *graph.Population) { p.Reset, p.C = graph.ResetSubtractLate, fill(p.N, 0.5) },
		func(p *graph.Population) { p.Kind, p.Theta, p.VReset = graph.Readout, nil, nil },
		func(p *graph.Population) { p.AV, p.AJ = fill(p.N, 0.9), fill(p.N, 0.5) },
	} {
		n := layers(3, 12, 10, 4)
		edit(n.Pops[2])
		nets = append(nets, n)
	}
	for _, family := range chip.Names() {
		f, err := chip.LoadNamed(family)
		require.NoError(t, err)
		for i, n := range nets {
			for _, e := range []compiler.Effort{compiler.Packed, compiler.Fast} {
				r, err := compiler.Fit(n, f, compiler.Options{Effort: e})
				if err != nil {
					require.ErrorContains(t, err, "compiler", "%s, network %d", family, i)
					continue
				}
				require.Equal(t, r.Fits, len(r.Misfits) == 0, "%s, network %d", family, i)
			}
		}
	}
}
