package core

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
	"hillock/router"
)

// accumulator is a core of n compartments that keep what they get.
func accumulator(t *testing.T, n, ring int) *Image {
	t.Helper()
	prog, err := asm.Assemble("MOV s0 IN0\nEND\n", "keep", asm.Options{})
	require.NoError(t, err)
	return &Image{N: n, Ring: ring, Ports: []Port{{}}, Formats: []Format{{}},
		Groups: []Group{{Name: "keep", N: n, Prog: prog, State: make([]fixed.Layout, 1), Substeps: 1}}, OutOff: make([]uint32, n+1)}
}

// unrolled is the image with every kernel in-axon written out as a list.
func unrolled(img *Image) *Image {
	out := *img
	out.Kernels, out.Crossbars, out.Axons, out.Syn = nil, nil, nil, nil
	for _, a := range img.Axons {
		b := Axon{Off: uint32(len(out.Syn)), Format: a.Format, Port: a.Port}
		img.EachSynapse(&a, func(comp int32, delay uint8, mant int32) {
			out.Syn = append(out.Syn, Synapse{Target: uint16(comp), Delay: delay, Mant: int16(mant)})
			b.N++
		})
		out.Axons = append(out.Axons, b)
	}
	return &out
}

func randomKernel(r *rand.Rand) Kernel {
	k := Kernel{Groups: int32(1 + r.IntN(2))}
	k.In[0], k.Out[0] = k.Groups*int32(1+r.IntN(3)), k.Groups*int32(1+r.IntN(3))
	for a := range 2 {
		k.Size[a], k.Stride[a], k.Dilation[a], k.Pad[a] = int32(1+r.IntN(4)), int32(1+r.IntN(3)), int32(1+r.IntN(2)), int32(r.IntN(3))
		k.In[1+a] = int32(1 + r.IntN(1+8*(1+r.IntN(3))))
		k.Out[1+a] = 1 + max(0, k.In[1+a]+2*k.Pad[a]-k.Dilation[a]*(k.Size[a]-1)-1)/k.Stride[a]
	}
	k.Mant = make([]int16, k.Out[0]*(k.In[0]/k.Groups)*k.Size[0]*k.Size[1])
	for i := range k.Mant {
		k.Mant[i] = int16(r.IntN(512) - 256)
	}
	all := k.Out[0] * k.Out[1] * k.Out[2]
	k.First = int32(r.IntN(int(all)))
	k.N = 1 + int32(r.IntN(int(all-k.First)))
	return k
}

// The same 16 bits are a weight with or without a sign, by their format.
func TestWeightsWithoutSign(t *testing.T) {
	for _, e := range Engines() {
		for _, unsigned := range []bool{false, true} {
			img := accumulator(t, 2, 1)
			img.Formats = []Format{{Exp: 1, Unsigned: unsigned}}
			img.Syn = []Synapse{{Target: 0, Mant: -1}, {Target: 1, Mant: 5}}
			img.Axons = []Axon{{N: 2}}
			c, err := New(img, e, nil)
			require.NoError(t, err)
			c.Deliver([]router.Packet{{Payload: 1}})
			c.Update()
			want := []int32{-2, 10}
			if unsigned {
				want[0] = 131070
			}
			require.Equal(t, want, c.State.Words[0][0])
		}
	}
}

// A kernel gives what its written-out lists give, with and without payloads
// and buckets, on any part of the targets.
func TestKernelEqualsLists(t *testing.T) {
	rows := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 7))
		k := randomKernel(r)
		k.Base = int32(r.IntN(3))
		img := accumulator(t, int(k.Base+k.N)+r.IntN(3), 1+r.IntN(3))
		k.Delay = uint8(r.IntN(img.Ring))
		img.Payload = Payload(r.IntN(2))
		img.Ports[0].Bucket = r.IntN(2) == 0
		img.Formats[0] = Format{Lsb: r.IntN(2), Exp: r.IntN(5) - 4, Scale: 6}
		img.Kernels = []Kernel{k}
		for s := range k.In[0] * k.In[1] * k.In[2] {
			a := Axon{Off: uint32(s), Kernel: 1}
			k.Each(s, func(int32, int32) { a.N++ })
			img.Axons = append(img.Axons, a)
		}
		one, two := sameAsLists(t, img, r, seed)
		assert.Equal(t, two.Counts[count.SynSparse], one.Counts[count.SynConv])
		if one.kernRows[0] != nil {
			rows++
		}
	}
	require.Greater(t, rows, 20, "kernels served row by row")
}

// sameAsLists runs random events through an image and through its written-out
// lists.
func sameAsLists(t *testing.T, img *Image, r *rand.Rand, seed uint64) (one, two *Core) {
	t.Helper()
	one, err := New(img, "vector", nil)
	require.NoError(t, err, "seed %d", seed)
	two, err = New(unrolled(img), "oracle", nil)
	require.NoError(t, err)
	for range 5 {
		var ev []router.Packet
		for range r.IntN(20) {
			ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons))), Payload: int32(r.IntN(5) - 2)})
		}
		one.Deliver(ev)
		two.Deliver(ev)
		one.Update()
		two.Update()
		require.Equal(t, two.State.Words, one.State.Words, "seed %d", seed)
	}
	return one, two
}

// randomCrossbar makes a crossbar of size targets from compartment base on.
func randomCrossbar(r *rand.Rand, base, size, ring int) Crossbar {
	x := Crossbar{Base: int32(base), N: int32(size), Delay: uint8(r.IntN(ring)), Mant: make([][]int32, 1+r.IntN(4))}
	for t := range x.Mant {
		for range size {
			x.Mant[t] = append(x.Mant[t], int32(r.IntN(512)-256))
		}
	}
	for range 1 + r.IntN(30) {
		x.Types = append(x.Types, uint8(r.IntN(len(x.Mant))))
		for w := range x.Words() {
			set := r.Uint64()
			if left := size - 64*w; left < 64 {
				set &= 1<<left - 1
			}
			x.Bits = append(x.Bits, set)
		}
	}
	return x
}

// A crossbar gives what its written-out lists give, with and without payloads,
// buckets and accumulators that saturate, beside kernels and lists.
func TestCrossbarEqualsLists(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 11))
		n := 1 + r.IntN(200)
		img := accumulator(t, n, 1+r.IntN(3))
		img.Payload = Payload(r.IntN(2))
		img.Ports[0] = []Port{{}, {Bucket: true}, {When: AtEvent, Acc: fixed.Layout{Width: 10, Over: fixed.Sat}}}[r.IntN(3)]
		img.Formats = []Format{{Lsb: r.IntN(2), Exp: r.IntN(3) - r.IntN(3)}, {Scale: 3}}
		img.Syn = []Synapse{{Target: uint16(r.IntN(n)), Mant: 5}, {Mant: -3}}
		img.Axons = []Axon{{N: 2}}
		for range 1 + r.IntN(3) {
			base := r.IntN(n)
			img.Crossbars = append(img.Crossbars, randomCrossbar(r, base, 1+r.IntN(n-base), img.Ring))
		}
		mixed := r.IntN(3) == 0
		for k := range img.Crossbars {
			for row := range img.Crossbars[k].Types {
				a := Axon{Off: uint32(row), N: uint32(img.Crossbars[k].Count(row)), Kernel: uint16(k + 1), Format: uint8(k % 2)}
				if a.Format = 0; mixed && img.Ports[0].When == AtRead && !img.Ports[0].Bucket {
					a.Format = uint8(row % 2)
				}
				img.Axons = append(img.Axons, a)
			}
		}
		one, two := sameAsLists(t, img, r, seed)
		assert.Equal(t, two.Counts[count.SynSparse], one.Counts[count.SynSparse])
	}
}

// A bucket sums mantissas first and shifts once; without one every synapse is
// shifted. The floor of -1/2 four times is -4, of their sum -2.
func TestBucketShiftsTheSum(t *testing.T) {
	for _, c := range []struct {
		bucket bool
		want   int32
	}{{false, -4 << 6}, {true, -2 << 6}} {
		img := accumulator(t, 1, 1)
		img.Ports[0].Bucket = c.bucket
		img.Formats[0] = Format{Exp: -1, Scale: 6}
		img.Syn = []Synapse{{Mant: -1}, {Mant: -1}}
		img.Axons = []Axon{{N: 2}}
		core, err := New(img, "oracle", nil)
		require.NoError(t, err)
		core.Deliver([]router.Packet{{Payload: 1}, {Payload: 1}})
		core.Update()
		assert.Equal(t, c.want, core.State.Words[0][0][0])
		core.Update()
		assert.Zero(t, core.State.Words[0][0][0], "the bucket is empty after its tick")
	}
}

func TestPayloadScalesWeights(t *testing.T) {
	img := accumulator(t, 1, 1)
	img.Syn = []Synapse{{Mant: 3}}
	img.Axons = []Axon{{N: 1}}
	for mode, want := range map[Payload]int32{Plain: 9, Graded: 3 * (5 - 2 + 1)} {
		img.Payload = mode
		core, err := New(img, "vector", nil)
		require.NoError(t, err)
		core.Deliver([]router.Packet{{Payload: 5}, {Payload: -2}, {Payload: 1}})
		core.Update()
		assert.Equal(t, want, core.State.Words[0][0][0])
	}
}

func TestHostWriteLastsUntilReset(t *testing.T) {
	img := accumulator(t, 3, 1)
	prog, err := asm.Assemble("ADD s0 s0 p0\nEND\n", "add", asm.Options{})
	require.NoError(t, err)
	img.Groups[0].Prog, img.Groups[0].Params = prog, [][]int32{{1}}
	for _, engine := range Engines() {
		core, err := New(img, engine, nil)
		require.NoError(t, err)
		require.NoError(t, core.SetParam(0, 0, []int32{5, 6, 7}))
		core.Update()
		assert.Equal(t, []int32{5, 6, 7}, core.State.Words[0][0])
		core.Reset()
		core.Update()
		assert.Equal(t, []int32{1, 1, 1}, core.State.Words[0][0])
		assert.EqualError(t, core.SetParam(0, 1, nil), "core: parameter 1 of group 0, which the core does not have")
		assert.EqualError(t, core.SetParam(0, 0, []int32{1}), `core: 1 values for parameter 0 of group "keep", need 3`)
	}
}

func TestKernelChecks(t *testing.T) {
	for want, change := range map[string]func(*Image){
		"core: in-axon 0: kernel 4 of 1":                                                     func(i *Image) { i.Axons[0].Kernel = 5 },
		"core: in-axon 0: 3 synapses, its kernel gives 1":                                    func(i *Image) { i.Axons[0].N = 3 },
		"core: in-axon 0: source neuron 9 of 4":                                              func(i *Image) { i.Axons[0].Off = 9 },
		"core: kernel 0: 3 mantissas, need 1":                                                func(i *Image) { i.Kernels[0].Mant = make([]int16, 3) },
		"core: kernel 0: targets 2..5 of 4":                                                  func(i *Image) { i.Kernels[0].First = 2 },
		"core: kernel 0: compartments 1..4 of 4":                                             func(i *Image) { i.Kernels[0].Base = 1 },
		"core: kernel 0: delay 1 of 1 slots":                                                 func(i *Image) { i.Kernels[0].Delay = 1 },
		"core: kernel 0: padding [-1 0], need 0..16777216":                                   func(i *Image) { i.Kernels[0].Pad[0] = -1 },
		"core: kernel 0: 2 groups for 1 and 1 channels, need a common divisor":               func(i *Image) { i.Kernels[0].Groups = 2 },
		"core: port 0: buckets are summed before the accumulator, need overflow at the read": func(i *Image) { i.Ports[0].Bucket, i.Ports[0].When = true, AtEvent },
		"core: payload mode 9, need 0..3":                                                    func(i *Image) { i.Payload = 9 },
		"core: kernel 0: from [1 0 2] to [1 2 2] with window [1 1], stride [1 1], dilation [1 1]: need positive sizes, at most 16777216 together": func(i *Image) { i.Kernels[0].In[1] = 0 },
	} {
		img := accumulator(t, 4, 1)
		img.Kernels = []Kernel{{In: [3]int32{1, 2, 2}, Out: [3]int32{1, 2, 2}, Size: [2]int32{1, 1}, Stride: [2]int32{1, 1}, Dilation: [2]int32{1, 1}, Groups: 1, N: 4, Mant: []int16{1}}}
		img.Axons = []Axon{{Kernel: 1, N: 1}}
		require.NoError(t, img.Check())
		change(img)
		assert.EqualError(t, img.Check(), want)
	}
}

// Synapses that several in-axons share are decoded once, so they have one
// format; and a small image cannot list them without end.
func TestSharedLists(t *testing.T) {
	img := accumulator(t, 1, 1)
	img.Formats = []Format{{}, {Exp: 1}}
	img.Syn = make([]Synapse, 8)
	img.Axons = []Axon{{N: 6}, {Off: 4, N: 4}}
	require.NoError(t, img.Check())
	img.Axons[1].Format = 1
	assert.EqualError(t, img.Check(), "core: in-axon 1 has weight format 1 for synapse 4, which another in-axon stores in format 0")
	img.Syn = make([]Synapse, 1<<13)
	img.Axons = make([]Axon, 1<<16)
	for i := range img.Axons {
		img.Axons[i].N = 1 << 13
	}
	assert.ErrorContains(t, img.Check(), "core: in-axons up to 32768 list 268443648 synapses, need at most 268435456")
}

// A payload that is a number of spikes does what so many spikes do, and costs
// as much.
func TestPayloadCountsSpikes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		img := accumulator(t, 40, 1+r.IntN(2))
		k := randomKernel(r)
		for k.Out[0]*k.Out[1]*k.Out[2] > 40 {
			k = randomKernel(r)
		}
		k.First, k.Base, k.N, k.Delay = 0, 0, k.Out[0]*k.Out[1]*k.Out[2], 0
		img.Kernels, img.Formats, img.Payload = []Kernel{k}, []Format{{}}, Counted
		for s := range k.In[0] * k.In[1] * k.In[2] {
			n := uint32(0)
			k.Each(s, func(int32, int32) { n++ })
			img.Axons = append(img.Axons, Axon{Off: uint32(s), N: n, Kernel: 1, Words: uint32(r.IntN(3))})
		}
		plain := *img
		plain.Payload = Plain
		a, err := New(img, "vector", nil)
		require.NoError(t, err)
		b, err := New(&plain, "oracle", nil)
		require.NoError(t, err)
		var one, many []router.Packet
		for range r.IntN(8) {
			e := router.Packet{Axon: uint16(r.IntN(len(img.Axons) + 1)), Payload: int32(1 + r.IntN(4))}
			one = append(one, e)
			for range e.Payload {
				if int(e.Axon) < len(img.Axons) {
					many = append(many, router.Packet{Axon: e.Axon, Payload: 1})
				}
			}
		}
		a.Deliver(one)
		b.Deliver(many)
		a.Update()
		b.Update()
		require.Equal(t, b.State, a.State)
		a.Counts[count.Lost] = 0
		for _, s := range b.Spikes {
			b.Counts[count.Spikes] += Counted.Spikes(s.Payload) - 1
		}
		require.Equal(t, b.Counts, a.Counts)
		require.Equal(t, Counted.Packets(one), int64(len(many))+lostIn(one, len(img.Axons)))
	}
	require.EqualValues(t, 1, Graded.Spikes(9))
	require.EqualValues(t, 1, Counted.Spikes(-9))
}

// lostIn is the spikes for in-axons that do not exist.
func lostIn(list []router.Packet, axons int) int64 {
	n := int64(0)
	for _, e := range list {
		if int(e.Axon) >= axons {
			n += int64(e.Payload)
		}
	}
	return n
}
