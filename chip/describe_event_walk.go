package chip

import (
	"math"
	"strconv"
	"strings"

	"hillock/core/event"
)

// eventRelations are the relations of conditions, in the order of the numbers
// of package event.
var eventRelations = [event.NumRelations]string{"=", "!=", "<", "<=", ">", ">=", "has", "lacks"}

// operand reads a number, src, dst, a part of the event, or a field; a field
// with @src behind its name is read at the source.
func (e *eventDecoder) operand(to *event.Operand) func(*descNode) {
	return func(n *descNode) {
		switch n.kind {
		case descNumber:
			*to = event.Operand{Value: e.whole(n, "operand", math.MinInt32, math.MaxInt32)}
		case descString:
			*to = e.operandNamed(n, n.text)
		default:
			e.fail(n.at, "operand: need a number or a name, have %s", n.kind)
		}
	}
}

func (e *eventDecoder) operandNamed(n *descNode, name string) event.Operand {
	if base, by, ok := strings.Cut(name, ">>"); ok {
		o := e.operandNamed(n, base)
		right, err := strconv.Atoi(by)
		if err != nil || right < 0 || right > 63 || o.Right > 0 {
			e.fail(n.at, "operand %q, need one shift by 0..63", name)
		}
		o.Right = right
		return o
	}
	switch name {
	case "fired":
		return event.Operand{From: event.Fired}
	case "src":
		return event.Operand{From: event.Src}
	case "dst":
		return event.Operand{From: event.Dst}
	}
	if v, err := strconv.ParseInt(name, 0, 32); err == nil {
		return event.Operand{Value: v}
	}
	for _, b := range e.bits {
		if b.name == name {
			return b.op
		}
	}
	base, bySrc := strings.CutSuffix(name, "@src")
	for i, f := range e.names {
		if f == base {
			return event.Operand{From: event.Stored, Field: i, BySrc: bySrc}
		}
	}
	e.fail(n.at, "operand %q, need a number, src, dst, a part of the event, a field or a register", name)
	return event.Operand{}
}

func (e *eventDecoder) operands(to *[]event.Operand) func(*descNode) {
	return func(n *descNode) {
		e.items(n, "operands", 64, func(v *descNode) {
			var o event.Operand
			e.operand(&o)(v)
			*to = append(*to, o)
		})
	}
}

// optional reads an operand that may be absent.
func (e *eventDecoder) optional(to **event.Operand) func(*descNode) {
	return func(n *descNode) {
		*to = &event.Operand{}
		e.operand(*to)(n)
	}
}

// terms reads a list of comparisons "a REL b".
func (e *eventDecoder) terms(to *[]event.Term) func(*descNode) {
	return func(n *descNode) {
		e.items(n, "conditions", 16, func(v *descNode) {
			if !e.kind(v, descString, "condition") {
				return
			}
			w := strings.Fields(v.text)
			if len(w) != 3 {
				e.fail(v.at, "condition %q, need an operand, a relation and an operand with blanks between", v.text)
				return
			}
			t := event.Term{L: e.operandNamed(v, w[0]), R: e.operandNamed(v, w[2])}
			r := e.find(v, w[1], "relation", len(eventRelations), func(i int) string { return eventRelations[i] })
			t.Rel = event.Relation(max(r, 0))
			*to = append(*to, t)
		})
	}
}

func (e *eventDecoder) weight(to **event.Weight) func(*descNode) {
	return func(n *descNode) {
		w := &event.Weight{}
		e.object(n, "weight",
			descField{"value", true, e.operand(&w.Value)},
			descField{"gate", false, e.operands(&w.Gate)},
			descField{"neg", false, e.operand(&w.Neg)},
			descField{"shift", false, e.operand(&w.Shift)})
		*to = w
	}
}

// program is the index of a program by name.
func (e *eventDecoder) program1(to *int) func(*descNode) {
	return func(n *descNode) {
		if e.kind(n, descString, "program") {
			*to = e.find(n, n.text, "program", len(e.spec.Programs), func(i int) string { return e.spec.Programs[i].Name })
		}
	}
}

func (e *eventDecoder) memory1(to *int) func(*descNode) {
	return func(n *descNode) {
		if e.kind(n, descString, "memory") {
			*to = e.find(n, n.text, "memory", len(e.spec.Memories), func(i int) string { return e.spec.Memories[i].Name })
		}
	}
}

// list reads a list of one kind of thing.
func eventList[T any](e *eventDecoder, to *[]T, what string, each func(*T) func(*descNode)) func(*descNode) {
	return func(n *descNode) {
		e.items(n, what, 256, func(v *descNode) {
			var x T
			each(&x)(v)
			*to = append(*to, x)
		})
	}
}

func (e *eventDecoder) walk(to *event.Walk) func(*descNode) {
	return func(n *descNode) {
		k := event.Walk{Src: event.Operand{From: event.Src}} // of a sub-walk: the item of the walk around it
		edges := func(p *int64, name string) descField {
			return descField{name, false, e.int64(p, name, 0, 1<<20)}
		}
		e.object(n, "walk",
			descField{"name", false, e.text(&k.Name, "name")},
			descField{"when", false, e.terms(&k.When)},
			descField{"while", false, e.terms(&k.While)},
			descField{"keep", false, e.terms(&k.Keep)},
			descField{"until", false, e.terms(&k.Until)},
			descField{"sent", false, e.bool(&k.Sent, "sent")},
			descField{"sources", false, e.optional(&k.Sources)},
			descField{"src", false, e.operand(&k.Src)},
			descField{"at", false, func(n *descNode) { e.operand(&k.First)(n); k.Last = k.First }},
			descField{"first", false, e.operand(&k.First)},
			descField{"last", false, e.operand(&k.Last)},
			descField{"group", false, e.int(&k.Group, "group", 1, 1<<15)},
			descField{"model", false, e.optional(&k.Model)},
			descField{"programs", false, eventList(e, &k.Programs, "programs", e.program1)},
			descField{"event", false, e.int64(&k.Event, "event", 0, math.MaxInt32)},
			descField{"in0", false, e.weight(&k.In0)},
			descField{"pay", false, e.weight(&k.Pay)},
			descField{"learn", false, e.learn(&k.Learn)},
			descField{"clear", false, eventList(e, &k.Clear, "clear", e.memory1)},
			descField{"emit", false, e.emit(&k.Emit)},
			descField{"sub", false, eventList(e, &k.Sub, "sub", e.walk)},
			edges(&k.Gap, "gap"), edges(&k.Start, "start"), edges(&k.Step, "step"),
			descField{"count", false, e.countNames(&k.Count)})
		*to = k
	}
}

func (e *eventDecoder) learn(to **event.Learn) func(*descNode) {
	return func(n *descNode) {
		l := &event.Learn{}
		e.object(n, "learn",
			descField{"when", false, e.terms(&l.When)},
			descField{"program", true, e.program1(&l.Program)},
			descField{"granule", true, e.int(&l.Granule, "granule", 1, 1<<15)},
			descField{"memory", true, e.memory1(&l.Memory)})
		*to = l
	}
}

// emit reads a list of emissions; a name stands for a list of the section
// emissions.
func (e *eventDecoder) emit(to *[]event.Emission) func(*descNode) {
	return func(n *descNode) {
		e.items(n, "emit", 64, func(v *descNode) {
			if v.kind == descString {
				if k := e.find(v, v.text, "list of emissions", len(e.lists), func(i int) string { return e.lists[i].name }); k >= 0 {
					*to = append(*to, e.lists[k].emit...)
				}
				return
			}
			var x event.Emission
			e.emission(&x)(v)
			*to = append(*to, x)
		})
	}
}

// emissions reads named lists of emissions.
func (e *eventDecoder) emissions(n *descNode) {
	e.named(n, "emissions", func(name string, _ descPos, v *descNode) {
		l := eventEmissions{name: name}
		e.emit(&l.emit)(v)
		e.lists = append(e.lists, l)
	})
}

// wheel reads the ring of queues.
func (e *eventDecoder) wheel(n *descNode) {
	w := &event.Wheel{}
	e.object(n, "wheel",
		descField{"when", false, e.terms(&w.When)},
		descField{"slots", true, e.int(&w.Slots, "slots", 1, 4096)},
		descField{"depth", true, e.int(&w.Depth, "depth", 1, 1<<16)},
		descField{"period", true, e.operand(&w.Period)},
		descField{"head", true, eventList(e, &w.Head, "head", e.row(false))})
	e.spec.Control.Wheel = w
}

// refusals reads what is not modelled.
func (e *eventDecoder) refusal(to *event.Refusal) func(*descNode) {
	return func(n *descNode) {
		e.object(n, "refusal",
			descField{"when", true, e.terms(&to.When)},
			descField{"because", true, e.text(&to.Because, "because")})
	}
}

func (e *eventDecoder) emission(to *event.Emission) func(*descNode) {
	return func(n *descNode) {
		on, sink := "", ""
		e.object(n, "emission",
			descField{"when", false, e.terms(&to.When)},
			descField{"on", true, e.word(&on, "on", "spike", "item", "last")},
			descField{"to", true, e.word(&sink, "to", "queue", "output", "wheel")},
			descField{"value", false, e.operand(&to.Value)},
			descField{"parts", false, eventList(e, &to.Parts, "parts", e.piece)},
			descField{"at", false, e.optional(&to.At)},
			descField{"gap", false, e.optional(&to.Gap)},
			descField{"last", false, e.int(&to.Last, "last", 0, 62)})
		if n.kind == descObject && (n.member("value") == nil) == (n.member("parts") == nil) {
			e.fail(n.at, "emission: need value or parts")
		}
		to.On = map[string]event.Moment{"spike": event.OnSpike, "item": event.OnItem, "last": event.OnLast}[on]
		to.To = map[string]event.Sink{"queue": event.ToQueue, "output": event.ToOutput, "wheel": event.ToWheel}[sink]
	}
}

func (e *eventDecoder) row(ports bool) func(to *event.Row) func(*descNode) {
	return func(to *event.Row) func(*descNode) {
		return func(n *descNode) {
			e.bits = nil
			r := event.Row{}
			port := ""
			fields := []descField{
				{"name", true, e.text(&r.Name, "name")},
				{"match", false, e.pattern(&r)},
				{"bits", false, e.parts},
				{"push", false, eventList(e, &r.Push, "push", e.piece)},
				{"push_at", false, e.int64(&r.PushAt, "push_at", 0, 1<<20)},
				{"walks", false, eventList(e, &r.Walks, "walks", e.walk)},
				{"pop", false, e.int64(&r.Pop, "pop", 0, 1<<20)},
				{"tail", true, e.int64(&r.Tail, "tail", 1, 1<<20)},
			}
			if ports {
				fields = append(fields, descField{"port", true, e.text(&port, "port")}, descField{"deferred", false, e.bool(&r.Deferred, "deferred")},
					descField{"aside", false, e.bool(&r.Aside, "aside")})
			}
			e.object(n, "row", fields...)
			if ports {
				r.Port = max(0, e.find(n, port, "port", len(e.spec.Control.Ports), func(i int) string { return e.spec.Control.Ports[i].Name }))
			}
			e.bits = nil
			*to = r
		}
	}
}

// pattern reads bits from the highest to the lowest: 0, 1, x for any, _ and
// blanks between.
func (e *eventDecoder) pattern(r *event.Row) func(*descNode) {
	return func(n *descNode) {
		if !e.kind(n, descString, "match") {
			return
		}
		for _, ch := range n.text {
			switch ch {
			case '_', ' ':
				continue
			case 'x':
				r.Mask, r.Match = r.Mask<<1, r.Match<<1
			case '0', '1':
				r.Mask, r.Match = r.Mask<<1|1, r.Match<<1|uint64(ch-'0')
			default:
				e.fail(n.at, "match %q, need 0, 1, x and _", n.text)
				return
			}
		}
	}
}

// parts reads {"NAME": [first bit, width]} or [first bit, width, 1] for two's
// complement.
func (e *eventDecoder) parts(n *descNode) {
	e.named(n, "bits", func(name string, at descPos, v *descNode) {
		var x []int64
		e.items(v, "bits of "+name, 3, func(k *descNode) { x = append(x, e.whole(k, "bit", 0, 62)) })
		if len(x) < 2 {
			e.fail(at, "bits of %s: need first bit and width", name)
			return
		}
		e.bits = append(e.bits, eventBits{name, event.Operand{From: event.Word, Bit: int(x[0]), Width: int(x[1]), Signed: len(x) > 2 && x[2] != 0}})
	})
}

func (e *eventDecoder) piece(to *event.Piece) func(*descNode) {
	return func(n *descNode) {
		e.object(n, "piece",
			descField{"value", true, e.operand(&to.Value)},
			descField{"bit", true, e.int(&to.Bit, "bit", 0, 62)},
			descField{"width", true, e.int(&to.Width, "width", 1, 62)})
	}
}

func (e *eventDecoder) control(n *descNode) {
	k := &e.spec.Control
	e.object(n, "control",
		descField{"ports", true, e.ports1},
		descField{"order", true, eventList(e, &k.Order, "order", func(c *event.Choice) func(*descNode) {
			return func(n *descNode) {
				if e.kind(n, descString, "choice") {
					*c = event.Choice(max(0, e.find(n, n.text, "choice", len(choiceNames), func(i int) string { return choiceNames[i] })))
				}
			}
		})},
		descField{"depth", true, e.int(&k.Depth, "depth", 0, 1<<16)},
		descField{"bits", true, e.int(&k.Bits, "bits", 0, 63)},
		descField{"sync", true, e.int64(&k.Sync, "sync", 0, 1<<20)},
		descField{"hold", true, e.int64(&k.Hold, "hold", 0, 1<<20)},
		descField{"per_ack", true, e.int64(&k.PerAck, "per_ack", 0, 1<<20)},
		descField{"return", false, e.int64(&k.Return, "return", 0, 1<<20)},
		descField{"return_per_ack", false, e.int64(&k.ReturnPerAck, "return_per_ack", 0, 1<<20)},
		descField{"settle", false, e.int64(&k.Settle, "settle", 0, 1<<20)},
		descField{"input", true, eventList(e, &k.Input, "input", e.row(true))},
		descField{"head", false, eventList(e, &k.Head, "head", e.row(false))},
		descField{"wheel", false, e.wheel})
}

func (e *eventDecoder) ports1(n *descNode) {
	e.named(n, "ports", func(name string, _ descPos, v *descNode) {
		p := event.Port{Name: name}
		e.object(v, "port "+name,
			descField{"bits", true, e.int(&p.Bits, "bits", 1, 63)},
			descField{"sender", true, e.int64(&p.Sender, "sender", 0, 1<<20)})
		e.spec.Control.Ports = append(e.spec.Control.Ports, p)
	})
}
