package partition

// coarsening is how clusters are chosen.
type coarsening struct {
	cap     []int64 // most that a cluster may take of each resource
	stop    int32   // number of vertices at which to stop
	netSize int32   // pins of a net that are looked at; more are sampled
	part    []int32 // when set, only vertices of one block share a cluster
}

// hierarchy coarsens l until c.stop vertices are left or nothing joins any
// more. The first level is l itself. With c.part set, parts[i] is the blocks
// of level i.
func (c coarsening) hierarchy(l *level, r *random) (levels []*level, parts [][]int32) {
	levels, parts = []*level{l}, [][]int32{c.part}
	for l.n > c.stop {
		into, clusters := c.cluster(l, parts[len(parts)-1], r)
		if int64(clusters)*100 > int64(l.n)*95 {
			break
		}
		var coarse []int32
		if p := parts[len(parts)-1]; p != nil {
			coarse = make([]int32, clusters)
			for v, u := range into {
				coarse[u] = p[v]
			}
		}
		l = l.contract(into, clusters)
		levels, parts = append(levels, l), append(parts, coarse)
	}
	return levels, parts
}

// cluster joins each vertex, in random order, to the neighbour's cluster with
// the greatest rating, sum of weight/(pins-1) over common nets, divided by the
// cluster's size. Ties go to the smaller cluster number.
func (c coarsening) cluster(l *level, part []int32, r *random) (into []int32, clusters int32) {
	n := l.n
	root := make([]int32, n)
	for v := range root {
		root[v] = int32(v)
	}
	used := append([]int32(nil), l.need...)
	joined := make([]bool, n)
	rating := make([]int64, n)
	touched := make([]int32, 0, 1024)
	left, floor := n, max(c.stop, n*2/5)
	for _, v := range r.order(n) {
		if joined[v] || left <= floor {
			continue
		}
		touched = c.rate(l, v, root, rating, touched[:0])
		best, bestRate, bestSize := int32(-1), int64(0), int64(1)
		for _, u := range touched {
			rate := rating[u]
			rating[u] = 0
			if part != nil && part[u] != part[v] || !c.fits(l, used, u, v) {
				continue
			}
			size := int64(max(1, used[int(u)*l.kinds]))
			a, b := rate*bestSize, bestRate*size
			if best < 0 || a > b || a == b && u < best {
				best, bestRate, bestSize = u, rate, size
			}
		}
		if best < 0 {
			continue
		}
		for k := range l.kinds {
			used[int(best)*l.kinds+k] += l.need[int(v)*l.kinds+k]
		}
		root[v] = best
		joined[v], joined[best] = true, true
		left--
	}
	return number(root)
}

// rate adds up the ratings of the clusters around v.
func (c coarsening) rate(l *level, v int32, root []int32, rating []int64, touched []int32) []int32 {
	for _, e := range l.netsOf(v) {
		size := l.size(e)
		score := int64(l.weight[e])<<16/int64(size-1) + 1
		pins := l.net(e)
		if size > c.netSize {
			from := int(uint32(v)*2654435761) % int(size-c.netSize+1)
			pins = pins[from : from+int(c.netSize)]
		}
		for _, p := range pins {
			u := root[p]
			if u == v {
				continue
			}
			if rating[u] == 0 {
				touched = append(touched, u)
			}
			rating[u] += score
		}
	}
	return touched
}

// fits tells whether v may join cluster u.
func (c coarsening) fits(l *level, used []int32, u, v int32) bool {
	for k := range l.kinds {
		if int64(used[int(u)*l.kinds+k])+int64(l.need[int(v)*l.kinds+k]) > c.cap[k] {
			return false
		}
	}
	return true
}

// number gives clusters their numbers in the order of their roots. Roots are
// never joined to others, so one step finds them.
func number(root []int32) (into []int32, clusters int32) {
	into = make([]int32, len(root))
	for v, u := range root {
		if int(u) == v {
			into[v] = clusters
			clusters++
		}
	}
	for v, u := range root {
		if int(u) != v {
			into[v] = into[u]
		}
	}
	return into, clusters
}
