package nir

import (
	"testing"

	"hillock/compiler/graph"
)

// FuzzParse: no input may panic, and what converts must be a valid network.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"conv1d.nir", "ff_lif.nir", "lif_norse.nir", "two_lif_neurons.nir"} {
		f.Add(unzip(f, name)) // the small ones: mutation is slow on large inputs
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b, "f")
		if err != nil {
			return
		}
		file.Describe()
		for _, o := range []Options{{}, {Dialect: "sinabs"}, {DT: 1e-3, Reset: "subtract-late", Dialect: "nir"}} {
			if d, err := dissolve(file); err != nil || len(d.nodes) > 1000 || d.wide() {
				return
			}
			n, err := ToNetwork(file, o)
			if err != nil {
				continue
			}
			r, err := graph.NewRun(n)
			if err != nil {
				t.Fatalf("converted, but %v", err)
			}
			r.Step(nil)
		}
	})
}

// wide: a network too large to try thousands of times.
func (d *flat) wide() bool {
	total := 0
	for _, n := range d.nodes {
		total += n.out
	}
	return total > 2000
}
