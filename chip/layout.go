package chip

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"hillock/core"
)

// Layout says how the cores of a chip with ticks lie in the memories of its
// design, bit by bit: what an exported memory image needs. It changes nothing
// of a run. Chips without ticks have layouts in their event section.
type Layout struct {
	Sizes    []LayoutSize
	Memories []LayoutMemory
	Number   *Expr        // of a core, in names of files; nil = row by row over the tiles in use
	Packet   []LayoutPart // a word that enters the chip; none = it has no packed form
	Source   string
}

// LayoutSize is a parameter of the design that expressions use, such as the
// width of a register; an export may set it otherwise. One named in_axons,
// axon_types or compartments stands in for the core's own number.
type LayoutSize struct {
	Name   string
	Value  *Expr
	Source string
}

// LayoutMemory is a memory of every core that has one of Groups (none = all):
// a word for every compartment of those groups, for every in-axon, or for
// every synapse of its lists.
type LayoutMemory struct {
	Name   string
	File   string // with {n} for the number of the core, {x} and {y} for its tile
	Per    string
	Groups []string
	Radix  int   // 2 or 16
	Words  *Expr // of the design; those behind the core's own are idle. nil = the core's own
	Parts  []LayoutPart
}

// LayoutPart is some bits of a word. Parts of a word are put side by side, the
// first one most significant; a repeated part likewise, or number 0 least
// significant with LowFirst.
type LayoutPart struct {
	Name     string
	Bits     *Expr
	Each     string
	LowFirst bool
	Value    *Expr
	Idle     *Expr // of words behind the core's own; nil = 0
}

// The variables of layouts: those of a core, of a compartment's destination,
// and of a packet. dx, dy are tiles to the east and in the direction of larger
// y, from the sender or, of a packet, from where the host's words enter. columns
// and lines are those of tiles in use, most the compartments of the largest
// core, outputs the neurons of output populations, output the number of a
// compartment among them (outputs if it is none).
var (
	coreNames   = []string{eachAxon, eachType, eachComp, "rows", "x", "y", "columns", "lines", "most", "outputs"}
	destNames   = []string{"sends", "dx", "dy", "axon", "delay", "output"}
	packetNames = []string{"dx", "dy", "axon", "delay", "payload"}
)

// maxLayoutBits bounds the bits of one memory of a core, and maxLayoutPairs
// the pairs of in-axon and compartment of a core that has them side by side.
const (
	maxLayoutBits  = 1 << 28
	maxLayoutPairs = 1 << 24
)

// Packer packs the cores of an image by a layout.
type Packer struct {
	l      *Layout
	img    *Image
	set    map[string]int64 // sizes that are set otherwise
	number []int            // of cores, in names of files
	all    map[string]int64 // what cores share
	output []map[int]int64  // per core: numbers of output neurons by compartment
	sizes  []map[string]int64
	pairs  []*pairing
	origin [2]int
}

// NewPacker prepares the layout of an image's family. set gives sizes other
// values.
func NewPacker(f *Family, img *Image, set []RegisterValue) (*Packer, error) {
	switch {
	case f.Layout == nil:
		return nil, fmt.Errorf("chip: description %q has no section layout, which says how its cores lie in memories", f.Name)
	case f.Hash != img.ChipHash:
		return nil, fmt.Errorf("chip: image of chip %s (%.8s), description %s is %.8s: need the one that it was compiled for", img.Chip, img.ChipHash, f.Name, f.Hash)
	}
	k := &Packer{l: f.Layout, img: img, set: map[string]int64{}, pairs: make([]*pairing, len(img.Cores))}
	if f.Routers != nil {
		k.origin = [2]int{f.Routers.Router.Host.X, f.Routers.Router.Host.Y}
	}
	for _, s := range set {
		if !slices.ContainsFunc(k.l.Sizes, func(x LayoutSize) bool { return x.Name == s.Name }) {
			return nil, fmt.Errorf("chip: layout of %s has no size %q, have %s", f.Name, s.Name, k.l.sizeNames())
		}
		k.set[s.Name] = s.Value
	}
	k.survey()
	for i := range img.Cores {
		sizes, err := k.sizesOf(i)
		if err != nil {
			return nil, fmt.Errorf("chip: layout of %s: %w", f.Name, err)
		}
		k.sizes = append(k.sizes, sizes)
	}
	if err := k.count(); err != nil {
		return nil, fmt.Errorf("chip: layout of %s: %w", f.Name, err)
	}
	return k, nil
}

// survey counts what cores share.
func (k *Packer) survey() {
	columns, lines, most, outputs := 0, 0, 0, int64(0)
	first := make([]int64, len(k.img.Pops))
	for p := range k.img.Pops {
		if first[p] = -1; k.img.Pops[p].Output {
			first[p], outputs = outputs, outputs+int64(k.img.Pops[p].N)
		}
	}
	for i := range k.img.Cores {
		c := &k.img.Cores[i]
		x, y := k.img.Mesh.XY(c.ID)
		columns, lines, most = max(columns, x+1), max(lines, y+1), max(most, c.Image.N)
		of := map[int]int64{}
		for _, r := range c.Runs {
			for j := range r.N {
				if first[r.Pop] >= 0 {
					of[r.Base+j] = first[r.Pop] + int64(r.First+j)
				}
			}
		}
		k.output = append(k.output, of)
	}
	k.all = map[string]int64{"columns": int64(columns), "lines": int64(lines), "most": int64(most), "outputs": outputs}
}

func (l *Layout) sizeNames() string {
	names := make([]string, len(l.Sizes))
	for i, s := range l.Sizes {
		names[i] = s.Name
	}
	return fmt.Sprintf("%q", names)
}

// sizesOf are the variables of a core.
func (k *Packer) sizesOf(i int) (map[string]int64, error) {
	c := &k.img.Cores[i]
	x, y := k.img.Mesh.XY(c.ID)
	types := 0
	for b := range c.Image.Crossbars {
		types = max(types, len(c.Image.Crossbars[b].Mant))
	}
	v := map[string]int64{eachAxon: int64(len(c.Image.Axons)), eachType: int64(types), eachComp: int64(c.Image.N), "rows": int64(c.Image.Rows), "x": int64(x), "y": int64(y)}
	maps.Copy(v, k.all)
	first := spot{k: k, core: i}
	look := func(name string) (int64, bool) {
		if x, ok := v[name]; ok {
			return x, true
		}
		return first.compartment(name)
	}
	for _, s := range k.l.Sizes {
		value, ok := k.set[s.Name]
		if !ok {
			var err error
			if value, err = s.Value.Eval(look); err != nil {
				return nil, fmt.Errorf("size %s: %w", s.Name, err)
			}
		}
		if own, ok := v[s.Name]; ok && value < own {
			return nil, fmt.Errorf("size %s is %d, core %d of the image has %d", s.Name, value, i, own)
		}
		v[s.Name] = value
	}
	return v, nil
}

func lookIn(v map[string]int64) func(string) (int64, bool) {
	return func(name string) (int64, bool) { x, ok := v[name]; return x, ok }
}

// Memories are the layout's memories.
func (k *Packer) Memories() []LayoutMemory { return k.l.Memories }

// Packets says whether words that enter have a packed form.
func (k *Packer) Packets() bool { return len(k.l.Packet) > 0 }

// Number is the number of a core in names of files.
func (k *Packer) Number(i int) int { return k.number[i] }

// count gives cores their numbers.
func (k *Packer) count() error {
	for i := range k.img.Cores {
		x, y := k.img.Mesh.XY(k.img.Cores[i].ID)
		n := int64(x + y*int(k.all["columns"]))
		if k.l.Number != nil {
			var err error
			if n, err = k.l.Number.Eval(lookIn(k.sizes[i])); err != nil {
				return fmt.Errorf("number of a core: %w", err)
			}
		}
		if n < 0 || n > 1<<24 || slices.Contains(k.number, int(n)) {
			return fmt.Errorf("number %d of the core of tile %d, %d, need one of 0..%d of its own", n, x, y, 1<<24)
		}
		k.number = append(k.number, int(n))
	}
	return nil
}

// File is the name of a memory's file of a core.
func (k *Packer) File(m *LayoutMemory, i int) string {
	x, y := k.img.Mesh.XY(k.img.Cores[i].ID)
	return strings.NewReplacer("{n}", fmt.Sprintf("%03d", k.Number(i)), "{x}", strconv.Itoa(x), "{y}", strconv.Itoa(y)).Replace(m.File)
}

// items are the compartments, in-axons or synapses of a core that a memory has words of.
func (k *Packer) items(m *LayoutMemory, i int) []int {
	img := k.img.Cores[i].Image
	var out []int
	if len(m.Groups) > 0 && !slices.ContainsFunc(img.Groups, func(g core.Group) bool { return slices.Contains(m.Groups, g.Name) }) {
		return nil
	}
	if m.Per != perCompartment {
		n := len(img.Axons)
		if m.Per == perSynapse {
			n = img.Synapses()
		}
		for a := range n {
			out = append(out, a)
		}
		return out
	}
	for g := range img.Groups {
		if len(m.Groups) == 0 || slices.Contains(m.Groups, img.Groups[g].Name) {
			for n := range img.Groups[g].N {
				out = append(out, img.Groups[g].Base+n)
			}
		}
	}
	return out
}

// First is the compartment that word 0 of a memory is about, if the words are
// about one compartment after the other; -1 if they are not.
func (k *Packer) First(m *LayoutMemory, i int) int {
	items := k.items(m, i)
	if m.Per != perCompartment || len(items) == 0 || items[len(items)-1]-items[0] != len(items)-1 {
		return -1
	}
	return items[0]
}

// Changes says whether words of the memory hold state.
func (k *Packer) Changes(m *LayoutMemory, i int) bool {
	return slices.ContainsFunc(m.Parts, func(p LayoutPart) bool {
		return slices.ContainsFunc(p.Value.Vars(), func(v string) bool {
			return slices.ContainsFunc(k.img.Cores[i].Image.Groups, func(g core.Group) bool { return slices.Contains(g.Words, v) })
		})
	})
}

// Words packs a memory of core i; state gives a state word of a compartment.
// The first result is empty if the core has no such memory.
func (k *Packer) Words(m *LayoutMemory, i int, state func(group, word, lane int) int32) ([]*big.Int, int, error) {
	bits, err := k.bitsOf(m.Parts, i)
	items := k.items(m, i)
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("chip: memory %s: %w", m.Name, err)
	case len(items) == 0:
		return nil, 0, nil
	case bits*len(items) > maxLayoutBits:
		return nil, 0, fmt.Errorf("chip: memory %s of core %d: %d words of %d bits, need at most %d bits", m.Name, k.Number(i), len(items), bits, maxLayoutBits)
	}
	out := make([]*big.Int, len(items))
	for n, item := range items {
		at := spot{k: k, core: i, state: state, comp: item, axon: -1}
		switch m.Per {
		case perAxon:
			at.comp, at.axon = -1, item
		case perSynapse:
			at.comp, at.syn = -1, &k.img.Cores[i].Image.List(uint32(item), 1, nil)[0]
		}
		if out[n], err = at.word(m.Parts); err != nil {
			return nil, 0, fmt.Errorf("chip: memory %s of core %d, word %d: %w", m.Name, k.Number(i), n, err)
		}
	}
	out, err = k.pad(m, i, out, bits)
	return out, bits, err
}

// pad adds the words of the design behind the core's own.
func (k *Packer) pad(m *LayoutMemory, i int, out []*big.Int, bits int) ([]*big.Int, error) {
	if m.Words == nil {
		return out, nil
	}
	n, err := m.Words.Eval(lookIn(k.sizes[i]))
	if most := int64(maxLayoutBits / max(bits, 64)); err == nil && (n < int64(len(out)) || n > most) {
		err = fmt.Errorf("%d words in the design, need %d..%d", n, len(out), most)
	}
	if err != nil {
		return nil, fmt.Errorf("chip: memory %s of core %d: %w", m.Name, k.Number(i), err)
	}
	if int64(len(out)) == n {
		return out, nil
	}
	at := spot{k: k, core: i, comp: -1, axon: -1, idle: true}
	w, err := at.word(m.Parts)
	if err != nil {
		return nil, fmt.Errorf("chip: memory %s of core %d, idle word: %w", m.Name, k.Number(i), err)
	}
	for int64(len(out)) < n {
		out = append(out, w)
	}
	return out, nil
}

// bitsOf is the number of bits of a word.
func (k *Packer) bitsOf(parts []LayoutPart, i int) (int, error) {
	bits := int64(0)
	for _, p := range parts {
		w, err := p.Bits.Eval(lookIn(k.sizes[i]))
		if err != nil {
			return 0, fmt.Errorf("part %s: %w", p.Name, err)
		}
		n := int64(1)
		if p.Each != "" {
			n = k.sizes[i][p.Each]
		}
		if w < 0 || w > 64 {
			return 0, fmt.Errorf("part %s of %d bits, need 0..64", p.Name, w)
		}
		if bits += w * n; bits > maxLayoutBits {
			return 0, fmt.Errorf("a word of more than %d bits", maxLayoutBits)
		}
	}
	return int(bits), nil
}

// Packet packs a word of the host for an in-axon address of core i.
func (k *Packer) Packet(i, address int, payload int32) (*big.Int, int, error) {
	bits, err := k.bitsOf(k.l.Packet, i)
	if err != nil {
		return nil, 0, fmt.Errorf("chip: packet: %w", err)
	}
	at := spot{k: k, core: i, comp: -1, axon: -1, packet: true, address: address, payload: payload}
	w, err := at.word(k.l.Packet)
	if err != nil {
		return nil, 0, fmt.Errorf("chip: packet to core %d: %w", k.Number(i), err)
	}
	return w, bits, nil
}
