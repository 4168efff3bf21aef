package learn

import (
	"math/rand/v2"

	"hillock/isa"
	"hillock/isa/fixed"
)

// randomPlan is a plan with random words, steps and programs over a net.
func randomPlan(r *rand.Rand, n *Net) *Plan {
	for {
		p := &Plan{Epoch: int64(1 + r.IntN(4)), First: int64(r.IntN(3))}
		for s := range p.Words {
			for range 1 + r.IntN(5) {
				p.Words[s] = append(p.Words[s], randomWord(r, Space(s)))
			}
		}
		p.Words[Synapse][0].Stored = true
		for s := range p.Words { // numbers of passes, for views
			p.Words[s] = append(p.Words[s], Word{Layout: fixed.Layout{Width: 2, Over: fixed.SatU}, Init: []int32{int32(r.IntN(4))}, Stored: s == 0 && r.IntN(2) == 0})
		}
		if r.IntN(2) == 0 {
			p.Live = int32(len(p.Words[Synapse]))
			p.Words[Synapse] = append(p.Words[Synapse], Word{Layout: fixed.Layout{Width: 1, Over: fixed.SatU}, Stored: true, Init: []int32{1}})
		}
		for range 1 + r.IntN(5) {
			p.Steps = append(p.Steps, randomStep(r, p))
		}
		if r.IntN(2) == 0 {
			p.Steps = append(p.Steps, randomViews(r, p)...)
		}
		if p.Check(n) == nil {
			return p
		}
	}
}

func randomWord(r *rand.Rand, s Space) Word {
	w := Word{Layout: fixed.Layout{Width: uint8(1 + r.IntN(31)), Over: fixed.Overflow(r.IntN(6))}, Stored: s == Synapse && r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		w.Init = []int32{w.Layout.Apply(int64(randomValue(r)))}
	}
	return w
}

func randomValue(r *rand.Rand) int32 { return int32(r.Uint32()) >> r.IntN(32) }

func randomStep(r *rand.Rand, p *Plan) Step {
	s := Step{On: Trigger(r.IntN(3)), At: Moment(r.IntN(2)), Every: int64(1 + r.IntN(3)), Offset: int64(r.IntN(3)), Over: Space(r.IntN(3)), Passes: 1, Keep: r.IntN(2) == 0}
	switch s.On {
	case Fire:
		s.At, s.Over = Fired, Post
	case Arrive:
		s.Over = Space(r.IntN(2))
	}
	if r.IntN(3) == 0 {
		s.Passes = 1 + r.IntN(4)
	}
	for range 1 + r.IntN(6) {
		s.State = append(s.State, Ref{s.Over, int32(r.IntN(len(p.Words[s.Over])))})
	}
	if !randomTwice(r) {
		s.State = distinct(s.State)
	}
	for range 6 {
		s.Params = append(s.Params, randomRef(r, p, s.Over))
		if r.IntN(4) == 0 {
			s.Params[len(s.Params)-1] = s.State[r.IntN(len(s.State))]
		}
	}
	for range 2 {
		s.Views = append(s.Views, randomView(r, p, s.Over))
		s.Tables = append(s.Tables, []int32{randomValue(r), 3, randomValue(r)}[:1+r.IntN(3)])
	}
	for k := range int32(3) {
		s.Draws = append(s.Draws, Draw{Stream: k, Bits: uint8(1 + r.IntN(31)), Each: r.IntN(2) == 0})
	}
	for range 3 {
		g := Gate{Ref: randomRef(r, p, s.Over)}
		if r.IntN(3) == 0 {
			g.Every = int64(1 + r.IntN(3))
		}
		s.Gates = append(s.Gates, g)
	}
	s.Prog = randomRule(r, &s)
	return s
}

// randomTwice lets a word have two places now and then.
func randomTwice(r *rand.Rand) bool { return r.IntN(4) == 0 }

func distinct(list []Ref) []Ref {
	var out []Ref
	for k, x := range list {
		if !twice(append(out[:len(out):len(out)], x)) {
			out = append(out, list[k])
		}
	}
	return out
}

func randomRef(r *rand.Rand, p *Plan, over Space) Ref {
	ref := Ref{Space: Space(r.IntN(int(Pass) + 1)), Word: int32(r.IntN(3))}
	if over == Pre && ref.Space == Neuron || over != Synapse && ref.Space <= Post {
		ref.Space = over
	}
	if ref.Space <= Post {
		ref.Word = int32(r.IntN(len(p.Words[ref.Space])))
	}
	return ref
}

// randomView names a pass more often than not.
func randomView(r *rand.Rand, p *Plan, over Space) Ref {
	ref := randomRef(r, p, over)
	switch {
	case r.IntN(4) == 0 || ref.Space == Neuron || ref.Space == Phase:
	case ref.Space <= Post:
		ref.Word = int32(len(p.Words[ref.Space]) - 1)
		if ref.Space == Synapse && p.Live > 0 {
			ref.Word--
		}
	}
	return ref
}

// randomViews are steps that keep what words are after each pass, and a step
// that reads them under views.
func randomViews(r *rand.Rand, p *Plan) []Step {
	var out []Step
	for over := range Space(NumSpaces) {
		s := Step{At: Fired, Every: 1, Over: over, Passes: 1 + r.IntN(3), Keep: true, Params: []Ref{{Space: Pass}}}
		for w := range min(isa.NumS, len(p.Words[over])-1) {
			s.State = append(s.State, Ref{over, int32(w)})
		}
		list := []isa.Instr{{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}}
		for k := range s.State {
			d := isa.S0 + isa.Operand(k)
			list = append([]isa.Instr{{Op: isa.MULH, D: d, A: d, B: isa.P0, Sh: 1}}, list...)
		}
		prog, err := isa.NewProgramOf(isa.Rule, list)
		if err != nil {
			panic(err)
		}
		s.Prog = prog
		out = append(out, s)
	}
	s := randomStep(r, p)
	for s.On != Tick || s.Passes > 2 || s.Over != Synapse && r.IntN(2) == 0 {
		s = randomStep(r, p)
	}
	s.At, s.Every, s.Offset = Fired, 1, 0
	for k := range s.Params {
		if ref := out[r.IntN(NumSpaces)].State; s.Over == Synapse || ref[0].Space == s.Over {
			s.Params[k] = ref[r.IntN(len(ref))]
		}
	}
	return append(out, s)
}

func randomRule(r *rand.Rand, s *Step) *isa.Program {
	end := isa.Instr{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}
	var out []isa.Instr
	if r.IntN(2) == 0 {
		out = append(out, isa.Instr{Op: isa.SMP, D: isa.Z, A: isa.Z, B: isa.Z, Sh: uint8(r.IntN(3))})
	}
	if r.IntN(3) == 0 && s.Over == Synapse { // a parameter before and after a store
		k := r.IntN(len(s.State))
		s.Params[0] = s.State[k]
		d := isa.S0 + isa.Operand(k)
		out = append(out, isa.Instr{Op: isa.ADDI, D: d, A: isa.P0, B: isa.Z, Imm: int32(r.IntN(9) - 4)},
			isa.Instr{Op: isa.STW, D: isa.Z, A: isa.Z, B: isa.Z}, isa.Instr{Op: isa.ADD, D: d, A: d, B: isa.P0})
	}
	for n := 1 + r.IntN(30); len(out) < n; {
		i := randomInstr(r, s)
		if _, err := isa.NewProgramOf(isa.Rule, []isa.Instr{i, end}); err == nil {
			out = append(out, i)
		}
	}
	p, err := isa.NewProgramOf(isa.Rule, append(out, end))
	if err != nil {
		panic(err)
	}
	return p
}

func randomOperand(r *rand.Rand, s *Step) isa.Operand {
	switch r.IntN(7) {
	case 0, 1:
		return isa.Operand(r.IntN(isa.NumT))
	case 2, 3:
		return isa.S0 + isa.Operand(r.IntN(len(s.State)))
	case 4, 5:
		return isa.P0 + isa.Operand(r.IntN(len(s.Params)))
	}
	return []isa.Operand{isa.TCK, isa.Z, isa.MOD, isa.MD1, isa.MD3, isa.PAY, isa.EVT}[r.IntN(7)]
}

// randomPred: most instructions are under no predicate, as in real programs.
func randomPred(r *rand.Rand) isa.Pred {
	if r.IntN(2) == 0 {
		return isa.Always
	}
	return isa.Pred(r.IntN(7))
}

func randomInstr(r *rand.Rand, s *Step) isa.Instr {
	i := isa.Instr{Op: isa.Op(r.IntN(int(isa.NumOps))), Pred: randomPred(r), D: isa.Z, A: isa.Z, B: isa.Z}
	switch r.IntN(6) {
	case 0:
		i.Op = []isa.Op{isa.STW, isa.STW, isa.RND, isa.LUT, isa.SMP, isa.SMP}[r.IntN(6)]
	case 1:
		i.Op = []isa.Op{isa.CLT, isa.CLE, isa.CEQ, isa.CNE, isa.CLTU, isa.TST, isa.TSZ}[r.IntN(7)]
	}
	if i.Op == isa.STW && s.Over != Synapse {
		i.Op = isa.MOV
	}
	dest, a, b := isa.Operand(r.IntN(isa.NumT)), randomOperand(r, s), randomOperand(r, s)
	switch r.IntN(8) {
	case 0:
		dest = isa.Z
	case 1, 2, 3, 4:
		dest = isa.S0 + isa.Operand(r.IntN(len(s.State)))
	}
	switch isa.Table[i.Op].Form {
	case isa.FormCmp:
		i.Flag, i.Comb, i.A, i.B = isa.Flag(r.IntN(3)), isa.Comb(r.IntN(4)), a, b
		if i.Comb != isa.Set {
			i.Src = isa.Flag(r.IntN(3))
		}
	case isa.FormTest:
		i.Flag, i.A, i.Imm = isa.Flag(r.IntN(3)), a, int32(1+r.IntN(2047))
	case isa.FormTable:
		i.D, i.A, i.Sh = dest, a, uint8(r.IntN(2))
	case isa.FormSrc, isa.FormSrcK:
		i.A = a
	case isa.FormDraw:
		i.D, i.Sh = dest, uint8(r.IntN(len(s.Draws)))
	case isa.FormSkip:
		i.Sh = uint8(r.IntN(3))
		if r.IntN(3) > 0 {
			i.Pred = isa.Always // else the step runs item by item
		}
	case isa.FormImm11:
		i.D, i.A, i.Imm = dest, a, int32(r.IntN(2048)-1024)
	case isa.FormImm17:
		i.D, i.Imm = dest, int32(r.IntN(1<<17)-1<<16)
	case isa.FormImm15:
		i.D, i.Imm = dest, int32(r.IntN(1<<15))
	case isa.FormNone:
	case isa.FormWidth:
		i.D, i.A, i.Sh = dest, a, uint8(1+r.IntN(31))
	case isa.FormD1:
		i.D, i.A = dest, a
	default:
		i.D, i.A, i.B = dest, a, b
		if r.IntN(2) == 0 {
			i.Sh = uint8(r.IntN(32))
		}
	}
	return i
}

// randomNet has sources with few, many and no synapses, targets repeat.
func randomNet(r *rand.Rand) *Net {
	n := &Net{NPre: 1 + r.IntN(8), NPost: 1 + r.IntN(40)}
	if r.IntN(4) == 0 {
		n.NPre, n.NPost = 1+r.IntN(600), 1+r.IntN(600)
	}
	for i := range n.NPre {
		fan := r.IntN(6)
		if r.IntN(4) == 0 && n.NPre < 100 {
			fan = r.IntN(700)
		}
		first, straight := r.IntN(n.NPost), r.IntN(2) == 0
		for k := range fan {
			j := r.IntN(n.NPost)
			if straight {
				j = (first + k) % n.NPost
			}
			n.Pre, n.Post = append(n.Pre, int32(i)), append(n.Post, int32(j))
		}
	}
	return n
}

func randomEvents(r *rand.Rand, items int) []Event {
	var out []Event
	for range r.IntN(1 + min(2*items, 700)) {
		out = append(out, Event{int32(r.IntN(items)), randomValue(r)})
	}
	return out
}
