package partition

// heap is an addressable binary heap of vertices, greatest key first, ties to
// the smaller vertex. The keys live outside.
type heap struct {
	key  []int32 // per vertex
	item []int32
	at   []int32 // per vertex, position plus one, 0 when absent
}

func newHeap(key []int32) *heap { return &heap{key: key, at: make([]int32, len(key))} }

func (h *heap) has(v int32) bool { return h.at[v] != 0 }
func (h *heap) len() int         { return len(h.item) }
func (h *heap) top() int32       { return h.item[0] }

func (h *heap) before(a, b int32) bool {
	return h.key[a] > h.key[b] || h.key[a] == h.key[b] && a < b
}

func (h *heap) push(v int32) {
	h.item = append(h.item, v)
	h.at[v] = int32(len(h.item))
	h.up(len(h.item) - 1)
}

// fix restores the order after the key of v changed.
func (h *heap) fix(v int32) {
	h.up(int(h.at[v]) - 1)
	h.down(int(h.at[v]) - 1)
}

func (h *heap) remove(v int32) {
	i, last := int(h.at[v])-1, len(h.item)-1
	w := h.item[last]
	h.item = h.item[:last]
	h.at[v] = 0
	if i == last {
		return
	}
	h.item[i], h.at[w] = w, int32(i+1)
	h.fix(w)
}

func (h *heap) clear() {
	for _, v := range h.item {
		h.at[v] = 0
	}
	h.item = h.item[:0]
}

func (h *heap) up(i int) {
	v := h.item[i]
	for i > 0 {
		p := (i - 1) / 2
		if !h.before(v, h.item[p]) {
			break
		}
		h.item[i] = h.item[p]
		h.at[h.item[i]] = int32(i + 1)
		i = p
	}
	h.item[i], h.at[v] = v, int32(i+1)
}

func (h *heap) down(i int) {
	v := h.item[i]
	for {
		c := 2*i + 1
		if c >= len(h.item) {
			break
		}
		if c+1 < len(h.item) && h.before(h.item[c+1], h.item[c]) {
			c++
		}
		if !h.before(h.item[c], v) {
			break
		}
		h.item[i] = h.item[c]
		h.at[h.item[i]] = int32(i + 1)
		i = c
	}
	h.item[i], h.at[v] = v, int32(i+1)
}
