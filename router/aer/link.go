package aer

// A four-phase link is a word with a request, and an acknowledge: the sender
// raises the request, the receiver raises the acknowledge when it has done what
// the word asks, the sender lowers the request, the receiver lowers the
// acknowledge. Both sides run on one clock and take the other's line in through
// flip-flops in a row.
//
// Edges of the clock are numbered. A line changes "behind" an edge and is
// sampled at the next one at the earliest: what rises behind edge e is first
// sampled at e+1. The edges of a handshake follow from its two sides:
//
//	the request rises behind an edge at which the sender starts
//	the acknowledge rises behind edge Ack: the receiver has done the word
//	the request falls behind Lowered(Ack)
//	the acknowledge falls behind Dropped(Ack)
//	the sender is busy up to edge Busy(Ack), its next request rises behind Clear(Ack)
//
// Ack is the receiver's business and not known before it comes; all behind it
// are sums, so that two sides that tell each other one edge late stay exact.

// Output is the sending side of a link, as descriptions of chips have it.
type Output struct {
	// Sync is the depth of the synchroniser of the acknowledge.
	Sync int64
	// Hold and PerAck: with a receiver that copies the request to the acknowledge
	// delay+1 edges later, the sender is busy for Hold + PerAck*delay edges.
	// PerAck 2 is a sender that waits for the acknowledge to fall, 1 one that
	// waits for its rise alone, 0 one that does not wait.
	Hold, PerAck int64
}

// Input is the receiving side of a link, as descriptions of chips have it.
type Input struct {
	// Sync is the depth of the synchroniser of the request.
	Sync int64
	// Gap is from the edge behind which the acknowledge rises to the first edge
	// at which the next request can be sampled, with a sender that acts between
	// two edges.
	Gap int64
}

// Link is a link between two such sides.
type Link struct {
	From Output
	To   Input
}

// Echo is the last edge at which the sender is busy with a request behind edge
// start, with a receiver that copies it delay+1 edges later.
func (o Output) Echo(start, delay int64) int64 { return start + o.Hold + o.PerAck*delay }

// FourPhase says that the sender waits for the acknowledge.
func (o Output) FourPhase() bool {
	return o.PerAck == 1 || o.PerAck == 2 && o.Hold >= o.React()
}

// React is from the edge behind which the acknowledge rises to the one behind
// which the request falls: the synchroniser, and the request's own register.
func (o Output) React() int64 { return o.Sync + 1 }

// Seen is the first edge at which a request that was sampled at an edge is seen.
func (i Input) Seen(sampled int64) int64 { return sampled + i.Sync }

// Next is the first edge at which the next request can be sampled if the
// acknowledge rises behind edge ack and the sender acts between two edges.
func (i Input) Next(ack int64) int64 { return ack + i.Gap }

// FourPhase says that the receiver waits for the request to fall: a line that
// it only samples is free again before a synchroniser could tell.
func (i Input) FourPhase() bool { return i.Gap >= i.Sync+2 }

// drop is from the edge at which the request is first sampled low to the one
// behind which the acknowledge falls.
func (i Input) drop() int64 { return i.Gap - 2 }

// FourPhase says that both sides of the link wait for each other.
func (l Link) FourPhase() bool { return l.From.FourPhase() && l.To.FourPhase() }

// Lowered is the edge behind which the request falls.
func (l Link) Lowered(ack int64) int64 { return ack + l.From.React() }

// Dropped is the edge behind which the acknowledge falls.
func (l Link) Dropped(ack int64) int64 { return l.Lowered(ack) + 1 + l.To.drop() }

// Busy is the last edge at which the sender is busy with the handshake.
func (l Link) Busy(ack int64) int64 {
	if l.From.PerAck == 1 {
		return ack + l.From.Hold
	}
	return l.Dropped(ack) + l.From.Hold - l.From.React()
}

// Clear is the first edge behind which the sender's next request can rise: it
// has seen the acknowledge fall.
func (l Link) Clear(ack int64) int64 {
	return max(l.Dropped(ack)+l.From.React(), l.Busy(ack)+1)
}
