package placement

// relieved is the most cores whose links are relieved: every trial looks at
// all links.
const relieved = 1024

// relief is how much longer routes may become, in percent, for the sake of
// the fullest link.
const relief = 1

// flows is what travels between cores: each from one core to one other, or
// with trees to several at once, and which flows each core sends or receives.
type flows struct {
	from   []int32
	first  []int32 // per flow into to
	to     []int32
	weight []int64
	byCore []int32 // per core into of
	of     []int32
}

// flowsOf adds up the packets of each pair of cores; with tree every net stays
// as it is.
func flowsOf(t *Traffic, tree bool) flows {
	f := flows{from: t.Source, first: t.First, to: t.Dest, weight: t.Weight}
	if !tree {
		f = pairsOf(t)
	}
	f.index(t.Cores)
	return f
}

func pairsOf(t *Traffic) flows {
	f := flows{first: []int32{0}}
	k := t.Cores
	byCore := make([]int32, k+1)
	for _, c := range t.Source {
		byCore[c+1]++
	}
	for c := range k {
		byCore[c+1] += byCore[c]
	}
	nets := make([]int32, len(t.Source))
	next := append([]int32(nil), byCore[:k]...)
	for e, c := range t.Source {
		nets[next[c]] = int32(e)
		next[c]++
	}
	at := make([]int32, k) // flow plus one of the current source
	for c := range k {
		start := int32(len(f.from))
		for _, e := range nets[byCore[c]:byCore[c+1]] {
			for _, d := range t.Dest[t.First[e]:t.First[e+1]] {
				if at[d] <= start {
					f.from, f.to, f.weight = append(f.from, int32(c)), append(f.to, d), append(f.weight, 0)
					f.first = append(f.first, int32(len(f.to)))
					at[d] = int32(len(f.from))
				}
				f.weight[at[d]-1] += t.Weight[e]
			}
		}
	}
	return f
}

// ends visits the cores of a flow, its source first.
func (f *flows) ends(i int32, visit func(c int32)) {
	visit(f.from[i])
	for _, c := range f.to[f.first[i]:f.first[i+1]] {
		visit(c)
	}
}

// index lists the flows of every core.
func (f *flows) index(k int) {
	f.byCore = make([]int32, k+1)
	for i := range f.from {
		f.ends(int32(i), func(c int32) { f.byCore[c+1]++ })
	}
	for c := range k {
		f.byCore[c+1] += f.byCore[c]
	}
	f.of = make([]int32, f.byCore[k])
	next := append([]int32(nil), f.byCore[:k]...)
	for i := range f.from {
		f.ends(int32(i), func(c int32) {
			f.of[next[c]] = int32(i)
			next[c]++
		})
	}
}

// reliever knows the load of every link, and lowers that of the fullest by
// swaps near its flows. hops is the sum of loads, links between chips with
// their price.
type reliever struct {
	*placer
	flows
	load  []int64
	hops  int64
	price []int64 // per link
	mark  []int64 // per link: stamp of the flow that was there last
	seen  []int32 // per flow: stamp of the exchange that took it off last
	stamp int64
	turn  int32
}

// relieve swaps cores with tiles at most two steps away while the fullest
// link gets emptier and routes stay within relief of what they were. With
// trees, routes are shortened before.
func (p *placer) relieve(t *Traffic, tree bool) {
	if t.Cores > relieved || len(t.Weight) == 0 {
		return
	}
	links := 4 * p.mesh.W * p.mesh.H
	r := &reliever{placer: p, flows: flowsOf(t, tree), load: make([]int64, links), price: make([]int64, links), mark: make([]int64, links)}
	r.seen = make([]int32, len(r.from))
	for l := range r.price {
		r.price[l] = 1
		if p.mesh.between(l) {
			r.price[l] += int64(p.extra)
		}
	}
	for i := range r.from {
		r.route(int32(i), 1)
	}
	if tree {
		r.shorten()
	}
	bound := r.hops + r.hops*relief/100
	for range 200 {
		if !r.step(bound) {
			return
		}
	}
}

// work bounds the flows that shorten routes.
const work = 20_000_000

// shorten swaps neighbours while that shortens the trees.
func (r *reliever) shorten() {
	left := work
	for gained := true; gained && left > 0; {
		gained = false
		for _, a := range r.slots {
			for _, b := range r.near(a) {
				if b < a || r.at[a] < 0 && r.at[b] < 0 {
					continue
				}
				if left -= r.degree(a) + r.degree(b); left < 0 {
					return
				}
				before := r.hops
				r.exchange(a, b)
				if r.hops < before {
					gained = true
					continue
				}
				r.exchange(a, b)
			}
		}
	}
}

// degree is the number of flows of the core on a slot.
func (r *reliever) degree(slot int32) int {
	if c := r.at[slot]; c >= 0 {
		return int(r.byCore[c+1] - r.byCore[c])
	}
	return 0
}

// route adds a flow to the links (sign 1) or takes it off (sign -1), each link
// once.
func (r *reliever) route(i int32, sign int64) {
	w := sign * r.weight[i]
	r.stamp++
	for _, to := range r.to[r.first[i]:r.first[i+1]] {
		r.mesh.walk(r.tile[r.from[i]], r.tile[to], func(link int) {
			if r.mark[link] == r.stamp {
				return
			}
			r.mark[link] = r.stamp
			r.load[link] += w
			r.hops += w * r.price[link]
		})
	}
}

// step makes the best swap around the fullest link.
func (r *reliever) step(bound int64) bool {
	full, most := r.fullest()
	bestA, bestB, best := int32(-1), int32(-1), most
	for _, i := range r.crossing(full) {
		r.ends(i, func(c int32) {
			a := r.tile[c]
			if !r.free[a] {
				return
			}
			for _, b := range r.near(a) {
				r.exchange(a, b)
				if _, now := r.fullest(); now < best && r.hops <= bound {
					bestA, bestB, best = a, b, now
				}
				r.exchange(a, b)
			}
		})
	}
	if bestA < 0 {
		return false
	}
	r.exchange(bestA, bestB)
	return true
}

func (r *reliever) fullest() (link int, load int64) {
	for i, x := range r.load {
		if x > load {
			link, load = i, x
		}
	}
	return link, load
}

// crossing is the largest flows over a link, at most 12.
func (r *reliever) crossing(link int) []int32 {
	var out []int32
	for i := range r.from {
		hit := false
		for _, to := range r.to[r.first[i]:r.first[i+1]] {
			r.mesh.walk(r.tile[r.from[i]], r.tile[to], func(l int) { hit = hit || l == link })
		}
		if !hit {
			continue
		}
		out = append(out, int32(i))
		for j := len(out) - 1; j > 0 && r.weight[out[j]] > r.weight[out[j-1]]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
		out = out[:min(len(out), 12)]
	}
	return out
}

// near is the slots at most two steps from a that may change hands.
func (r *reliever) near(a int32) []int32 {
	var out []int32
	x, y := r.mesh.XY(a)
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			u, v := x+dx, y+dy
			if u < 0 || v < 0 || u >= r.mesh.W || v >= r.mesh.H || dx == 0 && dy == 0 || max(dx, -dx)+max(dy, -dy) > 2 {
				continue
			}
			first := r.mesh.slot(u, v)
			for k := range int32(r.mesh.perTile()) {
				if r.free[first+k] {
					out = append(out, first+k)
				}
			}
		}
	}
	return out
}

// exchange swaps two tiles and routes their flows anew.
func (r *reliever) exchange(a, b int32) {
	r.reroute(a, b, -1)
	r.swap(a, b)
	r.reroute(a, b, 1)
}

// reroute routes the flows of the cores on two tiles, each flow once.
func (r *reliever) reroute(a, b int32, sign int64) {
	r.turn++
	for _, c := range [2]int32{r.at[a], r.at[b]} {
		if c < 0 {
			continue
		}
		for _, i := range r.of[r.byCore[c]:r.byCore[c+1]] {
			if r.seen[i] != r.turn {
				r.seen[i] = r.turn
				r.route(i, sign)
			}
		}
	}
}
