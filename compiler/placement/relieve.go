package placement

// relieved is the most cores whose links are relieved: every trial looks at
// all links.
const relieved = 1024

// relief is how much longer routes may become, in percent, for the sake of
// the fullest link.
const relief = 1

// flows is the directed traffic between cores, and which flows each core
// sends or receives.
type flows struct {
	from, to []int32
	weight   []int64
	first    []int32 // per core into of
	of       []int32
}

func flowsOf(t *Traffic) flows {
	var f flows
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
					at[d] = int32(len(f.from))
				}
				f.weight[at[d]-1] += t.Weight[e]
			}
		}
	}
	f.index(k)
	return f
}

// index lists the flows of every core.
func (f *flows) index(k int) {
	f.first = make([]int32, k+1)
	for i := range f.from {
		f.first[f.from[i]+1]++
		f.first[f.to[i]+1]++
	}
	for c := range k {
		f.first[c+1] += f.first[c]
	}
	f.of = make([]int32, 2*len(f.from))
	next := append([]int32(nil), f.first[:k]...)
	for i := range f.from {
		for _, c := range [2]int32{f.from[i], f.to[i]} {
			f.of[next[c]] = int32(i)
			next[c]++
		}
	}
}

// reliever lowers the load of the fullest link by swaps near its flows.
type reliever struct {
	*placer
	flows
	load    []int64
	unicast int64
}

// relieve swaps cores with tiles at most two steps away while the fullest
// link gets emptier and routes stay within relief of what they were.
func (p *placer) relieve(t *Traffic) {
	if t.Cores > relieved || len(t.Weight) == 0 {
		return
	}
	r := &reliever{placer: p, flows: flowsOf(t), load: make([]int64, 4*p.mesh.W*p.mesh.H)}
	for i := range r.from {
		r.route(int32(i), 1)
	}
	bound := r.unicast + r.unicast*relief/100
	for range 200 {
		if !r.step(bound) {
			return
		}
	}
}

// route adds a flow to the links (sign 1) or takes it off (sign -1).
func (r *reliever) route(i int32, sign int64) {
	w := sign * r.weight[i]
	r.mesh.walk(r.tile[r.from[i]], r.tile[r.to[i]], func(link int) {
		r.load[link] += w
		r.unicast += w
	})
}

// step makes the best swap around the fullest link.
func (r *reliever) step(bound int64) bool {
	full, most := r.fullest()
	bestA, bestB, best := int32(-1), int32(-1), most
	for _, i := range r.crossing(full) {
		for _, c := range [2]int32{r.from[i], r.to[i]} {
			a := r.tile[c]
			if !r.free[a] {
				continue
			}
			for _, b := range r.near(a) {
				r.exchange(a, b)
				if _, now := r.fullest(); now < best && r.unicast <= bound {
					bestA, bestB, best = a, b, now
				}
				r.exchange(a, b)
			}
		}
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
		r.mesh.walk(r.tile[r.from[i]], r.tile[r.to[i]], func(l int) { hit = hit || l == link })
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
	ca, cb := r.at[a], r.at[b]
	for _, c := range [2]int32{ca, cb} {
		if c < 0 {
			continue
		}
		for _, i := range r.of[r.first[c]:r.first[c+1]] {
			if c == cb && ca >= 0 && (r.from[i] == ca || r.to[i] == ca) {
				continue
			}
			r.route(i, sign)
		}
	}
}
