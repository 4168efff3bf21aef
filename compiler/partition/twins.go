package partition

import "sort"

// twins groups neurons that hear exactly the same sources and, of the others,
// those that speak to exactly the same targets, in the order of ids, up to cap
// of each resource. In layered networks these are the channels of one pixel,
// found in time linear in the pins and without coordinates. It is for the
// finest level, where the first pin of a net is its source.
func (l *level) twins(cap []int64) (into []int32, clusters int32) {
	in, out := l.signatures()
	root := make([]int32, l.n)
	rest := make([]int32, l.n)
	for v := range root {
		root[v], rest[v] = int32(v), int32(v)
	}
	for _, key := range [2][]uint64{in, out} {
		sort.Slice(rest, func(i, j int) bool {
			a, b := rest[i], rest[j]
			return key[a] < key[b] || key[a] == key[b] && a < b
		})
		single := rest[:0]
		for i := 0; i < len(rest); {
			j := i + 1
			for j < len(rest) && key[rest[j]] == key[rest[i]] {
				j++
			}
			if j == i+1 || key[rest[i]] == 0 {
				single = append(single, rest[i:j]...)
			} else {
				l.chunk(rest[i:j], cap, root)
			}
			i = j
		}
		rest = single
	}
	return number(root)
}

// signatures is a hash of what each neuron hears and one of what it speaks
// to; 0 is nothing.
func (l *level) signatures() (in, out []uint64) {
	in, out = make([]uint64, l.n), make([]uint64, l.n)
	for e := range int32(l.numNets()) {
		net := l.net(e)
		heard, spoken := mix(uint64(e)+1), uint64(0)
		for _, v := range net[1:] {
			in[v] += heard
			spoken += mix(uint64(v) + 1)
		}
		out[net[0]] += spoken
	}
	return in, out
}

// chunk joins consecutive members of a class as far as they fit.
func (l *level) chunk(class []int32, cap []int64, root []int32) {
	used := make([]int64, l.kinds)
	head := class[0]
	for _, v := range class {
		need := l.need[int(v)*l.kinds : int(v+1)*l.kinds]
		full := false
		for r, x := range need {
			full = full || used[r]+int64(x) > cap[r]
		}
		if full {
			head = v
			clear(used)
		}
		for r, x := range need {
			used[r] += int64(x)
		}
		root[v] = head
	}
}
