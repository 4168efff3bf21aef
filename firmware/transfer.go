package firmware

import (
	"fmt"
	"math"

	"hillock/chip"
)

// transfer shifts bits through the serial port of a core and runs until they
// are through and what they ask for is done. Its answer is what came back, so it
// cannot be given before.
func (s *Session) transfer(c Message, a *Message, emit func(Message) error) error {
	core, most := int(c.Args[0]), int64(math.MaxInt64)
	was, err := s.m.Gated(core)
	if err != nil {
		return err
	}
	if s.opt.MaxTicks > 0 {
		most = s.opt.MaxTicks - s.ticks
	}
	ticks, err := s.m.ShiftBits(core, c.Args[1], c.Bytes, most)
	if err != nil {
		return err
	}
	if err := s.run(ticks, emit); err != nil {
		return err
	}
	back, missed, ignored, err := s.m.Transferred(core)
	if err != nil {
		return err
	}
	if err := s.unset(core, was, emit); err != nil {
		return err
	}
	a.Args = []int64{s.m.Tick(), int64(min(missed, math.MaxUint16)), int64(min(ignored, math.MaxUint16))}
	a.Bytes = back
	return nil
}

// read reads words of memory; of a register that nothing wrote it is told that
// the chip holds anything there.
func (s *Session) read(at chip.Place, dst []int32, emit func(Message) error) error {
	if err := s.m.Read(at, dst); err != nil || at.Space != chip.Memories {
		return err
	}
	if name, ok := s.m.Unset(at.Core, at.Group); ok {
		return emit(Message{Op: Unset, Args: []int64{s.m.Tick(), int64(at.Core)}, Bytes: []byte(name)})
	}
	return nil
}

// unset tells of registers that nothing wrote when a transfer closed the gate.
func (s *Session) unset(core int, was bool, emit func(Message) error) error {
	is, err := s.m.Gated(core)
	if err != nil || is || !was {
		return err
	}
	names, err := s.m.UnsetRegisters(core)
	if err != nil || names == "" {
		return err
	}
	return emit(Message{Op: Unset, Args: []int64{s.m.Tick(), int64(core)}, Bytes: []byte(names)})
}

// Program are the commands that bring an image to a chip over its serial port,
// each with what it writes. Period is that of the port's clock, 0 = the fewest
// ticks.
func Program(img *chip.Image, sparse bool, period int64) (cmds []Message, names []string, err error) {
	steps, err := img.Programming(sparse)
	if err != nil {
		return nil, nil, err
	}
	if period < 0 || period > math.MaxUint32 {
		return nil, nil, fmt.Errorf("firmware: a period of %d ticks, need 0..%d", period, int64(math.MaxUint32))
	}
	for _, p := range steps {
		cmds = append(cmds, Message{Op: Transfer, Args: []int64{int64(img.Cores[0].ID), period}, Bytes: p.Bits})
		names = append(names, p.Name)
	}
	return cmds, names, nil
}
