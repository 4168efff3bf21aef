package power

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"hillock/isa/count"
)

// More is what a census may say beyond counts. Everything in it may be missing;
// what is missing is reported as not stated or not modelled.
type More struct {
	Title, Source string // what was run, where the counts come from
	ChipHash      string // of the chip description
	// Unpublished says why there are no counts: a case whose energy is known
	// and whose activity is not. Such a census is refused instead of priced.
	Unpublished             string
	Clock                   Hertz       // of the run, 0 = that of the operating point
	Parameters              []Parameter // for a table's cycle model, in the order of the file
	Accuracy, FloatAccuracy *float64    // as run and of the float reference, 0 to 1
	Network                 *Network    // nil = not stated
	Samples                 []Sample    // of single inferences, empty = not kept
}

// Parameter is a named number for a cycle model.
type Parameter struct {
	Name  string
	Value *big.Rat // exact
	text  string   // as the file writes it
}

// Network is the size of what was run, for activity and the baseline.
type Network struct {
	Neurons, Synapses      int64
	WeightBits, StateBits  int64
	AnnMACs, AnnWeights    int64 // of an 8-bit network of equal accuracy; 0 = the same layers
	AnnActivations         int64
	AnnAccuracy            *float64 // nil = assumed equal
	AnnSource, BatchSource string
	BestBatch              int64 // 0 = not stated
}

// Sample is what one inference counted, in its own time.
type Sample struct {
	Time   Femtoseconds
	Counts count.Counts
}

var moreFields = []string{"title", "source", "chip_hash", "unpublished", "clock_hz", "parameters", "accuracy", "float_accuracy", "network", "samples"}

// maxSamples bounds the inferences of one census.
const maxSamples = 1 << 20

func (d *document) more(n *node, m *More) error {
	const what = "the census"
	for _, f := range []struct {
		key string
		to  *string
	}{{"title", &m.Title}, {"source", &m.Source}, {"chip_hash", &m.ChipHash}, {"unpublished", &m.Unpublished}} {
		if err := d.str(n, what, f.key, f.to); err != nil {
			return err
		}
	}
	if err := d.whole(n, what, "clock_hz", (*int64)(&m.Clock)); err != nil {
		return err
	}
	if err := d.fraction(n, what, "accuracy", &m.Accuracy); err != nil {
		return err
	}
	if err := d.fraction(n, what, "float_accuracy", &m.FloatAccuracy); err != nil {
		return err
	}
	if err := d.parameters(n, m); err != nil {
		return err
	}
	if err := d.network(n.field("network"), m); err != nil {
		return err
	}
	return d.samples(n.field("samples"), m)
}

// fraction reads field key of n, a number from 0 to 1, if it is there.
func (d *document) fraction(n *node, what, key string, to **float64) error {
	f := n.field(key)
	if f == nil {
		return nil
	}
	if f.kind != 'n' {
		return d.fault(f.off, "%s of %s must be a number, have %s", key, what, kindNames[f.kind])
	}
	v, err := strconv.ParseFloat(f.text, 64)
	if err != nil || v < 0 || v > 1 {
		return d.fault(f.off, "%s of %s must be from 0 to 1, have %.40s", key, what, f.text)
	}
	*to = &v
	return nil
}

func (d *document) parameters(n *node, m *More) error {
	f := n.field("parameters")
	if f == nil {
		return nil
	}
	if f.kind != '{' {
		return d.fault(f.off, "parameters must be an object, have %s", kindNames[f.kind])
	}
	if err := d.unique(f, "parameters"); err != nil {
		return err
	}
	for i := range f.members {
		k := &f.members[i]
		if k.val.kind != 'n' {
			return d.fault(k.val.off, "parameter %s must be a number, have %s", k.key, kindNames[k.val.kind])
		}
		v, err := parseRat(k.val.text)
		if err != nil {
			return d.fault(k.val.off, "parameter %s: %v", k.key, err)
		}
		m.Parameters = append(m.Parameters, Parameter{k.key, v, k.val.text})
	}
	return nil
}

// numbers are the whole-number fields of a network, in the file's order.
func (w *Network) numbers() []struct {
	key string
	to  *int64
} {
	return []struct {
		key string
		to  *int64
	}{{"neurons", &w.Neurons}, {"synapses", &w.Synapses}, {"weight_bits", &w.WeightBits}, {"state_bits", &w.StateBits},
		{"ann_macs", &w.AnnMACs}, {"ann_weights", &w.AnnWeights}, {"ann_activations", &w.AnnActivations}, {"best_batch", &w.BestBatch}}
}

func (d *document) network(n *node, m *More) error {
	if n == nil {
		return nil
	}
	const what = "network of the census"
	w := &Network{}
	may := []string{"ann_accuracy", "ann_source", "batch_source"}
	for _, f := range w.numbers() {
		may = append(may, f.key)
	}
	if err := d.object(n, what, nil, may); err != nil {
		return err
	}
	for _, f := range w.numbers() {
		if err := d.whole(n, what, f.key, f.to); err != nil {
			return err
		}
	}
	if err := d.str(n, what, "ann_source", &w.AnnSource); err != nil {
		return err
	}
	if err := d.str(n, what, "batch_source", &w.BatchSource); err != nil {
		return err
	}
	m.Network = w
	return d.fraction(n, what, "ann_accuracy", &w.AnnAccuracy)
}

// samples reads columns of one number per inference.
func (d *document) samples(n *node, m *More) error {
	if n == nil {
		return nil
	}
	const what = "samples of the census"
	if err := d.object(n, what, []string{"seconds", "counts"}, nil); err != nil {
		return err
	}
	times, err := d.list(n, what, "seconds")
	if err != nil {
		return err
	}
	if len(times) > maxSamples {
		return d.fault(n.off, "%s: %d, limit %d", what, len(times), maxSamples)
	}
	m.Samples = make([]Sample, len(times))
	for i := range times {
		fs, err := roundDecimal(times[i].text, 15)
		if times[i].kind != 'n' || err != nil || fs < 0 {
			return d.fault(times[i].off, "seconds[%d] of %s must be a number from 0 to 9223", i, what)
		}
		m.Samples[i].Time = Femtoseconds(fs)
	}
	return d.sampleCounts(n.field("counts"), m.Samples)
}

func (d *document) sampleCounts(n *node, to []Sample) error {
	const what = "counts of the samples"
	if n.kind != '{' {
		return d.fault(n.off, "%s must be an object, have %s", what, kindNames[n.kind])
	}
	if err := d.unique(n, what); err != nil {
		return err
	}
	for i := range n.members {
		k := &n.members[i]
		e, err := count.Parse(k.key)
		if err != nil {
			return d.fault(k.off, "unknown event %q in %s", k.key, what)
		}
		if k.val.kind != '[' || len(k.val.items) != len(to) {
			return d.fault(k.val.off, "%s of %s must be a list of %d numbers, one per inference", k.key, what, len(to))
		}
		for j := range k.val.items {
			it := &k.val.items[j]
			v, err := parseDecimal(it.text, 0)
			if it.kind != 'n' || err != nil || v < 0 {
				return d.fault(it.off, "%s[%d] of %s must be a whole number from 0", k.key, j, what)
			}
			to[j].Counts[e] = v
		}
	}
	return nil
}

// checkMore says what is impossible in the optional part of c.
func (c *Census) checkMore() error {
	if c.Clock < 0 {
		return fmt.Errorf("power: census: clock is negative: %d Hz", c.Clock)
	}
	if c.Network != nil {
		for _, f := range c.Network.numbers() {
			if *f.to < 0 {
				return fmt.Errorf("power: census: %s of the network is negative: %d", f.key, *f.to)
			}
		}
	}
	for i := range c.Samples {
		for e, v := range c.Samples[i].Counts {
			if v < 0 || c.Samples[i].Time < 0 {
				return fmt.Errorf("power: census: sample %d: negative time or count of %s", i, count.Event(e))
			}
		}
	}
	return nil
}

// write appends the fields of m that are stated.
func (m *More) write(w *bytes.Buffer) {
	text := func(key, v string) {
		if v != "" {
			q, _ := json.Marshal(v) // a string always marshals
			fmt.Fprintf(w, `,%q:%s`, key, q)
		}
	}
	text("title", m.Title)
	text("source", m.Source)
	text("chip_hash", m.ChipHash)
	text("unpublished", m.Unpublished)
	if m.Clock != 0 {
		fmt.Fprintf(w, `,"clock_hz":%d`, m.Clock)
	}
	if len(m.Parameters) > 0 {
		w.WriteString(`,"parameters":{`)
		for i, p := range m.Parameters {
			if i > 0 {
				w.WriteByte(',')
			}
			q, _ := json.Marshal(p.Name) // a string always marshals
			fmt.Fprintf(w, `%s:%s`, q, p.text)
		}
		w.WriteByte('}')
	}
	fraction := func(key string, v *float64) {
		if v != nil {
			fmt.Fprintf(w, `,%q:%s`, key, strconv.FormatFloat(*v, 'g', -1, 64))
		}
	}
	fraction("accuracy", m.Accuracy)
	fraction("float_accuracy", m.FloatAccuracy)
	if m.Network != nil {
		m.Network.write(w, text, fraction)
	}
	m.writeSamples(w)
}

// write appends the network, with the helpers of the census' own fields.
func (n *Network) write(w *bytes.Buffer, text func(key, v string), fraction func(key string, v *float64)) {
	w.WriteString(`,"network":{`)
	for i, f := range n.numbers() {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(w, `%q:%d`, f.key, *f.to)
	}
	text("ann_source", n.AnnSource)
	text("batch_source", n.BatchSource)
	fraction("ann_accuracy", n.AnnAccuracy)
	w.WriteByte('}')
}

// writeSamples leaves out events that no sample counted.
func (m *More) writeSamples(w *bytes.Buffer) {
	if len(m.Samples) == 0 {
		return
	}
	w.WriteString(`,"samples":{"seconds":[`)
	for i := range m.Samples {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(decimal(big.NewInt(int64(m.Samples[i].Time)), -15))
	}
	w.WriteString(`],"counts":{`)
	first := true
	for e := range count.NumEvents {
		used := false
		for i := range m.Samples {
			used = used || m.Samples[i].Counts[e] != 0
		}
		if !used {
			continue
		}
		if !first {
			w.WriteByte(',')
		}
		first = false
		fmt.Fprintf(w, `%q:[`, e)
		for i := range m.Samples {
			if i > 0 {
				w.WriteByte(',')
			}
			fmt.Fprint(w, m.Samples[i].Counts[e])
		}
		w.WriteByte(']')
	}
	w.WriteString("}}")
}
