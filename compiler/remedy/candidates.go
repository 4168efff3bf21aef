package remedy

import (
	"math"
	"slices"
	"strings"

	"hillock/compiler"
	"hillock/compiler/graph"
)

// candidate is a change that may help against a misfit. until: it is not tried
// once another of its verb fits, as it changes more.
type candidate struct {
	change Change
	until  bool
}

func (c candidate) verb() string { return c.change.Verb }

// candidates lists what may help against a misfit, exact changes first.
func (s *search) candidates(m compiler.Misfit) []candidate {
	var out []candidate
	add := func(verb, subject string, count int) {
		out = append(out, candidate{Change{verb, subject, count}, verb == "weight-bits" || verb == "effort" || verb == "copies" || verb == "fan-relay" || verb == "prune"})
	}
	switch {
	case size(m.Resource):
		s.sizes(m, add)
	case m.Resource == "delay":
		s.delays(m, add)
	case m.Resource == "weight":
		s.wide(m, add)
	case (m.Resource == "threshold" || m.Resource == "bias") && m.Have > 0:
		s.factors(m, add)
	case m.Resource == "bias" || m.Resource == "start delay":
		add("bias", "none", 0)
	case m.Resource == "membrane floor":
		add("floor", "none", 0)
	case m.Resource == "several spikes per tick":
		add("multispike", "off", 0)
	case m.Resource == "decay":
		add("decay", "clamp", 0)
		add("decay", "none", 0)
	case m.Resource == "reset zero":
		add("reset", "subtract", 0)
	case strings.HasPrefix(m.Resource, "reset "):
		add("reset", "zero", 0)
	}
	if plain(m) && s.several() {
		add("neuron", "plain", 0)
	}
	return out
}

// plain says that a misfit is about what the chip's neuron can do.
func plain(m compiler.Misfit) bool {
	return m.Resource == "membrane floor" || m.Resource == "several spikes per tick" || strings.HasPrefix(m.Resource, "reset ") && m.Resource != "reset zero"
}

// several says that the chip's neuron lacks more than a pair of changes mends.
func (s *search) several() bool {
	var lacks []string
	for _, m := range s.answer.Misfits {
		verb, _, _ := strings.Cut(m.Resource, " ")
		if plain(m) && !slices.Contains(lacks, verb) {
			lacks = append(lacks, verb)
		}
	}
	return len(lacks) > 2
}

// sizes are changes against limits of a core or of the chip.
func (s *search) sizes(m compiler.Misfit, add func(string, string, int)) {
	stuck := m.Core < 0 && m.Resource != "cores"            // one neuron alone is too much for a core
	divided := slices.Contains(s.answer.Unit.Done, "split") // or the chip's mapping knows no effort
	for _, e := range [...]compiler.Effort{compiler.Fast, compiler.Normal} {
		if e > s.base.o.Effort && !stuck && divided && (e == compiler.Fast || s.synapses() < fewSynapses) {
			add("effort", e.String(), 0)
		}
	}
	if m.Resource == "cores" {
		for _, name := range boards(s.base.family) {
			add("chip", name, 0)
		}
	}
	pop := m.Population
	if k := s.popIndex(pop); k >= 0 && m.Resource == "out_axons" {
		for n := int(max(2, (m.Need+m.Have-1)/max(m.Have, 1))); n <= mostRelays && n <= int(4*m.Need/max(m.Have, 1)+2); n *= 2 {
			add("copies", pop, n)
			if s.base.net.Pops[k].Kind != graph.Readout {
				add("fan-relay", pop, n)
			}
		}
	}
	if m.Resource == "synapse_words" || m.Resource == "cores" || m.Resource == "weight_formats" {
		bits := slices.Sorted(slices.Values(s.base.family.Weights.Bits))
		for _, b := range slices.Backward(bits) {
			if b >= leastBits && int(b) < s.bits() {
				add("weight-bits", "", int(b))
			}
		}
	}
	if k := s.popIndex(pop); k >= 0 && m.Core < 0 && (m.Resource == "in_axons" || m.Resource == "synapse_words") {
		for _, keep := range s.keeps(k, m) {
			add("prune", pop, keep)
		}
	}
}

// fewSynapses is up to where a normal partition takes less than a second.
const fewSynapses = 100_000

// synapses is the number of synapses of the first run, those of shared kernels
// counted once.
func (s *search) synapses() int {
	n := 0
	for _, q := range s.base.net.Projs {
		for _, w := range weightsOf(q) {
			if w != 0 {
				n++
			}
		}
	}
	return n
}

// leastBits is the narrowest weight that is tried: a sign and two more.
const leastBits = 3

// bits is the widest weight that the first run stored.
func (s *search) bits() int {
	most := 0
	for i := range s.answer.Unit.Projs {
		most = max(most, s.answer.Unit.Projs[i].Code.Bits)
	}
	return most
}

func (s *search) popIndex(name string) int {
	return slices.IndexFunc(s.base.net.Pops, func(p *graph.Population) bool { return p.Name == name })
}

// keeps is how many weights a neuron may keep: as many as there are in-axons,
// or the share of the memory.
func (s *search) keeps(pop int, m compiler.Misfit) []int {
	most := 0
	for i := range s.base.net.Pops[pop].N {
		n := 0
		for _, q := range s.base.net.Projs {
			if q.Post != pop || q.Kernel != nil {
				continue
			}
			pre := s.base.net.Pops[q.Pre].N
			for _, w := range q.W[i*pre : (i+1)*pre] {
				if w != 0 {
					n++
				}
			}
		}
		most = max(most, n)
	}
	if m.Resource == "in_axons" {
		return []int{int(m.Have), int(m.Have) * 3 / 4, int(m.Have) / 2}
	}
	share := float64(most) * float64(m.Have) / float64(m.Need)
	return positive(int(share), int(share*0.75), int(share*0.5))
}

func positive(v ...int) []int {
	return slices.DeleteFunc(v, func(x int) bool { return x < 1 })
}

// delays are changes against a projection that waits too long.
func (s *search) delays(m compiler.Misfit, add func(string, string, int)) {
	u := s.answer.Unit
	for i := range u.Projs {
		q := &u.Projs[i]
		if u.Net.Pops[q.Src.Post].Name != m.Population || int64(q.Delay) != m.Need || q.Delay <= int(m.Have) {
			continue
		}
		name := projName(s.base.net, i)
		if n := relaysFor(q.Delay, q.Src.Delay, int(m.Have)); n <= mostRelays {
			add("relay", name, n)
		}
		if over := q.Delay - int(m.Have); over <= q.Src.Delay {
			add("clip-delay", name, max(q.Src.Delay-over, 1))
		}
	}
}

// relaysFor is how many relays in a row leave a projection that waits, of
// which own ticks are its own delay, no more than most to wait.
func relaysFor(waits, own, most int) int {
	n := 0
	for waits > most && n <= mostRelays {
		step := min(own, most)
		own -= step
		waits -= 1 + step
		n++
	}
	return n
}

// wide are changes against whole-number weights that are too large.
func (s *search) wide(m compiler.Misfit, add func(string, string, int)) {
	s.factors(m, add)
	for i, q := range s.base.net.Projs {
		if s.base.net.Pops[q.Post].Name != m.Population || m.Have < 1 {
			continue
		}
		most := 0.0
		for _, w := range weightsOf(q) {
			most = max(most, math.Abs(w))
		}
		if int64(most) > m.Have {
			add("split-weights", projName(s.base.net, i), int(math.Ceil(most/float64(m.Have))))
		}
	}
}

// factors divides numbers that have a common factor.
func (s *search) factors(m compiler.Misfit, add func(string, string, int)) {
	k := s.popIndex(m.Population)
	if k < 0 || s.base.net.Pops[k].Kind != graph.Rectifier {
		return
	}
	if g := commonFactor(s.base.net, k); g > 1 && g <= 1<<20 {
		add("divide", m.Population, int(g))
	}
}
