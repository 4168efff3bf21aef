package science

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/compiler/graph"
	"hillock/isa/count"
)

var updateODIN = flag.Bool("update-odin", false, "write the network of the examples")

const odinFile = "../../examples/event_chips/digits_odin.net.json"

// odinText is the trained network in text. A threshold between two whole numbers
// says the same whether it must be reached or exceeded.
func odinText(net *graph.Network) string {
	var s strings.Builder
	s.WriteString("// 8 x 8 digits, trained in whole weights of 3 bits by test/science (ODINDigits).\n")
	s.WriteString("{\n  \"schema\": \"hillock/net/1\",\n  \"name\": \"digits-odin\",\n  \"populations\": [\n")
	for i, p := range net.Pops {
		kind, end := `"kind": "input"`, ","
		if i > 0 {
			kind = fmt.Sprintf(`"lif": {"keep_v": 1, "threshold": %g}`, p.Theta[0]-0.5)
		}
		if p.Output {
			kind, end = kind+`, "output": true`, ""
		}
		fmt.Fprintf(&s, "    {\"name\": %q, \"n\": %d, %s}%s\n", p.Name, p.N, kind, end)
	}
	s.WriteString("  ],\n  \"projections\": [\n")
	for i, q := range net.Projs {
		pre := net.Pops[q.Pre].N
		fmt.Fprintf(&s, "    {\"pre\": %q, \"post\": %q, \"weights\": [\n", net.Pops[q.Pre].Name, net.Pops[q.Post].Name)
		for j := range pre {
			row := make([]string, net.Pops[q.Post].N)
			for k := range row {
				row[k] = fmt.Sprint(q.W[k*pre+j])
			}
			fmt.Fprintf(&s, "      [%s]%s\n", strings.Join(row, ","), []string{"", ","}[min(pre-1-j, 1)])
		}
		fmt.Fprintf(&s, "    ]}%s\n", []string{"", ","}[min(len(net.Projs)-1-i, 1)])
	}
	s.WriteString("  ]\n}\n")
	return s.String()
}

func odinOptions(t testing.TB) ODINOptions {
	train, test := digits(t)
	return ODINOptions{Seed: 1, Train: train, Test: test, Passes: 40, Ticks: 4, HiddenThreshold: 16, OutputThreshold: 12, Rate: 0.01, Sharpness: 0.5}
}

// checkODIN holds what every run must fulfil: the machine does what the network
// computed without it does, an event of a neuron is a sweep of 256, and the
// energy is the chip's published equation.
func checkODIN(t *testing.T, r *ODINResult) {
	t.Helper()
	assert.Zero(t, r.Differ)
	assert.Zero(t, r.Counts[count.Lost])
	events := r.Inputs + r.Spikes[0] + r.Spikes[1]
	assert.Equal(t, 256*events, r.Counts[count.SynDense])
	p, err := r.Price("75MHz")
	require.NoError(t, err)
	s := float64(r.Edges) / 75e6
	want := s*(27.3e-6+1.78e-6*75) + 8.43e-12*256*float64(events)
	assert.InEpsilon(t, want, p.Total.Nominal.Joules(), 1e-6)
	n := float64(r.Images)
	t.Logf("%d of %d right; without the machine %d of the test set and %d of the training set; per image %.1f input events, %.1f and %.1f spikes, %.0f synaptic operations, %.0f edges, %.3f ms, %.3f uJ",
		r.Correct, r.Images, r.Alone, r.Trained, float64(r.Inputs)/n, float64(r.Spikes[0])/n, float64(r.Spikes[1])/n, 256*float64(events)/n, float64(r.Edges)/n, 1e3*s/n, 1e6*p.Total.Nominal.Joules()/n)
}

func TestODINDigits(t *testing.T) {
	o := odinOptions(t)
	o.Passes, o.Train, o.Test = 2, firstOf(o.Train, 1000), firstOf(o.Test, 12)
	want, err := ODINDigits(o)
	require.NoError(t, err)
	checkODIN(t, want)
	assert.Greater(t, want.Trained, 600)
	for _, o.Engine = range []string{"oracle", "vector"} {
		o.Workers = 2
		got, err := ODINDigits(o)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	o.HiddenThreshold = 129
	_, err = ODINDigits(o)
	require.ErrorContains(t, err, "thresholds of 1 to 128")
}

// All images, 9 ms each after half a minute of training; HILLOCK_SHOWN=100 shows the
// machine 100.
func TestWholeODINDigits(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	o := odinOptions(t)
	if n, err := strconv.Atoi(os.Getenv("HILLOCK_SHOWN")); err == nil {
		o.Shown = n
	}
	r, err := ODINDigits(o)
	require.NoError(t, err)
	text := odinText(r.network)
	if *updateODIN {
		require.NoError(t, os.WriteFile(odinFile, []byte(text), 0o644))
	}
	have, err := os.ReadFile(odinFile)
	require.NoError(t, err)
	assert.Equal(t, text, string(have), "the example is not what training gives: HILLOCK_SCIENCE=whole go test ./test/science -run TestWholeODINDigits -update-odin")
	checkODIN(t, r)
	assert.Greater(t, r.Alone, 1797*90/100)
	assert.Greater(t, r.Correct, r.Images*85/100)
}
