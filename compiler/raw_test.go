package compiler

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/compiler/import/text"
	"hillock/core/learn"
)

// rawOf reads a network in a chip's own numbers.
func rawOf(t *testing.T, src string) *graph.Raw {
	t.Helper()
	f, err := text.Parse([]byte(src), "f")
	require.NoError(t, err)
	require.NotNil(t, f.Raw)
	return f.Raw
}

// narrow is a description whose limit is another one.
func narrow(t *testing.T, name, limit string, value int64) *chip.Family {
	t.Helper()
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	k := slices.IndexFunc(f.Limits, func(l chip.Limit) bool { return l.Name == limit })
	require.GreaterOrEqual(t, k, 0)
	f.Limits[k].Value = value
	return f
}

// recurrent is a network in which everything that learning does shows: plastic
// synapses from inputs, of the population onto itself, delays of single
// synapses, two sign modes, a register that a population drives.
const recurrent = `{"schema": "hillock/net/1", "populations": [
 {"name": "in", "n": 6, "kind": "input"},
 {"name": "a", "n": 11, "fields": {"decay_u": 2000, "decay_v": 300, "vth_mant": [150,151,152,153,154,155,156,157,158,159,160], "bias_mant": 40}, "output": true},
 {"name": "b", "n": 4, "fields": {"decay_u": 4095, "decay_v": 1000, "vth_mant": 90}}],
 "learning": {
  "s": {"model": "two-factor", "settings": {"t_epoch": 3, "x1_impulse": 20, "y1_impulse": 30}, "times": {"x1_tau": 6, "y1_tau": 5}, "start": {"tag": 2}, "rule": {"dw": "2^-2*x1*y0 - 2^-3*y1*x0", "dt": "x1*y0"}},
  "d": {"model": "two-factor", "settings": {"t_epoch": 1, "x1_impulse": 9}, "times": {"x1_tau": 3}, "rule": {"dw": "u0*x1"}}},
 "projections": [
  {"pre": "in", "post": "a", "weights": {"random": {"probability": 0.8, "lo": -20, "hi": 120, "seed": 3}}, "plastic": "s"},
  {"pre": "a", "post": "a", "self": false, "weights": {"random": {"probability": 0.6, "lo": -30, "hi": 40, "seed": 4}}, "plastic": "s", "delay": 2},
  {"pre": "a", "post": "b", "weights": {"list": [[0,0,30],[1,0,40,3],[1,0,10],[4,3,0,1],[9,2,77],[10,1,60,2]]}, "plastic": "d", "sign": "exc", "exp": 1},
  {"pre": "b", "post": "a", "weights": {"all": -12}}],
 "modulators": [{"register": 1, "population": "a", "keep": 2048, "gain": 3, "top": 50}]}`

// trial is what a run leaves behind.
type trial struct {
	hash    string
	plastic []chip.PlasticSynapse
	mods    int32
}

func runRaw(t *testing.T, img *chip.Image, engine string) trial {
	t.Helper()
	m, err := chip.New(img, chip.Options{Engine: engine, Draw: func(q learn.Query) int32 { return int32(q.Tick*7919) & (1<<q.Bits - 1) }})
	require.NoError(t, err)
	rec := chip.NewRecorder(img, false)
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		for i := range int32(6) {
			if (tick*5+int64(i)*3)%7 < 2 {
				dst = append(dst, chip.Injection{Pop: 0, Index: i, Payload: 1})
			}
		}
		return dst
	}
	require.NoError(t, m.Run(300, src, rec.Tick))
	return trial{rec.TraceHash(), m.Plastic(), m.Core(0).State.Mods[1]}
}

// Where neurons and their synapses sit changes nothing, learning included.
func TestRawNetworkIsTheSameOnManyCores(t *testing.T) {
	net := rawOf(t, recurrent)
	one, err := CompileRaw(net, narrow(t, "loihi2", limCompartments, 1024), Options{})
	require.NoError(t, err)
	require.Len(t, one.Image.Cores, 1)
	want := runRaw(t, one.Image, "oracle")
	require.Positive(t, want.mods)
	moved := 0
	start := runRawStart(net)
	for i, s := range want.plastic {
		if s.Weight != start[i] {
			moved++
		}
	}
	require.Greater(t, moved, 50, "the rules change weights")
	for _, size := range []int64{8, 3, 1} {
		many, err := CompileRaw(net, narrow(t, "loihi2", limCompartments, size), Options{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(many.Image.Cores), 15/int(size))
		decoded, err := chip.DecodeImage(many.Image.Encode(), "x")
		require.NoError(t, err)
		for _, engine := range []string{"oracle", "vector"} {
			require.Equal(t, want, runRaw(t, decoded, engine), "%d compartments, %s", size, engine)
		}
	}
	scattered := [][]int32{nil, make([]int32, 11), {2, 0, 1, 2}}
	for i := range scattered[1] {
		scattered[1][i] = int32(i % 3)
	}
	for _, o := range []Options{{Effort: Fast}, {Effort: Normal}, {Part: scattered}} {
		many, err := CompileRaw(net, narrow(t, "loihi2", limCompartments, 6), o)
		require.NoError(t, err)
		require.Greater(t, len(many.Image.Cores), 1)
		require.Equal(t, want, runRaw(t, many.Image, "vector"), "effort %v", o.Effort)
	}
}

// runRawStart lists the start weights in the order of Machine.Plastic.
func runRawStart(net *graph.Raw) []int32 {
	var out []int32
	for _, pre := range []int{0, 1} {
		for j := range net.Pops[pre].N {
			for _, q := range net.Projs {
				for _, s := range q.Synapses {
					if q.Pre == pre && int(s.Pre) == j {
						out = append(out, s.Weight)
					}
				}
			}
		}
	}
	return out
}

// A synapse's file gives what the image holds: delay, weight, port, start of
// the words, and a plan per sign mode.
func TestRawImage(t *testing.T) {
	r, err := CompileRaw(rawOf(t, recurrent), narrow(t, "loihi2", limCompartments, 1024), Options{})
	require.NoError(t, err)
	img := r.Image.Cores[0].Image
	require.Len(t, img.Learning, 2)
	require.Equal(t, []int32{2}, img.Learning[0].Plan.Words[learn.Synapse][2].Init)
	require.Equal(t, 4, img.Ring)
	require.Len(t, img.Ports, 1)
	var found []int
	for _, n := range img.Learning[1].Axons {
		a := img.Axons[n]
		require.Equal(t, 1, img.Formats[a.Format].Exp)
		for _, s := range img.Syn[a.Off : a.Off+a.N] {
			found = append(found, int(s.Target)-11, int(s.Delay), int(s.Mant))
		}
	}
	require.Equal(t, []int{0, 0, 30, 0, 0, 10, 0, 3, 40, 3, 1, 0, 2, 0, 77, 1, 2, 60}, found)
	require.Equal(t, []int{0, 0, 1}, []int{r.Image.Pops[0].Depth, r.Image.Pops[1].Depth, r.Image.Pops[2].Depth})
}

func TestRawMisfits(t *testing.T) {
	base := `{"schema": "hillock/net/1", "populations": [{"name": "in", "n": 2, "kind": "input"}, {"name": "a", "n": 2, POP}],
"learning": {"s": {"model": "two-factor", RULE}},
"projections": [{"pre": "in", "post": "a", "weights": {"all": 10}, "plastic": "s"}, {"pre": "in", "post": "a", PROJ}]}`
	good := [3]string{`"fields": {"decay_u": 4095, "decay_v": 0, "vth_mant": 1}`, `"settings": {"t_epoch": 1}, "rule": {"dw": "x1*y0"}`, `"weights": {"one": 4}`}
	for _, c := range []struct {
		family, pop, rule, proj string
		want                    []string
	}{
		{"loihi2", "", "", "", nil},
		{"loihi2", `"group": "nix"`, "", "", []string{`a: neuron group "nix": need 1, have 0: f:1:86: the chip has no such group`}},
		{"loihi2", `"fields": {"decay_u": 4096, "decay_v": -1, "vth_mant": 1, "x": 1, "max_delay": 3}`, "", "", []string{
			`a: field decay_u: need 4096, have 4095: f:1:86: value 0 is outside 0..4095`, `a: field decay_v: need -1, have 0: f:1:86: value 0 is outside 0..4095`,
			`a: field x: need 1, have 0: f:1:86: the chip has no such field`, `a: field max_delay: need 1, have 0: f:1:86: it follows from the delays of the synapses; leave it out`}},
		{"loihi2", `"fields": {"decay_u": 1, "decay_v": 1}`, "", "", []string{`a: fields: need 1, have 0: f:1:86: chip: group "lif", parameter p3: neuron 0: field "vth_mant" is not set and has no default`}},
		{"loihi2", `"fields": {"decay_u": 1, "decay_v": 1, "vth_mant": 1}, "read": "w"`, "", "", []string{`a: read: need 1, have 0: f:1:86: group "lif" has no state word "w"`}},
		{"loihi2", `"fields": {"decay_u": 1, "decay_v": 1, "vth_mant": 1, "decay_bits": [1, 2]}`, "", "", []string{`a: field decay_bits: need 2, have 1: f:1:86: the field exists once per core`}},
		{"loihi2", "", "", `"port": 2, "weights": {"one": 1}`, []string{`a: port: need 3, have 2: f:3:85: projection "in-a": the core has no such synaptic input`}},
		{"loihi2", "", "", `"bits": 9, "exp": 8, "delay": 99, "weights": {"one": 1}`, []string{
			`a: weight bits: need 9, have 8: f:3:85: projection "in-a": the chip encodes [1 2 3 4 5 6 7 8] bits`,
			`a: weight exponent: need 8, have 7: f:3:85: projection "in-a": the chip has exponents -8..7`,
			`a: delay: need 99, have 63: f:3:85: projection "in-a": the chip has no longer synaptic delay`}},
		{"loihi2", "", "", `"weights": [[5, -3], [4, 256]]`, []string{`a: weights: need 3, have 0: f:3:85: projection "in-a": weight 5 from neuron 0 to neuron 0 would be stored as 4: 8 bits of sign mode mixed keep no smaller step than 2`}},
		{"loihi2", "", "", `"weights": {"one": -3}, "sign": "exc"`, []string{`a: weights: need 2, have 0: f:3:85: projection "in-a": weight -3 from neuron 0 to neuron 0 is outside 0..255`}},
		{"loihi2", "", `"settings": {"t_epoch": 64}`, "", []string{`network: learning rule: need 1, have 0: f:2:14: learning "s": chip: learning model "two-factor": setting "t_epoch" is 64, need 1..63`}},
		{"loihi2", "", `"settings": {"t_epoch": 1, "tau": 3}`, "", []string{`network: learning setting tau: need 1, have 0: f:2:14: learning "s": model two-factor has no such setting or time`}},
		{"loihi2", "", `"settings": {"t_epoch": 1}, "rule": {"dz": "x1*y0"}`, "", []string{`network: learning rule: need 1, have 0: f:2:14: learning "s": rule: model two-factor, step rule: target "dz" is unknown or there twice`}},
		{"loihi2", "", `"settings": {"t_epoch": 1}, "start": {"tag": 512}`, "", []string{`network: learning rule: need 1, have 0: f:2:14: learning "s": start of "tag" is 512, which does not fit 10 bits, sat`}},
		{"loihi1-b2l", "", "", "", []string{`network: learning model two-factor: need 1, have 0: f:2:14: learning "s": the chip has coin`}},
	} {
		f, err := chip.LoadNamed(c.family)
		require.NoError(t, err)
		or := func(s, d string) string {
			if s == "" {
				return d
			}
			return s
		}
		src := strings.NewReplacer("POP", or(c.pop, good[0]), "RULE", or(c.rule, good[1]), "PROJ", or(c.proj, good[2])).Replace(base)
		r, err := FitRaw(rawOf(t, src), f, Options{})
		require.NoError(t, err, src)
		var have []string
		for _, m := range r.Misfits {
			have = append(have, m.String())
		}
		require.Equal(t, c.want, have, src)
		require.Equal(t, c.want == nil, r.Fits)
	}
	f := narrow(t, "loihi2", limCores, 1)
	_, err := FitRaw(rawOf(t, strings.NewReplacer("POP", good[0], "RULE", `"rule": {"dw": "x1"}`, "PROJ", good[2]).Replace(base)), f, Options{})
	require.EqualError(t, err, `compiler: pass check: f:2:58: learning "s": rule: dw: at "": a product without x0, y0 or u: nothing says when it applies`)
}

// What does not fit one core is counted: plans, cores, synapse memory with the
// stored words of what learns.
func TestRawSizes(t *testing.T) {
	rules, projs := "", ""
	for k := range 17 {
		name := string(rune('a' + k))
		if k > 0 {
			rules, projs = rules+", ", projs+", "
		}
		rules += `"` + name + `": {"model": "two-factor", "settings": {"t_epoch": 1}, "rule": {"dw": "x1*y0"}}`
		projs += `{"pre": "in", "post": "n", "weights": {"all": 1}, "plastic": "` + name + `"}`
	}
	net := rawOf(t, `{"schema": "hillock/net/1", "populations": [{"name": "in", "n": 1, "kind": "input"}, {"name": "n", "n": 1, "fields": {"decay_u": 1, "decay_v": 1, "vth_mant": 1}}], "learning": {`+rules+`}, "projections": [`+projs+`]}`)
	f, err := chip.LoadNamed("loihi2")
	require.NoError(t, err)
	r, err := FitRaw(net, f, Options{})
	require.NoError(t, err)
	require.False(t, r.Fits)
	require.Equal(t, "n, core 0: learning plans: need 17, have 16: distinct learning rules and sign modes on one core", r.Misfits[0].String())

	many := rawOf(t, `{"schema": "hillock/net/1", "populations": [{"name": "n", "n": 40, "fields": {"decay_u": 1, "decay_v": 1, "vth_mant": 1}}], "learning": {"s": {"model": "two-factor", "settings": {"t_epoch": 1}, "rule": {"dw": "x1*y0"}}}, "projections": [{"pre": "n", "post": "n", "weights": {"all": 1}, "plastic": "s"}]}`)
	g := narrow(t, "loihi2", limCompartments, 1024)
	a, err := CompileRaw(many, g, Options{})
	require.NoError(t, err)
	many.Projs[0].Rule = -1
	b, err := CompileRaw(many, g, Options{})
	require.NoError(t, err)
	// 40 synapses in each of 40 rows: 8 bits each, and 19 of d and tag, with a
	// header of 10 bits, in words of 64.
	require.Equal(t, int64(40*((40*27+10+63)/64)*8), a.Report.SynapseBytes)
	require.Equal(t, int64(40*((40*8+10+63)/64)*8), b.Report.SynapseBytes)
	many.Projs[0].Rule = 0
	r, err = FitRaw(many, narrow(t, "loihi2", limInAxons, 39), Options{})
	require.NoError(t, err)
	require.False(t, r.Fits)
	require.Contains(t, r.Misfits[0].String(), "in_axons: need 40, have 39")
}

// The examples of docs/networks.md are what they say.
func TestDocumentedNetworks(t *testing.T) {
	b, err := os.ReadFile("../docs/networks.md")
	require.NoError(t, err)
	parts := strings.Split(string(b), "```json\n")
	require.Len(t, parts, 3)
	f, err := chip.LoadNamed("loihi2")
	require.NoError(t, err)
	for k, p := range parts[1:] {
		src, _, ok := strings.Cut(p, "```")
		require.True(t, ok)
		file, err := text.Parse([]byte(src), "networks.md")
		require.NoError(t, err)
		require.Equal(t, k == 0, file.Raw != nil)
		if file.Raw != nil {
			_, err = CompileRaw(file.Raw, f, Options{})
		} else {
			_, err = Compile(file.Net, f, Options{})
		}
		require.NoError(t, err)
	}
}
