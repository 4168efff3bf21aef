package core

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core/learn"
	"hillock/isa/fixed"
	"hillock/router"
)

// learningImage is a random core whose in-axons all learn: by the words of
// neurons of several groups, draws, payloads, the tick, modulators, and with
// synapses that come and go.
func learningImage(t testing.TB, r *rand.Rand) *Image {
	img := randomImage(r)
	l := Learning{}
	for n := range img.Axons {
		l.Axons = append(l.Axons, uint16(n))
	}
	for n := range img.Syn {
		img.Syn[n].Mant = int16(r.IntN(512) - 256)
	}
	p := &l.Plan
	p.Epoch, p.Live = 3, 2
	p.Words[learn.Synapse] = []learn.Word{{Name: "w", Layout: fixed.Layout{Width: 9, Over: fixed.Sat}, Stored: true}, {Name: "tag"},
		{Name: "live", Layout: fixed.Layout{Width: 1, Over: fixed.SatU}, Stored: true, Init: []int32{1}}}
	p.Words[learn.Pre] = []learn.Word{{Name: "x", Layout: fixed.Layout{Width: 7, Over: fixed.SatU}}, {Name: "n"}}
	p.Words[learn.Post] = []learn.Word{{Name: "y", Layout: fixed.Layout{Width: 7, Over: fixed.SatU}}}
	of := func(s learn.Space, w int32) learn.Ref { return learn.Ref{Space: s, Word: w} }
	p.Steps = []learn.Step{
		{Name: "in", On: learn.Arrive, At: learn.Delivered, Over: learn.Pre, Passes: 1, State: []learn.Ref{of(learn.Pre, 0), of(learn.Pre, 1)}, Prog: rule(t, "ADDI s0 s0 #30 | ADD s1 s1 PAY")},
		{Name: "out", On: learn.Fire, At: learn.Fired, Over: learn.Post, Passes: 1, State: []learn.Ref{of(learn.Post, 0)}, Params: []learn.Ref{of(learn.Neuron, 1)}, Prog: rule(t, "AND t0 p0 PAY | ADD s0 s0 t0 | ADDI s0 s0 #9")},
		{Name: "down", On: learn.Arrive, At: learn.Delivered, Over: learn.Synapse, Passes: 1, State: []learn.Ref{of(learn.Synapse, 0), of(learn.Synapse, 1)},
			Params: []learn.Ref{of(learn.Post, 0), of(learn.Neuron, 2), of(learn.Neuron, 9)}, Prog: rule(t, "SUB s0 s0 p0 | XOR s1 s1 p1 | ADD s1 s1 p2 | STW | PRB s0 #3")},
		{Name: "end", At: learn.Fired, Every: 3, Offset: 2, Over: learn.Synapse, Passes: 1, State: []learn.Ref{of(learn.Synapse, 0), of(learn.Synapse, 2), of(learn.Synapse, 1)},
			Params: []learn.Ref{of(learn.Pre, 0), of(learn.Phase, 0)}, Gates: []learn.Gate{{Ref: of(learn.Pre, 1)}, {Every: 2}}, Draws: []learn.Draw{{Stream: 1, Bits: 5, Each: true}},
			Prog: rule(t, "TST F EVT #1 | RND t0 #0 | ?F ADD s0 s0 p0 | ?F STW | ADD t1 TCK MOD0 | ADD t1 t1 p1 | CLT G t0 t1 | AND s1 t0 Z | ?G LDI s1 #1 | ?F STW | MOV s2 EVT")},
		{Name: "fade", At: learn.Fired, Every: 3, Offset: 2, Over: learn.Pre, Passes: 2, Keep: true, State: []learn.Ref{of(learn.Pre, 0)}, Prog: rule(t, "MUL.tz s0 s0 s0 7")},
	}
	img.Learning = []Learning{l}
	return img
}

// Both engines of a core run its plans to the same states, counts and samples,
// and go on alike from a snapshot that the other one made.
func TestLearningIsTheSameOnBothEngines(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		img := learningImage(t, r)
		var all []watched
		for _, name := range []string{"oracle", "vector", "vector"} {
			c, err := New(img, name, noiseAt)
			require.NoError(t, err)
			w := watched{engineForm{name: name}, c, map[tapped]int{}}
			if seed%3 == 0 {
				w.LearnTap = func(_, tap int, item, value int32) { w.taps[tapped{tap, item, value}]++ }
			}
			all = append(all, w)
		}
		for tick := range 14 {
			var ev []router.Packet
			for n := r.IntN(20); n > 0; n-- {
				ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons))), Payload: int32(r.IntN(5))})
			}
			for k := range all {
				if k == 2 && tick < 7 {
					continue
				}
				if k == 2 && tick == 7 {
					s := all[0].State.Clone()
					require.NoError(t, all[2].Restore(&s, all[0].Spikes))
				}
				all[k].State.Mods[0] = int32(tick)
			}
			for k, w := range all {
				if k < 2 || tick >= 7 {
					w.Deliver(ev)
					w.Update()
				}
			}
			compareCores(t, fmt.Sprintf("seed %d tick %d", seed, tick), all[0], all[1])
			if tick >= 7 {
				require.Equal(t, all[0].State, all[2].State, "seed %d tick %d: from a snapshot", seed, tick)
			}
		}
	}
}

func TestLearningOfManyLanesDoesNotAllocate(t *testing.T) {
	img := learningImage(t, rand.New(rand.NewPCG(4, 3)))
	for _, name := range Engines() {
		c, err := New(img, name, noiseAt)
		require.NoError(t, err)
		var ev []router.Packet
		for n := range img.Axons {
			ev = append(ev, router.Packet{Axon: uint16(n), Payload: 1})
		}
		tick := func() { c.Deliver(ev); c.Update() }
		for range 50 {
			tick()
		}
		require.Zero(t, testing.AllocsPerRun(50, tick), name)
	}
}
