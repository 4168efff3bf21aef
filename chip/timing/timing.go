// Package timing holds the levels of detail at which a machine prices the time
// of a tick: functional (none), analytic (the slowest core's stage), queued
// (messages in queues, package queued) and mesh (flits cycle by cycle, package
// mesh). A level reads what a tick did and gives its time and what bound it;
// it changes nothing else, so spikes and hops are the same at every level.
package timing

import (
	"fmt"
	"strings"

	"hillock/router"
)

// The names of the levels, the least detailed first.
const (
	Functional = "functional"
	Analytic   = "analytic"
	Queued     = "queued"
	Mesh       = "mesh"
)

// Names lists the levels, the least detailed first.
func Names() []string { return []string{Functional, Analytic, Queued, Mesh} }

// Known is the error for a name that is no level.
func Known(name string) error {
	for _, n := range Names() {
		if n == name {
			return nil
		}
	}
	return fmt.Errorf("timing: need one of %s, have %q", strings.Join(Names(), ", "), name)
}

// Message is one packet of a tick. Times are femtoseconds from the beginning
// of the tick; cores are indices into Place.Cores.
type Message struct {
	Src, Dst int32
	Axon     uint16 // in-axon of the target
	Box      uint16 // of the source core
	Ready    int64  // when the source core sends it
	Proc     int64  // work of the target core on it
	Memory   int64  // the part of Proc that reads or writes synapses
}

// Passage is what became of a message, in femtoseconds from the beginning of
// the tick.
type Passage struct {
	Sent    int64 // left its source core
	Arrived int64 // reached its target core
	Start   int64 // the target core begins to work on it
	Done    int64 // the target core is done with it
	Before  int32 // the message that the target served before it, -1 = none
	Lost    bool
}

// Work is what one tick did. Gen, Proc and Host are by core; only those of
// Cores are of this tick, the others had nothing but the idle update.
type Work struct {
	Tick     int64
	Cores    []int32   // that ran, ascending
	Gen      []int64   // time of updating and sending
	Proc     []int64   // time of receiving and of synapses
	Host     []int64   // time of serving what lay there when the tick began: packets of the host
	Idle     int64     // time of the slowest core's update without events
	Messages []Message // by source core, each in the order of sending; only for levels that need them
	Flows    []Flow    // packets by source and target core; only for levels that need them
}

// Flow is N packets from one core to another.
type Flow struct {
	Src, Dst int32
	N        int64
}

// Place is where the cores of a machine are.
type Place struct {
	Grid  router.Grid
	Cores []int // core number on the grid, by index
}

// Level prices ticks. It is not for concurrent use.
type Level interface {
	// Single says that the level times single messages and needs Work.Messages.
	Single() bool
	// Flows says that the level needs Work.Flows.
	Flows() bool
	// Time gives the time of a tick without the barrier, in femtoseconds, and
	// what bound it. It overwrites b.
	Time(w *Work, b *Bound) error
	// Passages are what became of the messages of the last tick, in their
	// order; nil where the level does not time them.
	Passages() []Passage
	// Watch makes the level note crossings from the next tick on.
	Watch()
	// Crossings appends when messages of the last tick occupied which links.
	Crossings(dst []Crossing) []Crossing
	// Incidents are the messages of the last tick that were dropped or blocked.
	Incidents() []Incident
}

// Kind is what happened to a message that did not simply arrive in time.
type Kind uint8

// The kinds of incidents.
const (
	Late    Kind = iota // served after its tick
	Dropped             // did not arrive
	Merged              // found its place at the target taken by another
	Blocked             // waited for a place in the network
	NumKinds
)

var kindNames = [NumKinds]string{"late", "dropped", "merged", "blocked"}

// String is the name of the kind in traces and reports.
func (k Kind) String() string {
	if k < NumKinds {
		return kindNames[k]
	}
	return "unknown"
}

// Incident is a message that was late, dropped, merged or blocked, with the
// place where that happened.
type Incident struct {
	Kind    Kind
	Cycle   int64 // of the network's clock, from the beginning of the tick
	Message int32 // number in Work.Messages, -1 = none
	Src     int32 // index of the source core, -1 = not known
	Dst     int32 // index of the target core
	Axon    int32 // in-axon of the target, -1 = not known
	X, Y    int32 // router where it was, -1 = at a core
	Port    int32 // input of that router
	Reason  string
}

// Crossing is a message on a link, in femtoseconds from the beginning of the
// tick.
type Crossing struct {
	Message  int32
	Link     LinkID
	From, To int64
}

// functional times nothing.
type functional struct{}

// NewFunctional is the level without times.
func NewFunctional() Level { return functional{} }

// Single says no.
func (functional) Single() bool { return false }

// Flows says no.
func (functional) Flows() bool { return false }

// Time is 0.
func (functional) Time(_ *Work, b *Bound) error {
	*b = Bound{Core: -1, Link: noLink}
	return nil
}

// Passages are not known.
func (functional) Passages() []Passage { return nil }

// Watch changes nothing.
func (functional) Watch() {}

// Crossings are not known.
func (functional) Crossings(dst []Crossing) []Crossing { return dst }

// Incidents are not known.
func (functional) Incidents() []Incident { return nil }
