// Package table is a multicast router with an associative table: entries of key
// and mask, the lowest matching entry wins, packets that match none go straight
// on. Blocked packets wait, may take the way around the blocked link's
// triangle, and are dropped in the end. Links are those of a hexagonal torus.
//
// The semantics are those of a published router of this kind; docs/network.md
// names the data sheet, lists them and says what it leaves open.
package table

import (
	"errors"
	"fmt"
	"math/bits"
)

// Links is the number of links of a router, in the order E, NE, N, W, SW, S.
const Links = 6

// Local is the input of packets that come from the router's own cores.
const Local = -1

// Route is a set of outputs: bits 0..5 are links, bit 6+c is core c.
type Route uint32

// Entry is one row of a table.
type Entry struct {
	Key, Mask uint32
	Route     Route
}

// Table is the rows of a router, the first one with the lowest index.
type Table []Entry

// Matches says whether the entry fits a key. One whose key has a bit that its
// mask lacks never does.
func (e Entry) Matches(key uint32) bool { return key&e.Mask == e.Key }

// Lookup is the route of the lowest entry that matches.
func (t Table) Lookup(key uint32) (Route, bool) {
	for _, e := range t {
		if e.Matches(key) {
			return e.Route, true
		}
	}
	return 0, false
}

// Emergency is a packet's field of emergency routing.
type Emergency uint8

// The values of the field.
const (
	Normal    Emergency = iota // an ordinary packet
	Also                       // ordinary, and a packet of the neighbouring link's on its detour
	Detour                     // only on its detour: first leg
	Reverting                  // second leg, back to the way
)

// Out is one copy of a packet that leaves.
type Out struct {
	Port      int // 0..5 a link, 6+c core c
	Emergency Emergency
}

// ErrUnrouted is the error of a packet from a local core that no entry matches.
var ErrUnrouted = errors.New("table: a packet from a local core matches no entry")

// Route is the copies that a packet makes: in is the link that it came over, or
// Local. Copies that revert come first, then the others by port. dst is
// appended to.
func (t Table) Route(dst []Out, key uint32, in int, e Emergency) ([]Out, error) {
	if in < Local || in >= Links || e > Reverting || in == Local && e != Normal {
		return dst, fmt.Errorf("table: packet at input %d with emergency field %d: need an input of -1..%d, and a field of 0..3 that is 0 for local packets", in, e, Links-1)
	}
	ahead := in + Links/2
	switch e {
	case Also, Detour:
		dst = append(dst, Out{Around(in), Reverting})
		if e == Detour {
			return dst, nil
		}
	case Reverting:
		ahead = in + 2
	}
	r, ok := t.Lookup(key)
	if !ok {
		if in == Local {
			return dst, ErrUnrouted
		}
		return append(dst, Out{Port: ahead % Links}), nil
	}
	for ; r != 0; r &= r - 1 {
		dst = append(dst, Out{Port: bits.TrailingZeros32(uint32(r))})
	}
	return dst, nil
}

// Opposite is the input that a packet comes to which leaves through a link.
func Opposite(link int) int { return (link + Links/2) % Links }

// Around is the first leg around a blocked link, and the second one seen from
// the input of the first.
func Around(link int) int { return (link + Links - 1) % Links }

// Forever is the wait that does not end.
const Forever = -1

// WaitCycles is the wait that a byte encodes: a mantissa in its low and an
// exponent in its high half, denormal up to exponent 4; 0 is a single try.
func WaitCycles(b uint8) int64 {
	e, m := int64(b>>4), int64(b&15)
	switch {
	case b == 0xff:
		return Forever
	case e <= 4:
		return (m + 16 - 1<<(4-e)) << e
	}
	return (m + 16) << e
}

// Late says whether a packet has outlived its time: phases are a two-bit Gray
// code, and a packet stamped two phases ago (or ahead) is thrown away.
func Late(now, stamp uint8) bool { return (now^stamp)&3 == 3 }

// Patience is how long a packet waits for a blocked output: Wait1 cycles for
// the output, Wait2 more for the output or the way around it. Forever may be
// either; a Wait2 of 0 switches the way around off.
type Patience struct{ Wait1, Wait2 int64 }

// Default is what the usual system software sets: 240 cycles (0x40), no way
// around.
func Default() Patience { return Patience{Wait1: WaitCycles(0x40)} }

// Action is what becomes of a packet at an output in one cycle.
type Action uint8

// The actions.
const (
	Send   Action = iota // through the output
	Divert               // through the link Around it
	Wait                 // another cycle
	Drop                 // into the registers of dropped packets
)

// Decide is the action for a packet that has waited so many cycles. The output
// is preferred to the way around; cores (ports from 6) have no way around.
func (p Patience) Decide(port int, waited int64, blocked, aroundBlocked bool) Action {
	switch {
	case !blocked:
		return Send
	case p.Wait1 == Forever || waited < p.Wait1:
		return Wait
	case p.Wait2 == 0 || port >= Links:
		return Drop
	case !aroundBlocked:
		return Divert
	case p.Wait2 == Forever || waited < p.Wait1+p.Wait2:
		return Wait
	}
	return Drop
}
