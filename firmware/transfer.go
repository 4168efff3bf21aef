package firmware

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core/event"
)

// transfer shifts bits through the serial port of a core and runs until they
// are through and what they ask for is done. Its answer is what came back, so it
// cannot be given before.
func (s *Session) transfer(c Message, a *Message, emit func(Message) error) error {
	core := int(c.Args[0])
	port, err := s.m.SerialPort(core)
	if err != nil {
		return err
	}
	t := event.Transfer{At: s.m.Tick(), Period: c.Args[1]}
	if t.Words, err = port.Words(c.Bytes); err != nil {
		return err
	}
	if t.Period == 0 {
		if t.Period = port.Period; port.Read.Holds(t.Words[0]) {
			t.Period = port.ReadPeriod
		}
	}
	if err := port.Check(&t); err != nil {
		return err
	}
	if n := port.Edges(&t); s.opt.MaxTicks > 0 && n > s.opt.MaxTicks-s.ticks {
		return fmt.Errorf("a transfer of %d ticks after %d, need at most %d in all", n, s.ticks, s.opt.MaxTicks)
	}
	was, err := s.m.Gated(core)
	if err != nil {
		return err
	}
	if err := s.m.Transfer(core, t); err != nil {
		return err
	}
	if err := s.run(port.Edges(&t), emit); err != nil {
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
	a.Bytes = port.Bits(append([]uint64{0}, back...))
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
	port := img.Cores[0].Image.Event.Spec.Transfers
	if period < 0 || period > math.MaxUint32 {
		return nil, nil, fmt.Errorf("firmware: a period of %d ticks, need 0..%d", period, int64(math.MaxUint32))
	}
	for _, p := range steps {
		cmds = append(cmds, Message{Op: Transfer, Args: []int64{int64(img.Cores[0].ID), period}, Bytes: port.Bits(p.Words)})
		names = append(names, p.Name)
	}
	return cmds, names, nil
}
