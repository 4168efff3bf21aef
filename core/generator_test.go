package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/isa"
	"hillock/isa/fixed"
)

// drawing is an image of n compartments that draw twice in a tick, the second
// time only where the first draw is odd.
func drawing(t *testing.T, n int) *Image {
	z := isa.Z
	p, err := isa.NewProgram([]isa.Instr{
		{Op: isa.RND, D: isa.S0, A: z, B: z},
		{Op: isa.TST, A: isa.S0, B: z, Imm: 1},
		{Op: isa.RND, Pred: isa.IfF, D: isa.S0 + 1, A: z, B: z, Sh: 1},
		{Op: isa.END, D: z, A: z, B: z},
	})
	require.NoError(t, err)
	return &Image{N: n, Ring: 1, Ports: []Port{{}}, OutOff: make([]uint32, n+1), Generator: Kiss64, Seed: [NumSeeds]uint32{2537933737, 0, 1497953843, 12345},
		Draws:  []DrawFormat{{Lo: -1 << 31, Hi: 1<<31 - 1}, {Lo: -3, Hi: 6}},
		Groups: []Group{{Name: "drawing", N: n, Prog: p, State: []fixed.Layout{{}, {}}, Substeps: 1}}}
}

// A generator of a core is stepped through by its compartments in order, on
// both engines, and its state is the core's.
func TestGeneratorInOrder(t *testing.T) {
	img := drawing(t, 300)
	cores := map[string]*Core{}
	for _, e := range Engines() {
		c, err := New(img, e, nil)
		require.NoError(t, err)
		for range 5 {
			c.Update()
		}
		cores[e] = c
	}
	require.Equal(t, cores["oracle"].State, cores["vector"].State)
	require.Equal(t, cores["oracle"].Counts, cores["vector"].Counts)

	c, err := New(img, "vector", nil)
	require.NoError(t, err)
	saved := c.State.Clone()
	c.Update()
	first := c.State.Clone()
	require.Equal(t, uint32(1541641276), uint32(first.Words[0][0][0])^1<<31, "recorded from the chip's library")
	require.NoError(t, c.Restore(&saved, nil))
	c.Update()
	require.Equal(t, first, c.State)
	for _, x := range first.Words[0][1] {
		require.True(t, x >= -3 && x <= 6)
	}

	img.Generator = Numbered
	require.ErrorContains(t, img.Check(), "seed")
	img.Generator = 9
	require.ErrorContains(t, img.Check(), "generator 9")
}
