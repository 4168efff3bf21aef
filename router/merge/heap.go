package merge

// event is a core whose state sends in a cycle.
type event struct {
	at   int64
	core int32
}

// heap is a binary heap: the earliest event is the first, of several that of
// the lowest core.
type heap []event

func (h heap) less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].core < h[j].core
}

func (h *heap) push(e event) {
	*h = append(*h, e)
	x := *h
	for i := len(x) - 1; i > 0 && x.less(i, (i-1)/2); i = (i - 1) / 2 {
		x[i], x[(i-1)/2] = x[(i-1)/2], x[i]
	}
}

// replace puts an event in the place of the first.
func (h heap) replace(e event) {
	h[0] = e
	for i := 0; ; {
		k := 2*i + 1
		if k >= len(h) {
			return
		}
		if k+1 < len(h) && h.less(k+1, k) {
			k++
		}
		if !h.less(k, i) {
			return
		}
		h[i], h[k] = h[k], h[i]
		i = k
	}
}

// pop removes the first.
func (h *heap) pop() {
	x := *h
	last := x[len(x)-1]
	if *h = x[:len(x)-1]; len(*h) > 0 {
		h.replace(last)
	}
}
