package core

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
	"hillock/router"
)

// summing is a core of axons and neurons whose neurons sum their input, with an
// axon store.
func summing(t testing.TB, rows, axons, n int, r *rand.Rand) *Image {
	prog, err := asm.Assemble("ADD s0 s0 IN0\nEND\n", "sum.uasm", asm.Options{})
	require.NoError(t, err)
	x := Crossbar{N: int32(n), Types: make([]uint8, axons), Mant: make([][]int32, 3)}
	x.Bits = make([]uint64, axons*x.Words())
	for a := range axons {
		x.Types[a] = uint8(r.IntN(3))
		for j := range n {
			x.Bits[a*x.Words()+j/64] |= uint64(r.IntN(2)) << (j % 64)
		}
	}
	for k := range x.Mant {
		for range n {
			x.Mant[k] = append(x.Mant[k], int32(r.IntN(1<<20)-1<<19))
		}
	}
	img := &Image{N: n, Ring: 1, Rows: rows, Ports: []Port{{Acc: fixed.Layout{Width: 32, Over: fixed.Wrap}}}, Formats: []Format{{}}, OutOff: make([]uint32, n+1),
		Groups:    []Group{{Name: "sum", N: n, Prog: prog, Substeps: 1, State: []fixed.Layout{{Width: 32, Over: fixed.Wrap}}}},
		Crossbars: []Crossbar{x}}
	for a := range axons {
		img.Axons = append(img.Axons, Axon{Off: uint32(a), N: uint32(x.Count(a)), Kernel: 1})
	}
	require.NoError(t, img.Check())
	return img
}

// TestAxonStore holds the rows against a list of what is due: events that meet
// merge, those that would fall into the row of their sending are late.
func TestAxonStore(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows, axons, n := 2+r.IntN(6), 1+r.IntN(130), 1+r.IntN(70)
		img := summing(t, rows, axons, n, r)
		for _, e := range Engines() {
			c, err := New(img, e, nil)
			require.NoError(t, err)
			due := map[[2]int64]bool{}
			want, late, merged := make([]int32, n), int64(0), int64(0)
			q := rand.New(rand.NewPCG(seed, 8))
			for tick := range int64(40) {
				var ev []router.Packet
				for range q.IntN(12) {
					axon, delay := q.IntN(axons), q.IntN(2*rows)
					at, ok := img.Address(axon, delay)
					require.True(t, ok)
					ev = append(ev, router.Packet{Axon: at, Payload: 1})
					key := [2]int64{tick + int64(delay%rows), int64(axon)}
					switch {
					case (delay+1)%rows == 0:
						late++
					case due[key]:
						merged++
					}
					due[key] = due[key] || (delay+1)%rows != 0
				}
				c.Deliver(ev)
				if tick == 20 { // what is due survives a copy
					s := c.State.Clone()
					require.NoError(t, s.Fits(img))
					c.Reset()
					require.NoError(t, c.Restore(&s, nil))
				}
				c.Update()
				for a := range axons {
					if due[[2]int64{tick, int64(a)}] {
						img.EachSynapse(&img.Axons[a], func(comp int32, _ uint8, mant int32) { want[comp] += mant })
					}
				}
				require.Equal(t, want, c.State.Words[0][0], "engine %s, seed %d, tick %d", e, seed, tick)
			}
			require.Equal(t, [2]int64{late, merged}, [2]int64{c.Counts[count.Late], c.Counts[count.Merged]})
		}
	}
}

// TestAxonStoreSleeps says that a core with something due is awake.
func TestAxonStoreSleeps(t *testing.T) {
	img := summing(t, 4, 3, 2, rand.New(rand.NewPCG(1, 1)))
	c, err := New(img, "vector", nil)
	require.NoError(t, err)
	c.Update()
	require.True(t, c.Quiet())
	at, _ := img.Address(1, 2)
	c.Deliver([]router.Packet{{Axon: at, Payload: 1}})
	for range 2 {
		c.Update()
		require.False(t, c.Quiet())
	}
}

// TestChance steps weights that are probabilities: a draw per event, in-axons
// ascending, before those of the program; the sign if the magnitude reaches it.
func TestChance(t *testing.T) {
	prog, err := asm.Assemble("ADD s0 s0 IN0\nRND t0 #0\nADD s1 s1 t0\nEND\n", "sum.uasm", asm.Options{})
	require.NoError(t, err)
	img := summing(t, 2, 3, 2, rand.New(rand.NewPCG(1, 1)))
	img.Groups[0].Prog, img.Draws = prog, []DrawFormat{{0, 255}}
	img.Groups[0].State = append(img.Groups[0].State, fixed.Layout{Width: 32, Over: fixed.Wrap})
	x := &img.Crossbars[0]
	x.Types, x.Bits = []uint8{0, 1, 2}, []uint64{3, 3, 3}
	x.Mant = [][]int32{{5, 0}, {-5, 100}, {-6, 7}}
	x.Chance = [][]uint8{{1, 1}, {1, 0}, {1, 1}}
	for a := range img.Axons {
		img.Axons[a].N = 2
	}
	draws := [][]int32{{5, 6, 6, 40}, {0, 8, 30}}
	for _, e := range Engines() {
		used := [2]int{}
		c, err := New(img, e, func(comp int32, _ int64, k int, _ DrawFormat) int32 {
			require.Equal(t, used[comp], k)
			used[comp]++
			return draws[comp][k]
		})
		require.NoError(t, err)
		c.Deliver([]router.Packet{{Axon: 2}, {Axon: 0}, {Axon: 1}})
		c.Update()
		require.Equal(t, [2]int{4, 3}, used)
		require.Equal(t, []int32{1 + 0 - 1, 0 + 100 + 0}, c.State.Words[0][0], e)
		require.Equal(t, []int32{40, 30}, c.State.Words[0][1], e)
		require.EqualValues(t, 7, c.Counts[count.Draws])
	}
	_, err = New(img, "oracle", nil)
	require.ErrorContains(t, err, "need a noise source")
}

func TestAxonStoreIsChecked(t *testing.T) {
	for want, do := range map[string]func(img *Image){
		"axon store of 1 rows, need 2..256":   func(img *Image) { img.Rows = 1 },
		"axon store of 257 rows, need 2..256": func(img *Image) { img.Rows = 257 },
		"payload mode 1: need in-axons and":   func(img *Image) { img.Payload = Graded },
		"chances of 1 types, need 3":          func(img *Image) { img.Crossbars[0].Chance = [][]uint8{{}}; img.Draws = []DrawFormat{{0, 1}} },
		"draw format 0 of 0":                  func(img *Image) { img.Crossbars[0].Chance = make([][]uint8, 3) },
		"0 chances of type 0, need 2":         func(img *Image) { img.Crossbars[0].Chance = make([][]uint8, 3); img.Draws = []DrawFormat{{0, 1}} },
	} {
		img := summing(t, 4, 3, 2, rand.New(rand.NewPCG(1, 1)))
		do(img)
		require.ErrorContains(t, img.Check(), want)
	}
	img := summing(t, 4, 3, 2, rand.New(rand.NewPCG(1, 1)))
	s := newState(img)
	s.Due[1] = 8
	require.ErrorContains(t, s.Fits(img), "word 1 of the axon store is 0x8, need 3 in-axons at most")
	s.Due = s.Due[:2]
	require.ErrorContains(t, s.Fits(img), "axon store of 2 words, need 4")
	_, ok := img.Address(3, 0)
	require.False(t, ok)
	_, ok = img.Address(2, 1<<16)
	require.False(t, ok)
}
