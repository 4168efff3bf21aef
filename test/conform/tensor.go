package conform

import (
	"fmt"
	"math"
	"strconv"
)

// tensor is a field of so many nested lists of numbers, row-major, and the
// lengths of the lists: all lists of a level are equally long, 1 or more.
func (d *doc) tensor(name string, dims int) ([]float64, []int, error) {
	t := &tensor{doc: d, name: name, shape: make([]int, dims)}
	if err := t.level(d.raw(name), 0, ""); err != nil {
		return nil, nil, err
	}
	return t.flat, t.shape, nil
}

type tensor struct {
	doc   *doc
	name  string
	flat  []float64
	shape []int // 0 = not known yet
}

func (t *tensor) level(raw []byte, depth int, where string) error {
	have := 0
	err := t.doc.each(t.name, raw, where, func(c *cursor, i int) error {
		have = i + 1
		at := join(where, fmt.Sprintf("entry %d", i))
		if depth+1 < len(t.shape) {
			return t.level(c.value(), depth+1, at)
		}
		text := c.value()
		x, err := strconv.ParseFloat(string(text), 64)
		switch {
		case err != nil || math.IsNaN(x) || math.IsInf(x, 0):
			return t.doc.fail(t.name, at, "a number", describe(text))
		case len(t.flat) >= maxCells:
			return t.doc.fail(t.name, at, fmt.Sprintf("at most %d numbers", maxCells), "more")
		}
		t.flat = append(t.flat, x)
		return nil
	})
	if err != nil {
		return err
	}
	if t.shape[depth] == 0 {
		t.shape[depth] = have
	}
	if have == 0 || have != t.shape[depth] {
		return t.doc.fail(t.name, where, fmt.Sprintf("%d entries, at least 1", t.shape[depth]), fmt.Sprint(have))
	}
	return nil
}
