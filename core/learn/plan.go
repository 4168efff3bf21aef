// Package learn is on-chip learning of one core: words per synapse, per source
// and per target, and programs that run over them when something happens. It
// knows no rule and no chip: a Plan says everything.
package learn

import (
	"hillock/isa"
	"hillock/isa/fixed"
)

// Space says to what a word belongs, and what a walk visits.
type Space uint8

// The spaces. The first three have words; the others can only be read.
const (
	Synapse Space = iota // each plastic synapse, in the order of the synapse lists
	Pre                  // each source: an in-axon with plastic synapses
	Post                 // each target: a compartment
	Neuron               // state word of the target compartment
	Const                // Word is the value itself
	Phase                // tick of the epoch, from 1 to Plan.Epoch
	Pass                 // number of the pass in hand, from 1
	Entry                // word of an entry of the target's past: the one that a walk is at, in State the new one, else the last one
	Tail                 // the same of the entry as far from the end of the past as the one in hand is from the end of the window
	ByRole               // Word is a number of Plan.ByRole, by the role of the source
	Delay                // delay of the synapse, in ticks
)

// NumSpaces is the number of spaces that have words.
const NumSpaces = 3

// Word is one word of a space.
type Word struct {
	Name   string
	Layout fixed.Layout
	// Stored: a word of synapse memory. It changes only when a rule says STW,
	// and each change is counted.
	Stored bool
	Init   []int32 // start values, one each or one for all; none = 0
}

// Ref names a value that a program can use.
type Ref struct {
	Space Space
	Word  int32
}

// Trigger says what starts a step.
type Trigger uint8

// The triggers.
const (
	Tick   Trigger = iota // every Every ticks, all items of the walk
	Arrive                // a spike came in: its source, or that source's synapses
	Fire                  // a compartment fired: that target
)

// Moment is a place in the tick.
type Moment uint8

// The moments.
const (
	Delivered Moment = iota // spikes of the tick are in, neurons still have to run
	Fired                   // neurons have run
	Served                  // a spike is about to be delivered: what its steps store goes with it
)

// Draw is the format of a random draw: Bits random bits, as a number from 0.
type Draw struct {
	Stream int32 // draws of different streams are independent
	Bits   uint8 // 1..31
	Each   bool  // every item and pass draws; else one draw serves the whole step
}

// Gate sets bit n of EVT (n is its place in the list) if the value named is
// not 0, or, with Every > 0, in every Every-th epoch.
type Gate struct {
	Ref
	Every int64
}

// Step is trigger, walk and program.
type Step struct {
	Name   string
	On     Trigger
	At     Moment
	Every  int64 // Tick: the step runs in ticks Offset, Offset+Every, ...
	Offset int64
	Over   Space // Synapse, Pre or Post
	Prog   *isa.Program
	State  []Ref     // s0, s1, ...: words of the space walked over
	Params []Ref     // p0, p1, ...: read-only
	Tables [][]int32 // look-up tables of LUT
	Draws  []Draw    // formats of RND
	Gates  []Gate    // bits of EVT
	Passes int       // runs over all items, one pass after the other, at least 1
	// Keep: what the words of State are after each pass stays readable until
	// the end of the moment.
	Keep   bool
	Roles  uint32 // bit r: the step is for sources of role r; 0 = for all
	Append bool   // after a run, the words of space Entry in State are a new entry of the target's past
	Walk   Walk
	From   Ref // bounds of the walk over the past
	To     Ref
	// Views: under SMP #k a kept word is read as it was after the pass whose
	// number Views[k-1] names, 0 meaning now.
	Views []Ref
}

// Plan is the learning of the synapses that share it. Word 0 of Synapse is the
// weight: the stored mantissa that the core delivers.
type Plan struct {
	Name  string
	Words [NumSpaces][]Word
	Steps []Step
	Epoch int64 // ticks
	First int64 // number of the first epoch, for gates
	// Live is the word of Synapse that says whether a synapse is there: 1 bit,
	// stored; 0 = the plan has none, all are. What is not there keeps its memory
	// and delivers nothing; rules may write it and read it as any word.
	Live int32
	Past Past
	// Roles are the kinds of sources; none = all are alike.
	Roles []Role
	// ByRole are constants that differ by role: [constant][role].
	ByRole [][]int32
}

// Net is how the synapses of a plan lie.
type Net struct {
	NPre, NPost int
	Pre, Post   []int32 // per synapse; Pre ascends
	Delay       []uint8 // per synapse, in ticks; none = 0
	Role        []uint8 // per source; none = 0
}

// State is what learning changes, complete: Words[space][word][item].
type State struct {
	Words [NumSpaces][][]int32
	// Past[word][target*Depth + k] is entry k of a target's past, Len how many
	// entries it has.
	Past [][]int32
	Len  []int32
}

// Event is a spike that came in at a source or went out of a target.
type Event struct{ Item, Payload int32 }

// Query asks for one draw.
type Query struct {
	Core, Rule int32 // of the machine, of the core
	Stream     int32
	Bits       uint8
	Tick       int64
	Item, Pass int32 // -1 and 0 for a draw that serves a whole step
}

// Source gives draws, each in 0 .. 2^Bits-1. It is a function: no hidden state.
type Source func(q Query) int32

// Seeded is the source used where nobody recorded draws: a counter hashed with
// the seed (the finaliser of SplitMix64, Steele et al. 2014).
func Seeded(seed uint64) Source {
	return func(q Query) int32 {
		h := mix(seed)
		for _, v := range [...]uint64{uint64(uint32(q.Core))<<32 | uint64(uint32(q.Rule)), uint64(uint32(q.Stream)), uint64(q.Tick), uint64(uint32(q.Item))<<32 | uint64(uint32(q.Pass))} {
			h = mix(h ^ v)
		}
		return int32(h >> (64 - uint(q.Bits)))
	}
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
