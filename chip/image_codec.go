package chip

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/fixed"
)

// ImageMagic starts every image file; its last byte is the format version.
const ImageMagic = "hillock image\x00\x00\x03"

// An image file is the magic, then sections: a four-letter tag, the length of
// the payload (64 bits, little-endian), its CRC-32C (32 bits), the payload.
// Sections come in the order CHIP, POPS, RTRS (only if packets go through
// described routers), CORE (one per core), XBAR (only if a
// core has a crossbar), ROWS (only if a core has an axon store), RLAY (only if a
// core has relays, kept ports or payloads that repeat), SERV (only if a core
// serves its events in another way than most, see coreService), LRNG (only if a
// core learns), PAST (only if a plan looks at the past), MODU (only if a population
// drives a modulator), EVNT (only if a core has no ticks), NETW (only if the network
// between tiles is described), ASID (only if a compiler added neurons), BORD (only
// on a board of several chips), WIRE (only on a board of chips without ticks), FRAM (only if it says how a host shows samples), INPT, ENRG, META. The bytes are canonical: equal images
// have equal bytes, and a file whose bytes are not canonical is refused.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type section struct {
	tag  string
	each func(*codec)
}

type optional struct {
	there bool
	section
}

// optional are the sections that an image may lack, in the order of a file.
func (img *Image) optional() []optional {
	return []optional{
		{len(img.crossbars()) > 0, section{"XBAR", img.codeCrossbars}},
		{len(img.rows()) > 0, section{"ROWS", img.codeRows}},
		{len(img.relays()) > 0, section{"RLAY", img.codeRelays}},
		{len(img.services()) > 0, section{"SERV", img.codeServices}},
		{len(img.learning()) > 0, section{"LRNG", img.codeLearning}},
		{len(img.pasts()) > 0, section{"PAST", img.codePasts}},
		{len(img.Modulators) > 0, section{"MODU", img.codeModulators}},
		{len(img.events()) > 0, section{"EVNT", img.codeEvents}},
		{img.Latency.Network.Described(), section{"NETW", img.codeNetwork}},
		{len(img.aside()) > 0, section{"ASID", img.codeAside}},
		{img.Mesh.ChipX > 0, section{"BORD", img.codeBoard}},
		{len(img.Parts)+len(img.Wires) > 0, section{"WIRE", img.codeWires}},
		{img.Frame != nil, section{"FRAM", img.codeFrame}},
	}
}

func (img *Image) sections() []section {
	out := []section{{"CHIP", img.codeChip}, {"POPS", img.codePops}}
	if img.Routers != nil {
		out = append(out, section{"RTRS", img.codeRouters})
	}
	for i := range img.Cores {
		out = append(out, section{"CORE", img.Cores[i].code})
	}
	for _, o := range img.optional() {
		if o.there {
			out = append(out, o.section)
		}
	}
	return append(out, section{"INPT", img.codeInputs}, section{"ENRG", img.codeEnergy}, section{"META", img.codeMeta})
}

// Encode gives the canonical bytes of an image.
func (img *Image) Encode() []byte {
	out := []byte(ImageMagic)
	for _, s := range img.sections() {
		out = s.append(out)
	}
	return out
}

// append writes a section behind out.
func (s *section) append(out []byte) []byte {
	at := len(out)
	c := &codec{write: true, buf: append(append(out, s.tag...), make([]byte, 12)...)}
	s.each(c)
	payload := c.buf[at+16:]
	binary.LittleEndian.PutUint64(c.buf[at+4:], uint64(len(payload)))
	binary.LittleEndian.PutUint32(c.buf[at+12:], crc32.Checksum(payload, castagnoli))
	return c.buf
}

// Hash is the first 128 bits of SHA-256 over the canonical bytes.
func Hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// DecodeImage reads and checks an image file. Name is for errors.
func DecodeImage(b []byte, name string) (*Image, error) {
	if !bytes.HasPrefix(b, []byte(ImageMagic)) {
		return nil, fmt.Errorf("%s: chip: no image signature at byte 0 (file of %d bytes)", name, len(b))
	}
	img := &Image{}
	if err := img.decode(b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := img.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !img.isEncodedAs(b) {
		return nil, fmt.Errorf("%s: chip: image bytes are not canonical", name)
	}
	return img, nil
}

// isEncodedAs says whether b are the canonical bytes, section by section, so
// that no second copy of a large file is made.
func (img *Image) isEncodedAs(b []byte) bool {
	b = b[len(ImageMagic):]
	var buf []byte
	for _, s := range img.sections() {
		buf = s.append(buf[:0])
		if !bytes.HasPrefix(b, buf) {
			return false
		}
		b = b[len(buf):]
	}
	return len(b) == 0
}

func (img *Image) decode(b []byte) error {
	pos := len(ImageMagic)
	next := func(tag string, each func(*codec)) error {
		payload, err := readSection(b, pos, "image", tag)
		if err != nil {
			return err
		}
		pos += 16 + len(payload)
		c := &codec{buf: payload, where: "image section " + tag}
		each(c)
		if c.err == nil && c.pos != len(payload) {
			c.fail("the end of the section", fmt.Sprintf("%d more bytes", len(payload)-c.pos))
		}
		return c.err
	}
	for _, s := range []section{{"CHIP", img.codeChip}, {"POPS", img.codePops}} {
		if err := next(s.tag, s.each); err != nil {
			return err
		}
	}
	if pos+4 <= len(b) && string(b[pos:pos+4]) == "RTRS" {
		if err := next("RTRS", img.codeRouters); err != nil {
			return err
		}
	}
	for pos+4 <= len(b) && string(b[pos:pos+4]) == "CORE" {
		var c Core
		if err := next("CORE", c.code); err != nil {
			return err
		}
		img.Cores = append(img.Cores, c)
	}
	for _, s := range img.optional() {
		if pos+4 > len(b) || string(b[pos:pos+4]) != s.tag {
			continue
		}
		if err := next(s.tag, s.each); err != nil {
			return err
		}
	}
	for _, s := range []section{{"INPT", img.codeInputs}, {"ENRG", img.codeEnergy}, {"META", img.codeMeta}} {
		if err := next(s.tag, s.each); err != nil {
			return err
		}
	}
	if pos != len(b) {
		return fmt.Errorf("chip: image byte %d: need the end of the file, have %d more bytes", pos, len(b)-pos)
	}
	return nil
}

func readSection(b []byte, pos int, file, tag string) ([]byte, error) {
	if len(b)-pos < 16 {
		return nil, fmt.Errorf("chip: %s byte %d: need the header of section %s (16 bytes), have %d bytes", file, pos, tag, len(b)-pos)
	}
	if have := string(b[pos : pos+4]); have != tag {
		return nil, fmt.Errorf("chip: %s byte %d: need section %s, have %q", file, pos, tag, have)
	}
	n := binary.LittleEndian.Uint64(b[pos+4:])
	if n > uint64(len(b)-pos-16) {
		return nil, fmt.Errorf("chip: %s byte %d: section %s of %d bytes, have %d", file, pos, tag, n, len(b)-pos-16)
	}
	payload := b[pos+16 : pos+16+int(n)]
	if want, have := binary.LittleEndian.Uint32(b[pos+12:]), crc32.Checksum(payload, castagnoli); want != have {
		return nil, fmt.Errorf("chip: %s byte %d: section %s has checksum %08x, need %08x: the file is damaged", file, pos, tag, have, want)
	}
	return payload, nil
}

// codeBoard codes the section BORD: the tiles of one chip.
func (img *Image) codeBoard(c *codec) {
	integer(c, &img.Mesh.ChipX, "tiles of a chip in a row")
	integer(c, &img.Mesh.ChipY, "rows of tiles of a chip")
}

func (img *Image) codeChip(c *codec) {
	c.text(&img.Chip, "chip name")
	c.text(&img.ChipHash, "chip hash")
	list(c, &img.Fidelity, 4, "fidelity labels", func(f *Fidelity) {
		c.text(&f.Feature, "feature")
		c.text(&f.Label, "label")
		c.text(&f.Against, "reference")
		c.text(&f.Source, "source")
	})
	integer(c, &img.Mesh.X, "mesh width")
	integer(c, &img.Mesh.Y, "mesh height")
	integer(c, &img.Mesh.CoresPerTile, "cores per tile")
	c.flag(&img.Mesh.ColumnMajor)
	list(c, &img.Latency.PerEvent, 4, "latencies", func(e *EventTime) {
		c.text(&e.Event, "event")
		integer(c, &e.Fs, "femtoseconds")
		c.text(&e.Stage, "stage")
		c.text(&e.Source, "source")
	})
	list(c, &img.Latency.Sync, 2, "barrier times", func(s *SyncTime) {
		integer(c, &s.Tiles, "tiles")
		integer(c, &s.Fs, "femtoseconds")
	})
	c.text(&img.Latency.Source, "source")
}

func (img *Image) codePops(c *codec) {
	list(c, &img.Pops, 7, "populations", func(p *Population) {
		c.text(&p.Name, "population name")
		integer(c, &p.N, "neurons")
		c.flag(&p.Input)
		c.flag(&p.Output)
		integer(c, &p.Depth, "depth")
		integer(c, &p.Read, "state word read")
		integer(c, &p.Window, "window")
	})
}

func (img *Image) codeInputs(c *codec) {
	list(c, &img.Inputs, 3, "input maps", func(in *InputMap) {
		integer(c, &in.Pop, "population")
		ints(c, &in.Off, "offsets")
		list(c, &in.Dst, 2, "input targets", func(t *Target) {
			integer(c, &t.Core, "core")
			integer(c, &t.Axon, "in-axon")
		})
	})
}

func (img *Image) codeEnergy(c *codec) {
	s := string(img.Energy)
	c.text(&s, "energy table")
	if !c.write && len(s) > 0 {
		img.Energy = []byte(s)
	}
}

func (img *Image) codeMeta(c *codec) {
	list(c, &img.Meta, 2, "provenance lines", func(k *KV) {
		c.text(&k.Key, "key")
		c.text(&k.Value, "value")
	})
}

func (k *Core) code(c *codec) {
	integer(c, &k.ID, "core number")
	list(c, &k.Runs, 4, "neuron runs", func(r *Run) {
		integer(c, &r.Pop, "population")
		integer(c, &r.First, "neuron")
		integer(c, &r.Base, "compartment")
		integer(c, &r.N, "neurons")
	})
	if !c.write {
		k.Image = &core.Image{}
	}
	codeCore(c, k.Image)
}

func codeCore(c *codec, m *core.Image) {
	integer(c, &m.N, "compartments")
	integer(c, &m.Ring, "ring slots")
	list(c, &m.Ports, 5, "ports", func(p *core.Port) {
		codeLayout(c, &p.Acc)
		integer(c, &p.When, "overflow moment")
		integer(c, &p.ReadShift, "read shift")
		c.flag(&p.Bucket)
	})
	integer(c, &m.Payload, "payload mode")
	list(c, &m.Groups, 11, "groups", func(g *core.Group) { codeGroup(c, g) })
	list(c, &m.Formats, 4, "weight formats", func(f *core.Format) {
		integer(c, &f.Lsb, "lsb")
		integer(c, &f.Exp, "exponent")
		integer(c, &f.Scale, "scale")
		integer(c, &f.Clip, "clip")
	})
	list(c, &m.Draws, 2, "draw formats", func(d *core.DrawFormat) {
		integer(c, &d.Lo, "low")
		integer(c, &d.Hi, "high")
	})
	list(c, &m.Axons, 7, "in-axons", func(a *core.Axon) {
		integer(c, &a.Off, "offset")
		integer(c, &a.N, "synapses")
		integer(c, &a.Format, "format")
		integer(c, &a.Port, "port")
		c.flag(&a.Dense)
		integer(c, &a.Words, "words")
		integer(c, &a.Kernel, "kernel")
	})
	codeSynapses(c, m)
	list(c, &m.Kernels, 19, "kernels", func(k *core.Kernel) { codeKernel(c, k) })
	ints(c, &m.OutOff, "out-axon offsets")
	list(c, &m.Out, 2, "out-axons", func(o *core.OutAxon) {
		integer(c, &o.Box, "box")
		integer(c, &o.Axon, "in-axon")
	})
	ints(c, &m.Boxes, "boxes")
}

// codeSynapses codes the longest list of an image; written out, because a
// call per number takes minutes where there are 10^8.
func codeSynapses(c *codec, m *core.Image) {
	if !c.write {
		list(c, &m.Syn, 3, "synapses", func(s *core.Synapse) {
			if !c.synapse(s) {
				integer(c, &s.Target, "target")
				integer(c, &s.Delay, "delay")
				integer(c, &s.Mant, "mantissa")
			}
		})
		return
	}
	c.count(m.Synapses(), 3, "synapses")
	c.buf = slices.Grow(c.buf, 3*m.Synapses())
	m.EachPart(func(_ uint32, part []core.Synapse) bool {
		for _, s := range part {
			c.buf = binary.AppendVarint(c.buf, int64(s.Target))
			c.buf = binary.AppendVarint(c.buf, int64(s.Delay))
			c.buf = binary.AppendVarint(c.buf, int64(s.Mant))
		}
		return true
	})
}

// synapse reads a synapse if its three numbers are there and fit.
func (c *codec) synapse(s *core.Synapse) bool {
	if c.err != nil {
		return true
	}
	target, a := binary.Varint(c.buf[c.pos:])
	delay, b := binary.Varint(c.buf[c.pos+max(a, 0):])
	mant, d := binary.Varint(c.buf[c.pos+max(a, 0)+max(b, 0):])
	if a <= 0 || b <= 0 || d <= 0 || target != int64(uint16(target)) || delay != int64(uint8(delay)) || mant != int64(int16(mant)) {
		return false
	}
	*s = core.Synapse{Target: uint16(target), Delay: uint8(delay), Mant: int16(mant)}
	c.pos += a + b + d
	return true
}

func codeKernel(c *codec, k *core.Kernel) {
	for _, side := range [...][]int32{k.In[:], k.Out[:], k.Size[:], k.Stride[:], k.Pad[:], k.Dilation[:]} {
		for i := range side {
			integer(c, &side[i], "kernel geometry")
		}
	}
	integer(c, &k.Groups, "kernel groups")
	integer(c, &k.First, "first target")
	integer(c, &k.N, "targets")
	integer(c, &k.Base, "first compartment")
	integer(c, &k.Delay, "delay")
	ints(c, &k.Mant, "mantissas")
}

func codeGroup(c *codec, g *core.Group) {
	c.text(&g.Name, "group name")
	integer(c, &g.Base, "first compartment")
	integer(c, &g.N, "compartments")
	codeProgram(c, &g.Prog)
	list(c, &g.State, 2, "state words", func(l *fixed.Layout) { codeLayout(c, l) })
	integer(c, &g.Substeps, "sub-steps")
	integer(c, &g.Cap, "spike cap")
	list(c, &g.Params, 1, "parameters", func(p *[]int32) { ints(c, p, "parameter values") })
	list(c, &g.Tables, 1, "look-up tables", func(t *[]int32) { ints(c, t, "table entries") })
	list(c, &g.Init, 1, "start values", func(v *[]int32) { ints(c, v, "start values") })
	list(c, &g.Words, 1, "names of state words", func(s *string) { c.text(s, "name of a state word") })
	list(c, &g.Meaning, 1, "meanings of parameters", func(s *string) { c.text(s, "meaning of a parameter") })
}

func codeLayout(c *codec, l *fixed.Layout) {
	integer(c, &l.Width, "width")
	integer(c, &l.Over, "overflow")
	if !c.write && c.err == nil && l.Over > fixed.WrapU {
		c.fail("a known overflow behaviour", l.Over)
	}
}

func codeProgram(c *codec, p **isa.Program) { codeProgramOf(c, p, isa.Neuron) }

func codeProgramOf(c *codec, p **isa.Program, kind isa.Kind) {
	var words []uint32
	if c.write {
		words = (*p).Words()
	}
	ints(c, &words, "instruction words")
	if c.write || c.err != nil {
		return
	}
	prog, err := isa.FromWordsOf(kind, words)
	if err != nil {
		c.err = fmt.Errorf("chip: %s: %w", c.where, err)
		return
	}
	*p = prog
}
