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

// places is a field of [tick, core, neuron] rows as triples of core * widest +
// neuron.
func (d *doc) places(name string, ticks int, sizes []int, widest int) (lists, error) {
	return d.triples(name, ticks, func(core, neuron int64) (int32, bool) {
		return int32(int(core)*widest + int(neuron)), core >= 0 && core < int64(len(sizes)) && neuron >= 0 && neuron < int64(sizes[core])
	})
}

// triples is a field of [tick, a, b] rows, ticks from 1, in any order within a
// tick, as sorted lists per tick of the numbers that index gives; it says no to
// an a or b that does not exist.
func (d *doc) triples(name string, ticks int, index func(a, b int64) (int32, bool)) (lists, error) {
	per := make([][]int32, ticks)
	var line []int64
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if i == maxCells {
			return d.fail(name, "", fmt.Sprintf("at most %d rows", maxCells), "more")
		}
		if line, err = d.row(name, c.value(), where, 3, -maxCells, maxCells, line[:0]); err != nil {
			return err
		}
		x, ok := index(line[1], line[2])
		if t := line[0]; t < 1 || t > int64(ticks) || !ok {
			return d.fail(name, where, fmt.Sprintf("a tick of 1..%d and a place that exists", ticks), fmt.Sprint(line))
		}
		per[line[0]-1] = append(per[line[0]-1], x)
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
