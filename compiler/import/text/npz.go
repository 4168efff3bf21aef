package text

import (
	"math"
	"strings"

	"hillock/internal/dataset"
)

// Open gives the bytes of a file that stands beside the network.
type Open func(name string) ([]byte, error)

// npz reads a matrix of an array file beside the network: a row per source, an
// entry per target. NaN and, where nothing learns, 0 are no synapse.
func (d *decoder) npz(n *node, p *projection, delay int32) {
	file, array := "", ""
	d.object(n, "weights from npz",
		field{"file", true, d.text(&file, "file")},
		field{"array", true, d.text(&array, "array")})
	if d.err != nil {
		return
	}
	at := n.member("file").at
	switch {
	case strings.ContainsAny(file, `/\:`) || file == "." || file == "..":
		d.fail(at, "file %q, need the name of a file beside the network", file)
		return
	case d.open == nil:
		d.fail(at, "file %q: this network has no place where files could stand beside it", file)
		return
	}
	b, err := d.open(file)
	if err != nil {
		d.fail(at, "%w", err)
		return
	}
	arrays, err := dataset.ReadNpz(b, file)
	if err != nil {
		d.fail(at, "%w", err)
		return
	}
	a := dataset.Find(arrays, array)
	if a == nil {
		d.fail(n.member("array").at, "%s has no array %q", file, array)
		return
	}
	if len(a.Shape) != 2 || a.Shape[0] != p.pre.N || a.Shape[1] != p.post.N {
		d.fail(n.member("array").at, "array %q has shape %v, need [%d %d]: a row per neuron of %q", array, a.Shape, p.pre.N, p.post.N, p.pre.Name)
		return
	}
	for k, w := range a.Float64s() {
		i, j := k/p.post.N, k%p.post.N
		switch {
		case math.IsNaN(w):
			continue
		case math.IsInf(w, 0) || d.plain < 0 && (w != math.Trunc(w) || math.Abs(w) > math.MaxInt32):
			d.fail(n.at, "array %q, entry [%d %d] is %g, need a whole number of 32 bits, or any finite one of a neutral network", array, i, j, w)
		}
		if d.take(p, i, j, delay, w, n.at); d.err != nil {
			return
		}
	}
}
