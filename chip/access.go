package chip

import (
	"fmt"
	"slices"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/count"
)

// Space is a memory of a core that the host can reach between ticks.
type Space uint8

// The spaces. What Word and First of a Place mean in each is in brackets.
const (
	StateWords   Space = iota // of a group [state word, lane]
	Parameters                // of a group [parameter, lane]
	Accumulators              // of the core [port, ticks until it is read x compartments + compartment]
	Modulators                // of the core [0, register]
	Memories                  // of a core without ticks, numbered by the group [0, parts of 32 bits, word after word]
	NumSpaces
)

var spaceNames = [NumSpaces]string{"state", "param", "acc", "mod", "mem"}

// String is the name of the space in commands and errors.
func (s Space) String() string {
	if s < NumSpaces {
		return spaceNames[s]
	}
	return fmt.Sprintf("space(%d)", uint8(s))
}

// Place is where a host access starts: a space of a core, by its number on the
// chip.
type Place struct {
	Space                    Space
	Core, Group, Word, First int
}

// Site is where a neuron of the network sits: its core (an index into
// Image.Cores), compartment, group and lane within the group.
type Site struct{ Core, Comp, Group, Lane int }

// Locate finds neuron index of population pop.
func (img *Image) Locate(pop, index int) (Site, error) {
	if pop < 0 || pop >= len(img.Pops) {
		return Site{}, fmt.Errorf("chip: population %d, the image has %d", pop, len(img.Pops))
	}
	if n := img.Pops[pop].N; index < 0 || index >= n {
		return Site{}, fmt.Errorf("chip: neuron %d of population %q, have %d", index, img.Pops[pop].Name, n)
	}
	for i := range img.Cores {
		for _, r := range img.Cores[i].Runs {
			if r.Pop != pop || index < r.First || index >= r.First+r.N {
				continue
			}
			s := Site{Core: i, Comp: r.Base + index - r.First}
			groups := img.Cores[i].Image.Groups
			for s.Group = range groups {
				if g := &groups[s.Group]; s.Comp < g.Base+g.N {
					s.Lane = s.Comp - g.Base
					break
				}
			}
			return s, nil
		}
	}
	return Site{}, fmt.Errorf("chip: neuron %d of population %q is on no core: it is driven from outside", index, img.Pops[pop].Name)
}

// Graded says whether any core does more with a spike's payload than count the
// spike.
func (img *Image) Graded() bool {
	return slices.ContainsFunc(img.Cores, func(c Core) bool { return c.Image.Payload != core.Plain || c.Image.Event != nil })
}

// Read reads len(dst) consecutive words from a place on and counts them.
func (m *Machine) Read(at Place, dst []int32) error {
	err := m.access(at, len(dst), func(i int, word *int32) { dst[i] = *word })
	if err == nil {
		m.host[count.HostReads] += int64(len(dst))
	}
	return err
}

// EachState visits the state words of all cores with ticks that are not 0: index
// of the core in the image, compartment, word.
func (m *Machine) EachState(visit func(core, comp, word int, value int32)) {
	for i := range m.cores {
		for g, words := range m.Core(i).State.Words {
			x := &m.img.Cores[i].Image.Groups[g]
			for lane := range x.N {
				for w := range words {
					if v := words[w][lane]; v != 0 {
						visit(i, x.Base+lane, w, v)
					}
				}
			}
		}
	}
}

// Peek is a state word of a neuron as it is now. Unlike Read it is no access of
// the host: it counts nothing and wakes no core.
func (m *Machine) Peek(at Site, word int) (int32, error) {
	if at.Core < 0 || at.Core >= len(m.cores) {
		return 0, fmt.Errorf("chip: core index %d, have %d", at.Core, len(m.cores))
	}
	words := m.cores[at.Core].State.Words
	if at.Group < 0 || at.Group >= len(words) || word < 0 || word >= len(words[at.Group]) || at.Lane < 0 || at.Lane >= len(words[at.Group][word]) {
		return 0, fmt.Errorf("chip: word %d of lane %d of group %d of core %d, which does not exist", word, at.Lane, at.Group, m.img.Cores[at.Core].ID)
	}
	return words[at.Group][word][at.Lane], nil
}

// Write is a host write of consecutive words between ticks, counted. A state
// word takes only what its layout can hold. Everything lasts until Reset.
func (m *Machine) Write(at Place, values []int32) error {
	if err := m.access(at, len(values), func(int, *int32) {}); err != nil {
		return err
	}
	if at.Space == StateWords {
		if err := m.hold(at, values); err != nil {
			return err
		}
	}
	if at.Space == Parameters {
		if err := m.ownRow(at); err != nil {
			return err
		}
	}
	err := m.access(at, len(values), func(i int, word *int32) { *word = values[i] })
	if err == nil && at.Space == Memories {
		if c, err := m.coreByID(at.Core); err == nil {
			c.Event().State.Shift.Wrote(at.Group)
		}
	}
	if err == nil && at.Space == StateWords {
		if c, err := m.coreByID(at.Core); err == nil {
			c.Keep()
		}
	}
	if err == nil {
		m.host[count.HostWrites] += int64(len(values))
	}
	return err
}

// Modulate is a broadcast write: modulator k of core coreID, or of every core
// if coreID is below 0. It counts as one word, because one word is sent.
func (m *Machine) Modulate(coreID, k int, value int32) error {
	if k < 0 || k >= isa.NumMOD {
		return fmt.Errorf("chip: modulator %d, need 0..%d", k, isa.NumMOD-1)
	}
	if coreID >= 0 {
		return m.Write(Place{Space: Modulators, Core: coreID, First: k}, []int32{value})
	}
	for i, c := range m.cores {
		m.touch(i)
		c.State.Mods[k] = value
	}
	m.host[count.HostWrites]++
	return nil
}

func (m *Machine) coreByID(id int) (*core.Core, error) {
	i, ok := slices.BinarySearchFunc(m.img.Cores, id, func(c Core, id int) int { return c.ID - id })
	if !ok {
		return nil, fmt.Errorf("chip: core %d is not in use", id)
	}
	m.touch(i)
	return m.cores[i], nil
}

// access visits n words from a place on.
func (m *Machine) access(at Place, n int, visit func(i int, word *int32)) error {
	c, err := m.coreByID(at.Core)
	if err != nil {
		return err
	}
	if at.Space == Memories {
		return accessMemory(c, at, n, visit)
	}
	row, err := spaceRow(c, at)
	if err != nil {
		return err
	}
	if at.Space == Parameters && len(row) == 1 { // the same for the whole group; Write has made it a row of its own
		row = slices.Repeat(row, c.Image.Groups[at.Group].N)
	}
	if at.First < 0 || at.First > len(row) || n > len(row)-at.First {
		return fmt.Errorf("chip: core %d, %s: words %d..%d, have %d", at.Core, at.Space, at.First, at.First+n-1, len(row))
	}
	for i := range n {
		k := at.First + i
		if at.Space == Accumulators { // First counts from the slot that is read next
			k = (k + int(c.State.Tick%int64(c.Image.Ring))*c.Image.N) % len(row)
		}
		visit(i, &row[k])
	}
	return nil
}

// spaceRow is the array that a place lies in.
func spaceRow(c *core.Core, at Place) ([]int32, error) {
	s := &c.State
	if (at.Space == StateWords || at.Space == Parameters) && (at.Group < 0 || at.Group >= len(s.Words)) {
		return nil, fmt.Errorf("chip: core %d has no group %d, have %d", at.Core, at.Group, len(s.Words))
	}
	var rows [][]int32
	switch at.Space {
	case StateWords:
		rows = s.Words[at.Group]
	case Parameters:
		rows = s.Params[at.Group]
	case Accumulators:
		rows = s.Acc
	case Modulators:
		rows = [][]int32{s.Mods[:]}
	default:
		return nil, fmt.Errorf("chip: core %d has no %s", at.Core, at.Space)
	}
	if at.Word < 0 || at.Word >= len(rows) {
		return nil, fmt.Errorf("chip: core %d, group %d has no %s %d, have %d", at.Core, at.Group, at.Space, at.Word, len(rows))
	}
	return rows[at.Word], nil
}

// hold refuses values that a state word cannot hold.
func (m *Machine) hold(at Place, values []int32) error {
	c, err := m.coreByID(at.Core)
	if err != nil {
		return err
	}
	if _, err := spaceRow(c, at); err != nil {
		return err
	}
	l := c.Image.Groups[at.Group].State[at.Word]
	for i, v := range values {
		if l.Apply(int64(v)) != v {
			return fmt.Errorf("chip: core %d, group %d, state word %d: value %d is %d, which does not fit %d bits, %s", at.Core, at.Group, at.Word, i, v, l.Width, l.Over)
		}
	}
	return nil
}

// ownRow gives a group a row of parameters that the host may write: rows are
// replaced and not changed, because images and snapshots share them.
func (m *Machine) ownRow(at Place) error {
	c, err := m.coreByID(at.Core)
	if err != nil {
		return err
	}
	row, err := spaceRow(c, at)
	if err != nil {
		return err
	}
	own := make([]int32, c.Image.Groups[at.Group].N)
	for i := range own {
		own[i] = row[min(i, len(row)-1)]
	}
	c.State.Params[at.Group][at.Word] = own
	return nil
}

// Sites are the places of all neurons of a population, by index; nil if it is
// driven from outside. A neuron that is on no core has core -1.
func (img *Image) Sites(pop int) []Site {
	if pop < 0 || pop >= len(img.Pops) || img.Pops[pop].Input {
		return nil
	}
	out := make([]Site, img.Pops[pop].N)
	for i := range out {
		out[i].Core = -1
	}
	for i := range img.Cores {
		groups := img.Cores[i].Image.Groups
		for _, r := range img.Cores[i].Runs {
			if r.Pop != pop {
				continue
			}
			g := 0
			for k := range r.N {
				for len(groups) > 0 && r.Base+k >= groups[g].Base+groups[g].N {
					g++
				}
				s := Site{Core: i, Comp: r.Base + k, Group: g, Lane: r.Base + k}
				if len(groups) > 0 {
					s.Lane -= groups[g].Base
				}
				out[r.First+k] = s
			}
		}
	}
	return out
}
