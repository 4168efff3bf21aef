// Package relative routes by what is left of the way: a packet carries the
// offset (dx, dy) to its target, every hop counts it toward zero, x fully before
// y, and a packet with nothing left is delivered. The path is that of absolute
// dimension order; the packet needs no address and the router no position.
package relative

import "fmt"

// Reach is the greatest offset along an axis of the usual packet: nine bits
// with a sign (docs/network.md).
const Reach = 255

// Offset is what is left of a packet's way, in cores.
type Offset struct{ DX, DY int16 }

// Port is where a packet leaves a router.
type Port uint8

// The ports.
const (
	Local Port = iota
	East       // x + 1
	West
	North // y + 1
	South
)

// To is the offset from one place to another, an error if it is out of reach.
func To(fromX, fromY, toX, toY, reach int) (Offset, error) {
	dx, dy := toX-fromX, toY-fromY
	if reach < 0 || reach > 1<<14 || max(dx, -dx) > reach || max(dy, -dy) > reach {
		return Offset{}, fmt.Errorf("relative: from (%d, %d) to (%d, %d): need offsets of at most %d along each axis, have %d and %d", fromX, fromY, toX, toY, reach, dx, dy)
	}
	return Offset{int16(dx), int16(dy)}, nil
}

// Next is the port through which a packet leaves, and what is left then.
func (o Offset) Next() (Port, Offset) {
	switch {
	case o.DX > 0:
		o.DX--
		return East, o
	case o.DX < 0:
		o.DX++
		return West, o
	case o.DY > 0:
		o.DY--
		return North, o
	case o.DY < 0:
		o.DY++
		return South, o
	}
	return Local, o
}

// Hops is the number of links that are left.
func (o Offset) Hops() int {
	x, y := int(o.DX), int(o.DY)
	return max(x, -x) + max(y, -y)
}
