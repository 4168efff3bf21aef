package diff

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router/aer"
)

// base is two populations, three spikes and two probes of one neuron.
func base() *aer.Trace {
	return &aer.Trace{Pops: []string{"out", "hid"}, Ticks: 4,
		Spikes: []aer.Spike{{Tick: 1, Pop: 1, Index: 2, Payload: 1}, {Tick: 2, Pop: 0, Index: 0, Payload: 5}, {Tick: 3, Pop: 1, Index: 2, Payload: 1}},
		Probes: []aer.Probe{{Pop: 1, Index: 2, Field: "u", Values: []int64{1, 2, 3, 4}}, {Pop: 1, Index: 2, Field: "v", Values: []int64{10, 0, 30, 0}}}}
}

func TestFirstDifference(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(b *aer.Trace)
		want   Place
		follow string
	}{
		{"missing spike", func(b *aer.Trace) { b.Spikes = b.Spikes[1:] }, Place{1, "hid", 2, "spike", "1", "0"}, "no other"},
		{"extra spike", func(b *aer.Trace) { b.Spikes = append(b.Spikes, aer.Spike{Tick: 0, Pop: 0, Index: 9, Payload: 1}) }, Place{0, "out", 9, "spike", "0", "1"}, "no other"},
		{"twice", func(b *aer.Trace) { b.Spikes = append(b.Spikes, b.Spikes[1]) }, Place{2, "out", 0, "spike", "1", "2"}, "no other"},
		{"payload", func(b *aer.Trace) { b.Spikes[1].Payload = -7 }, Place{2, "out", 0, "payload", "5", "-7"}, "no other"},
		{"later", func(b *aer.Trace) { b.Spikes[0].Tick = 2 }, Place{1, "hid", 2, "spike", "1", "0"}, "1 more difference follows, the last in tick 2"},
		{"probe v", func(b *aer.Trace) { b.Probes[1].Values[2] = 31 }, Place{2, "hid", 2, "v", "30", "31"}, "no other"},
		{"probe u before v", func(b *aer.Trace) { b.Probes[1].Values[2], b.Probes[0].Values[2] = 31, 0 }, Place{2, "hid", 2, "u", "3", "0"}, "1 more"},
		{"spike before probe", func(b *aer.Trace) { b.Probes[0].Values[3], b.Spikes = 0, b.Spikes[:2] }, Place{3, "hid", 2, "spike", "1", "0"}, "1 more"},
		{"name before index", func(b *aer.Trace) {
			b.Spikes = append(b.Spikes, aer.Spike{Tick: 0, Pop: 0, Index: 0, Payload: 1}, aer.Spike{Tick: 0, Pop: 1, Index: 8, Payload: 1})
		}, Place{0, "hid", 8, "spike", "0", "1"}, "1 more"},
		{"short probe", func(b *aer.Trace) { b.Probes[0].Values = b.Probes[0].Values[:3] }, Place{3, "hid", 2, "u", "4", "nothing"}, "no other"},
		{"length", func(b *aer.Trace) { b.Ticks = 9 }, Place{4, "", -1, "ticks", "4", "9"}, "no other"},
		{"other name", func(b *aer.Trace) { b.Pops[0] = "put" }, Place{2, "out", 0, "spike", "1", "0"}, "1 more"},
	} {
		a, b := base(), base()
		x.change(b)
		r := Traces(a, b)
		require.False(t, r.Equal, x.name)
		require.Equal(t, x.want, *r.First, x.name)
		require.Contains(t, strings.Join(r.Explanation, "\n"), x.follow, x.name)
	}
}

func TestEqualTraces(t *testing.T) {
	a, b := base(), base()
	b.Pops = []string{"hid", "unused", "out"}
	for i := range b.Spikes {
		b.Spikes[i].Pop = 2 - 2*b.Spikes[i].Pop
	}
	for i := range b.Probes {
		b.Probes[i].Pop = 0
	}
	slices.Reverse(b.Spikes)
	b.Ticks, b.Probes = 0, b.Probes[1:]
	r := Traces(a, b)
	require.True(t, r.Equal)
	require.Nil(t, r.First)
	require.Equal(t, []string{"both traces hold the same 3 spikes", "of the probes, 1 are in both, equal in every tick",
		"probe u of hid[2] is only in a and was not compared"}, r.Explanation)
	require.True(t, Spikes(a.Stream(), b.Stream()).Equal)
	require.True(t, Spikes(nil, &aer.Stream{Pops: []string{"x"}}).Equal)
	require.True(t, Traces(nil, nil).Equal)
}

func TestText(t *testing.T) {
	a, b := base(), base()
	b.Spikes, b.Probes[1].Values[3] = b.Spikes[:2], 29
	var s strings.Builder
	r := Traces(a, b)
	require.NoError(t, r.Text(&s))
	require.Equal(t, `different: tick 3, hid[2], spike: a 1, b 0
  before tick 3 the traces are equal: 2 spikes in both
  in tick 3, hid[2] spikes in a and not in b
  up to and with tick 3, a has 3 spikes and b 2
  hid[2] spiked last in tick 1, in both
  u went from 3 to 4 in a and from 3 to 4 in b
  v went from 30 to 0 in a and from 30 to 29 in b
  1 more difference follows, the last in tick 3 (in all: 1 of spikes, 0 of payloads, 1 of probe samples)
`, s.String())
	s.Reset()
	r = Traces(a, a)
	require.NoError(t, r.Text(&s))
	require.True(t, strings.HasPrefix(s.String(), "equal\n"))
}

// streams draws a small stream; few values make coincidences likely. Some
// populations lie outside the table.
func streams() *rapid.Generator[*aer.Trace] {
	return rapid.Custom(func(t *rapid.T) *aer.Trace {
		tr := &aer.Trace{Pops: rapid.SampledFrom([][]string{{"p", "q"}, {"q", "p"}, {"p"}, {}}).Draw(t, "pops"), Ticks: rapid.Int64Range(0, 2).Draw(t, "ticks")}
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			tr.Spikes = append(tr.Spikes, aer.Spike{Tick: rapid.Int64Range(0, 2).Draw(t, "tick"), Pop: rapid.Int32Range(-1, 2).Draw(t, "pop"),
				Index: rapid.Int32Range(0, 1).Draw(t, "index"), Payload: rapid.Int32Range(1, 2).Draw(t, "payload")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "probes") {
			tr.Probes = append(tr.Probes, aer.Probe{Pop: rapid.Int32Range(0, 1).Draw(t, "pop"), Field: rapid.SampledFrom([]string{"u", "v"}).Draw(t, "field"),
				Values: rapid.SliceOfN(rapid.Int64Range(0, 1), 0, 2).Draw(t, "values")})
		}
		return tr
	})
}

func TestSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := streams().Draw(t, "a"), streams().Draw(t, "b")
		x, y := Traces(a, b), Traces(b, a)
		require.Equal(t, x.Equal, y.Equal)
		require.Equal(t, x.Equal, x.First == nil)
		require.Equal(t, [3]int64{x.SpikeDifferences, x.PayloadDifferences, x.SampleDifferences}, [3]int64{y.SpikeDifferences, y.PayloadDifferences, y.SampleDifferences})
		require.Equal(t, len(x.Explanation), len(y.Explanation))
		if x.First != nil {
			p := *y.First
			p.A, p.B = p.B, p.A
			require.Equal(t, *x.First, p)
			require.NotEqual(t, p.A, p.B)
		}
	})
}

// TestEqualMeansSameHash holds equality against the trace hash, which is
// written by somebody else.
func TestEqualMeansSameHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := streams().Draw(t, "a").Stream(), streams().Draw(t, "b").Stream()
		require.Equal(t, a.Hash() == b.Hash(), Spikes(a, b).Equal)
		c := &aer.Stream{Pops: a.Pops, Spikes: rapid.Permutation(a.Spikes).Draw(t, "order")}
		require.True(t, Spikes(a, c).Equal)
	})
}

func TestLongPayloadLists(t *testing.T) {
	a, b := &aer.Stream{Pops: []string{"p"}}, &aer.Stream{Pops: []string{"p"}}
	for i := range int32(30) {
		a.Spikes = append(a.Spikes, aer.Spike{Payload: i})
		b.Spikes = append(b.Spikes, aer.Spike{Payload: i + i/29})
	}
	r := Spikes(a, b)
	require.Equal(t, Place{0, "p", 0, "payload", "... 29", "... 30"}, *r.First)
}

func TestInputsAreLeftAlone(t *testing.T) {
	a := base()
	slices.Reverse(a.Spikes)
	b := base()
	slices.Reverse(b.Spikes)
	b.Spikes[0].Payload = 4
	keep := slices.Clone(a.Spikes)
	Traces(a, b)
	require.Equal(t, keep, a.Spikes)
}
