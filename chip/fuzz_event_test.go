package chip

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hillock/core"
	"hillock/core/event"
	"hillock/core/simd"
)

// FuzzEventImage feeds descriptions of cores without ticks that may be damaged:
// they are refused, or they run.
func FuzzEventImage(f *testing.F) {
	img := eventImage(f, rand.New(rand.NewPCG(9, 1)))
	small := *img.Cores[0].Image.Event
	small.Init = nil
	for _, e := range []*event.Image{&small} {
		b, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e := &event.Image{}
		if json.Unmarshal(b, e) != nil {
			return
		}
		c, err := core.New(&core.Image{N: e.Spec.Items + e.Spec.Outs, Ring: 1, OutOff: make([]uint32, max(0, min(e.Spec.Items+e.Spec.Outs, 1<<16))+1), Event: e}, "oracle", nil)
		if err != nil {
			return
		}
		for p := range e.Spec.Control.Ports {
			for w := range uint64(20) {
				c.Event().Inject(p, int64(w), w*37&(1<<e.Spec.Control.Ports[p].Bits-1))
			}
		}
		for range 300 {
			c.Update()
		}
	})
}

// FuzzEventSnapshot restores damaged states of a core without ticks.
func FuzzEventSnapshot(f *testing.F) {
	fuzzSnapshots(f, eventImage(f, rand.New(rand.NewPCG(9, 1))), 4, 20, func(*Machine) {})
}

// FuzzWiredSnapshot restores damaged states of a ring of chips that wait for
// each other.
func FuzzWiredSnapshot(f *testing.F) {
	fuzzSnapshots(f, wiredBoard(f, 2, true), 6, 60, func(m *Machine) { m.Deadlock() })
}

// fuzzSnapshots restores damaged snapshots, some of a run of an image being the
// seeds, and goes on from those that are taken.
func fuzzSnapshots(f *testing.F, img *Image, seeds int, edges int64, ask func(*Machine)) {
	m, err := New(img, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for range seeds {
		if err := m.Run(33, eventDrive, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(m.Snapshot().Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSnapshot(fixSections(b, len(SnapshotMagic)), "fuzz")
		if err == nil && m.Restore(s) == nil {
			if err := m.Run(edges, eventDrive, nil); err != nil {
				t.Fatal(err)
			}
			ask(m)
		}
	})
}

// FuzzEventEngines runs descriptions that may be damaged on both engines: one
// steps every edge, the other those at which something leaves, with stops in
// between at which both must hold the same.
func FuzzEventEngines(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 1))
	for _, name := range []string{"tinyodin", "odin", "reckon"} {
		e := *randomEvents(f, name, r).Cores[0].Image.Event
		for m := range e.Init {
			if mem := &e.Spec.Memories[m]; mem.Words > 1 || mem.Bits > 32 {
				e.Init[m] = nil
			}
		}
		b, err := json.Marshal(&e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint64(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		e := &event.Image{}
		if json.Unmarshal(b, e) != nil {
			return
		}
		if endless(&e.Spec) {
			return
		}
		slow, err := event.New(e)
		if err != nil {
			return
		}
		fast, err := event.NewVector(e, simd.Best())
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for _, c := range []*event.Core{slow, fast} { // weights and the like
			r := rand.New(rand.NewPCG(seed, 2))
			for m := range c.State.Mem {
				if mem := &e.Spec.Memories[m]; mem.Bits%64 != 0 {
					continue
				}
				for i := range c.State.Mem[m] {
					c.State.Mem[m][i] = r.Uint64()
				}
			}
			c.Touch()
		}
		for edge := int64(0); edge < 150; {
			stop := edge + 1 + int64(r.IntN(60))
			if p := r.IntN(len(e.Spec.Control.Ports)); r.IntN(2) == 0 {
				word := r.Uint64() & (1<<e.Spec.Control.Ports[p].Bits - 1)
				slow.Inject(p, edge, word)
				fast.Inject(p, edge, word)
			}
			for at := edge; at < stop; at++ {
				slow.Edge(at)
			}
			for at := fast.Until(edge); at < stop; at = fast.Until(at + 1) {
				fast.Edge(at)
			}
			if edge = stop; r.IntN(2) == 0 {
				fast.Pass(edge)
				compareCores(t, slow, fast, edge)
			}
		}
	})
}

// endless says that a walk may visit more items than a test has time for.
func endless(s *event.Spec) bool {
	long := func(o *event.Operand) bool {
		switch {
		case o == nil:
			return false
		case o.From == event.Constant:
			return o.Value > 512
		case o.From == event.Stored:
			return o.Field < 0 || o.Field >= len(s.Fields) || s.Fields[o.Field].Layout.Width > 9
		}
		return o.Width > 9
	}
	n := 0
	var walks func(list []event.Walk) bool
	walks = func(list []event.Walk) bool {
		for i := range list {
			k := &list[i]
			if k.Sources != nil {
				n++
			}
			if n++; long(&k.Last) || long(k.Sources) || k.Step == 0 && k.Sources != nil || walks(k.Sub) {
				return true
			}
		}
		return n > 64
	}
	for _, rows := range [][]event.Row{s.Control.Input, s.Control.Head} {
		for i := range rows {
			if n = 0; walks(rows[i].Walks) {
				return true
			}
		}
	}
	return false
}

func compareCores(t *testing.T, a, b *event.Core, edge int64) {
	x, y := a.State.Clone(), b.State.Clone()
	if d := cmp.Diff(x, y, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("before edge %d: %s", edge, d)
	}
	if *a.Counts != *b.Counts {
		t.Fatalf("before edge %d: counts %v and %v", edge, *a.Counts, *b.Counts)
	}
}
