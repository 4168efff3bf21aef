package chip

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip/timing"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// cuba is the program of the tests: decay, add, compare, reset, spike.
func cuba(t testing.TB) *isa.Program {
	p, err := isa.FromWords([]uint32{
		0x1800430c, 0x0c100600, 0x0c024340, 0x60020f38, 0x18044b2c, 0x0c021020, 0x48020bc0, 0x4c120ba0,
		0x6401c940, 0x0893cf20, 0x6400d920, 0x0893cf20, 0x0894e720, 0x78f3cf20, 0x981457ff, 0x0073cf20})
	require.NoError(t, err)
	return p
}

// ringImage makes n cores of m compartments with random recurrent synapses
// between all of them, driven by one input population.
func ringImage(t testing.TB, n, m int, seed uint64) *Image {
	r := rand.New(rand.NewPCG(seed, 3))
	prog := cuba(t)
	params := [][]int32{{3000}, {3800}, {10}, {20000}, {2}, {-1 << 23}, {1<<23 - 1}}
	img := &Image{Chip: "test", Mesh: Mesh{X: 4, Y: 2, CoresPerTile: 2}, Pops: []Population{
		{Name: "in", N: 16, Input: true}, {Name: "p", N: n * m, Output: true}},
		Latency: Latency{PerEvent: []EventTime{{Event: "neuron_updates", Fs: 6_000_000, Stage: "generate"}, {Event: "synaptic_events_sparse", Fs: 4_700_000, Stage: "process"}},
			Sync: []SyncTime{{Tiles: 1, Fs: 600_000_000}}}}
	in := InputMap{Pop: 0, Off: []uint32{0}}
	for c := 0; c < n; c++ {
		ci := &core.Image{N: m, Ring: 4, Ports: []core.Port{{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}}},
			Formats: []core.Format{{Lsb: 1, Scale: 6}},
			Groups: []core.Group{{Name: "p", N: m, Prog: prog, Substeps: 1, Cap: 1, Params: params,
				State: []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}}}}}
		for a := 0; a < 16+n*4; a++ {
			ax := core.Axon{Off: uint32(len(ci.Syn)), Words: 2}
			for k := 0; k < 8; k++ {
				ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(r.IntN(m)), Delay: uint8(r.IntN(4)), Mant: int16(r.IntN(250) - 80)})
				ax.N++
			}
			ci.Axons = append(ci.Axons, ax)
		}
		for d := 0; d < n; d++ {
			ci.Boxes = append(ci.Boxes, int32(d))
		}
		ci.OutOff = []uint32{0}
		for k := 0; k < m; k++ {
			for d := 0; d < n; d++ {
				if r.IntN(2) == 0 {
					ci.Out = append(ci.Out, core.OutAxon{Box: uint16(d), Axon: uint16(16 + c*4 + k%4)})
				}
			}
			ci.OutOff = append(ci.OutOff, uint32(len(ci.Out)))
		}
		img.Cores = append(img.Cores, Core{ID: c, Image: ci, Runs: []Run{{Pop: 1, First: c * m, Base: 0, N: m}}})
	}
	for i := 0; i < 16; i++ {
		for c := 0; c < n; c++ {
			in.Dst = append(in.Dst, Target{Core: uint16(c), Axon: uint16(i)})
		}
		in.Off = append(in.Off, uint32(len(in.Dst)))
	}
	img.Inputs = []InputMap{in}
	return img
}

func drive(tick int64, dst []Injection) []Injection {
	for i := int32(0); i < 16; i++ {
		if (tick*7+int64(i)*3)%5 == 0 {
			dst = append(dst, Injection{Pop: 0, Index: i, Payload: 1})
		}
	}
	return dst
}

func TestHashesDoNotDependOnWorkersOrEngine(t *testing.T) {
	img := ringImage(t, 7, 40, 1)
	var trace, machine string
	var counts count.Counts
	var elapsed Femtoseconds
	for _, e := range core.Engines() {
		for _, w := range []int{1, 2, 3, 8} {
			t.Run(fmt.Sprintf("%s/%d", e, w), func(t *testing.T) {
				m, err := New(img, Options{Engine: e, Workers: w})
				require.NoError(t, err)
				rec := NewRecorder(img, false)
				require.NoError(t, m.Run(200, drive, rec.Tick))
				if trace == "" {
					trace, machine, counts, elapsed = rec.TraceHash(), rec.MachineHash(), m.Counts(), m.Elapsed()
					require.Greater(t, counts[count.Spikes], int64(100))
				}
				require.Equal(t, trace, rec.TraceHash())
				require.Equal(t, machine, rec.MachineHash())
				require.Equal(t, counts, m.Counts())
				require.Equal(t, elapsed, m.Elapsed())
			})
		}
	}
}

func TestResetStartsOver(t *testing.T) {
	img := ringImage(t, 3, 20, 2)
	m, err := New(img, Options{Workers: 2})
	require.NoError(t, err)
	a, b := NewRecorder(img, false), NewRecorder(img, false)
	require.NoError(t, m.Run(50, drive, a.Tick))
	m.Reset()
	require.NoError(t, m.Run(50, drive, b.Tick))
	require.Equal(t, a.TraceHash(), b.TraceHash())
}

func TestTicksDoNotAllocate(t *testing.T) {
	img := ringImage(t, 4, 64, 3)
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(100, drive, nil))
	n := testing.AllocsPerRun(20, func() { require.NoError(t, m.Run(10, drive, nil)) })
	require.LessOrEqual(t, n, 1.0, "a run of ten ticks may make its one closure, ticks nothing")
}

// crossed is a ring image in which one core has a crossbar as well.
func crossed(t testing.TB) *Image {
	img := ringImage(t, 3, 20, 4)
	ci := img.Cores[1].Image
	x := core.Crossbar{Base: 3, N: 16, Delay: 2, Types: []uint8{1, 0}, Bits: []uint64{0xbeef, 0x8001}, Mant: [][]int32{make([]int32, 16), make([]int32, 16)}}
	for i := range x.Mant[0] {
		x.Mant[0][i], x.Mant[1][i] = int32(i), int32(-300*i)
	}
	ci.Crossbars = []core.Crossbar{x}
	for row := range x.Types {
		ci.Axons[row] = core.Axon{Off: uint32(row), N: uint32(x.Count(row)), Words: 4, Kernel: 1}
	}
	return img
}

// stored is a crossed image in which one core has an axon store, and another
// weights that are probabilities.
func stored(t testing.TB) *Image {
	img := crossed(t)
	img.Cores[2].Image.Rows = 3
	ci := img.Cores[1].Image
	ci.Draws = []core.DrawFormat{{Lo: 0, Hi: 255}}
	ci.Crossbars[0].Chance = [][]uint8{make([]uint8, 16), {15: 1}}
	return img
}

// TestAxonStoreInSnapshots goes on from a snapshot with something due.
func TestAxonStoreInSnapshots(t *testing.T) {
	img := stored(t)
	k := img.Cores[0].Image // what goes to the core with the store waits a tick
	for n := range k.Out {
		if to := k.Boxes[k.Out[n].Box]; to == 2 {
			k.Out[n].Axon += uint16(len(img.Cores[2].Image.Axons))
		}
	}
	draws := func(comp int32, tick int64, n int, _ core.DrawFormat) int32 {
		return int32(int64(comp)*tick+int64(n)) & 255
	}
	m, err := New(img, Options{Noise: draws})
	require.NoError(t, err)
	require.NoError(t, m.Run(25, drive, nil))
	s, err := DecodeSnapshot(m.Snapshot().Encode(), "x.state")
	require.NoError(t, err)
	require.NotEmpty(t, s.Cores[2].State.Due)
	a, b := NewRecorder(img, false), NewRecorder(img, false)
	require.NoError(t, m.Run(25, drive, a.Tick))
	other, err := New(img, Options{Engine: "oracle", Workers: 2, Noise: draws})
	require.NoError(t, err)
	require.NoError(t, other.Restore(s))
	require.NoError(t, other.Run(25, drive, b.Tick))
	require.Equal(t, a.MachineHash(), b.MachineHash())
	require.Equal(t, m.Counts(), other.Counts())
	s.Cores[2].State.Due = nil
	require.ErrorContains(t, other.Restore(s), "axon store of 0 words")
}

func TestImageRoundTrip(t *testing.T) {
	for _, img := range []*Image{ringImage(t, 3, 20, 4), crossed(t), stored(t)} {
		roundTrip(t, img)
	}
}

func roundTrip(t *testing.T, img *Image) {
	t.Helper()
	img.Energy = []byte("{}")
	img.Meta = []KV{{"k", "v"}}
	require.NoError(t, img.Check())
	b := img.Encode()
	back, err := DecodeImage(b, "x.img")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())
	for _, cut := range []int{0, 5, 20, 100, len(b) / 2, len(b) - 1} {
		_, err := DecodeImage(b[:cut], "x.img")
		require.Error(t, err)
	}
	for k := 0; k < len(b); k += 7 {
		bad := append([]byte(nil), b...)
		bad[k] ^= 1 << (k % 8)
		_, err := DecodeImage(bad, "x.img")
		require.Error(t, err, "flipped bit in byte %d", k)
	}
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(ringImage(f, 2, 5, 5).Encode())
	f.Add(crossed(f).Encode())
	f.Add(pairImage(f).Encode())
	f.Add(routed(f).Encode())
	f.Add(described(f, 2).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := DecodeImage(fixSections(b, len(ImageMagic)), "fuzz")
		if err != nil {
			return
		}
		for _, level := range timing.Names() {
			m, err := New(img, Options{Timing: level})
			if err != nil {
				continue
			}
			err = m.Run(2, func(_ int64, dst []Injection) []Injection {
				for _, in := range img.Inputs {
					if len(in.Off) > 1 {
						dst = append(dst, Injection{int32(in.Pop), 0, 1})
					}
				}
				return dst
			}, nil)
			// The mesh refuses work of a second and more, described routers may let
			// words go round or stand.
			if level != timing.Mesh && img.Routers == nil {
				require.NoError(t, err)
			}
		}
	})
}

// fixSections lets the fuzzer past the checksums of the sections from byte
// pos on, to the decoder behind them.
func fixSections(b []byte, pos int) []byte {
	out := append([]byte(nil), b...)
	for pos+16 <= len(out) {
		n := leUint64(out[pos+4:])
		if n > uint64(len(out)-pos-16) {
			break
		}
		putCRC(out[pos+12:], out[pos+16:pos+16+int(n)])
		pos += 16 + int(n)
	}
	return out
}
