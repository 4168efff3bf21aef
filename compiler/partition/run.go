package partition

import (
	"fmt"
	"sync"
)

// task is one run: the problem, its finest level and how much work is spent.
type task struct {
	p      *Problem
	o      Options
	finest *level
	k      int32   // cores aimed at
	limit  []int64 // per resource

	saturated bool  // the first halving cuts most nets, see saturation
	floor     int64 // packets of the best simple filling
	spending
}

// spending is the work of one effort on one size of network.
type spending struct {
	starts   int   // bisections with different seeds
	tries    int   // divisions of the coarsest level of each halving
	passes   int   // of each level while halving
	cycles   int   // V-cycles of the winner
	rounds   int   // of local searches on one level
	patience int   // moves without a gain that end a search
	netSize  int32 // pins looked at while coarsening
	wake     int32 // nets that wake their pins in a search
	budget   int64 // slots that the searches of one level look at
	simple   bool  // greedy overlap too
	large    bool  // cluster further than twins, no search from every neuron
}

// spend chooses the work by effort and number of pins.
func spend(e Effort, pins int) spending {
	s := spending{starts: 1, tries: 4, passes: 1, rounds: 2, patience: 50, netSize: 100, wake: 300, budget: 4e9, simple: pins < 4e6}
	switch e {
	case Normal:
		s.starts = min(max(1, 3_000_000/(pins+1)), 6)
		s.tries, s.passes, s.cycles, s.rounds, s.patience, s.netSize, s.wake, s.budget = 12, 3, 4, 10, 100, 500, 1000, 8e9
		if pins > 1e6 {
			s.cycles, s.netSize = 2, 200
		}
		if pins > 8e6 {
			s.tries, s.passes, s.cycles, s.rounds = 8, 2, 0, 3
		}
	case High:
		s.starts = min(max(2, 10_000_000/(pins+1)), 16)
		s.tries, s.passes, s.cycles, s.rounds, s.patience, s.netSize, s.wake, s.budget = 20, 4, 12, 20, 200, 500, 1000, 2e10
		if pins > 8e6 {
			s.tries, s.passes, s.cycles, s.rounds = 12, 3, 1, 5
		}
	}
	s.large = e == Fast && pins > 1e6 || pins > 8e6
	return s
}

// candidate is a partition with its packets.
type candidate struct {
	from    string
	part    []int32
	cores   int32
	packets int64
}

// Run divides the neurons among cores: the best of simple fillings and
// multilevel bisections, refined. Every limit holds in the result.
func Run(p *Problem, o Options) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	t := &task{p: p, o: o, finest: finest(p), k: p.cores(), spending: spend(o.Effort, len(p.Graph.Pins))}
	if p.MaxInAxons > 0 {
		t.budget /= 4 // asking for room takes longer
	}
	for _, r := range p.Resources {
		t.limit = append(t.limit, r.Limit)
	}
	simple := t.fillings()
	floor := t.best(simple)
	t.floor = floor.packets
	top := floor
	if floor.packets > 0 && t.k > 1 {
		if top = t.search(simple); !t.holds(top) {
			top = floor
		}
	}
	r := &Result{From: top.from}
	r.Part, r.Cores = compact(top.part, top.cores)
	if t.saturated && top.packets*100 > floor.packets*95 {
		r.Note = fmt.Sprintf("no structure found: the best partition needs %d.%d %% of the packets of the best simple filling",
			top.packets*100/floor.packets, top.packets*1000/floor.packets%10)
	}
	return r, nil
}

// best is the candidate with the fewest packets among those with no more
// cores than aimed at, or among all when none is; the first of equals.
func (t *task) best(list []candidate) candidate {
	top := list[0]
	for _, c := range list[1:] {
		a, b := c.cores > t.k, top.cores > t.k
		if !a && b || a == b && c.packets < top.packets {
			top = c
		}
	}
	return top
}

// fillings is the simple partitions; each holds all limits.
func (t *task) fillings() []candidate {
	ids := make([]int32, t.finest.n)
	for v := range ids {
		ids[v] = int32(v)
	}
	out := []candidate{t.rated("user order", newFiller(t, t.limit).inOrder(ids, nil))}
	if t.p.Coords != nil {
		pixels, columns := geometric(t.p.Coords)
		out = append(out, t.rated("pixel order", newFiller(t, t.limit).inOrder(pixels, nil)),
			t.rated("column order", newFiller(t, t.limit).inOrder(columns, nil)))
	}
	if t.simple && t.k > 1 {
		out = append(out, t.rated("overlap", newFiller(t, t.limit).overlap()))
	}
	return out
}

// rated counts the packets of a partition.
func (t *task) rated(from string, part []int32) candidate {
	c := candidate{from: from, part: part}
	for _, x := range part {
		c.cores = max(c.cores, x+1)
	}
	mark := make([]int32, c.cores)
	l := t.finest
	for e := range int32(l.numNets()) {
		spread := int64(-1)
		for _, v := range l.net(e) {
			if mark[part[v]] != e+1 {
				mark[part[v]] = e + 1
				spread++
			}
		}
		c.packets += int64(l.weight[e]) * spread
	}
	return c
}

// search improves on the simple fillings. Starts are independent and may run
// in parallel; which one wins depends on their results alone.
func (t *task) search(simple []candidate) candidate {
	roots := t.roots()
	first := t.bisected(roots[0], 0)
	if t.saturated && first.packets*100 > t.floor*95 {
		t.starts, t.cycles, t.budget = 1, 0, t.budget/8 // nothing to find: do not burn minutes
	} else if t.saturated {
		t.starts, t.cycles = min(t.starts, 1+int(t.o.Effort)), min(t.cycles, 2+4*int(t.o.Effort/High))
	}
	out := make([]candidate, t.starts+len(simple))
	out[0] = first
	t.parallel(len(out)-1, func(i int) {
		if i++; i < t.starts {
			out[i] = t.bisected(roots[i%len(roots)], uint64(i))
		} else {
			out[i] = t.loosened(simple[i-t.starts], first)
		}
	})
	top := t.best(append(out, simple...))
	for i := range t.cycles {
		before := top.packets
		t.cycle(&top, mix(t.o.Seed+uint64(i)+100))
		if t.o.Effort < High && (before-top.packets)*1000 < before {
			break
		}
	}
	return top
}

// parallel calls do for 0 to n-1 on the workers.
func (t *task) parallel(n int, do func(i int)) {
	workers := min(max(1, t.o.Workers), n)
	if len(t.finest.pins) > 8e6 {
		workers = min(workers, 2) // each start has arrays of the network's size
	}
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	all.Wait()
}

// refined runs local searches on the finest level.
func (t *task) refined(c candidate, seed uint64) candidate {
	b := newBlocks(t.finest, c.cores, c.part, t.p)
	s := newSearch(b, seed, t.patience, t.wake, t.budget)
	if t.large {
		s.greedy(t.rounds)
	} else {
		s.rounds(t.rounds, 500)
	}
	c.packets = b.packets
	return c
}

// loosened refines a simple filling. Its cores are full, so nothing could
// move: the order of its cores is filled again with the slack spread. A
// filling far behind is left alone.
func (t *task) loosened(c, first candidate) candidate {
	if c.packets > 2*first.packets || t.o.Effort == Fast && c.packets > first.packets {
		return c
	}
	limit := append([]int64(nil), t.limit...)
	limit[0] = min(limit[0], (t.finest.total()[0]+int64(t.k)-1)/int64(t.k)+int64(t.widest()))
	loose := t.rated(c.from, newFiller(t, limit).inOrder(t.order(c), nil))
	if loose.cores > max(t.k, c.cores) {
		loose = c
		loose.part = append([]int32(nil), c.part...)
	}
	loose = t.refined(loose, mix(t.o.Seed+77))
	loose.from += ", refined"
	return loose
}

// widest is the greatest need of the first resource, less one.
func (t *task) widest() int32 {
	most := int32(1)
	for v := range t.finest.n {
		most = max(most, t.finest.need[int(v)*t.finest.kinds])
	}
	return most - 1
}

// order is the neurons by core, then by id.
func (t *task) order(c candidate) []int32 {
	at := make([]int32, c.cores+1)
	for _, x := range c.part {
		at[x+1]++
	}
	for x := range c.cores {
		at[x+1] += at[x]
	}
	out := make([]int32, len(c.part))
	for v, x := range c.part {
		out[at[x]] = int32(v)
		at[x]++
	}
	return out
}

// split fills the cores that break a limit again, each into as many as it
// takes; the others stay as they are.
func (t *task) split(part []int32) []int32 {
	c := t.rated("", part)
	order := t.order(c)
	return newFiller(t, t.limit).inOrder(order, func(i int) bool { return part[order[i]] != part[order[i-1]] })
}

// compact renumbers the cores in use.
func compact(part []int32, cores int32) ([]int32, int) {
	number := make([]int32, cores)
	for _, c := range part {
		number[c] = 1
	}
	used := int32(0)
	for c, x := range number {
		if x > 0 {
			number[c] = used
			used++
		}
	}
	out := make([]int32, len(part))
	for v, c := range part {
		out[v] = number[c]
	}
	return out, int(used)
}
