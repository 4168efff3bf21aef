package chip

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"hillock/core"
	"hillock/core/event"
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
	img := eventImage(f, rand.New(rand.NewPCG(9, 1)))
	m, err := New(img, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for range 4 {
		if err := m.Run(33, eventDrive, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(m.Snapshot().Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSnapshot(fixSections(b, len(SnapshotMagic)), "fuzz")
		if err == nil && m.Restore(s) == nil {
			if err := m.Run(20, eventDrive, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzWiredSnapshot restores damaged states of a ring of chips that wait for
// each other.
func FuzzWiredSnapshot(f *testing.F) {
	m, err := New(wiredBoard(f, 2, true), Options{})
	if err != nil {
		f.Fatal(err)
	}
	for range 6 {
		if err := m.Run(33, eventDrive, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(m.Snapshot().Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSnapshot(fixSections(b, len(SnapshotMagic)), "fuzz")
		if err == nil && m.Restore(s) == nil {
			if err := m.Run(60, eventDrive, nil); err != nil {
				t.Fatal(err)
			}
			m.Deadlock()
		}
	})
}
