package core

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
	"hillock/router"
)

func rule(t testing.TB, src string) *isa.Program {
	t.Helper()
	p, err := asm.Assemble(src+"\nEND\n", "rule", asm.Options{Kind: isa.Rule})
	require.NoError(t, err)
	return p
}

// plasticImage has 2 targets that fire on port 1, two plastic in-axons with a
// format of three times 2 and one in-axon per target behind them.
func plasticImage(t testing.TB, steps ...learn.Step) *Image {
	t.Helper()
	prog, err := asm.Assemble("MOV s0 IN0\nCLT F Z IN1\n?F SPK\nEND\n", "fire", asm.Options{})
	require.NoError(t, err)
	img := &Image{N: 2, Ring: 2, Ports: []Port{{}, {}}, Formats: []Format{{Exp: 1}, {}},
		Groups: []Group{{Name: "fire", N: 2, Prog: prog, State: make([]fixed.Layout, 1), Substeps: 1}}, OutOff: make([]uint32, 3)}
	img.Syn = []Synapse{{0, 0, 5}, {1, 1, 6}, {1, 0, 7}, {0, 0, 1}, {1, 0, 1}}
	img.Axons = []Axon{{Off: 0, N: 2}, {Off: 2, N: 1}, {Off: 3, N: 1, Format: 1, Port: 1}, {Off: 4, N: 1, Format: 1, Port: 1}}
	p := learn.Plan{Epoch: 1, Steps: steps}
	p.Words[learn.Synapse] = []learn.Word{{Name: "w", Layout: fixed.Layout{Width: 5, Over: fixed.Sat}, Stored: true}}
	p.Words[learn.Pre] = []learn.Word{{Name: "n"}}
	p.Words[learn.Post] = []learn.Word{{Name: "e"}}
	img.Learning = []Learning{{Plan: p, Axons: []uint16{0, 1}}}
	return img
}

// grow adds 1 to every synapse of a source that got a spike.
func grow(t testing.TB) learn.Step {
	return learn.Step{Name: "grow", On: learn.Arrive, At: learn.Delivered, Over: learn.Synapse, Passes: 1,
		State: []learn.Ref{{Space: learn.Synapse}}, Prog: rule(t, "ADDI s0 s0 #1 | STW")}
}

func runTick(c *Core, axons ...uint16) []int32 {
	var ev []router.Packet
	for _, a := range axons {
		ev = append(ev, router.Packet{Axon: a, Payload: 1})
	}
	c.Deliver(ev)
	c.Update()
	return append([]int32(nil), c.State.Words[0][0]...)
}

func TestLearnedWeightsAreDelivered(t *testing.T) {
	for _, bucket := range []bool{false, true} {
		img := plasticImage(t, grow(t))
		if img.Ports[0].Bucket = bucket; bucket {
			img.Formats[0].Exp = -1
		}
		for _, e := range Engines() {
			c, err := New(img, e, nil)
			require.NoError(t, err)
			scale := func(x int32) int32 { return fixed.Layout{}.Apply(fixed.Shift(int64(x), img.Formats[0].Exp)) }
			// A spike delivers what was there before it; delays stay.
			require.Equal(t, []int32{scale(5), scale(7)}, runTick(c, 0, 1))
			require.Equal(t, []int32{scale(6), scale(6)}, runTick(c, 0))
			require.Equal(t, []int32{0, scale(7)}, runTick(c))
			require.Equal(t, []int32{7, 8, 8}, c.State.Learn[0].Words[learn.Synapse][0])
			require.Equal(t, int64(5), c.Counts[count.LearnUpdates])
			c.Reset()
			require.Equal(t, []int32{5, 6, 7}, c.State.Learn[0].Words[learn.Synapse][0])
			require.Equal(t, []int32{scale(5), 0}, runTick(c, 0))
			require.NoError(t, c.SetLearning(0, learn.Synapse, 0, []int32{-3, -4, 15}))
			require.Equal(t, []int32{scale(-3), scale(6) + scale(15)}, runTick(c, 0, 1))
			require.Equal(t, []int32{-2, -3, 15}, c.State.Learn[0].Words[learn.Synapse][0])
			require.Equal(t, int64(3), c.Counts[count.HostWrites])
		}
	}
}

func TestSnapshotOfLearning(t *testing.T) {
	img := plasticImage(t, grow(t))
	a, err := New(img, "oracle", nil)
	require.NoError(t, err)
	b, err := New(img, "vector", nil)
	require.NoError(t, err)
	for range 3 {
		runTick(a, 0, 1)
	}
	b.State.CopyFrom(&a.State)
	b.SeekTick()
	for range 3 {
		require.Equal(t, runTick(a, 0, 1), runTick(b, 0, 1))
		require.Empty(t, cmp.Diff(a.State, b.State))
	}
}

func TestTargetsSeeTheirOwnSpikesAndNeurons(t *testing.T) {
	fire := learn.Step{Name: "fire", On: learn.Fire, At: learn.Fired, Over: learn.Post, Passes: 1,
		State: []learn.Ref{{Space: learn.Post}}, Params: []learn.Ref{{Space: learn.Neuron}, {Space: learn.Neuron, Word: 3}}, Prog: rule(t, "ADD s0 s0 p0 | ADD s0 s0 p1 | PRB s0 #4")}
	c, err := New(plasticImage(t, fire), "vector", nil)
	require.NoError(t, err)
	var taps [][4]int32
	c.LearnTap = func(rule, tap int, item, value int32) {
		taps = append(taps, [4]int32{int32(rule), int32(tap), item, value})
	}
	runTick(c, 0, 1, 2)
	runTick(c, 0, 3)
	runTick(c, 3, 2)
	require.Equal(t, []int32{10, 24}, c.State.Learn[0].Words[learn.Post][0])
	require.Equal(t, [][4]int32{{0, 4, 0, 10}, {0, 4, 1, 12}, {0, 4, 0, 10}, {0, 4, 1, 24}}, taps)
}

func TestCheckOfLearning(t *testing.T) {
	for want, change := range map[string]func(img *Image){
		"in-axon 9 of 4":          func(img *Image) { img.Learning[0].Axons = []uint16{0, 9} },
		"ascending":               func(img *Image) { img.Learning[0].Axons = []uint16{1, 0} },
		"which plan 0 has":        func(img *Image) { img.Learning = append(img.Learning, img.Learning[0]) },
		"of which some learn":     func(img *Image) { img.Axons[2] = Axon{Off: 2, N: 1} },
		"0 and 1 share synapse 1": func(img *Image) { img.Axons[1].Off = 1 },
		"does not fit 5 bits":     func(img *Image) { img.Syn[1].Mant = 16 },
		"epoch of 0 ticks":        func(img *Image) { img.Learning[0].Plan.Epoch = 0 },
		"17 learning plans":       func(img *Image) { img.Learning = make([]Learning, 17) },
	} {
		img := plasticImage(t, grow(t))
		require.NoError(t, img.Check())
		change(img)
		require.ErrorContains(t, img.Check(), want)
	}
	img := plasticImage(t, grow(t))
	c, err := New(img, "oracle", nil)
	require.NoError(t, err)
	require.ErrorContains(t, c.SetLearning(1, 0, 0, nil), "does not have")
	require.ErrorContains(t, c.SetLearning(0, learn.Neuron, 0, nil), "does not have")
	require.ErrorContains(t, c.SetLearning(0, learn.Pre, 0, nil), "need 2")
	require.ErrorContains(t, c.SetLearning(0, learn.Synapse, 0, []int32{0, 0, 99}), "does not fit")
}

func TestLearningDoesNotAllocate(t *testing.T) {
	c, err := New(plasticImage(t, grow(t)), "vector", nil)
	require.NoError(t, err)
	ev := []router.Packet{{Axon: 0, Payload: 1}, {Axon: 1, Payload: 1}, {Axon: 2, Payload: 1}}
	c.Deliver(ev)
	c.Update()
	require.Zero(t, testing.AllocsPerRun(50, func() { c.Deliver(ev); c.Update() }))
}
