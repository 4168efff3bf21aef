package chip

import (
	"fmt"

	"hillock/isa/count"
)

// ReadState reads the state word Read-1 of every neuron of population pop into
// dst (length N) and counts the host's reads. It is for use between ticks.
func (m *Machine) ReadState(pop int, dst []int32) error {
	p, err := m.population(pop, len(dst))
	if err != nil {
		return err
	}
	if p.Read == 0 {
		return fmt.Errorf("chip: population %q is read by its spikes, it names no state word", p.Name)
	}
	return m.each(pop, func(core, group, lane, neuron, n int) error {
		words := m.cores[core].State.Words[group]
		if p.Read > len(words) {
			return fmt.Errorf("chip: state word %d of population %q, its group has %d", p.Read-1, p.Name, len(words))
		}
		copy(dst[neuron:neuron+n], words[p.Read-1][lane:lane+n])
		m.host[count.HostReads] += int64(n)
		return nil
	})
}

// SetParam is a host write between ticks: parameter word param of the neurons
// of population pop gets values (length N). It lasts until Reset.
func (m *Machine) SetParam(pop, param int, values []int32) error {
	if _, err := m.population(pop, len(values)); err != nil {
		return err
	}
	return m.each(pop, func(core, group, lane, neuron, n int) error {
		c := m.cores[core]
		grp := &c.Image.Groups[group]
		if lane == 0 && n == grp.N {
			return c.SetParam(group, param, values[neuron:neuron+n])
		}
		return fmt.Errorf("chip: population %d shares a group of core %d, need groups of its own", pop, core)
	})
}

// CountMultiplies adds multiply-accumulates that the host did for its inputs.
func (m *Machine) CountMultiplies(n int64) { m.host[count.HostMultiplies] += n }

func (m *Machine) population(pop, have int) (*Population, error) {
	if pop < 0 || pop >= len(m.img.Pops) {
		return nil, fmt.Errorf("chip: population %d, the image has %d", pop, len(m.img.Pops))
	}
	p := &m.img.Pops[pop]
	if have != p.N {
		return nil, fmt.Errorf("chip: %d values for population %q, need %d", have, p.Name, p.N)
	}
	return p, nil
}

// each visits the pieces of a population that lie within one group: its core,
// group, first lane in the group, first neuron and length.
func (m *Machine) each(pop int, visit func(core, group, lane, neuron, n int) error) error {
	for i := range m.img.Cores {
		for _, r := range m.img.Cores[i].Runs {
			if r.Pop != pop {
				continue
			}
			m.touch(i)
			for g := range m.cores[i].Image.Groups {
				grp := &m.cores[i].Image.Groups[g]
				lo, hi := max(r.Base, grp.Base), min(r.Base+r.N, grp.Base+grp.N)
				if lo >= hi {
					continue
				}
				if err := visit(i, g, lo-grp.Base, r.First+lo-r.Base, hi-lo); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
