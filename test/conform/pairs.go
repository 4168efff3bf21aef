package conform

import "fmt"

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
