package convert

import (
	"hillock/compiler/graph"
)

// start puts a run at the start of an inference: at rest, membranes at V0.
func start(n *graph.Network, r *graph.Run) {
	r.Reset()
	for k, p := range n.Pops {
		copy(r.V[k], p.V0)
	}
}
