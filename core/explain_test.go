package core

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core/alu"
	"hillock/isa"
	"hillock/router"
)

// TestExplainEqualsTheCore holds explanations of all compartments of random
// cores against the tick that they explain, and against their own steps.
func TestExplainEqualsTheCore(t *testing.T) {
	for seed := uint64(0); seed < 60; seed++ {
		r := rand.New(rand.NewPCG(seed, 9))
		img := randomImage(r)
		c, err := New(img, "vector", noiseAt)
		require.NoError(t, err)
		c.State.Mods = [isa.NumMOD]int32{3, -4, 5, randomValue(r)}
		before := newState(img)
		for range 4 {
			var ev []router.Packet
			for n := r.IntN(20); n > 0; n-- {
				ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons) + 1)), Payload: int32(1 + r.IntN(3))})
			}
			before.CopyFrom(&c.State)
			kept := newState(img)
			kept.CopyFrom(&before)
			c.Deliver(ev)
			c.Update()
			spikes := c.Spikes
			for comp := 0; comp < img.N; comp += 1 + img.N/40 {
				x, err := Explain(img, &before, ev, comp, noiseAt)
				require.NoError(t, err)
				out := int32(0)
				for _, s := range spikes {
					if int(s.Comp) == comp {
						out = s.Payload
					}
				}
				require.Equal(t, out, x.Out, "seed %d", seed)
				for w := range x.After {
					require.Equal(t, before.Words[x.Group][w][x.Lane], x.Before[w])
					require.Equal(t, c.State.Words[x.Group][w][x.Lane], x.After[w], "seed %d word %d", seed, w)
				}
				checkSteps(t, &img.Groups[x.Group], x)
			}
			require.Equal(t, kept, before, "the state is left alone")
		}
	}
}

// checkSteps computes every result that has two operands again, and follows
// the state words from step to step.
func checkSteps(t *testing.T, g *Group, x *Explanation) {
	require.Len(t, x.Steps, len(g.Prog.Instrs)*g.Substeps)
	words := append([]int32(nil), x.Before...)
	for _, s := range x.Steps {
		in := s.Instr
		switch isa.Table[in.Op].Form {
		case isa.FormD1, isa.FormD2, isa.FormD3, isa.FormD1S, isa.FormWidth:
			if s.Ran && (in.D < isa.P0) {
				require.Equal(t, alu.Arith(in.Op, s.A, s.B, uint(in.Sh)), s.Result)
			}
		}
		if in.D >= isa.S0 && in.D < isa.P0 {
			if w := in.D - isa.S0; s.Ran {
				require.Equal(t, int64(g.State[w].Apply(s.Result)), s.Value)
				words[w] = int32(s.Value)
			} else {
				require.Equal(t, int64(words[w]), s.Value)
			}
		}
	}
	require.Equal(t, x.After, words)
}

func TestExplainRefuses(t *testing.T) {
	img := randomImage(rand.New(rand.NewPCG(1, 1)))
	s := newState(img)
	_, err := Explain(img, &s, nil, img.N, noiseAt)
	require.ErrorContains(t, err, "core: compartment")
	s.Acc = nil
	_, err = Explain(img, &s, nil, 0, noiseAt)
	require.ErrorContains(t, err, "core: state of ")
}
