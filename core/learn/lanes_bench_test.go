package learn

import (
	"fmt"
	"testing"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
)

// grid is a plan over side x side synapses, all pairs.
func grid(side int32) *Net {
	n := &Net{NPre: int(side), NPost: int(side)}
	for i := range side * side {
		n.Pre, n.Post = append(n.Pre, i/side), append(n.Post, i%side)
	}
	return n
}

// benchRule is a rule of two products; draws are per synapse if each is set.
func benchRule(b testing.TB, each bool) *Plan {
	p := &Plan{Epoch: 1, Steps: []Step{{On: Tick, At: Fired, Every: 1, Passes: 1, Over: Synapse, State: []Ref{synapse(0)}, Params: []Ref{{Pre, 0}, {Post, 0}},
		Gates: []Gate{{Ref: Ref{Pre, 0}}, {Ref: Ref{Post, 0}}}, Draws: []Draw{{Bits: 7, Each: each}},
		Prog: program(b, "LDC t4 #-32769 | LDC t5 #32767 | SHL t0 s0 7 | TST F EVT #1 | LDC t1 #1 | SAT t2 p0 8 | MUL t1 t1 t2 | SHL t1 t1 5 | MAX t1 t1 t4 | MIN t1 t1 t5 | ?F ADD t0 t0 t1 | TST F EVT #2 | LDC t1 #-1 | SAT t2 p1 8 | MUL t1 t1 t2 | SHL t1 t1 5 | ?F ADD t0 t0 t1 | RND t1 #0 | ADD t0 t0 t1 | SHR s0 t0 7 | STW")}}}
	p.Words = [NumSpaces][]Word{{w9}, {{Name: "x", Init: []int32{3}}}, {{Name: "y", Init: []int32{2}}}}
	return p
}

// BenchmarkEngines runs the same plans item by item and over lanes; it reports
// nanoseconds per run of the program.
func BenchmarkEngines(b *testing.B) {
	arrive := benchRule(b, false)
	arrive.Steps[0].On = Arrive
	trace := &Plan{Epoch: 1, Steps: []Step{{On: Tick, At: Fired, Every: 1, Passes: 1, Over: Pre, State: []Ref{{Pre, 0}}, Prog: program(b, "MUL.tz s0 s0 p0 12 | ADD s0 s0 PAY"), Params: []Ref{{Const, 4000}}}}}
	trace.Words = [NumSpaces][]Word{{w9}, {free}, {free}}
	for _, c := range []struct {
		name   string
		p      *Plan
		side   int32
		events []Event
		runs   float64
	}{
		{"tick", benchRule(b, false), 100, nil, 10000},
		{"draws", benchRule(b, true), 100, nil, 10000},
		{"arrive-256", arrive, 256, []Event{{Item: 3, Payload: 1}}, 256},
		{"arrive-10", arrive, 10, []Event{{Item: 3, Payload: 1}, {Item: 7, Payload: 1}}, 20},
		{"arrive-3", arrive, 3, []Event{{Item: 2, Payload: 1}}, 3},
		{"trace", trace, 256, nil, 256},
	} {
		n := grid(c.side)
		if err := c.p.Check(n); err != nil {
			b.Fatal(err)
		}
		u, l := New(c.p, n), NewLanes(c.p, n, simd.Best())
		for _, f := range []struct {
			name string
			run  func(s *State, at Moment, env *Env, arrived, fired []Event)
		}{{"unit", u.Run}, {"lanes", l.Run}} {
			b.Run(fmt.Sprintf("%s/%s", c.name, f.name), func(b *testing.B) {
				s := NewState(c.p, n, make([]int32, len(n.Pre)))
				env := Env{Mods: new([isa.NumMOD]int32), Draw: Seeded(1), Counts: new(count.Counts)}
				b.ReportAllocs()
				for b.Loop() {
					f.run(&s, Fired, &env, c.events, nil)
					env.Tick++
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/c.runs, "ns/run")
			})
		}
	}
}
