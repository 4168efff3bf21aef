package bench

import (
	"fmt"

	"hillock/chip"
)

// eventPeriod is how many clock edges an event has for itself: a sweep of 256
// neurons takes 516 on both chips.
const eventPeriod = 520

// eventWork is one core without ticks. Sources take turns; few neurons fire,
// and what they fire does not come back.
func eventWork(family string) func() (*Net, error) {
	return func() (*Net, error) {
		f, err := chip.LoadNamed(family)
		if err != nil {
			return nil, err
		}
		e, err := f.BindEvent(eventSetup(family))
		if err != nil {
			return nil, err
		}
		n := &Net{Image: f.EventImage(e)}
		pop := int32(-1)
		for i, p := range n.Image.Pops {
			if p.Name == "sources" {
				pop = int32(i)
			}
		}
		if pop < 0 {
			return nil, fmt.Errorf("bench: chip %s has no inlet sources", family)
		}
		n.Next = func(tick int64) int64 { return (tick + eventPeriod - 1) / eventPeriod * eventPeriod }
		n.Input = func() chip.Source {
			return func(tick int64, dst []chip.Injection) []chip.Injection {
				if tick%eventPeriod == 0 {
					dst = append(dst, chip.Injection{Pop: pop, Index: int32(tick / eventPeriod * 37 % Side), Payload: 1})
				}
				return dst
			}
		}
		return n, nil
	}
}

// eventSetup draws weights, signs and neurons: of the learning chip with
// calcium, thresholds 1 to 3 of it, and a calcium leak.
func eventSetup(family string) chip.EventSetup {
	synapses, signs := make([]uint64, Side*Side/8), make([]uint64, Side/16)
	for i := range synapses {
		if synapses[i] = draw(streamSweep, uint64(i)+1) >> 32; family == "tinyodin" && i%2 == 0 {
			synapses[i] &= 0x77777777 // weights of 0 to 7, so that neurons fire
		}
	}
	for i := range signs {
		signs[i] = 0x5555
	}
	s := chip.EventSetup{Registers: []chip.RegisterValue{{Name: "open_loop", Value: 1}}, Memories: []chip.MemoryWords{{Name: "synapses", Chunks: synapses}}}
	var neurons []uint64
	for n := range Side {
		r := draw(streamSweep, uint64(len(synapses)+n)+1)
		if family == "odin" {
			neurons = append(neurons, 1|1<<1|1<<8|uint64(200+below(r, 40))<<9|1<<17|100<<18|1<<26|2<<29|3<<32|3<<35, 0)
		} else {
			neurons = append(neurons, uint64(400+below(r, 200))<<12|1<<24)
		}
	}
	s.Memories = append(s.Memories, chip.MemoryWords{Name: "neurons", Chunks: neurons})
	if family == "odin" {
		s.Memories = append(s.Memories, chip.MemoryWords{Name: "syn_sign", Chunks: signs})
	} else {
		s.Registers = append(s.Registers, chip.RegisterValue{Name: "max_neur", Value: Side - 1})
	}
	return s
}
