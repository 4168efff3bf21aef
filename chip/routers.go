package chip

import (
	"fmt"
	"slices"

	"hillock/router/merge"
)

// Routers describes a chip whose packets go through routers of merges, clock cycle by
// clock cycle, and whose cores go through described states in a tick. Spikes
// take the way that the image gives them; when they arrive, how long cores wait
// and what gets lost is the network's doing.
type Routers struct {
	Router    merge.Spec
	Enter     int64 // cycle of a tick from which words of the host enter, one per cycle
	Before    int64 // the same before the first tick
	ClockFs   int64 // femtoseconds of a cycle
	Sequencer Sequencer
	Source    string
}

// Sequencer is the list of states of a core in a tick: some at its start, some
// for each neuron, some at its end.
type Sequencer struct {
	Groups []string // cores with one of these groups have a sequencer
	Shows  int64    // cycles after which the effect of a state can be seen
	States []SequencerState
	Source string
}

// SequencerState is a state of a sequencer, at least one cycle long. What it
// does happens in its first cycle.
type SequencerState struct {
	Name   string
	Per    string // tick, neuron or end
	Cycles string // an expression over in_axons and neurons of the core
	Does   string // send: the neuron's spike, if it fires; clear: the row of the axon store; or ""
}

// The moments of a sequencer's states, and what states do.
const (
	perTick   = "tick"
	perNeuron = "neuron"
	perEnd    = "end"
	doesSend  = "send"
	doesClear = "clear"
)

// maxStates bounds the states of a sequencer.
const maxStates = 64

// check verifies what the description or the file cannot.
func (n *Routers) check() error {
	if err := n.Router.Check(); err != nil {
		return err
	}
	for _, v := range [...]int64{n.Enter, n.Before, n.ClockFs} {
		if v < 0 || v > descMaxFs {
			return fmt.Errorf("cycle or femtoseconds %d, need 0..%d", v, int64(descMaxFs))
		}
	}
	s := &n.Sequencer
	if len(s.Groups) == 0 || len(s.States) > maxStates {
		return fmt.Errorf("sequencer of %d groups with %d states, need at least 1 and at most %d", len(s.Groups), len(s.States), maxStates)
	}
	_, err := s.timing(2, 2)
	return err
}

// timing is the sequence for a core.
func (s *Sequencer) timing(axons, neurons int) (merge.Timing, error) {
	t := merge.Timing{Neurons: int64(neurons), First: 1, Shows: s.Shows, Write: -1, Clear: -1}
	size := func(name string) (int64, bool) {
		return map[string]int64{"in_axons": int64(axons), "neurons": int64(neurons)}[name], name == "in_axons" || name == "neurons"
	}
	var end int64
	for i, x := range s.States {
		e, err := CompileExpr(x.Cycles)
		if err != nil {
			return t, fmt.Errorf("state %s: %w", x.Name, err)
		}
		n, err := e.Eval(size)
		switch {
		case err != nil:
			return t, fmt.Errorf("state %s: %w", x.Name, err)
		case n < 1 || n > 1<<20:
			return t, fmt.Errorf("state %s: %d cycles for %d in-axons and %d neurons, need 1..%d", x.Name, n, axons, neurons, 1<<20)
		case i > 0 && rank(x.Per) < rank(s.States[i-1].Per) || rank(x.Per) < 0:
			return t, fmt.Errorf("state %s per %q, need tick, then neuron, then end", x.Name, x.Per)
		case x.Does == doesSend && (x.Per != perNeuron || t.Write >= 0), x.Does == doesClear && (x.Per != perEnd || t.Clear >= 0):
			return t, fmt.Errorf("state %s per %s: %s, need one to send per neuron and one to clear at the end", x.Name, x.Per, x.Does)
		}
		switch x.Does {
		case doesSend:
			t.Write = t.Each
		case doesClear:
			t.Clear = end
		}
		*[...]*int64{&t.First, &t.Each, &end}[rank(x.Per)] += n
	}
	if t.Write < 0 || t.Clear < 0 {
		return t, fmt.Errorf("no state that sends or none that clears, need both")
	}
	return t, nil
}

func rank(per string) int { return slices.Index([]string{perTick, perNeuron, perEnd}, per) }

// codeRouters codes the section RTRS.
func (img *Image) codeRouters(c *codec) {
	if img.Routers == nil {
		img.Routers = &Routers{}
	}
	n := img.Routers
	r := &n.Router
	integer(c, &r.Depth, "words of a FIFO")
	c.flag(&r.Rising)
	codeBranches(c, &r.Entry)
	list(c, &r.Merges, 3, "merges", func(m *merge.Merge) {
		c.text(&m.Name, "name of a merge")
		list(c, &m.From, 3, "inputs of a merge", func(in *merge.Input) {
			c.text(&in.FIFO, "name of a FIFO")
			integer(c, &in.DX, "place along x")
			integer(c, &in.DY, "place along y")
		})
		codeBranches(c, &m.To)
	})
	c.text(&r.Host.FIFO, "name of a FIFO")
	for _, v := range [...]*int{&r.Host.X, &r.Host.Y} {
		integer(c, v, "tile of the host")
	}
	for _, v := range [...]*int64{&n.Enter, &n.Before, &n.ClockFs, &n.Sequencer.Shows} {
		integer(c, v, "cycles")
	}
	list(c, &n.Sequencer.Groups, 1, "groups with a sequencer", func(s *string) { c.text(s, "name of a group") })
	list(c, &n.Sequencer.States, 4, "states of a sequencer", func(s *SequencerState) {
		for _, t := range [...]*string{&s.Name, &s.Per, &s.Cycles, &s.Does} {
			c.text(t, "text of a state")
		}
	})
	c.text(&n.Source, "source")
	c.text(&n.Sequencer.Source, "source")
}

func codeBranches(c *codec, ways *[]merge.Branch) {
	list(c, ways, 4, "ways", func(b *merge.Branch) {
		c.text(&b.FIFO, "name of a FIFO")
		integer(c, &b.Turns, "turns")
		integer(c, &b.StepX, "step along x")
		integer(c, &b.StepY, "step along y")
	})
}
