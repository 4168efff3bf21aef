package conform

import (
	"fmt"
	"slices"
)

// pairs is a field of [tick, index] rows, ticks from 1 and ascending, indices
// of 0..n-1 ascending within a tick, as lists per tick.
func (d *doc) pairs(name string, ticks, n int) (lists, error) {
	l := lists{off: []int{0}}
	var line []int64
	last := int64(0)
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if line, err = d.row(name, c.value(), where, 2, 0, maxCells, line[:0]); err != nil {
			return err
		}
		t, x := line[0], line[1]
		at := int64(len(l.off))
		switch {
		case t < 1 || t > int64(ticks) || x >= int64(n):
			return d.fail(name, where, fmt.Sprintf("a tick of 1..%d and an index below %d", ticks, n), fmt.Sprintf("%d and %d", t, x))
		case t < at || t == at && len(l.flat) > l.off[at-1] && x <= last:
			return d.fail(name, where, "ascending rows", fmt.Sprintf("tick %d, index %d", t, x))
		case len(l.flat) == maxCells:
			return d.fail(name, "", fmt.Sprintf("at most %d rows", maxCells), "more")
		}
		for int64(len(l.off)) < t {
			l.off = append(l.off, len(l.flat))
		}
		l.flat, last = append(l.flat, int32(x)), x
		return nil
	})
	for len(l.off) <= ticks {
		l.off = append(l.off, len(l.flat))
	}
	return l, err
}

// places is a field of [tick, core, neuron] rows, in any order within a tick,
// as sorted lists of core * widest + neuron per tick.
func (d *doc) places(name string, ticks int, sizes []int, widest int) (lists, error) {
	per := make([][]int32, ticks)
	var line []int64
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if i == maxCells {
			return d.fail(name, "", fmt.Sprintf("at most %d rows", maxCells), "more")
		}
		if line, err = d.row(name, c.value(), where, 3, 0, maxCells, line[:0]); err != nil {
			return err
		}
		t, k, n := line[0], line[1], line[2]
		if t < 1 || t > int64(ticks) || k >= int64(len(sizes)) || n >= int64(sizes[k]) {
			return d.fail(name, where, fmt.Sprintf("a tick of 1..%d, a core below %d and one of its neurons", ticks, len(sizes)), fmt.Sprint(line))
		}
		per[t-1] = append(per[t-1], int32(int(k)*widest+int(n)))
		return nil
	})
	l := lists{off: []int{0}}
	for _, row := range per {
		slices.Sort(row)
		l.flat = append(l.flat, slices.Compact(row)...)
		l.off = append(l.off, len(l.flat))
	}
	return l, err
}

// ragged appends one row of integers per core, of as many entries as it has
// neurons.
func (d *doc) ragged(name string, raw []byte, where string, sizes []int, dst []int64) ([]int64, error) {
	have := 0
	err := d.each(name, raw, where, func(c *cursor, i int) (err error) {
		if have = i + 1; have > len(sizes) {
			return d.fail(name, where, fmt.Sprintf("%d cores", len(sizes)), "more")
		}
		if len(dst) > 4*maxCells {
			return d.fail(name, where, fmt.Sprintf("at most %d numbers", 4*maxCells), "more")
		}
		dst, err = d.row(name, c.value(), join(where, fmt.Sprintf("core %d", i)), sizes[i], -1<<31, 1<<31-1, dst)
		return err
	})
	if err == nil && have != len(sizes) {
		err = d.fail(name, where, fmt.Sprintf("%d cores", len(sizes)), fmt.Sprint(have))
	}
	return dst, err
}
