package chip

import (
	"math"
	"strings"

	"hillock/isa/count"
)

// DescriptionSchema is the schema of description files.
const DescriptionSchema = "hillock/chip/1"

// The scopes of register fields.
const (
	descCore   = "core"
	descNeuron = "neuron"
)

// descLabels are the fidelity labels, the strongest first.
var descLabels = []string{
	"exact against silicon", "exact against published RTL", "exact against published emulator",
	"modelled", "unknown", "not modelled",
}

// descFeatures are the features that every description must label.
var descFeatures = []string{"neuron", "synapse", "learning", "timing", "energy"}

// descStrategies are the named behaviours and the values that the machine
// implements. A strategy with many takes a list of values between blanks.
var descStrategies = []struct {
	name   string
	values []string
	many   bool
}{
	{descDiscipline, []string{"tick", descEvent}, false},
	{"delivery", []string{"accumulate", "direct"}, false},
	{descAxonStore, []string{"list", "bits"}, false},
	{"axon_payload", []string{"plain", "graded", "repeated", "counted"}, false},
	{"relays", []string{"none", "ascending"}, false},
	{"activity", []string{"none", "prompt", "late-with-bias"}, false},
	{"service_order", []string{"ext-own", "own-ext"}, false},
	{"synapse_forms", []string{"sparse", "dense", "kernel", "crossbar"}, true},
	{"decode", []string{"stored", "stochastic-sign"}, false},
	{"stage", []string{"event", "bucket"}, false},
	{"order_free", []string{"true", "false"}, false},
	{"multicast", []string{"none", "tree"}, false},
	{"resets", []string{"zero", "zero-late", "subtract", "subtract-late", "none"}, true},
	{descDefaultGroup, nil, false},
	{"mapping", []string{"registers", "layers", "crossbar", "tiers", "typed", "addresses"}, false},
	{"layer_scaler", []string{"scale-channel", "scale-global", "scale-spread", "scale-joint"}, false},
	{"vendor_quirks", []string{"true", "false"}, false},
}

const (
	descDefaultGroup = "default_group"
	descAxonStore    = "axon_store"
	descDiscipline   = "discipline"
	descEvent        = "event"
)

// family reads the whole description. Fields come before the core, whose
// expressions use them.
func (d *descDecoder) family(root *descNode) {
	f := d.f
	schema := ""
	ticks := root.kind != descObject || root.member(descEvent) == nil
	d.object(root, "the description",
		descField{"schema", true, d.word(&schema, "schema", DescriptionSchema)},
		descField{"name", true, func(n *descNode) {
			if d.text(&f.Name, "name")(n); n.kind == descString && f.Name != "" && !descName(f.Name) {
				d.fail(n.at, "name %q, need letters, digits, - and _, a letter first, at most 64", f.Name)
			}
		}},
		descField{"title", true, d.text(&f.Title, "title")},
		descField{"inherits", false, d.text(&f.Inherits, "inherits")},
		descField{"fidelity", true, d.fidelity},
		descField{"limits", true, d.limits},
		descField{"mesh", true, d.mesh},
		descField{"tiers", false, d.tiers},
		descField{"latency", false, d.latency},
		descField{"fields", ticks, d.fields},
		descField{"weights", ticks, d.weights},
		descField{"synapse_memory", false, d.memory},
		descField{"core", ticks, d.core},
		descField{"routers", false, d.routers},
		descField{"layout", false, d.memoryLayout},
		descField{descEvent, false, d.event},
		descField{"strategies", true, d.strategies},
		descField{"roles", false, d.roles},
		descField{"learning", false, d.learning},
		descField{"energy", false, d.energyTable},
		descField{"notes", false, d.texts(&f.Notes, "notes")},
		descField{"deviations", false, d.texts(&f.Deviations, "deviations")},
	)
	if way, _ := f.Strategy(descDiscipline); (way == descEvent) == ticks {
		d.fail(root.at, "discipline %q, need event for a description with the section event, and only for one", way)
	}
	if mapping, _ := f.Strategy("mapping"); (mapping == "addresses") != (f.Network != nil) && len(d.errs) == 0 {
		d.fail(root.at, "mapping %q, need addresses with a network in the section event, and only with it", mapping)
	}
	if ticks {
		d.stores(root)
	} else if f.Event != nil && root.member("core") != nil {
		d.fail(root.at, "sections core and event, need one of them")
	}
}

// stores holds what strategies say about axons and synapses against the
// fields that they need.
func (d *descDecoder) stores(root *descNode) {
	f := d.f
	store, _ := f.Strategy(descAxonStore)
	decode, _ := f.Strategy("decode")
	forms, _ := f.Strategy("synapse_forms")
	if mapping, _ := f.Strategy("mapping"); (mapping == "tiers") != (f.Tiers != nil) {
		d.fail(root.at, "mapping %q, need tiers with the section of that name, and only with it", mapping)
	}
	if (store == "bits") != (f.Core.Rows != "") {
		d.fail(root.at, "axon_store %q with rows %q, need rows for bits, and only for them", store, f.Core.Rows)
	}
	if decode == "stochastic-sign" && len(f.Core.Draws) == 0 {
		d.fail(root.at, "decode stochastic-sign draws in format 0, have no draws")
	}
	lo, hi := int64(math.MinInt16), int64(math.MaxInt16)
	if f.Weights.Unsigned() {
		lo, hi = 0, math.MaxUint16
	}
	if (f.Weights.MantLo < lo || f.Weights.MantHi > hi) && forms != "crossbar" {
		d.fail(root.at, "mantissas %d..%d, need 16 bits where synapses are lists", f.Weights.MantLo, f.Weights.MantHi)
	}
}

func (d *descDecoder) fidelity(n *descNode) {
	d.named(n, "fidelity", func(name string, _ descPos, v *descNode) {
		x := Fidelity{Feature: name}
		d.object(v, "fidelity of "+name,
			descField{"label", true, d.word(&x.Label, "label", descLabels...)},
			descField{"against", false, d.text(&x.Against, "against")},
			descField{"source", true, d.text(&x.Source, "source")})
		if strings.HasPrefix(x.Label, "exact") && x.Against == "" {
			d.fail(v.at, "fidelity of %s is %q, but %q does not say against what", name, x.Label, "against")
		}
		d.f.Fidelity = append(d.f.Fidelity, x)
	})
	for _, must := range descFeatures {
		if n.kind == descObject && n.member(must) == nil {
			d.fail(n.at, "fidelity says nothing about %q", must)
		}
	}
}

func (d *descDecoder) limits(n *descNode) {
	d.named(n, "limits", func(name string, _ descPos, v *descNode) {
		l := Limit{Name: name}
		d.object(v, "limit "+name,
			descField{"value", true, d.int64(&l.Value, "value", 0, math.MaxInt64)},
			descField{"per", true, d.word(&l.Per, "per", "board", "chip", descCore, descNeuron, "axon", "synapse")},
			descField{"source", true, d.text(&l.Source, "source")})
		d.f.Limits = append(d.f.Limits, l)
	})
}

func (d *descDecoder) mesh(n *descNode) {
	m := &d.f.Mesh
	d.object(n, "mesh",
		descField{"x", true, d.int(&m.X, "x", 1, maxMesh)},
		descField{"y", true, d.int(&m.Y, "y", 1, maxMesh)},
		descField{"cores_per_tile", true, d.int(&m.CoresPerTile, "cores_per_tile", 1, maxMesh)},
		descField{"column_major", false, d.bool(&m.ColumnMajor, "column_major")},
		descField{"chip_x", false, d.int(&m.ChipX, "chip_x", 1, maxMesh)},
		descField{"chip_y", false, d.int(&m.ChipY, "chip_y", 1, maxMesh)},
		descField{"source", true, d.text(&d.f.MeshSource, "source")})
	if (m.ChipX > 0) != (m.ChipY > 0) || m.ChipX > 0 && (m.X%m.ChipX != 0 || m.Y%m.ChipY != 0) {
		d.fail(n.at, "chips of %d x %d tiles, need both sides, and whole chips on a mesh of %d x %d", m.ChipX, m.ChipY, m.X, m.Y)
	}
	if c, ok := d.f.Limit("cores"); ok && m.X > 0 && m.Y > 0 && c > int64(m.X)*int64(m.Y)*int64(m.CoresPerTile) {
		d.fail(n.at, "mesh of %d x %d tiles with %d cores, need room for the limit of %d cores", m.X, m.Y, m.CoresPerTile, c)
	}
}

// descMaxFs bounds one latency: 1 s.
const descMaxFs = 1_000_000_000_000_000

func (d *descDecoder) latency(n *descNode) {
	l := &d.f.Latency
	d.object(n, "latency",
		descField{"source", true, d.text(&l.Source, "source")},
		descField{"events", true, d.latencyEvents},
		descField{"sync", false, d.latencySync},
		descField{"network", false, d.network})
	for i := range l.PerEvent {
		if l.PerEvent[i].Source == "" {
			l.PerEvent[i].Source = l.Source
		}
	}
}

func (d *descDecoder) latencyEvents(n *descNode) {
	d.named(n, "events", func(name string, at descPos, v *descNode) {
		if _, err := count.Parse(name); err != nil {
			d.fail(at, "unknown event %q", name)
		}
		t := EventTime{Event: name}
		d.object(v, "latency of "+name,
			descField{"fs", true, d.int64(&t.Fs, "fs", 0, descMaxFs)},
			descField{"stage", true, d.word(&t.Stage, "stage", "generate", "process")},
			descField{"source", false, d.text(&t.Source, "source")})
		d.f.Latency.PerEvent = append(d.f.Latency.PerEvent, t)
	})
}

func (d *descDecoder) latencySync(n *descNode) {
	d.items(n, "sync", 1024, func(v *descNode) {
		var s SyncTime
		d.object(v, "sync",
			descField{"tiles", true, d.int(&s.Tiles, "tiles", 0, maxMesh*maxMesh)},
			descField{"fs", true, d.int64(&s.Fs, "fs", 0, descMaxFs)})
		list := d.f.Latency.Sync
		if len(list) > 0 && s.Tiles <= list[len(list)-1].Tiles {
			d.fail(v.at, "sync of %d tiles after %d, need ascending numbers", s.Tiles, list[len(list)-1].Tiles)
		}
		d.f.Latency.Sync = append(list, s)
	})
}

func (d *descDecoder) fields(n *descNode) {
	d.named(n, "fields", func(name string, at descPos, v *descNode) {
		if strings.Contains(name, "-") {
			d.fail(at, "field %q, need a name without - (expressions would subtract)", name)
		}
		x := Field{Name: name}
		d.object(v, "field "+name,
			descField{"lo", true, d.int64(&x.Lo, "lo", math.MinInt64, math.MaxInt64)},
			descField{"hi", true, d.int64(&x.Hi, "hi", math.MinInt64, math.MaxInt64)},
			descField{"scope", true, d.word(&x.Scope, "scope", descNeuron, descCore)},
			descField{"default", false, func(n *descNode) {
				x.HasDefault = true
				x.Default = d.whole(n, "default", x.Lo, max(x.Lo, x.Hi))
			}},
			descField{"source", true, d.text(&x.Source, "source")})
		if x.Lo > x.Hi {
			d.fail(v.at, "field %s has the range %d..%d, need lo <= hi", name, x.Lo, x.Hi)
		}
		d.f.Fields = append(d.f.Fields, x)
	})
}

func (d *descDecoder) weights(n *descNode) {
	w := &d.f.Weights
	d.object(n, "weights",
		descField{"quantiser", true, d.word(&w.Quantiser, "quantiser", "round-even-sym", "toward-zero", "floor")},
		descField{"bits", true, d.wholes(&w.Bits, "bits", 1, 32)},
		descField{"exp_lo", true, d.int64(&w.ExpLo, "exp_lo", -24, 24)},
		descField{"exp_hi", true, d.int64(&w.ExpHi, "exp_hi", -24, 24)},
		descField{"scale", true, d.int64(&w.Scale, "scale", 0, 23)},
		descField{"clip", false, d.int64(&w.Clip, "clip", 1, math.MaxInt32)},
		descField{"mant_lo", true, d.int64(&w.MantLo, "mant_lo", math.MinInt32, 0)},
		descField{"mant_hi", true, d.int64(&w.MantHi, "mant_hi", 0, math.MaxInt32)},
		descField{"formats", true, d.int64(&w.Formats, "formats", 1, 256)},
		descField{"source", true, d.text(&w.Source, "source")})
	if w.ExpLo > w.ExpHi {
		d.fail(n.at, "weights have exponents %d..%d, need exp_lo <= exp_hi", w.ExpLo, w.ExpHi)
	}
}

func (d *descDecoder) memory(n *descNode) {
	m := &d.f.Memory
	d.object(n, "synapse_memory",
		descField{"words", true, d.int64(&m.Words, "words", 1, 1<<32)},
		descField{"word_bits", true, d.int64(&m.WordBits, "word_bits", 1, 1024)},
		descField{"group_synapses", true, d.int64(&m.GroupSynapses, "group_synapses", 1, 1<<16)},
		descField{"header_bits", true, d.int64(&m.HeaderBits, "header_bits", 0, 1024)},
		descField{"delay_bits", true, d.int64(&m.DelayBits, "delay_bits", 0, 8)},
		descField{"tag_bits", true, d.int64(&m.TagBits, "tag_bits", 0, 32)},
		descField{"index_bits", true, d.wholes(&m.IndexBits, "index_bits", 0, 16)},
		descField{"source", true, d.text(&m.Source, "source")})
}

func (d *descDecoder) strategies(n *descNode) {
	d.named(n, "strategies", func(name string, at descPos, v *descNode) {
		for _, s := range descStrategies {
			if s.name == name {
				d.strategy(v, name, s.values, s.many)
				return
			}
		}
		names := make([]string, len(descStrategies))
		for i, s := range descStrategies {
			names[i] = s.name
		}
		d.fail(at, "unknown strategy %q, have %s", name, strings.Join(names, ", "))
	})
}

func (d *descDecoder) strategy(n *descNode, name string, values []string, many bool) {
	if !d.kind(n, descString, name) {
		return
	}
	if name == descDefaultGroup {
		if d.f.Group(n.text) == nil {
			d.fail(n.at, "%s %q, have %s", name, n.text, d.f.groupNames())
		}
	} else if words := strings.Fields(n.text); many && len(words) > 0 {
		for _, w := range words {
			d.word(new(string), name, values...)(&descNode{at: n.at, kind: descString, text: w})
		}
	} else {
		d.word(new(string), name, values...)(n)
	}
	d.f.Strategies = append(d.f.Strategies, Strategy{name, n.text})
}
