package compiler

// strategyMapping names how networks become images of a chip.
const strategyMapping = "mapping"

// The mappings that a description can choose.
const (
	mapRegisters = "registers" // slices of populations on many cores, decays and thresholds in registers
	mapLayers    = "layers"    // one core of hidden and output neurons
	mapCrossbar  = "crossbar"  // cores of binary crossbars with typed in-axons
	mapTiers     = "tiers"     // every core holds one whole layer
	mapTyped     = "typed"     // cores in fixed point, synapse types by sign, rings with a shift
	mapAddresses = "addresses" // one core without ticks, every source a row of weights
)

// mapping is the passes that serve one value of the strategy.
type mapping struct {
	name   string
	passes []Pass
	order  []Constraint
}

// mappings lists them; what a description leaves open is the first.
func mappings() []mapping {
	return []mapping{
		{mapRegisters, passes[:], order[:]},
		{mapLayers, layerPasses[:], layerOrder[:]},
		{mapCrossbar, crossbarPasses[:], crossbarOrder[:]},
		{mapTiers, tierPasses[:], tierOrder[:]},
		{mapTyped, typedPasses[:], typedOrder[:]},
		{mapAddresses, addressPasses[:], addressOrder[:]},
	}
}

// mapping is the passes of the unit's chip.
func (u *Unit) mapping() mapping {
	all := mappings()
	for _, m := range all {
		if m.name == strategy(u.Family, strategyMapping) {
			return m
		}
	}
	return all[0]
}

// approximate records what the chip does otherwise than the network: a note,
// or a misfit where approximations are refused.
func (u *Unit) approximate(pop, feature, because string) {
	if u.Options.Strict {
		u.misfit(Misfit{pop, -1, feature, 1, 0, "strict: " + because})
		return
	}
	u.note("%s: %s: %s", pop, feature, because)
}

// assumptions refuses what the reader of the file decided, where that is asked.
func (u *Unit) assumptions() {
	for _, a := range u.Net.Assumptions {
		if u.Options.Strict {
			u.misfit(Misfit{"", -1, "assumption " + a.What, 1, 0, "strict: the file does not say it; the reader took " + a.Value + ": " + a.Why})
		}
	}
}

// eachWeight visits the weights of a projection that are not 0, as the network
// has them: sources ascending, targets in the order of the matrix or kernel.
func (q *Proj) eachWeight(visit func(pre, post int, w float64)) {
	if k := q.Src.Kernel; k != nil {
		for j := range k.Sources() {
			k.Each(j, func(post, at int) {
				if k.W[at] != 0 {
					visit(j, post, k.W[at])
				}
			})
		}
		return
	}
	nPre := len(q.Src.W) / max(len(q.Gain), 1)
	for j := range nPre {
		for i := range q.Gain {
			if w := q.Src.W[i*nPre+j]; w != 0 {
				visit(j, i, w)
			}
		}
	}
}
