package chip

import "hillock/core/event"

// codeEventState codes the state of a core without ticks.
func codeEventState(c *codec, s *event.State) {
	rows := func(r *[][]uint64, what string) {
		list(c, r, 1, what, func(row *[]uint64) { words(c, row, what) })
	}
	rows(&s.Mem, "memory words")
	rows(&s.Streams, "random streams")
	words(c, &s.Queue, "queue entries")
	rows(&s.Wheel, "wheel entries")
	list(c, &s.Ports, 3, "ports", func(l *event.Link) {
		list(c, &l.Waiting, 9, "events", func(a *event.Arrival) {
			integer(c, &a.At, "edge")
			c.word(&a.Word, "event")
		})
		integer(c, &l.Free, "edge")
		list(c, &l.Calls, 10, "calls", func(x *event.Call) {
			integer(c, &x.At, "edge")
			integer(c, &x.Wire, "wire")
			c.word(&x.Word, "event")
		})
	})
	for _, x := range [...]*int64{&s.Decision, &s.Busy, &s.Clear, &s.Ended, &s.Walk.Edge, &s.Walk.Last} {
		integer(c, x, "edge")
	}
	list(c, &s.Outbox, 2, "outputs", func(o *event.Output) {
		integer(c, &o.At, "edge")
		integer(c, &o.Address, "address")
	})
	w := &s.Walk
	for _, x := range [...]*bool{&w.Running, &w.Head, &w.Pushing, &w.Popping, &w.Held, &s.Blocked} {
		c.flag(x)
	}
	for _, x := range [...]*int{&w.Row, &w.Port, &w.Wire, &w.Slot, &w.Level} {
		integer(c, x, "row, port, wire, slot or level")
	}
	c.word(&w.Word, "event in hand")
	for i := range w.At {
		k := &w.At[i]
		integer(c, &k.Walk, "walk")
		for _, x := range [...]*int64{&k.Src, &k.Dst, &k.First, &k.LastSrc, &k.LastDst, &k.Began} {
			integer(c, x, "place of a walk")
		}
	}
	words(c, &w.Old, "kept word")
	codeShifting(c, &s.Shift)
}

// codeShifting codes the serial port of a core without ticks.
func codeShifting(c *codec, s *event.Shifting) {
	list(c, &s.Waiting, 3, "transfers", func(t *event.Transfer) {
		integer(c, &t.At, "edge")
		integer(c, &t.Period, "edges")
		words(c, &t.Words, "words of a transfer")
	})
	for _, x := range [...]*bool{&s.Begun, &s.Asked, &s.Write, &s.Doing, &s.Held, &s.Storing, &s.Opening, &s.Fetched} {
		c.flag(x)
	}
	for _, x := range [...]*int{&s.Word, &s.Stage, &s.Row, &s.Missed, &s.Unmodelled} {
		integer(c, x, "place in a transfer")
	}
	for _, x := range [...]*int64{&s.Up, &s.Down, &s.Edge, &s.Least, &s.Due, &s.OpenAt} {
		integer(c, x, "edge")
	}
	for _, x := range [...]*uint64{&s.Latched, &s.Value, &s.Read} {
		c.word(x, "word of a transfer")
	}
	words(c, &s.Out, "words sent back")
	words(c, &s.Written, "registers written")
}

// words codes a list of 64-bit words.
func words(c *codec, s *[]uint64, what string) {
	list(c, s, 8, what, func(x *uint64) { c.word(x, what) })
}
