package partition

// search refines blocks by local searches (after Sanders and Schulz 2011,
// "multi-try FM"): each starts from a border vertex, moves best vertices
// first, also at a loss, and goes back to its best state when nothing better
// came for a while.
type search struct {
	b        *blocks
	r        *random
	patience int
	netSize  int32 // larger nets wake nobody
	key      []int32
	queue    *heap
	moved    []bool // in this round: each vertex moves once
	stamp    []int32
	turn     int32
	touched  []int32
	trail    []step
	budget   int64 // blocks.work at which no new search starts
}

// step is a move that can be taken back.
type step struct{ v, from int32 }

func newSearch(b *blocks, seed uint64, patience int, netSize int32, budget int64) *search {
	s := &search{b: b, r: &random{seed}, patience: patience, netSize: netSize, budget: budget}
	s.key = make([]int32, b.l.n)
	s.queue = newHeap(s.key)
	s.moved = make([]bool, b.l.n)
	s.stamp = make([]int32, b.l.n)
	return s
}

// border lists the vertices with a net in two blocks, in random order.
func (s *search) border() []int32 {
	b := s.b
	var list []int32
	for v := range b.l.n {
		for _, e := range b.l.netsOf(v) {
			if b.spread[e] > 1 {
				list = append(list, v)
				break
			}
		}
	}
	s.r.shuffle(list)
	return list
}

// round starts a search from every border vertex that has not moved yet and
// says how many packets were saved.
func (s *search) round() int64 {
	before := s.b.packets
	clear(s.moved)
	for _, v := range s.border() {
		if !s.moved[v] && s.b.work < s.budget {
			s.from(v)
		}
	}
	return before - s.b.packets
}

// rounds repeats round until one saves less than 1/least of the packets.
func (s *search) rounds(most int, least int64) {
	for range most {
		if saved := s.round(); saved*least <= s.b.packets {
			return
		}
	}
}

// greedy moves border vertices while they gain, without ever accepting a
// loss: cheap, for networks where a search from every vertex takes too long.
func (s *search) greedy(passes int) {
	b := s.b
	for range passes {
		before := b.packets
		for _, v := range s.border() {
			if b.work > s.budget {
				return
			}
			if to, gain := b.best(v); to >= 0 && gain > 0 {
				b.move(v, to, nil)
			}
		}
		if (before-b.packets)*200 <= b.packets {
			return
		}
	}
}

// from is one local search.
func (s *search) from(v int32) {
	b := s.b
	s.trail = s.trail[:0]
	best, bestAt := b.packets, 0
	s.offer(v)
	for idle := 0; s.queue.len() > 0 && idle < s.patience && b.work < s.budget; {
		v := s.queue.top()
		to, gain := b.best(v)
		if to < 0 {
			s.queue.remove(v)
			continue
		}
		if gain < s.key[v] {
			s.key[v] = gain
			s.queue.fix(v)
			if s.queue.top() != v {
				continue
			}
		}
		s.queue.remove(v)
		s.take(v, to)
		idle++
		if b.packets < best {
			best, bestAt, idle = b.packets, len(s.trail), 0
		}
	}
	s.queue.clear()
	for i := len(s.trail) - 1; i >= bestAt; i-- {
		b.move(s.trail[i].v, s.trail[i].from, nil)
	}
}

// offer puts v into the queue with its gain.
func (s *search) offer(v int32) {
	if to, gain := s.b.best(v); to >= 0 {
		s.key[v] = gain
		s.queue.push(v)
	}
}

// take moves v and looks again at the vertices around.
func (s *search) take(v, to int32) {
	b := s.b
	s.trail = append(s.trail, step{v, b.part[v]})
	s.moved[v] = true
	s.touched = s.touched[:0]
	b.move(v, to, &s.touched)
	s.turn++
	for _, e := range s.touched {
		if b.l.size(e) > s.netSize || b.work > s.budget {
			continue
		}
		for _, u := range b.l.net(e) {
			if s.stamp[u] == s.turn || s.moved[u] {
				continue
			}
			s.stamp[u] = s.turn
			s.look(u)
		}
	}
}

// look brings the queue up to date for u.
func (s *search) look(u int32) {
	if !s.queue.has(u) {
		s.offer(u)
		return
	}
	to, gain := s.b.best(u)
	if to < 0 {
		s.queue.remove(u)
		return
	}
	if gain != s.key[u] {
		s.key[u] = gain
		s.queue.fix(u)
	}
}
