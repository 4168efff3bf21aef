package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
	"hillock/router"
)

// withRelays turns a random image into one with relays, payloads that repeat
// and a port that is a state word.
func withRelays(r *rand.Rand, img *Image) {
	img.Ring, img.Payload = 1, Repeated
	for i := range img.Syn {
		img.Syn[i].Delay = 0
	}
	for a := range img.Axons {
		img.Axons[a].Most = uint8(1 + r.IntN(20))
	}
	p := &img.Ports[len(img.Ports)-1]
	*p = Port{Acc: fixed.Layout{Width: uint8(2 + r.IntN(20)), Over: fixed.Sat}, When: AtEvent, Keep: true, Word: uint8(r.IntN(4))}
	for g := range img.Groups {
		img.Groups[g].State[p.Word] = p.Acc
		img.Groups[g].Init[p.Word] = []int32{-1}
	}
	for from := 0; from < img.N; from++ {
		for n := r.IntN(8); n > 5; n-- {
			img.Relays = append(img.Relays, Relay{int32(from), int32(r.IntN(img.N))})
		}
	}
}

func TestEnginesAgreeOnRelays(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		img := randomImage(r)
		withRelays(r, img)
		var all []watched
		for _, f := range engineForms() {
			all = append(all, watched{f, f.core(t, img), nil})
		}
		for tick := range 5 {
			var ev []router.Packet
			for n := r.IntN(4) * r.IntN(4); n > 0; n-- {
				ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons) + 1)), Payload: int32(r.IntN(30) - 2)})
			}
			for _, w := range all {
				w.Deliver(ev)
				w.Update()
				compareCores(t, fmt.Sprintf("seed %d tick %d %s", seed, tick, w.name), all[0], w)
				require.Equal(t, all[0].Active(), w.Active(), "seed %d tick %d %s", seed, tick, w.name)
			}
		}
	}
}

// relayCore is n compartments that put out their input, cap 5.
func relayCore(t *testing.T, n int, text string) *Image {
	prog, err := asm.Assemble(text, "relay.uasm", asm.Options{})
	require.NoError(t, err)
	l := fixed.Layout{Width: 16, Over: fixed.Sat}
	img := &Image{N: n, Ring: 1, Payload: Repeated, Ports: []Port{{Acc: l, When: AtEvent, Keep: true}},
		Groups:  []Group{{Name: "g", N: n, Prog: prog, State: []fixed.Layout{l}, Substeps: 1, Cap: 5}},
		Formats: []Format{{}}, OutOff: make([]uint32, n+1)}
	for i := range n {
		img.Axons = append(img.Axons, Axon{Off: uint32(i), N: 1, Most: 3})
		img.Syn = append(img.Syn, Synapse{Target: uint16(i), Mant: 1})
	}
	return img
}

// A relay to a higher compartment arrives before it runs and travels on; one
// to a lower or to itself arrives afterwards. The cap holds everywhere.
func TestRelaysByHand(t *testing.T) {
	for _, c := range []struct {
		relays []Relay
		in     []int32 // payload per compartment, served at most 3 times
		want   []Spike
	}{
		{nil, []int32{2, 9, 0, 0}, []Spike{{0, 2}, {1, 3}}},
		{[]Relay{{0, 1}, {1, 2}, {2, 3}}, []int32{2, 0, 0, 0}, []Spike{{0, 2}, {1, 2}, {2, 2}, {3, 2}}},
		{[]Relay{{1, 0}, {2, 1}, {3, 2}}, []int32{0, 0, 0, 2}, []Spike{{2, 2}, {3, 2}}},
		{[]Relay{{1, 1}}, []int32{0, 3, 0, 0}, []Spike{{1, 5}}},
		{[]Relay{{0, 3}, {1, 3}, {2, 3}}, []int32{2, 2, 2, 3}, []Spike{{0, 2}, {1, 2}, {2, 2}, {3, 5}}},
	} {
		img := relayCore(t, 4, "SPK IN0\nMOV s0 Z\nACT OUT\nEND")
		img.Relays = c.relays
		for _, f := range engineForms() {
			k := f.core(t, img)
			var ev []router.Packet
			for i, n := range c.in {
				ev = append(ev, router.Packet{Axon: uint16(i), Payload: n})
			}
			k.Deliver(ev)
			k.Update()
			require.Equal(t, c.want, k.Spikes, f.name)
			require.True(t, k.Active(), f.name)
			k.Update()
			require.Empty(t, k.Spikes, f.name)
			require.False(t, k.Active(), f.name)
		}
	}
}

// Events of a kept port add to the state, which is held after every one.
func TestKeptPortIsTheState(t *testing.T) {
	img := relayCore(t, 1, "MOV s0 IN0\nEND")
	img.Groups[0].Init = [][]int32{{32765}}
	img.Syn = []Synapse{{Mant: 2}, {Mant: -1}}
	img.Axons = []Axon{{N: 2, Most: 3}}
	for _, f := range engineForms() {
		k := f.core(t, img)
		for _, want := range []int32{32766, 32766} {
			k.Deliver([]router.Packet{{Axon: 0, Payload: 7}})
			k.Update()
			require.Equal(t, want, k.State.Words[0][0][0], f.name)
			require.Equal(t, want, k.State.Acc[0][0], f.name)
		}
		k.Reset()
		require.EqualValues(t, 32765, k.State.Acc[0][0], f.name)
	}
}

// An explanation sees what earlier compartments pass on in the same tick.
func TestExplainedRelay(t *testing.T) {
	img := relayCore(t, 4, "SPK IN0\nMOV s0 Z\nEND")
	img.Relays = []Relay{{0, 1}, {1, 3}}
	k := engineForms()[0].core(t, img)
	x, err := Explain(img, &k.State, []router.Packet{{Axon: 0, Payload: 2}}, 3, nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, x.Out)
}

func TestRelaysAndKeptPortsAreChecked(t *testing.T) {
	for want, do := range map[string]func(img *Image){
		"relay 0 from compartment 0 to 4 of 4":            func(i *Image) { i.Relays = []Relay{{0, 4}} },
		"relay 1 from compartment 0 after 2":              func(i *Image) { i.Relays = []Relay{{2, 1}, {0, 1}} },
		"in-axon 1 is served 0 times at most":             func(i *Image) { i.Axons = slices.Clone(i.Axons); i.Axons[1].Most = 0 },
		"in-axon 0 is served 3 times at most":             func(i *Image) { i.Payload = Plain },
		"port 0 keeps state word 0: need overflow at":     func(i *Image) { i.Ring = 2 },
		"port 0 keeps state word 1, which group \"g\"":    func(i *Image) { i.Ports[0].Word = 1 },
		"port 0: state word 1, but the port keeps none":   func(i *Image) { i.Ports[0] = Port{When: AtEvent, Word: 1} },
		"keeps state word 0, which an earlier port keeps": func(i *Image) { i.Ports = append(i.Ports, i.Ports[0]) },
	} {
		img := relayCore(t, 4, "SPK IN0\nEND")
		do(img)
		require.ErrorContains(t, img.Check(), want)
	}
	require.Equal(t, isa.Neuron, relayCore(t, 1, "END").Groups[0].Prog.Kind)
}
