package chip

import (
	"math"
	"strings"

	"hillock/core/event"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// eventDecoder reads the section "event": the core of a chip without ticks.
// Names are resolved as they come, so the parts are read in an order in which
// every name is known.
type eventDecoder struct {
	*descDecoder
	spec  *event.Spec
	names []string // of fields, parallel to spec.Fields
	bits  []eventBits
	draws []asm.Const
	lists []eventEmissions
}

// eventEmissions is a named list of emissions.
type eventEmissions struct {
	name string
	emit []event.Emission
}

// eventBits is a named part of the event in hand.
type eventBits struct {
	name string
	op   event.Operand
}

// event reads the section.
func (d *descDecoder) event(n *descNode) {
	e := &eventDecoder{descDecoder: d, spec: &event.Spec{}}
	d.object(n, "event",
		descField{"source", true, d.text(&d.f.EventSource, "source")},
		descField{"items", true, d.int(&e.spec.Items, "items", 1, 1<<15)},
		descField{"outs", true, d.int(&e.spec.Outs, "outs", 0, 1<<15)},
		descField{"memories", true, e.memories},
		descField{"registers", true, e.registers},
		descField{"scratch", false, e.scratch},
		descField{"tables", false, e.tables},
		descField{"streams", false, e.streams},
		descField{"draws", false, e.drawFormats},
		descField{"programs", true, e.programs},
		descField{"emissions", false, e.emissions},
		descField{"control", true, e.control},
		descField{"refuse", false, eventList(e, &e.spec.Refusals, "refuse", e.refusal)},
		descField{"transfers", false, e.transfers},
		descField{"inlets", true, e.inlets},
		descField{"frame", false, e.frame},
		descField{"network", false, e.network})
	e.checkNetwork(n)
	if len(d.errs) > 0 {
		return
	}
	if err := (&event.Image{Spec: *e.spec}).Check(); err != nil {
		d.fail(n.at, "%w", err)
	}
	d.f.Event = e.spec
}

func (e *eventDecoder) memories(n *descNode) {
	e.named(n, "memories", func(name string, _ descPos, v *descNode) {
		m := event.Memory{Name: name, Lanes: 1}
		var fields *descNode
		source := ""
		e.object(v, "memory "+name,
			descField{"words", true, e.int(&m.Words, "words", 1, 1<<24)},
			descField{"bits", true, e.int(&m.Bits, "bits", 1, 1<<16)},
			descField{"lanes", false, e.int(&m.Lanes, "lanes", 1, 1<<16)},
			descField{"row", false, e.int(&m.Row, "row", 1, 1<<16)},
			descField{"fields", true, func(n *descNode) { fields = n }},
			descField{"source", true, e.text(&source, "source")})
		e.spec.Memories = append(e.spec.Memories, m)
		if fields == nil {
			return
		}
		e.named(fields, "fields of "+name, func(name string, at descPos, v *descNode) {
			f := event.Field{Name: name, Memory: len(e.spec.Memories) - 1}
			var width int64
			over := ""
			e.object(v, "field "+name,
				descField{"bit", true, e.int(&f.Bit, "bit", 0, 1<<16)},
				descField{"width", true, e.int64(&width, "width", 1, 32)},
				descField{"stride", false, e.int(&f.Stride, "stride", 0, 1<<16)},
				descField{"over", true, e.word(&over, "over", "wrap", "sat", "sym", "satu", "wrapu")})
			f.Layout.Width = uint8(width)
			f.Layout.Over, _ = fixed.ParseOverflow(over)
			e.field(at, f)
		})
	})
}

// field adds a field under a name that no other has.
func (e *eventDecoder) field(at descPos, f event.Field) {
	for _, old := range e.names {
		if old == f.Name {
			e.fail(at, "field %q exists already, need names that are different over all memories and registers", f.Name)
		}
	}
	e.names = append(e.names, f.Name)
	e.spec.Fields = append(e.spec.Fields, f)
}

// registers reads {"NAME": {"bits": n, "source": ...}}: memories of one item.
func (e *eventDecoder) registers(n *descNode) {
	e.named(n, "registers", func(name string, at descPos, v *descNode) {
		var bits int64
		over, source := "wrapu", ""
		e.object(v, "register "+name,
			descField{"bits", true, e.int64(&bits, "bits", 1, 32)},
			descField{"over", false, e.word(&over, "over", "wrap", "sat", "sym", "satu", "wrapu")},
			descField{"reset", false, func(n *descNode) {
				if v := e.whole(n, "reset", 0, 1<<min(max(bits, 1), 32)-1); v > 0 {
					e.f.EventReset = append(e.f.EventReset, RegisterValue{name, v})
				}
			}},
			descField{"source", false, e.text(&source, "source")})
		e.spec.Memories = append(e.spec.Memories, event.Memory{Name: name, Words: 1, Bits: int(bits), Lanes: 1})
		f := event.Field{Name: name, Memory: len(e.spec.Memories) - 1, Layout: fixed.Layout{Width: uint8(bits)}}
		f.Layout.Over, _ = fixed.ParseOverflow(over)
		e.field(at, f)
	})
}

// scratch reads the names of fields that have no memory behind them.
func (e *eventDecoder) scratch(n *descNode) {
	var names []string
	e.texts(&names, "scratch")(n)
	for _, s := range names {
		e.field(n.at, event.Field{Name: s, Memory: -1, Layout: fixed.Layout{Width: 32, Over: fixed.Wrap}})
	}
}

func (e *eventDecoder) tables(n *descNode) {
	e.items(n, "tables", 32, func(v *descNode) {
		var t []int32
		e.items(v, "table", 1<<16, func(x *descNode) {
			t = append(t, int32(e.whole(x, "entry", math.MinInt32, math.MaxInt32)))
		})
		e.spec.Tables = append(e.spec.Tables, t)
	})
}

func (e *eventDecoder) streams(n *descNode) {
	e.named(n, "streams", func(name string, _ descPos, v *descNode) {
		s := event.Stream{Name: name}
		source := ""
		e.object(v, "stream "+name,
			descField{"taps", true, func(n *descNode) {
				var taps []int64
				if e.wholes(&taps, "taps", 1, 64)(n); len(taps) == 2 {
					s.Taps = [2]int{int(taps[0]), int(taps[1])}
				} else {
					e.fail(n.at, "%d taps, need 2", len(taps))
				}
			}},
			descField{"length", true, e.int(&s.Length, "length", 1, 64)},
			descField{"next", true, func(n *descNode) {
				e.items(n, "next", 1024, func(v *descNode) { s.Seeds = append(s.Seeds, uint64(e.whole(v, "next", 0, math.MaxInt64))) })
			}},
			descField{"source", true, e.text(&source, "source")})
		e.spec.Streams = append(e.spec.Streams, s)
	})
}

// drawFormats reads the draws; their names are constants of the microcode.
func (e *eventDecoder) drawFormats(n *descNode) {
	e.named(n, "draws", func(name string, _ descPos, v *descNode) {
		var x event.Draw
		stream := ""
		e.object(v, "draw "+name,
			descField{"stream", true, e.text(&stream, "stream")},
			descField{"bits", true, e.int(&x.Bits, "bits", 1, 31)},
			descField{"signed", false, e.bool(&x.Signed, "signed")},
			descField{"look", false, e.bool(&x.Look, "look")},
			descField{"shift", false, e.operand(&x.Shift)})
		if x.Stream = e.find(v, stream, "stream", len(e.spec.Streams), func(i int) string { return e.spec.Streams[i].Name }); x.Stream < 0 {
			return
		}
		e.draws = append(e.draws, asm.Const{Name: name, Value: int64(len(e.spec.Draws))})
		e.spec.Draws = append(e.spec.Draws, x)
	})
}

// find is the index of a name among n, -1 with an error if there is none.
func (e *eventDecoder) find(at *descNode, name, what string, n int, nameOf func(int) string) int {
	for i := range n {
		if nameOf(i) == name {
			return i
		}
	}
	e.fail(at.at, "unknown %s %q", what, name)
	return -1
}

func (e *eventDecoder) programs(n *descNode) {
	e.named(n, "programs", func(name string, _ descPos, v *descNode) {
		p := event.Program{Name: name}
		var texts []string
		source := ""
		e.object(v, "program "+name,
			descField{"program", true, e.texts(&texts, "program")},
			descField{"state", false, e.operands(&p.State)},
			descField{"params", false, e.operands(&p.Params)},
			descField{"source", false, e.text(&source, "source")})
		prog, err := e.assembleEvent(texts)
		if err != nil {
			e.fail(v.at, "program %s: %w", name, err)
			return
		}
		p.Prog = prog
		e.spec.Programs = append(e.spec.Programs, p)
	})
}

// assembleEvent translates the texts of a program, which may name fields and
// draws.
func (e *eventDecoder) assembleEvent(texts []string) (*isa.Program, error) {
	open := func(name string) (string, error) {
		b, err := descOpen(e.src, name)
		return string(b), err
	}
	o := asm.Options{Include: open, Consts: e.draws, Kind: isa.Event, Fields: e.names}
	var all strings.Builder
	for _, t := range texts {
		all.WriteString("include " + t + "\n")
	}
	return asm.Assemble(all.String(), "program", o)
}

// inlets reads how populations of a network become events at ports.
func (e *eventDecoder) inlets(n *descNode) {
	e.named(n, "inlets", func(name string, _ descPos, v *descNode) {
		x := event.Inlet{Name: name}
		port := ""
		e.object(v, "inlet "+name,
			descField{"port", true, e.text(&port, "port")},
			descField{"n", true, e.int(&x.N, "n", 1, 1<<15)},
			descField{"word", false, e.int64(&x.Word, "word", 0, math.MaxInt32)},
			descField{"scale", false, e.int64(&x.Scale, "scale", 0, math.MaxInt32)},
			descField{"payload", false, e.bool(&x.ByPayload, "payload")})
		x.Port = e.find(v, port, "port", len(e.spec.Control.Ports), func(i int) string { return e.spec.Control.Ports[i].Name })
		e.spec.Inlets = append(e.spec.Inlets, x)
	})
}

// canonEvent appends what the microcode of an event core means.
func (f *Family) canonEvent(b []byte) []byte {
	if f.Event == nil {
		return b
	}
	for i := range f.Event.Programs {
		b = append(append(b, '\n'), f.Event.Programs[i].Name...)
		text, err := f.Event.Programs[i].Prog.MarshalJSON()
		if err == nil {
			b = append(b, text...)
		}
	}
	return b
}

// countNames reads the names of counted events.
func (e *eventDecoder) countNames(to *[]count.Event) func(*descNode) {
	return func(n *descNode) {
		var names []string
		e.texts(&names, "count")(n)
		for _, s := range names {
			x, err := count.Parse(s)
			if err != nil {
				e.fail(n.at, "%w", err)
				continue
			}
			*to = append(*to, x)
		}
	}
}
