package learn

import "fmt"

// Past says what is kept of the last moments of every target: Depth entries of
// Words, the first of which is an entry of zeros that always stays. A new entry
// drops the oldest other one when all places are taken. Word 0 of an entry is
// its time, in ticks, and never falls from one entry to the next.
type Past struct {
	Depth int // 0 = nothing is kept
	Words []Word
}

// maxDepth bounds the entries of one target.
const maxDepth = 256

// Walk says which entries of the past of its target a step over synapses visits.
type Walk uint8

// The walks. From and To are those of the step.
const (
	Whole  Walk = iota // none: the step runs once for each item
	Window             // every entry with From < time <= To, the oldest first
	Newest             // the last entry with time <= To, if it is not the first of all
	Before             // the last entry with time <= From, if it is not the first of all
)

// Role is a kind of source of a plan.
type Role struct {
	Name   string
	Silent bool // its spikes reach the rules alone, no neuron
}

// maxRoles bounds the roles of a plan: a step has a bit for each.
const maxRoles = 8

// checkPast verifies what is kept of targets.
func (p *Plan) checkPast(n *Net) error {
	switch {
	case len(p.Roles) > maxRoles:
		return fmt.Errorf("learn: %d roles, need at most %d", len(p.Roles), maxRoles)
	case len(p.Past.Words) > MaxWords || (len(p.Past.Words) > 0) != (p.Past.Depth > 0):
		return fmt.Errorf("learn: %d words and %d entries of the past, need both or none, at most %d words", len(p.Past.Words), p.Past.Depth, MaxWords)
	case p.Past.Depth < 0 || p.Past.Depth == 1 || p.Past.Depth > maxDepth:
		return fmt.Errorf("learn: %d entries of the past, need 0 or 2..%d", p.Past.Depth, maxDepth)
	}
	for w := range p.Past.Words {
		x := &p.Past.Words[w]
		if err := x.Layout.Valid(); err != nil {
			return fmt.Errorf("learn: word %q: %w", x.Name, err)
		}
		if x.Stored || len(x.Init) > 0 {
			return fmt.Errorf("learn: word %q of the past is stored or has start values, need neither", x.Name)
		}
	}
	for k, c := range p.ByRole {
		if len(c) != max(1, len(p.Roles)) {
			return fmt.Errorf("learn: constant %d has %d values by role, need %d", k, len(c), max(1, len(p.Roles)))
		}
	}
	if len(n.Role) != 0 && len(n.Role) != n.NPre || len(n.Delay) != 0 && len(n.Delay) != len(n.Pre) {
		return fmt.Errorf("learn: roles of %d sources and delays of %d synapses, need 0 or %d and 0 or %d", len(n.Role), len(n.Delay), n.NPre, len(n.Pre))
	}
	for i, r := range n.Role {
		if int(r) >= max(1, len(p.Roles)) {
			return fmt.Errorf("learn: source %d has role %d of %d", i, r, len(p.Roles))
		}
	}
	return nil
}

// checkWalk verifies what a step does with the past.
func (p *Plan) checkWalk(s *Step) error {
	switch {
	case s.At == Served && s.On != Arrive:
		return fmt.Errorf("only a spike that comes in is served")
	case s.At == Served && (s.Passes != 1 || s.Keep):
		return fmt.Errorf("a spike that is served runs its steps once, need 1 pass and none kept")
	case s.Walk > Before:
		return fmt.Errorf("unknown walk %d", s.Walk)
	case s.Roles>>max(1, len(p.Roles)) != 0:
		return fmt.Errorf("roles %#x of %d", s.Roles, len(p.Roles))
	case s.Roles != 0 && s.Over == Post:
		return fmt.Errorf("a target has no role")
	case s.Walk != Whole && (p.Past.Depth == 0 || s.Over != Synapse):
		return fmt.Errorf("a walk over the past of targets, need a past and a step over %s", Synapse)
	case s.Append && (p.Past.Depth == 0 || s.Walk != Whole || s.Passes != 1 || s.Keep || !(s.On == Fire || s.On == Arrive && s.Over == Synapse)):
		return fmt.Errorf("an entry of the past is made once by a target that fired or by a synapse whose source did")
	}
	if s.Walk == Whole {
		return nil
	}
	for _, r := range [...]Ref{s.From, s.To} {
		if err := p.checkRef(s, r); err != nil {
			return fmt.Errorf("bounds of the walk: %w", err)
		}
	}
	return nil
}

// isEntry says that a word of State belongs to the entry that the step makes.
func (s *Step) isEntry(r Ref) bool { return s.Append && r.Space == Entry }

// resetPast leaves the entry of zeros of every target.
func (s *State) resetPast(p *Plan, n int) {
	if p.Past.Depth == 0 {
		return
	}
	for _, w := range s.Past {
		clear(w)
	}
	for i := range n {
		s.Len[i] = 1
	}
}

// pastFits verifies the entries of a state.
func (s *State) pastFits(p *Plan, n *Net) error {
	want, targets := len(p.Past.Words), n.NPost
	if p.Past.Depth == 0 {
		targets = 0
	}
	if len(s.Past) != want || len(s.Len) != targets {
		return fmt.Errorf("learn: %d words of the past of %d targets, need %d of %d", len(s.Past), len(s.Len), want, targets)
	}
	for w, word := range s.Past {
		if len(word) != n.NPost*p.Past.Depth {
			return fmt.Errorf("learn: %d values of word %d of the past, need %d", len(word), w, n.NPost*p.Past.Depth)
		}
		for i, v := range word {
			if l := p.Past.Words[w].Layout; l.Apply(int64(v)) != v {
				return fmt.Errorf("learn: word %d of entry %d of the past is %d, which does not fit %d bits, %s", w, i, v, l.Width, l.Over)
			}
		}
	}
	for i, n := range s.Len {
		if n < 1 || int(n) > p.Past.Depth {
			return fmt.Errorf("learn: target %d has %d entries of the past, need 1..%d", i, n, p.Past.Depth)
		}
	}
	return nil
}

// push appends the entry in hand to the past of a target.
func (u *Unit) push(target int32) {
	depth := int32(u.plan.Past.Depth)
	base, n := target*depth, u.st.Len[target]
	if n == depth {
		for _, w := range u.st.Past {
			copy(w[base+1:base+depth-1], w[base+2:base+depth])
		}
		n--
	}
	for _, w := range u.st.Past {
		w[base+n] = 0
	}
	for k, r := range u.step.State {
		if u.step.isEntry(r) {
			u.st.Past[r.Word][base+n] = u.s[k]
		}
	}
	u.st.Len[target] = n + 1
}

// walkPast runs the step for the entries that its walk visits for one synapse.
func (u *Unit) walkPast(item, payload int32) (runs int64) {
	u.item, u.view = item, 0
	target := u.net.Post[item]
	base, n := target*int32(u.plan.Past.Depth), u.st.Len[target]
	from, to := u.value(u.step.From), u.value(u.step.To)
	times := u.st.Past[0][base : base+n]
	last, end := n-1, n // the window is last+1 .. end-1
	for ; last > 0 && int64(times[last]) > from; last-- {
		if int64(times[last]) > to {
			end = last
		}
	}
	lo, hi := last+1, end
	switch u.step.Walk {
	case Newest:
		lo = max(end-1, 1)
	case Before:
		lo, hi = max(last, 1), last+1
	}
	for k := lo; k < hi; k++ {
		u.entry, u.tail = base+k, base+n-end+k
		u.run(item, payload)
	}
	return int64(max(hi-lo, 0))
}

// Serve makes the steps of moment Served for one spike that came in.
func (u *Unit) Serve(s *State, env *Env, e Event) {
	u.st, u.env, u.Changed = s, env, u.Changed[:0]
	u.one[0] = e
	for k := range u.plan.Steps {
		if step := &u.plan.Steps[k]; step.At == Served {
			u.walk(k, step, u.one[:], nil)
		}
	}
}

// role is the role of a source.
func (n *Net) role(pre int32) uint8 {
	if len(n.Role) == 0 {
		return 0
	}
	return n.Role[pre]
}

// takes says whether the step in hand is for the source of an item.
func (u *Unit) takes(s Space, item int32) bool {
	if u.step.Roles == 0 {
		return true
	}
	if s == Synapse {
		item = u.net.Pre[item]
	}
	return u.step.Roles>>u.net.role(item)&1 == 1
}

// serial says that a step goes over the past or by roles: it is not for lanes.
func (s *Step) serial() bool {
	beyond := s.Append || s.Walk != Whole || s.At == Served || s.Roles != 0
	for _, list := range [...][]Ref{s.State, s.Params, s.Views} {
		for _, r := range list {
			beyond = beyond || r.Space > Pass
		}
	}
	for _, g := range s.Gates {
		beyond = beyond || g.Space > Pass
	}
	return beyond
}

// checkPastRef says whether a step's walk can see a value of the past, by role
// or of the delay.
func (p *Plan) checkPastRef(s *Step, r Ref) error {
	have := len(p.Past.Words)
	switch {
	case s.Over == Pre && r.Space != ByRole, s.Over == Post && r.Space != Entry:
		return fmt.Errorf("%s in a walk over %s", r.Space, s.Over)
	case r.Space == Tail && s.Walk == Whole:
		return fmt.Errorf("%s without a walk over the past", r.Space)
	case r.Space == Delay:
		return nil
	case r.Space == ByRole:
		have = len(p.ByRole)
	}
	if r.Word < 0 || int(r.Word) >= have {
		return fmt.Errorf("word %d of %s, have %d", r.Word, r.Space, have)
	}
	return nil
}

// beyond reads what a Ref of the past, by role or of the delay names.
func (u *Unit) beyond(r Ref) int64 {
	switch r.Space {
	case Entry:
		return int64(u.st.Past[r.Word][u.entry])
	case Tail:
		return int64(u.st.Past[r.Word][u.tail])
	case ByRole:
		return int64(u.plan.ByRole[r.Word][u.net.role(u.at(Pre))])
	}
	if len(u.net.Delay) == 0 {
		return 0
	}
	return int64(u.net.Delay[u.item])
}

// word is what a plan says of a word that a step writes.
func (p *Plan) word(r Ref) *Word {
	if r.Space == Entry {
		return &p.Past.Words[r.Word]
	}
	return &p.Words[r.Space][r.Word]
}
