package remedy_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/compiler/remedy"
)

var update = flag.Bool("update", false, "rewrite the table in docs/fit.md")

// unfitting is a network that does not fit a chip, and why.
type unfitting struct {
	name, family string
	limits       map[string]int64 // of a variant of the family
	strict       bool
	net          func() *graph.Network
	want         []compiler.Misfit // Because is a part of the reason; Core is compared as on a core or none
	remedies     []string          // text and kind, each must be found
}

func edited(n *graph.Network, edit func(n *graph.Network)) *graph.Network {
	edit(n)
	return n
}

func eachLIF(n *graph.Network, edit func(p *graph.Population)) *graph.Network {
	for _, p := range n.Pops {
		if p.Kind == graph.CubaLIF {
			edit(p)
		}
	}
	return n
}

var table = []unfitting{
	{name: "5,000 sources of one neuron", family: "loihi1", net: func() *graph.Network { return layers(1, 5000, 4) },
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "in_axons", Need: 4461, Have: 4096, Because: "one neuron alone needs more than a core has"}},
		remedies: []string{"--remedy prune:p1=4096 approximate"}},
	{name: "recurrent network, 8 cores", family: "loihi1", limits: map[string]int64{"in_axons": 300, "cores": 8}, net: func() *graph.Network { return ring(700, 6) },
		want:     []compiler.Misfit{{Core: -1, Resource: "cores", Have: 8, Because: "the chip has no more cores"}},
		remedies: []string{"--effort fast exact"}},
	{name: "axonal delay of 100 ticks", family: "loihi1", net: func() *graph.Network {
		return edited(layers(2, 20, 12, 8), func(n *graph.Network) { n.Projs[1].Delay = 100 })
	},
		want:     []compiler.Misfit{{Population: "p2", Core: -1, Resource: "delay", Need: 100, Have: 62, Because: `"p1-p2" waits 100 ticks`}},
		remedies: []string{"--remedy relay:p1-p2=1 late", "--remedy clip-delay:p1-p2=62 approximate"}},
	{name: "a skip over 70 layers", family: "loihi1", net: func() *graph.Network {
		sizes := make([]int, 71)
		for k := range sizes {
			sizes[k] = 6
		}
		n := layers(3, sizes...)
		join(n, 1, 70, whole(9))
		return n
	},
		want:     []compiler.Misfit{{Population: "p70", Core: -1, Resource: "delay", Need: 68, Have: 62, Because: `"p1-p70" waits 68 ticks to meet a longer path`}},
		remedies: []string{"--remedy relay:p1-p70=6 exact"}},
	{name: "reset by subtraction", family: "loihi1", net: func() *graph.Network {
		return eachLIF(layers(4, 20, 10), func(p *graph.Population) { p.Reset = graph.ResetSubtract })
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "reset subtract", Need: 1, Because: "cannot subtract its threshold"}},
		remedies: []string{"--remedy reset:zero approximate", "--chip loihi2 approximate"}},
	{name: "several spikes per tick, subtraction", family: "loihi1", net: func() *graph.Network {
		return eachLIF(layers(5, 20, 10), func(p *graph.Population) { p.Reset, p.Multi = graph.ResetSubtract, true })
	},
		want: []compiler.Misfit{{Population: "p1", Core: -1, Resource: "several spikes per tick", Need: 1, Because: "at most once per tick"},
			{Population: "p1", Core: -1, Resource: "reset subtract", Need: 1, Because: "cannot subtract"}},
		remedies: []string{"--remedy multispike:off --remedy reset:zero approximate"}},
	{name: "a floor that is never reached", family: "loihi2", net: func() *graph.Network {
		n := eachLIF(layers(6, 20, 10), func(p *graph.Population) { p.Floor = fill(p.N, 0) })
		for i, w := range n.Projs[0].W {
			n.Projs[0].W[i] = max(w, 0)
		}
		return n
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "membrane floor", Need: 1, Because: "no lower bound register"}},
		remedies: []string{"--remedy floor:none exact"}},
	{name: "a floor, negative weights", family: "loihi2", net: func() *graph.Network {
		return eachLIF(layers(6, 20, 10), func(p *graph.Population) { p.Floor = fill(p.N, 0) })
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "membrane floor", Need: 1, Because: "no lower bound register"}},
		remedies: []string{"--remedy floor:none approximate", "--chip loihi1 approximate"}},
	{name: "constant drives", family: "loihi1-b2l", net: func() *graph.Network {
		return eachLIF(layers(7, 20, 10), func(p *graph.Population) { p.C = fill(p.N, 1) })
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "bias", Need: 1, Because: "needs a constant drive of 1 per tick"}},
		remedies: []string{"--remedy bias:none approximate", "--chip loihi1 approximate"}},
	{name: "drives in a deep network", family: "loihi1", net: func() *graph.Network {
		sizes := make([]int, 67)
		for k := range sizes {
			sizes[k] = 5
		}
		n := layers(8, sizes...)
		n.Pops[66].C = fill(5, 1)
		return n
	},
		want:     []compiler.Misfit{{Population: "p66", Core: -1, Resource: "start delay", Need: 65, Have: 63, Because: "its bias must wait"}},
		remedies: []string{"--remedy bias:none approximate"}},
	{name: "leak above 1", family: "loihi1", net: func() *graph.Network {
		return eachLIF(layers(9, 20, 10), func(p *graph.Population) { p.AV = fill(p.N, 1.05) })
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "decay", Need: 1, Because: "decay factors 0 and 1.05 of neuron 0"}},
		remedies: []string{"--remedy decay:clamp approximate"}},
	{name: "one neuron's lists beyond the memory", family: "loihi1", limits: map[string]int64{"synapse_words": 300}, net: func() *graph.Network { return layers(10, 600, 3) },
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "synapse_words", Need: 532, Have: 300, Because: "one neuron alone needs more"}},
		remedies: []string{"--remedy prune:p1=300 approximate"}},
	{name: "weights beyond the memory of the chip", family: "loihi2", limits: map[string]int64{"synapse_words": 1000, "cores": 2}, net: func() *graph.Network { return exactLayers(11, 1, 100, 120, 100) },
		want:     []compiler.Misfit{{Core: -1, Resource: "cores", Have: 2, Because: "the chip has no more cores"}},
		remedies: []string{"--remedy weight-bits=4 exact"}},
	{name: "a neuron that feeds too many cores", family: "loihi1", limits: map[string]int64{"out_axons": 3, "compartments": 4}, net: func() *graph.Network { return layers(12, 8, 2, 24) },
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "out_axons", Need: 6, Have: 3, Because: "one neuron alone needs more"}},
		remedies: []string{"--remedy copies:p1=2 exact", "--remedy fan-relay:p1=2 late"}},
	{name: "too many decays on one core", family: "loihi1", limits: map[string]int64{"cores": 1}, net: func() *graph.Network {
		return eachLIF(layers(13, 10, 50), func(p *graph.Population) {
			for i := range p.AV {
				p.AV[i] = 0.5 + float64(i)/128
			}
		})
	},
		want:     []compiler.Misfit{{Core: -1, Resource: "cores", Need: 2, Have: 1, Because: "the chip has no more cores"}},
		remedies: []string{"--chip loihi2 approximate"}},
	{name: "whole weights beyond the mantissa", family: "loihi2", net: func() *graph.Network {
		return edited(exactLayers(14, 1, 12, 10), func(n *graph.Network) { n.Projs[0].W[3] = 500 })
	},
		want:     []compiler.Misfit{{Population: "p1", Core: -1, Resource: "weight", Need: 500, Have: 127, Because: "needs the whole-number weights"}},
		remedies: []string{"--remedy split-weights:in-p1=4 exact"}},
	{name: "whole weights with a common factor", family: "loihi2", net: func() *graph.Network { return exactLayers(15, 100, 12, 10, 4) },
		want: []compiler.Misfit{{Population: "p1", Core: -1, Resource: "weight", Need: 500, Have: 127, Because: `of "in-p1" unchanged`},
			{Population: "p2", Core: -1, Resource: "weight", Need: 500, Have: 127, Because: `of "p1-p2" unchanged`}},
		remedies: []string{"--remedy divide:p1=100 --remedy divide:p2=100 exact"}},
	{name: "a delay and a reset", family: "loihi1", net: func() *graph.Network {
		n := eachLIF(layers(17, 20, 10, 6), func(p *graph.Population) { p.Reset = graph.ResetSubtract })
		n.Projs[1].Delay = 70
		return n
	},
		want: []compiler.Misfit{{Population: "p1", Core: -1, Resource: "reset subtract", Need: 1, Because: "cannot subtract"},
			{Population: "p2", Core: -1, Resource: "reset subtract", Need: 1, Because: "cannot subtract"},
			{Population: "p2", Core: -1, Resource: "delay", Need: 70, Have: 62, Because: `"p1-p2" waits 70 ticks`}},
		remedies: []string{"--remedy relay:p1-p2=1 --remedy reset:zero approximate"}},
	{name: "a threshold that is not above the reset", family: "loihi1", net: func() *graph.Network {
		return eachLIF(layers(18, 20, 10), func(p *graph.Population) { p.VReset = fill(p.N, 99) })
	},
		want: []compiler.Misfit{{Population: "p1", Core: -1, Resource: "threshold", Need: 1, Because: "is not above its reset 99"}}},
	{name: "neurons with decaying membranes", family: "truenorth", net: func() *graph.Network {
		return eachLIF(layers(19, 300, 10), func(p *graph.Population) { p.AV = fill(p.N, 0.9) })
	}, remedies: []string{"--chip loihi1 approximate"}},
	{name: "neurons of another kind", family: "ranc-sim", net: func() *graph.Network {
		return eachLIF(layers(20, 30, 10), func(p *graph.Population) { p.AV = fill(p.N, 0.9) })
	}, remedies: []string{"--chip loihi1 approximate"}},
	{name: "1,500 neurons on a small chip", family: "xylo-a2", net: func() *graph.Network { return layers(21, 40, 1500) },
		remedies: []string{"--chip loihi1 approximate"}},
	{name: "3,000 neurons on a small chip", family: "xylo-imu", net: func() *graph.Network { return layers(22, 40, 3000) },
		remedies: []string{"--chip loihi1 approximate"}},
}

// TestTable is that every misfit is named and every remedy fits, as its text
// says it on the command line.
func TestTable(t *testing.T) {
	var doc bytes.Buffer
	fmt.Fprintln(&doc, "| network, chip | misfit | need, have | because | remedies that fit (spikes, cores) |\n|---|---|---|---|---|")
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) { c.check(t, &doc) })
	}
	writeTable(t, doc.String())
}

// check is one row.
func (c unfitting) check(t *testing.T, doc *bytes.Buffer) {
	f := loadChip(t, c.family, c.limits)
	net, o := c.net(), compiler.Options{Strict: c.strict}
	r, err := compiler.Fit(net, f, o)
	require.NoError(t, err, c.name)
	require.False(t, r.Fits, c.name)
	if c.want != nil {
		require.Len(t, r.Misfits, len(c.want), "%s: %v", c.name, r.Misfits)
	}
	for i, w := range c.want {
		m := r.Misfits[i]
		require.Equal(t, w.Population, m.Population, c.name)
		require.Equal(t, w.Resource, m.Resource, c.name)
		require.Equal(t, w.Have, m.Have, "%s: %v", c.name, m)
		require.True(t, w.Need == 0 || w.Need == m.Need, "%s: %v", c.name, m)
		require.Contains(t, m.Because, w.Because, c.name)
	}
	for _, m := range r.Misfits {
		require.NotEqual(t, m.Need, m.Have, c.name)
		require.NotEmpty(t, m.Because, c.name)
	}
	found := remedy.Find(net, f, o, r, nil)
	require.Len(t, found, len(r.Misfits))
	var have []string
	for i := range found {
		require.LessOrEqual(t, len(found[i]), 3)
		for _, x := range found[i] {
			have = append(have, x.Text()+" "+string(x.Kind))
			checkFits(t, c, x)
		}
	}
	for _, w := range c.remedies {
		require.Contains(t, have, w, "%s: %v", c.name, r.Misfits)
	}
	row(doc, c, r, found)
}

// checkFits reads the text of a remedy as a command line would and compiles.
func checkFits(t *testing.T, c unfitting, x remedy.Found) {
	var cs []remedy.Change
	words := strings.Fields(x.Text())
	for i := 0; i < len(words); i += 2 {
		text := words[i+1]
		if words[i] != "--remedy" {
			text = strings.TrimPrefix(words[i], "--") + ":" + text
		}
		ch, err := remedy.Parse(text)
		require.NoError(t, err, c.name)
		cs = append(cs, ch)
	}
	net, f, o, err := remedy.Apply(c.net(), loadChip(t, c.family, c.limits), compiler.Options{Strict: c.strict}, cs)
	require.NoError(t, err, "%s: %s", c.name, x.Text())
	r, err := compiler.Compile(net, f, o)
	require.NoError(t, err, "%s: %s", c.name, x.Text())
	require.Equal(t, x.Cores, len(r.Image.Cores), c.name)
	_, err = chip.New(r.Image, chip.Options{})
	require.NoError(t, err)
}

// row is a line of the table in the documentation.
func row(w *bytes.Buffer, c unfitting, r *compiler.FitResult, found [][]remedy.Found) {
	chipName := c.family
	for _, l := range []string{"cores", "compartments", "in_axons", "out_axons", "synapse_words"} {
		if v, ok := c.limits[l]; ok {
			chipName += fmt.Sprintf(", %s %d", l, v)
		}
	}
	for i, m := range r.Misfits {
		name := c.name + "; " + chipName
		if i > 0 {
			name = ""
		}
		at := m.Population
		if at == "" {
			at = "network"
		}
		var say []string
		for _, x := range found[i] {
			kind := string(x.Kind)
			if x.Kind == remedy.Late {
				kind = fmt.Sprintf("late by %d", x.Ticks)
			}
			say = append(say, fmt.Sprintf("`%s` (%s, %d)", x.Text(), kind, x.Cores))
		}
		if len(say) == 0 {
			say = []string{"none found"}
		}
		fmt.Fprintf(w, "| %s | %s: %s | %d, %d | %s | %s |\n", name, at, m.Resource, m.Need, m.Have, m.Because, strings.Join(say, "; "))
	}
}

const begin, end = "<!-- table of compiler/remedy: go test ./compiler/remedy -update -->\n", "<!-- end -->\n"

func writeTable(t *testing.T, want string) {
	const path = "../../docs/fit.md"
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(b), begin)
	require.True(t, ok, "docs/fit.md has no table")
	got, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "docs/fit.md has no end of the table")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+want+end+after), 0o644))
		return
	}
	require.Equal(t, want, got, "docs/fit.md: run go test ./compiler/remedy -update")
}
