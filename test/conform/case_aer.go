package conform

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"hillock/chip"
	"hillock/core/event"
)

// aerRun is a record of a chip without ticks: events of an address-event link
// in, addresses out, both with their clock edges, and the memories after it.
type aerRun struct {
	doc     *doc
	setup   chip.EventSetup
	events  []int64 // pairs: earliest edge, word
	bits    int     // of a word
	samples []int64 // edge at which each request was first sampled
	outputs []int64 // pairs: edge, address
	cycles  int64
	want    []aerMemory
}

// aerMemory is what a memory must hold after the run.
type aerMemory struct {
	field, name string
	digits      int // of a word in the file
	words       []*big.Int
}

const (
	aerNeurons  = 256
	aerSynapses = 8192           // words
	aerEdges    = int64(1) << 40 // of a record, at most
	aerIdle     = int64(1) << 20 // edges that a replay may run beyond the record
)

// registers reads registers of the same name in the file and the description.
func (r *aerRun) registers(f *chip.Family, names ...string) error {
	for _, name := range names {
		bits := 0
		if m := f.Event.Memory(name); m >= 0 {
			bits = f.Event.Memories[m].Bits
		}
		v, err := r.doc.integer(name, 0, 1<<bits-1)
		if err != nil {
			return err
		}
		r.setup.Registers = append(r.setup.Registers, chip.RegisterValue{Name: name, Value: v})
	}
	return nil
}

// stimulus reads events and what happened on the links.
func (r *aerRun) stimulus() (err error) {
	if r.setup.AckDelay, err = r.doc.integer("ack_delay", 0, 1<<20); err != nil {
		return err
	}
	n, err := r.doc.length("events")
	if err != nil {
		return err
	}
	if r.events, err = r.doc.matrix("events", n, 2, 0, aerEdges); err != nil {
		return err
	}
	for i := 1; i < len(r.events); i += 2 {
		if r.events[i]>>r.bits != 0 || i > 1 && r.events[i-1] < r.events[i-3] {
			return r.doc.fail("events", fmt.Sprintf("row %d", i/2), fmt.Sprintf("ascending edges and words of %d bits", r.bits), fmt.Sprint(r.events[i-1:i+1]))
		}
	}
	if r.samples, err = r.doc.ints("expect_input_edges", n, 0, aerEdges); err != nil {
		return err
	}
	if n, err = r.doc.length("expect_output"); err != nil {
		return err
	}
	if r.outputs, err = r.doc.matrix("expect_output", n, 2, 0, aerEdges); err != nil {
		return err
	}
	r.cycles, err = r.doc.integer("expect_cycles", 0, aerEdges)
	return err
}

// hexWord reads a word of so many digits.
func (d *doc) hexWord(name, where, text string, digits int) (*big.Int, error) {
	w, ok := new(big.Int).SetString(text, 16)
	if !ok || len(text) != digits || text[0] == '-' || text[0] == '+' {
		return nil, d.fail(name, where, fmt.Sprintf("%d hexadecimal digits", digits), clip(strconv.Quote(text)))
	}
	return w, nil
}

// strings is a field that is a list of at most n strings.
func (d *doc) strings(name string, n int) ([]string, error) {
	var out []string
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) error {
		text := c.value()
		s, err := strconv.Unquote(string(text))
		if err != nil || i >= n {
			return d.fail(name, fmt.Sprintf("entry %d", i), fmt.Sprintf("at most %d strings", n), describe(text))
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// chunks is a memory's words in the form that images have them.
func chunks(words []*big.Int, digits int) []uint64 {
	per := (digits*4 + 63) / 64
	out := make([]uint64, 0, per*len(words))
	mask := new(big.Int).SetUint64(1<<64 - 1)
	for _, w := range words {
		for k := range per {
			x := new(big.Int).Rsh(w, uint(64*k))
			out = append(out, x.And(x, mask).Uint64())
		}
	}
	return out
}

// neurons reads the neuron words, the rest being other, and what changed.
func (r *aerRun) neurons(digits int, other *big.Int) error {
	texts, err := r.doc.strings("neurons", aerNeurons)
	if err != nil {
		return err
	}
	words := make([]*big.Int, aerNeurons)
	for i := range words {
		words[i] = other
		if i < len(texts) {
			if words[i], err = r.doc.hexWord("neurons", fmt.Sprintf("entry %d", i), texts[i], digits); err != nil {
				return err
			}
		}
	}
	return r.memory("neurons", "expect_neurons_changed", words, digits)
}

// synapses reads the rows, a digit for every target.
func (r *aerRun) synapses(changed string) error {
	rows, err := r.doc.strings("synapse_rows", aerNeurons)
	if err != nil {
		return err
	}
	words := make([]*big.Int, aerSynapses)
	for i := range words {
		words[i] = new(big.Int)
	}
	for pre, row := range rows {
		if len(row) > aerNeurons {
			return r.doc.fail("synapse_rows", fmt.Sprintf("entry %d", pre), fmt.Sprintf("at most %d digits", aerNeurons), strconv.Itoa(len(row)))
		}
		for post := range len(row) {
			v, err := strconv.ParseUint(row[post:post+1], 16, 8)
			if err != nil {
				return r.doc.fail("synapse_rows", fmt.Sprintf("entry %d, digit %d", pre, post), "a hexadecimal digit", strconv.Quote(row[post:post+1]))
			}
			w := words[pre*32+post/8]
			w.Or(w, new(big.Int).Lsh(new(big.Int).SetUint64(v), uint(post%8*4)))
		}
	}
	return r.memory("synapses", changed, words, 8)
}

// memory sets a memory's start and, from a list of changed words, its end; an
// empty field name says that nothing may change.
func (r *aerRun) memory(name, field string, words []*big.Int, digits int) error {
	r.setup.Memories = append(r.setup.Memories, chip.MemoryWords{Name: name, Chunks: chunks(words, digits)})
	end := append([]*big.Int(nil), words...)
	if field != "" {
		err := r.doc.each(field, r.doc.raw(field), "", func(c *cursor, i int) error {
			where := fmt.Sprintf("entry %d", i)
			return r.changed(field, where, c.value(), digits, end)
		})
		if err != nil {
			return err
		}
	} else {
		field = "synapse_rows"
	}
	r.want = append(r.want, aerMemory{field: field, name: name, digits: digits, words: end})
	return nil
}

// changed applies one [address, word].
func (r *aerRun) changed(field, where string, raw []byte, digits int, end []*big.Int) error {
	address := int64(-1)
	err := r.doc.each(field, raw, where, func(c *cursor, k int) error {
		text := c.value()
		if k == 0 {
			v, ok := number(text)
			if !ok || v < 0 || v >= int64(len(end)) {
				return r.doc.fail(field, where, fmt.Sprintf("an address below %d", len(end)), describe(text))
			}
			address = v
			return nil
		}
		s, err := strconv.Unquote(string(text))
		if err != nil || k > 1 {
			return r.doc.fail(field, where, "an address and a word", describe(text))
		}
		end[address], err = r.doc.hexWord(field, where, s, digits)
		return err
	})
	return err
}

// errIdle stops a replay when nothing is left to do.
var errIdle = errors.New("idle")

// replay runs the record on one engine.
func (r *aerRun) replay(c *checker, f *chip.Family) error {
	e, err := f.BindEvent(r.setup)
	if err != nil {
		return err
	}
	return c.onEngines(func(string) error { return r.on(c, f.EventImage(e)) })
}

func (r *aerRun) on(c *checker, img *chip.Image) error {
	m, err := chip.New(img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	core := m.Core(0).Event()
	var samples, outputs []int64
	core.Watch = func(n event.Note) {
		switch n.Kind {
		case event.Sampled:
			samples = append(samples, n.Edge)
		case event.Sent:
			outputs = append(outputs, n.Edge, n.Value)
		}
	}
	next := 0
	inlet := aerInlet(img)
	limit := r.cycles + aerIdle
	err = m.Run(limit, func(tick int64, dst []chip.Injection) []chip.Injection {
		for ; next < len(r.events) && r.events[next] <= tick; next += 2 {
			dst = append(dst, chip.Injection{Pop: inlet, Payload: int32(r.events[next+1])})
		}
		return dst
	}, func(tick int64, _ *chip.Machine) error {
		if next == len(r.events) && core.Next(tick+1) == event.Never {
			return errIdle
		}
		return nil
	})
	if err != nil && !errors.Is(err, errIdle) {
		return err
	}
	r.compare(c, core, samples, outputs)
	return nil
}

// aerInlet is the population that feeds words to the first port.
func aerInlet(img *chip.Image) int32 {
	for _, in := range img.Inputs {
		if img.Pops[in.Pop].N == 1 {
			return int32(in.Pop)
		}
	}
	return -1
}

func (r *aerRun) compare(c *checker, core *event.Core, samples, outputs []int64) {
	c.series("expect_input_edges", r.samples, samples, func(i int) string { return fmt.Sprintf("word %d", r.events[2*i+1]) })
	c.series("expect_output", r.outputs, outputs, func(i int) string {
		return fmt.Sprintf("output %d, %s", i/2, [2]string{"edge", "address"}[i%2])
	})
	c.equalAt("expect_cycles", -1, r.cycles, core.Idle(), func() string { return "edges until idle" })
	spec := &core.Image().Spec
	for _, w := range r.want {
		m := spec.Memory(w.name)
		words, per := spec.Words(&core.State, m)
		want := chunks(w.words, w.digits)
		for i := range want {
			c.res.Compared++
			if i < len(words) && words[i] == want[i] {
				continue
			}
			lo := i / per * per
			c.miss(Failure{Field: w.field, Tick: -1, Index: i / per, Want: hexOf(want[lo:lo+per], w.digits), Got: hexOf(words[lo:lo+per], w.digits)})
			if c.res.Mismatches > 1<<20 {
				return
			}
		}
	}
}

func hexOf(chunks []uint64, digits int) string {
	x := new(big.Int)
	for i := len(chunks) - 1; i >= 0; i-- {
		x.Or(x.Lsh(x, 64), new(big.Int).SetUint64(chunks[i]))
	}
	return fmt.Sprintf("%0*x", digits, x)
}

// series compares two lists of numbers, and their lengths.
func (c *checker) series(field string, want, got []int64, where func(i int) string) {
	for i := range min(len(want), len(got)) {
		c.equalAt(field, i, want[i], got[i], func() string { return where(i) })
	}
	c.equalAt(field, -1, int64(len(want)), int64(len(got)), func() string { return "how many" })
}
