// Package event is the discipline of chips without ticks: events come over
// links and out of a queue, a controller decides at clock edges which one is
// next, and a walk runs a program for every item that the event touches. All
// that differs between chips is in the Spec: memories and their fields, rows
// that recognise events, walks with their cycles, programs.
//
// Time is in clock edges, counted from 0. "Decision edge n" is an edge at
// which the controller waits and chooses.
package event

import (
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// Spec is what a family says about a core of this discipline; no run changes
// it.
type Spec struct {
	// Items is the number of compartments: the range of the index that spikes
	// carry. Outs is the number of addresses of the output link.
	Items, Outs int
	Memories    []Memory
	Fields      []Field
	Tables      [][]int32
	Streams     []Stream
	Draws       []Draw
	Programs    []Program
	Control     Control
	Inlets      []Inlet
	Refusals    []Refusal  `json:",omitempty"`
	Transfers   *Transfers `json:",omitempty"`
}

// Inlet is how neurons of a network become events: neuron i of N is the word
// Word + i*Scale at a port, plus the payload of its spike if ByPayload.
type Inlet struct {
	Name        string
	Port, N     int
	Word, Scale int64
	ByPayload   bool
}

// Memory is an array of packed words. A memory of one word with one item is a
// register. With Row > 0 it has two indices: item (source, target) is number
// source*Row + target; otherwise the item's number is the target.
type Memory struct {
	Name        string
	Words, Bits int // number and width of words
	Lanes       int // items per word
	Row         int
}

// Field is a named group of bits of every item of a memory. Bits of lane k lie
// at Bit + k*Stride; Stride 0 means that all lanes of a word share the field.
type Field struct {
	Name   string
	Memory int // -1 = scratch: 0 at the start of every run of a program
	Bit    int
	Stride int
	Layout fixed.Layout
}

// Source says where an operand's value comes from.
type Source uint8

// The sources of operands.
const (
	Constant Source = iota
	Stored          // a field of a memory, at the item in hand
	Word            // bits of the event in hand
	Src             // source index of the walk
	Dst             // target index of the walk
	Fired           // 1 if the item in hand put out a spike
	NumSources
)

// Operand is a value that rows, walks and programs use.
type Operand struct {
	From  Source
	Value int64 `json:",omitempty"` // Constant
	Field int   `json:",omitempty"` // Stored: index into Fields
	// BySrc: a memory with one index is read at the source, not the target.
	BySrc  bool `json:",omitempty"`
	Right  int  `json:",omitempty"` // the value is shifted right by so many bits
	Bit    int  `json:",omitempty"` // Word
	Width  int  `json:",omitempty"` // Word
	Signed bool `json:",omitempty"` // Word: two's complement
}

// Relation compares the two operands of a term.
type Relation uint8

// The relations.
const (
	Equal Relation = iota
	NotEqual
	Less
	AtMost
	Greater
	AtLeast
	Has   // the left has a bit of the right
	Lacks // the left has no bit of the right
	NumRelations
)

// Term is one comparison. A list of terms holds if all of them do.
type Term struct {
	L   Operand
	Rel Relation
	R   Operand
}

// Weight is an input of a walk's programs: Value << Shift, 0 unless Gate is
// empty or one of its operands is not 0, negative if Neg is not 0.
type Weight struct {
	Value Operand
	Gate  []Operand `json:",omitempty"`
	Neg   Operand
	Shift Operand
}

// Program is one microcode program with what its operands mean.
type Program struct {
	Name   string
	Prog   *isa.Program
	State  []Operand // s0.., Stored: loaded before, stored by layout after
	Params []Operand // p0..
}

// Stream is a serial generator: bit t = bit t-Taps[0] xor bit t-Taps[1]. Its
// state is the next Length bits, the first in bit 0. Item i uses lane
// i mod len(Seeds).
type Stream struct {
	Name   string
	Taps   [2]int
	Length int // at most 64
	Seeds  []uint64
}

// Draw is a format of random numbers: Bits bits of a stream, first bit least,
// shifted right by Shift (arithmetic if Signed). Look leaves the stream where
// it is.
type Draw struct {
	Stream, Bits int
	Signed, Look bool
	Shift        Operand
}

// Learn changes the items of a granule before the walk's programs see them:
// they use the words before the change. Items [k*Granule, (k+1)*Granule) of
// the row are one granule; a walk over one item learns that item alone.
type Learn struct {
	When    []Term
	Program int
	Granule int
	Memory  int // the memory whose old word the walk keeps
}

// Moment says when a walk emits.
type Moment uint8

// The moments of emission.
const (
	OnSpike Moment = iota // a program put out a spike
	OnItem                // an item was written
	OnLast                // the last item was written
	NumMoments
)

// Sink is where an emission goes.
type Sink uint8

// The sinks.
const (
	ToQueue Sink = iota
	ToOutput
	ToWheel
	NumSinks
)

// Emission sends a value somewhere during a walk.
type Emission struct {
	When  []Term `json:",omitempty"`
	On    Moment
	To    Sink
	Value Operand
	// Parts: the value is put together of these instead.
	Parts []Piece `json:",omitempty"`
	// At: stored operands are read at this target instead of the item in hand.
	At *Operand `json:",omitempty"`
	// Of a burst that goes to the wheel: entries are Gap+1 slots apart, bit Last
	// marks the last.
	Gap  *Operand `json:",omitempty"`
	Last int      `json:",omitempty"`
}

// Walk runs programs over items. With Rows it visits sources First..Last of
// Rows, for each of them targets First..Last.
type Walk struct {
	Name string `json:",omitempty"`
	When []Term `json:",omitempty"`
	// While: behind its last item the walk serves it again, Step edges later, as
	// long as they hold.
	While []Term `json:",omitempty"`
	Keep  []Term `json:",omitempty"` // unless they hold, results are thrown away
	// Sources: the walk's source runs over 0..Sources; nil = Src.
	Sources     *Operand `json:",omitempty"`
	Src         Operand
	First, Last Operand
	Group       int // items served at one edge; First is aligned down to it
	// Model chooses among Programs; nil = the first.
	Model    *Operand `json:",omitempty"`
	Programs []int    `json:",omitempty"`
	Event    int64    `json:",omitempty"` // EVT of the programs
	In0      *Weight  `json:",omitempty"`
	Pay      *Weight  `json:",omitempty"`
	Learn    *Learn   `json:",omitempty"`
	Clear    []int    `json:",omitempty"` // memories that are set to 0 when the walk begins
	Emit     []Emission
	Sub      []Walk `json:",omitempty"` // run at every item, with the item as source
	// Until: where the walk's turn comes it waits until these hold, which events
	// that are taken aside can bring about; Sent: it waits until all outputs so
	// far are acknowledged. The other operands are read behind the wait.
	Until []Term `json:",omitempty"`
	Sent  bool   `json:",omitempty"`
	Gap   int64  `json:",omitempty"` // edges before the walk that do not belong to it
	Start int64  // edges to the first item
	Step  int64  // edges from item to item
	// Counts of every item, and of every item whose Pay was looked up.
	Count []count.Event `json:",omitempty"`
}

// Row recognises an event and says what it does. The first row that matches
// decides.
type Row struct {
	Name        string
	Mask, Match uint64
	Port        int  // of input rows
	Deferred    bool // waits until the queue is empty
	// Aside: logic of its own takes the event as soon as it is seen, whatever
	// the controller does; its walks take no edges.
	Aside  bool
	Push   []Piece `json:",omitempty"` // the event goes to the queue; nil = it does not
	Walks  []Walk  `json:",omitempty"`
	Pop    int64   // edges after the last write at which the queue loses its head
	PushAt int64   // edges from decision to the push
	Tail   int64   // edges from the last write (or the pop) to the next decision
}

// Piece is one part of a queue entry.
type Piece struct {
	Value      Operand
	Bit, Width int
}

// Choice is a thing that a controller can do at a decision edge.
type Choice uint8

// The choices.
const (
	FullQueue Choice = iota // serve the head of a full queue
	Request                 // accept a request
	HeadOfQueue
	DeferredRequest
	NumChoices
)

// Control is the controller.
type Control struct {
	Order []Choice
	Depth int // entries of the queue; pushes beyond are lost
	Bits  int // of an entry
	Ports []Port
	Input []Row
	Head  []Row
	Wheel *Wheel `json:",omitempty"`
	// Sync is how many edges after its sampling a request is seen.
	Sync int64
	// Hold and PerAck: an output that starts at edge e keeps the controller
	// busy for Hold + PerAck*(delay of the acknowledge) edges.
	Hold, PerAck int64
	// Return and ReturnPerAck: behind that the link needs Return +
	// ReturnPerAck*(delay) edges until the next output can start; the
	// controller goes on meanwhile.
	Return, ReturnPerAck int64 `json:",omitempty"`
	// Settle: edges from the last activity to idle.
	Settle int64
}

// Port is an input link.
type Port struct {
	Name string
	Bits int
	// Sender is the number of edges from the last write of what an event does
	// to the sampling of the next request of the same sender at the earliest.
	Sender int64
}

// Image is a configured core: the Spec and what its memories hold at reset.
type Image struct {
	Spec Spec
	// Init[m] are the words of memory m from address 0 on, in chunks of 64 bits,
	// low chunk first; what is missing is 0.
	Init [][]uint64
	// AckDelay is the receiver's: it copies the request to the acknowledge so
	// many edges later, plus one.
	AckDelay int64
}

// Memory is the index of a memory or register by name, -1 if there is none.
func (s *Spec) Memory(name string) int {
	for i := range s.Memories {
		if s.Memories[i].Name == name {
			return i
		}
	}
	return -1
}

// Words are the words of memory m of a state, w chunks of 64 bits each.
func (s *Spec) Words(state *State, m int) (words []uint64, w int) {
	return state.Mem[m], s.Memories[m].chunks()
}

// Value is a field of the item at a source and target; false if there is no
// such item. It reads memories only, not scratch fields.
func (c *Core) Value(field string, src, dst int64) (int64, bool) {
	for i := range c.img.Spec.Fields {
		if f := &c.img.Spec.Fields[i]; f.Name == field && f.Memory >= 0 {
			return c.FieldAt(i, src, dst)
		}
	}
	return 0, false
}

// FieldAt is Value of a field by its number in Spec.Fields, not of scratch.
func (c *Core) FieldAt(field int, src, dst int64) (int64, bool) {
	f := &c.img.Spec.Fields[field]
	word, bit, ok := c.locate(f, false, place{src: src, dst: dst})
	if !ok {
		return 0, false
	}
	return f.decode(extract(word, bit, int(f.Layout.Width))), true
}
