package chip

import (
	"fmt"
	"math"

	"hillock/isa"
	"hillock/isa/count"
)

// maxMesh bounds every mesh dimension and depth of an image.
const maxMesh = 4096

// maxWindow bounds the ticks of one inference of a population.
const maxWindow = 1 << 20

// Check verifies every index and size of an image.
func (img *Image) Check() error {
	if img.Mesh.X < 1 || img.Mesh.Y < 1 || img.Mesh.CoresPerTile < 1 {
		return fmt.Errorf("chip: mesh of %d x %d tiles with %d cores, need at least 1 of each", img.Mesh.X, img.Mesh.Y, img.Mesh.CoresPerTile)
	}
	if m := img.Mesh; (m.ChipX != 0 || m.ChipY != 0) && (m.ChipX < 1 || m.ChipY < 1 || m.X%m.ChipX != 0 || m.Y%m.ChipY != 0) {
		return fmt.Errorf("chip: chips of %d x %d tiles, need whole ones on a mesh of %d x %d", m.ChipX, m.ChipY, m.X, m.Y)
	}
	for _, v := range [...]int{img.Mesh.X, img.Mesh.Y, img.Mesh.CoresPerTile} {
		if v > maxMesh {
			return fmt.Errorf("chip: mesh dimension %d, need at most %d", v, maxMesh)
		}
	}
	for i, p := range img.Pops {
		if p.N < 1 || p.N > math.MaxInt32 || p.Depth < 0 || p.Depth > maxMesh {
			return fmt.Errorf("chip: population %d (%q) has %d neurons at depth %d, need 1..%d and 0..%d", i, p.Name, p.N, p.Depth, math.MaxInt32, maxMesh)
		}
	}
	for _, p := range img.Pops {
		if p.Window < 0 || p.Window > maxWindow || p.Read < 0 || p.Read > isa.NumS {
			return fmt.Errorf("chip: population %q has a window of %d ticks and state word %d, need 0..%d and 0..%d", p.Name, p.Window, p.Read, maxWindow, isa.NumS)
		}
	}
	if len(img.Cores) == 0 {
		return fmt.Errorf("chip: image has no cores")
	}
	for _, e := range img.Latency.PerEvent {
		if _, err := count.Parse(e.Event); err != nil {
			return fmt.Errorf("chip: latency table: %w", err)
		}
		if e.Fs < 0 || e.Fs > 1e15 {
			return fmt.Errorf("chip: latency of %s is %d fs, need 0..1e15", e.Event, e.Fs)
		}
	}
	if err := img.Latency.Network.Check(); err != nil {
		return fmt.Errorf("chip: %w", err)
	}
	last := -1
	for i, c := range img.Cores {
		if c.ID <= last {
			return fmt.Errorf("chip: core %d follows core %d, need ascending numbers", c.ID, last)
		}
		last = c.ID
		if c.Image == nil {
			return fmt.Errorf("chip: core %d has no image", c.ID)
		}
		if err := c.Image.Check(); err != nil {
			return fmt.Errorf("chip: core %d: %w", c.ID, err)
		}
		if err := img.checkRuns(i); err != nil {
			return fmt.Errorf("chip: core %d: %w", c.ID, err)
		}
		for _, b := range c.Image.Boxes {
			if b < 0 || int(b) >= len(img.Cores) {
				return fmt.Errorf("chip: core %d sends to core index %d, have %d", c.ID, b, len(img.Cores))
			}
		}
	}
	for i := range img.Cores {
		if err := img.checkOut(i); err != nil {
			return fmt.Errorf("chip: core %d: %w", img.Cores[i].ID, err)
		}
	}
	if last >= img.Mesh.X*img.Mesh.Y*img.Mesh.CoresPerTile {
		return fmt.Errorf("chip: core %d is outside the mesh of %d cores", last, img.Mesh.X*img.Mesh.Y*img.Mesh.CoresPerTile)
	}
	if err := img.checkModulators(); err != nil {
		return err
	}
	if img.Routers != nil {
		if err := img.Routers.check(); err != nil {
			return fmt.Errorf("chip: routers: %w", err)
		}
	}
	if err := img.checkFrame(); err != nil {
		return err
	}
	if err := img.checkWires(); err != nil {
		return err
	}
	return img.checkInputs()
}

// checkOut verifies that every out-axon ends at an in-axon that exists.
func (img *Image) checkOut(i int) error {
	m := img.Cores[i].Image
	for n, o := range m.Out {
		dst := &img.Cores[m.Boxes[o.Box]]
		if int(o.Axon) >= dst.Image.Addresses() {
			return fmt.Errorf("out-axon %d sends to in-axon %d of core %d, which has %d", n, o.Axon, dst.ID, len(dst.Image.Axons))
		}
	}
	return nil
}

func (img *Image) checkRuns(i int) error {
	base := 0
	for _, r := range img.Cores[i].Runs {
		if r.Pop < 0 || r.Pop >= len(img.Pops) || r.N < 1 || r.First < 0 || r.N > img.Pops[r.Pop].N || r.First > img.Pops[r.Pop].N-r.N {
			return fmt.Errorf("compartments %d..%d are neurons %d..%d of population %d, which do not exist", r.Base, r.Base+r.N-1, r.First, r.First+r.N-1, r.Pop)
		}
		if r.Base != base || r.N > img.Cores[i].Image.N-base {
			return fmt.Errorf("neuron run starts at compartment %d with %d, need %d and at most %d", r.Base, r.N, base, img.Cores[i].Image.N-base)
		}
		base += r.N
	}
	if base != img.Cores[i].Image.N {
		return fmt.Errorf("neuron runs cover %d of %d compartments", base, img.Cores[i].Image.N)
	}
	return nil
}

func (img *Image) checkInputs() error {
	for _, in := range img.Inputs {
		if in.Pop < 0 || in.Pop >= len(img.Pops) || !img.Pops[in.Pop].Input {
			return fmt.Errorf("chip: input map of population %d, which is no input", in.Pop)
		}
		n := img.Pops[in.Pop].N
		if len(in.Off) != n+1 || in.Off[0] != 0 || int(in.Off[n]) != len(in.Dst) {
			return fmt.Errorf("chip: input %q: offsets do not cover %d neurons and %d targets", img.Pops[in.Pop].Name, n, len(in.Dst))
		}
		for i := 0; i < n; i++ {
			if in.Off[i] > in.Off[i+1] {
				return fmt.Errorf("chip: input %q: offsets of neuron %d go down", img.Pops[in.Pop].Name, i)
			}
		}
		for _, t := range in.Dst {
			if int(t.Core) >= len(img.Cores) || int(t.Axon) >= img.Cores[t.Core].Image.Addresses() {
				return fmt.Errorf("chip: input %q drives in-axon %d of core index %d, which does not exist", img.Pops[in.Pop].Name, t.Axon, t.Core)
			}
		}
	}
	return nil
}
