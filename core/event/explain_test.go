package event_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core/event"
)

// TestExplainEqualsTheEdge holds what is told of an edge against the edge
// itself: notes, outputs and the fields of all items that were run.
func TestExplainEqualsTheEdge(t *testing.T) {
	for _, x := range []struct {
		family string
		words  []uint64
		ports  []string
	}{{"tinyodin", []uint64{5, 9}, []string{"aer", "aer"}}, {"odin", []uint64{5<<8 | 7, 0x7f}, []string{"aer", "aer"}},
		{"reckon", []uint64{1, 3, 1, 7, 1, 1}, []string{"sample", "aer", "tick", "aer", "tick", "tick"}}} {
		img := sweepImage(t, x.family, true)
		if x.family == "reckon" {
			r := rand.New(rand.NewPCG(1, 1))
			for _, name := range []string{"weights_inp", "neurons"} {
				m := img.Spec.Memory(name)
				img.Init[m] = make([]uint64, img.Spec.Memories[m].Words*2)
				for i := range img.Init[m] {
					img.Init[m][i] = r.Uint64() >> 1
				}
			}
			for _, name := range []string{"NUM_REC_NEUR", "NUM_INP_NEUR"} {
				img.Init[img.Spec.Memory(name)] = []uint64{9}
			}
		}
		c, err := event.New(img)
		require.NoError(t, err)
		for i, w := range x.words {
			port := slices.IndexFunc(img.Spec.Control.Ports, func(p event.Port) bool { return p.Name == x.ports[i] })
			c.Inject(port, int64(i), w)
		}
		runs := 0
		var notes []event.Note
		c.Watch = func(n event.Note) { notes = append(notes, n) }
		for e := c.Next(0); e != event.Never; e = c.Next(e + 1) {
			before := c.State.Clone()
			told, err := event.Explain(img, &before, e, nil)
			require.NoError(t, err)
			notes = nil
			c.Edge(e)
			require.Equal(t, notes, told.Notes)
			require.Equal(t, c.Next(e+1), told.Next)
			runs += len(told.Runs)
			agree(t, c, told)
		}
		require.Greater(t, runs, 500, x.family)
	}
}

// agree compares the last of what was told of each field.
func agree(t *testing.T, c *event.Core, x *event.Explanation) {
	type place struct {
		name string
		dst  int64
	}
	seen := map[place]bool{}
	for i := len(x.Runs) - 1; i >= 0; i-- {
		r := &x.Runs[i]
		for _, f := range r.After {
			v, ok := c.Value(f.Name, r.Src, r.Dst)
			if at := (place{f.Name, r.Dst}); ok && !seen[at] && len(x.Runs) < 30 { // tables of an edge are cleared and counted over
				seen[at] = true
				require.Equal(t, v, f.Value, "edge %d, %s of %d", x.Edge, f.Name, r.Dst)
			}
		}
	}
}

// sweepImage is a core of a family whose 256 neurons have random weights, and
// of which few fire.
func sweepImage(b testing.TB, family string, mixed bool) *event.Image {
	f, err := chip.LoadNamed(family)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 1))
	if family == "reckon" {
		e, err := f.BindEvent(chip.EventSetup{})
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	var neurons []uint64
	synapses := make([]uint64, 8192)
	for i := range synapses {
		synapses[i] = uint64(r.Uint32())
	}
	s := chip.EventSetup{Memories: []chip.MemoryWords{{Name: "synapses", Chunks: synapses}}, Registers: []chip.RegisterValue{{Name: "open_loop", Value: 1}}}
	for n := range 256 {
		switch {
		case family == "tinyodin":
			neurons = append(neurons, uint64(r.IntN(200)+400)<<12|uint64(r.IntN(3))<<24)
		case mixed && n%2 == 0:
			neurons = append(neurons, 7<<19|uint64(r.IntN(8))<<9, 0)
		default: // leak 1, threshold, calcium thresholds 1, 2, 3 and leak 3 of a neuron that learns
			neurons = append(neurons, 1|1<<1|1<<8|uint64(r.IntN(40)+200)<<9|1<<17|100<<18|1<<26|2<<29|3<<32|3<<35, 0)
		}
	}
	if family == "tinyodin" {
		s.Registers = append(s.Registers, chip.RegisterValue{Name: "max_neur", Value: 255})
	} else {
		signs := make([]uint64, 16)
		for i := range signs {
			signs[i] = 0x5555
		}
		s.Memories = append(s.Memories, chip.MemoryWords{Name: "syn_sign", Chunks: signs})
	}
	s.Memories = append(s.Memories, chip.MemoryWords{Name: "neurons", Chunks: neurons})
	e, err := f.BindEvent(s)
	if err != nil {
		b.Fatal(err)
	}
	return e
}
