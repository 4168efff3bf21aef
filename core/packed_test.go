package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router"
)

func TestSynapseBytes(t *testing.T) {
	require.EqualValues(t, synapseBytes, unsafe.Sizeof(Synapse{}))
}

// synapses draws lists of all kinds: near and far targets, runs of one delay,
// weights of 8 and of 16 bits, targets that do not exist.
func synapses(t *rapid.T, n, comps int) []Synapse {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	step, wide, delays := rapid.IntRange(1, 1<<16).Draw(t, "step"), rapid.IntRange(0, 100).Draw(t, "wide"), rapid.IntRange(1, 256).Draw(t, "delays")
	out, last := make([]Synapse, n), 0
	for i := range out {
		last = (last + r.IntN(step)) % comps
		out[i] = Synapse{Target: uint16(last), Delay: uint8(r.IntN(delays)), Mant: int16(int8(r.Uint32()))}
		if r.IntN(100) < wide {
			out[i].Mant, out[i].Target = int16(r.Uint32()), uint16(r.Uint32())
		}
	}
	return out
}

// What Pack stores, List, EachPart and Unpack give back, from any place on.
func TestPackIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comps := rapid.IntRange(0, MaxCompartments).Draw(t, "compartments")
		n := rapid.IntRange(0, 3*packedRun+1).Draw(t, "synapses")
		want := synapses(t, n, max(comps, 1))
		img := &Image{N: comps, Syn: slices.Clone(want)}
		img.Pack()
		require.Equal(t, n, img.Synapses())
		var all []Synapse
		img.EachPart(func(off uint32, part []Synapse) bool {
			require.Len(t, all, int(off))
			all = append(all, part...)
			return true
		})
		require.Equal(t, len(want), len(all))
		require.True(t, slices.Equal(want, all))
		var buf []Synapse
		for range 10 {
			off := rapid.IntRange(0, n).Draw(t, "off")
			m := rapid.IntRange(0, n-off).Draw(t, "n")
			buf = img.List(uint32(off), uint32(m), buf)
			require.True(t, slices.Equal(want[off:off+m], buf))
		}
		img.Unpack()
		require.Nil(t, img.Packed)
		require.True(t, slices.Equal(want, img.Syn))
	})
}

// Near targets with small weights take 2 bytes, 4 where a list starts elsewhere;
// what would grow stays as it is.
func TestPackSize(t *testing.T) {
	img := &Image{N: 1024}
	for i := range 32 * packedRun {
		img.Syn = append(img.Syn, Synapse{Target: uint16(31 * i % 1024), Delay: 3, Mant: int16(i%256 - 128)})
	}
	n := len(img.Syn)
	img.Pack()
	require.Nil(t, img.Syn)
	require.Len(t, img.Packed.codes, 2*n+4*32, "each run starts with 6 bytes")

	far := &Image{N: 1024, Syn: []Synapse{{Target: 5, Delay: 1, Mant: 1000}, {Target: 4, Delay: 2, Mant: 1000}}}
	far.Pack()
	require.Nil(t, far.Packed)
	require.Len(t, far.Syn, 2)
}

// A packed image runs, explains, checks and refuses as the plain one does.
func TestPackedImageRuns(t *testing.T) {
	packed := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		plain := randomImage(r)
		own := *plain
		if own.Pack(); own.Packed == nil {
			continue
		}
		packed++
		for _, f := range engineForms() {
			a, b := watched{f, f.core(t, plain), nil}, watched{f, f.core(t, &own), nil}
			for tick := range 5 {
				var ev []router.Packet
				for n := r.IntN(20); n > 0; n-- {
					ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(plain.Axons))), Payload: 1})
				}
				for _, w := range []watched{a, b} {
					w.Deliver(ev)
					w.Update()
				}
				compareCores(t, fmt.Sprintf("seed %d tick %d %s", seed, tick, f.name), a, b)
			}
		}
		for n := range plain.Axons {
			require.Equal(t, listed(plain, n), listed(&own, n))
		}
		both := own
		both.Syn = plain.Syn
		require.ErrorContains(t, both.Check(), "packed ones, need either")
		bad := *plain
		bad.Syn = slices.Clone(plain.Syn)
		bad.Syn[len(bad.Syn)-1].Target = uint16(bad.N)
		want := bad.Check()
		require.Error(t, want)
		bad.Pack()
		require.Equal(t, want, bad.Check())
	}
	require.Greater(t, packed, 40)
}

// listed is what EachSynapse visits of an in-axon.
func listed(img *Image, n int) (out [][3]int32) {
	img.EachSynapse(&img.Axons[n], func(comp int32, delay uint8, mant int32) { out = append(out, [3]int32{comp, int32(delay), mant}) })
	return out
}

// What learns starts from the same synapses when they are packed.
func TestPackedImageLearns(t *testing.T) {
	plain := structuralImage(t, false, false)
	own := *plain
	own.Pack()
	require.NotNil(t, own.Packed)
	a, err := New(plain, "vector", nil)
	require.NoError(t, err)
	b, err := New(&own, "vector", nil)
	require.NoError(t, err)
	for range 4 {
		require.Equal(t, runTick(a, 0, 1), runTick(b, 0, 1))
		require.Equal(t, a.State, b.State)
	}
	require.Equal(t, a.Counts, b.Counts)
}
