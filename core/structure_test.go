package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core/learn"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// structuralImage is plasticImage with a word that says whether a synapse is
// there. A spike of a source flips its synapses after it was delivered.
func structuralImage(t testing.TB, bucket, dense bool) *Image {
	flip := learn.Step{Name: "flip", On: learn.Arrive, At: learn.Fired, Over: learn.Synapse, Passes: 1,
		State: []learn.Ref{{Space: learn.Synapse, Word: 1}}, Prog: rule(t, "LDC t0 #1 | XOR s0 s0 t0 | STW")}
	img := plasticImage(t, flip)
	p := &img.Learning[0].Plan
	p.Words[learn.Synapse] = append(p.Words[learn.Synapse], learn.Word{Name: "live", Layout: fixed.Layout{Width: 1, Over: fixed.SatU}, Stored: true, Init: []int32{1, 0, 1}})
	p.Live = 1
	img.Axons[0].Words, img.Axons[0].Dense = 3, dense
	if img.Ports[0].Bucket = bucket; bucket {
		img.Formats[0].Exp = -1
	}
	return img
}

// An absent synapse delivers and counts nothing, in every form of delivery, on
// both engines, after a reset, a restored state and a host write.
func TestAbsentSynapsesDeliverNothing(t *testing.T) {
	for _, form := range [][2]bool{{false, false}, {true, false}, {false, true}} {
		img := structuralImage(t, form[0], form[1])
		w := func(x int64) int32 { return int32(fixed.Shift(x, img.Formats[0].Exp)) }
		events := count.SynSparse
		if form[1] {
			events = count.SynDense
		}
		for _, e := range Engines() {
			c, err := New(img, e, nil)
			require.NoError(t, err)
			require.Equal(t, []int32{w(5), 0}, runTick(c, 0)) // of 5 now and 6 a tick later, the second is absent
			require.Equal(t, int64(1), c.Counts[events])
			require.Equal(t, int64(3), c.Counts[count.SynWords], "its memory is read")
			require.Equal(t, []int32{0, 0}, runTick(c))
			require.Equal(t, []int32{0, 1, 1}, c.State.Learn[0].Words[learn.Synapse][1])
			saved, spikes := c.State.Clone(), append([]Spike(nil), c.Spikes...)
			want := [][]int32{runTick(c, 0, 0), runTick(c), runTick(c, 0), runTick(c)}
			require.Equal(t, [][]int32{{0, 0}, {0, w(12)}, {0, 0}, {0, w(6)}}, want) // a source flips its synapses twice for two spikes
			require.Equal(t, int64(1+2+1), c.Counts[events])

			other, err := New(img, Engines()[0], nil)
			require.NoError(t, err)
			require.NoError(t, other.Restore(&saved, spikes))
			require.Equal(t, want, [][]int32{runTick(other, 0, 0), runTick(other), runTick(other, 0), runTick(other)})
			require.Equal(t, int64(3), other.Counts[events])

			c.Reset()
			require.Equal(t, []int32{w(5), 0}, runTick(c, 0))
			require.NoError(t, c.SetLearning(0, learn.Synapse, 1, []int32{1, 1, 0}))
			require.Equal(t, []int32{w(5), 0}, runTick(c, 0, 1))
			require.Equal(t, []int32{0, w(6)}, runTick(c))
		}
	}
}

func TestCheckOfPresence(t *testing.T) {
	for want, change := range map[string]func(p *learn.Plan){
		"presence is word 2 of a synapse, need 1..1 or none": func(p *learn.Plan) { p.Live = 2 },
		"presence is word -1":                                func(p *learn.Plan) { p.Live = -1 },
		`"live" says whether a synapse is there`:             func(p *learn.Plan) { p.Words[learn.Synapse][1].Stored = false },
		"need 1 stored bit without a sign":                   func(p *learn.Plan) { p.Words[learn.Synapse][1].Layout.Over = fixed.Wrap },
	} {
		img := structuralImage(t, false, false)
		require.NoError(t, img.Check())
		change(&img.Learning[0].Plan)
		require.ErrorContains(t, img.Check(), want)
	}
}
