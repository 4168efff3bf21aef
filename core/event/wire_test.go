package event

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pair is two cores, the output of each wired to the other's port (ring), or of
// the first to the second.
type pair struct {
	cores [2]*Core
	wires [][2]int
	notes [2][]Note
}

func newPair(t testing.TB, a, b *Image, ring bool) *pair {
	p := &pair{}
	for i, img := range []*Image{a, b} {
		c, err := New(img)
		require.NoError(t, err)
		c.Watch = func(n Note) { p.notes[i] = append(p.notes[i], n) }
		p.cores[i] = c
	}
	p.wires = [][2]int{{0, 1}}
	if ring {
		p.wires = append(p.wires, [2]int{1, 0})
	}
	for _, w := range p.wires {
		from, to := p.cores[w[0]], p.cores[w[1]]
		x, err := Join(&from.img.Spec, &to.img.Spec, "in", 0)
		require.NoError(t, err)
		from.Drive(x)
		require.Zero(t, to.Listen(x))
	}
	return p
}

// edge steps both cores at an edge, then tells each what the other did.
func (p *pair) edge(e int64, every bool) {
	for _, c := range p.cores {
		if every || c.Next(e) == e {
			c.Edge(e)
		}
	}
	for _, w := range p.wires {
		from, to := p.cores[w[0]], p.cores[w[1]]
		if address, ok := from.Asked(); ok {
			to.Call(0, e, address)
		}
		if ack, ok := to.Acknowledged(0); ok {
			from.Answered(ack)
		}
	}
}

// run runs to rest.
func (p *pair) run(t testing.TB, every bool) {
	for e := int64(0); e < 20000; e++ {
		if p.cores[0].Next(e) == Never && p.cores[1].Next(e) == Never {
			return
		}
		p.edge(e, every)
	}
	t.Fatal("no rest")
}

// TestWiredPairMayLeaveOutEdges: bursts of several outputs at an edge, wheels,
// stimuli at both ends and rings; stepping every edge or only those with work.
func TestWiredPairMayLeaveOutEdges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var img [2]*Image
		var events [2][]Arrival
		for i := range img {
			img[i] = counter(t)
			img[i].Spec.Inlets = []Inlet{{Name: "in", N: 4, Scale: 1}}
			img[i].Spec.Control.PerAck = rapid.Int64Range(1, 2).Draw(r, "per_ack")
			img[i].Spec.Control.Ports[0].Sender = rapid.Int64Range(4, 6).Draw(r, "sender")
			img[i].Init = [][]uint64{nil, {uint64(rapid.IntRange(0, 1).Draw(r, "on"))}, rapid.SliceOfN(rapid.Uint64Range(0, 2), 4, 4).Draw(r, "burst")}
			at := int64(0)
			for range rapid.IntRange(1-i, 6).Draw(r, "n") {
				at += rapid.Int64Range(0, 60).Draw(r, "gap")
				events[i] = append(events[i], Arrival{at, rapid.Uint64Range(0, 3).Draw(r, "word")})
			}
		}
		if rapid.Bool().Draw(r, "quiet") { // b answers and sends nothing
			img[1].Init[2] = nil
		}
		ring := rapid.Bool().Draw(r, "ring") && img[1].Init[2] == nil
		var all [2]*pair
		for k := range all {
			img[1].AckDelay = 1
			all[k] = newPair(t, img[0], img[1], ring)
			for i, list := range events {
				for _, e := range list {
					all[k].cores[i].Inject(0, e.At, e.Word)
				}
			}
			all[k].run(t, k == 0)
		}
		for i := range all[0].cores {
			require.Equal(t, all[0].notes[i], all[1].notes[i])
			require.Equal(t, all[0].cores[i].State, all[1].cores[i].State)
		}
		sent, acked, called := 0, 0, 0
		for _, n := range all[0].notes[0] {
			switch n.Kind {
			case Sent:
				sent++
			case Acked:
				acked++
			}
		}
		for _, n := range all[0].notes[1] {
			if n.Kind == Sampled && n.Name == CallName {
				called++
			}
		}
		require.Equal(t, sent, acked)
		require.Equal(t, sent, called)
	})
}

func TestJoinRefuses(t *testing.T) {
	a := counter(t).Spec
	a.Control.Ports[0].Sender = 4
	a.Inlets = []Inlet{{Name: "in", N: 4, Scale: 1}, {Name: "far", N: 4, Word: 1, Scale: 1}, {Name: "all", N: 1, ByPayload: true}}
	for _, x := range []struct {
		inlet  string
		first  int
		change func(from, to *Spec)
		want   string
	}{
		{"in", 0, func(from, to *Spec) {}, ""},
		{"none", 0, func(from, to *Spec) {}, `no inlet "none"`},
		{"all", 0, func(from, to *Spec) {}, "takes whole words"},
		{"in", 1, func(from, to *Spec) {}, "a wire carries all"},
		{"in", -1, func(from, to *Spec) {}, "a wire carries all"},
		{"far", 0, func(from, to *Spec) {}, "of 2 bits"},
		{"in", 0, func(from, to *Spec) { from.Control.PerAck = 0 }, "does not wait for its acknowledge"},
		{"in", 0, func(from, to *Spec) { to.Control.Ports[0].Sender = 3 }, "acknowledges nothing"},
	} {
		from, to := a, a
		from.Control.Ports, to.Control.Ports = append([]Port(nil), a.Control.Ports...), append([]Port(nil), a.Control.Ports...)
		x.change(&from, &to)
		_, err := Join(&from, &to, x.inlet, x.first)
		if x.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, x.want)
	}
}

// TestJointLetsOneInAtATime: a wire and the stimulus at one port; the first to
// come is let in, of two at once the wire.
func TestJointLetsOneInAtATime(t *testing.T) {
	img := counter(t)
	img.Spec.Inlets = []Inlet{{Name: "in", N: 4, Scale: 1}}
	img.Spec.Control.Ports[0].Sender = 4
	c, err := New(img)
	require.NoError(t, err)
	w, err := Join(&img.Spec, &img.Spec, "in", 0)
	require.NoError(t, err)
	first, second := c.Listen(w), c.Listen(w)
	var got [][2]int64
	c.Watch = func(n Note) {
		if n.Kind == Sampled {
			got = append(got, [2]int64{n.Edge, n.Value})
		}
	}
	c.Inject(0, 10, 1)
	c.Inject(0, 10, 1)
	for e := int64(0); e < 60; e++ {
		if e == 9 { // both behind edge 9: sampled at 10, as the stimulus
			c.Call(second, 9, 2)
			c.Call(first, 9, 3)
		}
		c.Edge(e)
	}
	require.Empty(t, c.State.Ports[0].Calls)
	// a push is acknowledged behind sampled+3, a wire's request is sampled low 4
	// edges on and the port free 3 behind that; the stimulus' request is 3 earlier
	require.Equal(t, [][2]int64{{10, 3}, {20, 2}, {30, 1}, {37, 1}}, got)
}
