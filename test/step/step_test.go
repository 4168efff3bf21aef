package step

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/router/aer"
)

func digits(t testing.TB) *chip.Image {
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	res, err := compiler.Compile(net, f, compiler.Options{Seed: 1})
	require.NoError(t, err)
	return res.Image
}

func events(ticks int64) *aer.Stream {
	s := &aer.Stream{Pops: []string{"input"}}
	r := rand.New(rand.NewPCG(1, 2))
	for t := range ticks {
		for i := range int32(64) {
			if r.IntN(3) == 0 {
				s.Spikes = append(s.Spikes, aer.Spike{Tick: t, Index: i, Payload: 1})
			}
		}
	}
	return s
}

func debugger(t testing.TB, engine string) *Debugger {
	d, err := New(digits(t), Options{Events: events(150), Name: "e", Limit: 1000, Chip: chip.Options{Engine: engine}})
	require.NoError(t, err)
	return d
}

func do(t testing.TB, d *Debugger, line string) *Reply {
	r, err := d.Do(line)
	require.NoError(t, err, line)
	return r
}

// TestBackIsExact walks forward and back at random, far beyond the number of
// snapshots, and compares everything with a machine that only ran forward.
func TestBackIsExact(t *testing.T) {
	d := debugger(t, "")
	m, err := chip.New(d.img, chip.Options{Engine: "oracle"})
	require.NoError(t, err)
	at := []*chip.Snapshot{m.Snapshot()}
	for range 400 {
		require.NoError(t, m.Run(1, d.in.Source, nil))
		at = append(at, m.Snapshot())
	}
	r := rand.New(rand.NewPCG(5, 6))
	backs := 0
	for range 120 {
		now := d.m.Tick()
		n := 1 + r.Int64N(40)
		switch {
		case r.IntN(3) == 0 && n <= now:
			do(t, d, "back "+itoa(n))
			backs++
		case now+n <= 400:
			do(t, d, "step "+itoa(n))
		}
		require.Empty(t, cmp.Diff(at[d.m.Tick()], d.m.Snapshot(), cmpopts.EquateEmpty()), "tick %d", d.m.Tick())
		require.LessOrEqual(t, len(d.saves), maxSaves)
	}
	require.Greater(t, backs, 10)
	require.Greater(t, d.every, int64(1))
	_, err = d.Do("back 999")
	require.ErrorContains(t, err, "step: 999 ticks back, need at most")
}

func itoa(n int64) string { b, _ := json.Marshal(n); return string(b) }

// TestWhyEqualsTheRun holds the stories of several neurons against the words
// that print shows before and after, on both engines.
func TestWhyEqualsTheRun(t *testing.T) {
	for _, engine := range []string{"oracle", "vector"} {
		d := debugger(t, engine)
		for range 40 {
			for _, n := range []string{"lif1[3]", "lif1[95]", "lif2[7]"} {
				before := values(do(t, d, "print "+n))
				do(t, d, "step")
				w := do(t, d, "why "+n).Why
				after := values(do(t, d, "print "+n))
				for _, v := range w.Before {
					require.Equal(t, before[v.Name], v.Value, "%s before tick %d", v.Name, w.Tick)
				}
				for _, v := range w.After {
					require.Equal(t, after[v.Name], v.Value, "%s after tick %d", v.Name, w.Tick)
				}
				require.Equal(t, after["spike"], w.Spike)
				require.Equal(t, d.tick(), w.Tick)
			}
		}
	}
}

func values(r *Reply) map[string]int64 {
	out := map[string]int64{}
	for _, v := range r.Values {
		out[v.Name] = v.Value
	}
	return out
}

func TestUntilAndExpressions(t *testing.T) {
	d := debugger(t, "")
	r := do(t, d, "until lif2.spikes > 0 && tick >= 3")
	require.True(t, *r.Reached)
	require.GreaterOrEqual(t, d.tick(), int64(3))
	n := int64(0)
	for _, s := range d.last {
		if d.img.Pops[s.Pop].Name == "lif2" {
			n++
		}
	}
	require.Positive(t, n)
	require.Equal(t, n, *do(t, d, "print lif2.spikes").Value)
	require.Equal(t, int64(len(d.last)), *do(t, d, "print spikes").Value)
	v := values(do(t, d, "print lif1[7]"))
	require.Equal(t, v["v"]*2-v["u"]+v["p3"], *do(t, d, `print "lif1"[7].v * 2 - lif1[7].s0 + lif1[7].p3`).Value)
	require.Equal(t, v["in0"]+v["mod1"], *do(t, d, "print lif1[7].in0 + lif1[7].mod1").Value)
	require.False(t, *do(t, d, "until 0").Reached)
	require.Equal(t, int64(1000), d.m.Tick()-r.Tick-1)
}

func TestRefuses(t *testing.T) {
	d := debugger(t, "")
	for line, want := range map[string]string{
		"fly":                             `step: command "fly", have step, until,`,
		"step x":                          `step: "x" ticks, need 1..1000`,
		"step 1001":                       `need 1..1000`,
		"back":                            "step: 1 ticks back, need at most 0",
		"why lif1[3]":                     "no tick was computed yet",
		"why lif1":                        `need a neuron as POP[INDEX]`,
		"why lif1[96]":                    `neuron 96 of population "lif1", have 96`,
		"why input[3]":                    "driven from outside",
		"print nothing[3]":                `population "nothing", have input(64) lif1(96) lif2(10)`,
		"print lif1[3].w":                 `column 1: word "w" of group`,
		"print lif1[3].v +":               "step: expression column 12: need",
		"print 1 / (tick + 1)":            "step: expression column 3: 1 divided by 0",
		"print lif1.words":                `"words" of a population, have spikes`,
		"until":                           "step: no expression",
		"until out":                       `step: "out" has no value`,
		"print _0":                        `step: "_0" has no value`,
		"list lif1[99999999999999999999]": "step: index",
		"print " + strings.Repeat("lif1[0].v+", 65) + "1": "more than 64 references",
	} {
		_, err := d.Do(line)
		require.ErrorContains(t, err, want, line)
	}
	err := d.Script("# good\nstep\n\nfly\n", "s.txt", func(*Reply) error { return nil })
	require.ErrorContains(t, err, "s.txt:4: step: command")
	require.Equal(t, int64(1), d.m.Tick())
}

func FuzzDo(f *testing.F) {
	d := debugger(f, "")
	for _, c := range []string{"step 3", "until lif1[2].v > 5", "back 2", "print lif1[3]", `why "lif2"[1]`, "list", "where lif1[4]", "print lif1[0].v ? 1 : 2", "help", "print mod"} {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d.opt.Limit = 20
		if d.m.Tick() > 500 {
			require.NoError(t, d.seek(d.m, 0))
		}
		r, err := d.Do(line)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "step: "), err)
			return
		}
		require.LessOrEqual(t, len(r.Text), 500)
	})
}
