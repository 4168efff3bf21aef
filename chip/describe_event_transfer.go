package chip

import (
	"hillock/core/event"
)

// transfers reads the serial port of an event core.
func (e *eventDecoder) transfers(n *descNode) {
	x := &event.Transfers{Taken: 0}
	source, over := "", ""
	x.Gate.Over = -1
	var registers, rows, noReset *descNode
	later := func(to **descNode) func(*descNode) { return func(n *descNode) { *to = n } }
	e.object(n, "transfers",
		descField{"source", true, e.text(&source, "source")},
		descField{"head", true, e.int(&x.Head, "head", 1, 48)},
		descField{"data", true, e.int(&x.Data, "data", 2, 48)},
		descField{"bits", false, e.parts},
		descField{"count", false, e.bitPair(&x.Count, "count")},
		descField{"next", false, e.bitPair(&x.Next, "next")},
		descField{"read", true, e.headPattern(&x.Read, &x.Head)},
		descField{"write", true, e.headPattern(&x.Write, &x.Head)},
		descField{"taken", true, e.int(&x.Taken, "taken", 0, 47)},
		descField{"value", true, e.int(&x.Value, "value", 1, 48)},
		descField{"period", true, e.int64(&x.Period, "period", 2, 1<<20)},
		descField{"read_period", false, e.int64(&x.ReadPeriod, "read_period", 2, 1<<20)},
		descField{"sync", true, e.int64(&x.Sync, "sync", 0, 1<<20)},
		descField{"write_at", false, e.int64(&x.WriteAt, "write_at", 0, 1<<20)},
		descField{"read_at", false, e.int64(&x.ReadAt, "read_at", 0, 1<<20)},
		descField{"release", false, e.int64(&x.Release, "release", 0, 1<<20)},
		descField{"aside", false, e.bool(&x.Aside, "aside")},
		descField{"gate", true, func(n *descNode) {
			e.object(n, "gate",
				descField{"register", true, e.memory1(&x.Gate.Register)},
				descField{"waits", false, e.bool(&x.Gate.Waits, "waits")},
				descField{"over", false, e.text(&over, "over")})
			if over != "" {
				x.Gate.Over = e.find(n, over, "memory", len(e.spec.Memories), func(i int) string { return e.spec.Memories[i].Name })
			}
		}},
		descField{"quiet", false, e.quiet(x)},
		descField{"no_reset", false, later(&noReset)},
		descField{"registers", true, later(&registers)},
		descField{"rows", true, later(&rows)})
	x.ReadPeriod = max(x.ReadPeriod, x.Period)
	if registers == nil || rows == nil {
		return
	}
	e.transferRegisters(registers, x)
	eventList(e, &x.Rows, "rows", e.transferRow(x))(rows)
	if noReset != nil {
		eventList(e, &x.NoReset, "no_reset", e.memory1)(noReset)
	}
	e.bits, e.spec.Transfers = nil, x
}

// quiet reads {"REGISTER": value}.
func (e *eventDecoder) quiet(x *event.Transfers) func(*descNode) {
	return func(n *descNode) {
		e.named(n, "quiet", func(name string, _ descPos, v *descNode) {
			q := event.Setting{Value: uint64(e.whole(v, "value", 0, 1<<32))}
			if q.Register = e.find(v, name, "register", len(e.spec.Memories), func(i int) string { return e.spec.Memories[i].Name }); q.Register >= 0 {
				x.Quiet = append(x.Quiet, q)
			}
		})
	}
}

// bitPair reads [first bit, width].
func (e *eventDecoder) bitPair(to *event.Bits, what string) func(*descNode) {
	return func(n *descNode) {
		var x []int64
		if e.items(n, what, 2, func(v *descNode) { x = append(x, e.whole(v, "bit", 0, 64)) }); len(x) != 2 {
			e.fail(n.at, "%s: need first bit and width", what)
			return
		}
		*to = event.Bits{Bit: int(x[0]), Width: int(x[1])}
	}
}

// headPattern reads a pattern of all bits of the head.
func (e *eventDecoder) headPattern(to *event.Pattern, head *int) func(*descNode) {
	return func(n *descNode) {
		var r event.Row
		digits := 0
		for _, ch := range n.text {
			if ch != '_' && ch != ' ' {
				digits++
			}
		}
		if e.pattern(&r)(n); digits != *head {
			e.fail(n.at, "pattern of %d bits, the head has %d", digits, *head)
		}
		*to = event.Pattern{Mask: r.Mask, Match: r.Match}
	}
}

// transferRegisters reads the registers that have an address of their own.
func (e *eventDecoder) transferRegisters(n *descNode, x *event.Transfers) {
	var base event.Pattern
	var address event.Bits
	var list *descNode
	e.object(n, "registers",
		descField{"match", true, e.headPattern(&base, &x.Head)},
		descField{"address", true, e.bitPair(&address, "address")},
		descField{"list", true, func(n *descNode) { list = n }})
	if list == nil || address.Bit > 48 || address.Width > 48 {
		return
	}
	each := func(to *event.TransferRow) func(*descNode) {
		return func(n *descNode) {
			r := event.TransferRow{Pattern: base, Memory: -1, Direct: true, Width: 1}
			at, register := int64(0), ""
			e.object(n, "register",
				descField{"at", true, e.int64(&at, "at", 0, 1<<address.Width-1)},
				descField{"register", false, e.text(&register, "register")},
				descField{"name", false, e.text(&r.Name, "name")},
				descField{"word", false, e.operand(&r.Word)},
				descField{"width", false, e.int(&r.Width, "width", 1, 48)},
				descField{"delay", false, e.int64(&r.Delay, "delay", 0, 1<<20)})
			if register != "" {
				r.Memory = max(0, e.find(n, register, "register", len(e.spec.Memories), func(i int) string { return e.spec.Memories[i].Name }))
				if r.Name = register; n.member("width") == nil {
					r.Width = min(e.spec.Memories[r.Memory].Bits, 48)
				}
			}
			r.Mask |= (1<<address.Width - 1) << address.Bit
			r.Match |= uint64(at) << address.Bit
			r.Value = event.Bits{Width: r.Width}
			*to = r
		}
	}
	eventList(e, &x.Rows, "list", each)(list)
}

// transferRow reads a row of a memory.
func (e *eventDecoder) transferRow(x *event.Transfers) func(*event.TransferRow) func(*descNode) {
	return func(to *event.TransferRow) func(*descNode) {
		return func(n *descNode) {
			r := event.TransferRow{}
			e.object(n, "row",
				descField{"name", true, e.text(&r.Name, "name")},
				descField{"match", true, e.headPattern(&r.Pattern, &x.Head)},
				descField{"memory", true, e.memory1(&r.Memory)},
				descField{"word", true, e.operand(&r.Word)},
				descField{"part", false, e.operand(&r.Part)},
				descField{"width", true, e.int(&r.Width, "width", 1, 48)},
				descField{"value", true, e.bitPair(&r.Value, "value")},
				descField{"keep", false, e.bitPair(&r.Keep, "keep")},
				descField{"walks", false, eventList(e, &r.Walks, "walks", e.walk)})
			*to = r
		}
	}
}
