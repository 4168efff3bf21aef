package event

// Signal is something of a core that a wave viewer shows.
type Signal struct {
	Name string
	Bits int
}

// signalBits is the width of a signal that is no register.
const signalBits = 32

// Signals are the entries of the queue, whether work is in hand and is the
// queue's head, its row, source and target (the phase of the core), whether the
// output link is busy, and the registers.
func (s *Spec) Signals() []Signal {
	out := []Signal{{"queue", signalBits}, {"working", 1}, {"head", 1}, {"row", signalBits}, {"src", signalBits}, {"dst", signalBits}, {"output", 1}}
	for i := range s.Memories {
		if m := &s.Memories[i]; m.shown() {
			out = append(out, Signal{m.Name, m.Bits})
		}
	}
	return out
}

// shown says that a memory is a register that fits a number.
func (m *Memory) shown() bool { return m.Words == 1 && m.Lanes == 1 && m.Bits <= 63 }

// Sample appends the values of Signals behind an edge to dst.
func (c *Core) Sample(edge int64, dst []int64) []int64 {
	s := &c.State
	at := &s.Walk.At[s.Walk.Level]
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	dst = append(dst, int64(len(s.Queue)), flag(s.Walk.Running), flag(s.Walk.Head), int64(s.Walk.Row), at.Src, at.Dst, flag(s.Busy > edge || c.held()))
	for i := range c.img.Spec.Memories {
		if m := &c.img.Spec.Memories[i]; m.shown() {
			dst = append(dst, int64(s.Mem[i][0]))
		}
	}
	return dst
}
