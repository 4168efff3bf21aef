package chip

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"hillock/router/aer"
)

// Recorder turns the physical spikes of a machine into the logical spikes of
// the user's network, and hashes both. Use Tick as (part of) a Sink.
type Recorder struct {
	Keep    bool        // collect all spikes in Spikes
	Spikes  []aer.Spike // logical spikes, Pop = index into Image.Pops
	Total   []int64     // spikes per population since the recorder was made
	img     *Image
	names   []string
	logical *aer.Hasher
	machine hash.Hash
	buf     []aer.Spike
	raw     []byte
	Offset  int64 // added to every tick (runs after a reset follow on)
}

// NewRecorder makes a recorder for machines of this image.
func NewRecorder(img *Image, keep bool) *Recorder {
	r := &Recorder{Keep: keep, img: img, Total: make([]int64, len(img.Pops)), machine: sha256.New()}
	for _, p := range img.Pops {
		r.names = append(r.names, p.Name)
	}
	r.logical = aer.NewHasher(r.names)
	return r
}

// Names are the population names, by index.
func (r *Recorder) Names() []string { return r.names }

// Last is the logical spikes of the tick recorded last, cores ascending.
func (r *Recorder) Last() []aer.Spike { return r.buf }

// Tick records the spikes of the tick that m just computed.
func (r *Recorder) Tick(tick int64, m *Machine) error {
	tick += r.Offset
	r.buf, r.raw = r.buf[:0], r.raw[:0]
	for _, i := range m.sched.run {
		spikes := m.cores[i].Spikes
		if len(spikes) == 0 {
			continue
		}
		runs, k := r.img.Cores[i].Runs, 0
		for _, s := range spikes {
			for int(s.Comp) >= runs[k].Base+runs[k].N {
				k++
			}
			run := &runs[k]
			if !r.img.Pops[run.Pop].Aside {
				r.buf = append(r.buf, aer.Spike{Tick: tick, Pop: int32(run.Pop), Index: int32(run.First) + s.Comp - int32(run.Base), Payload: s.Payload})
			}
			r.Total[run.Pop] += r.img.Cores[i].Image.Payload.Spikes(s.Payload)
			r.raw = binary.LittleEndian.AppendUint64(r.raw, uint64(tick))
			r.raw = binary.LittleEndian.AppendUint32(r.raw, uint32(r.img.Cores[i].ID))
			r.raw = binary.LittleEndian.AppendUint32(r.raw, uint32(s.Comp))
			r.raw = binary.LittleEndian.AppendUint32(r.raw, uint32(s.Payload))
		}
	}
	r.machine.Write(r.raw)
	if r.Keep {
		r.Spikes = append(r.Spikes, r.buf...)
	}
	r.logical.Tick(tick, r.buf)
	return nil
}

// TraceHash identifies the logical spikes recorded so far.
func (r *Recorder) TraceHash() string { return r.logical.Sum() }

// MachineHash identifies the physical spikes, in core order.
func (r *Recorder) MachineHash() string { return hex.EncodeToString(r.machine.Sum(nil)[:16]) }
