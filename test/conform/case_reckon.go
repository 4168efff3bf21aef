package conform

import (
	"fmt"
	"strconv"

	"hillock/chip"
	"hillock/core/event"
)

// reckonRun is a record of one sample on ReckOn: spikes of inputs per tick in;
// spikes, potentials, traces and cycles of the controller's phases out.
type reckonRun struct {
	doc     *doc
	setup   chip.EventSetup
	neurons int // loaded: potentials and traces are recorded of these
	outputs int
	ticks   int // with input
	inputs  lists
	spikes  lists
	event   []int64 // cycles of the event phase per tick
	step    []int64 // cycles of the update phase per tick, and of the closing one
	out     []int64 // [tick][output], the last row after the closing update
	last    []int64 // potentials after the last tick with input
	traces  []int64 // [neuron][input, recurrent, output]
	label   int64
}

const reckonTicks = 1 << 16 // at most

// replayReckOn replays a record of ReckOn's register-transfer design.
func replayReckOn(d *doc, c *checker) error {
	f, err := chip.LoadNamed("reckon")
	if err != nil {
		return err
	}
	r := &reckonRun{doc: d}
	for _, part := range [...]func() error{r.registers, r.memories, r.recorded} {
		if err := part(); err != nil {
			return err
		}
	}
	e, err := f.BindEvent(r.setup)
	if err != nil {
		return err
	}
	return c.onEngines(func(string) error { return r.replay(c, f.EventImage(e)) })
}

// registers reads the configuration.
func (r *reckonRun) registers() error {
	d, err := r.doc.object("registers")
	if err != nil {
		return err
	}
	for _, x := range [...]struct {
		name string
		bits int
	}{{"RST_MODE", 1}, {"DO_EPROP", 3}, {"FP_LOC_WINP", 3}, {"FP_LOC_WREC", 3}, {"FP_LOC_WOUT", 3}, {"FP_LOC_TINP", 3}, {"FP_LOC_TREC", 3}, {"FP_LOC_TOUT", 3},
		{"EN_STOCH_ROUND", 1}, {"KAPPA", 8}, {"NUM_INP_NEUR", 8}, {"NUM_REC_NEUR", 8}, {"NUM_OUT_NEUR", 4}, {"FORCE_TRACES", 1}, {"NOISE_EN", 1}, {"NOISE_STR", 4}} {
		v, err := d.integer(x.name, 0, 1<<x.bits-1)
		if err != nil {
			return err
		}
		r.setup.Registers = append(r.setup.Registers, chip.RegisterValue{Name: x.name, Value: v})
		if x.name == "NUM_OUT_NEUR" {
			r.outputs = int(v) + 1
		}
	}
	if v, err := d.integer("SEND_LABEL_ONLY", 0, 1); err != nil || v != 1 {
		return d.fail("SEND_LABEL_ONLY", "", "1: records of this kind hold a label", describe(d.raw("SEND_LABEL_ONLY")))
	}
	if v, err := d.integer("DO_EPROP", 0, 0); err != nil || v != 0 {
		return d.fail("DO_EPROP", "", "0: records of this kind hold no targets", describe(d.raw("DO_EPROP")))
	}
	return nil
}

// memories reads neuron words and weights.
func (r *reckonRun) memories() error {
	n, err := r.doc.integer("neurons_loaded", 1, aerNeurons)
	if err != nil {
		return err
	}
	r.neurons = int(n)
	pairs := (r.neurons + 1) / 2
	alpha, err := r.doc.ints("pair_alpha", pairs, 7<<12, 9<<12-1)
	if err != nil {
		return err
	}
	thr, err := r.doc.ints("pair_threshold", pairs, -1<<15, 1<<15-1)
	if err != nil {
		return err
	}
	words, top := make([]uint64, 2*pairs), make([]uint64, pairs)
	for i := range pairs {
		words[2*i+1] = uint64(thr[i])&(1<<16-1)<<36 | uint64(alpha[i])&(1<<12-1)<<52
		top[i] = uint64(alpha[i]>>12)&1 ^ 1
	}
	r.setup.Memories = append(r.setup.Memories, chip.MemoryWords{Name: "neurons", Chunks: words}, chip.MemoryWords{Name: "alpha_conf", Chunks: top})
	for _, x := range [...]struct {
		field, name string
		row         int
	}{{"winp", "weights_inp", aerNeurons}, {"wrec", "weights_rec", aerNeurons}, {"wout", "weights_out", 16}} {
		if err := r.weights(x.field, x.name, x.row); err != nil {
			return err
		}
	}
	return nil
}

// weights reads rows of two digits for every target.
func (r *reckonRun) weights(field, name string, row int) error {
	rows, err := r.doc.strings(field, aerNeurons)
	if err != nil {
		return err
	}
	words := make([]uint64, len(rows)*row/8)
	for pre, text := range rows {
		if len(text)%2 != 0 || len(text)/2 > row {
			return r.doc.fail(field, fmt.Sprintf("entry %d", pre), fmt.Sprintf("two digits for at most %d targets", row), fmt.Sprintf("%d digits", len(text)))
		}
		for post := 0; 2*post < len(text); post++ {
			v, err := strconv.ParseUint(text[2*post:2*post+2], 16, 8)
			if err != nil {
				return r.doc.fail(field, fmt.Sprintf("entry %d, target %d", pre, post), "two hexadecimal digits", strconv.Quote(text[2*post:2*post+2]))
			}
			at := pre*row + post
			words[at/8] |= v << (at % 8 * 8)
		}
	}
	r.setup.Memories = append(r.setup.Memories, chip.MemoryWords{Name: name, Chunks: words})
	return nil
}

// recorded reads input and what came of it.
func (r *reckonRun) recorded() (err error) {
	if r.ticks, err = r.doc.length("ticks"); err != nil || r.ticks < 1 || r.ticks > reckonTicks {
		return r.doc.fail("ticks", "", fmt.Sprintf("1..%d ticks", reckonTicks), strconv.Itoa(r.ticks))
	}
	if r.inputs, err = r.doc.lists("ticks", r.ticks, aerNeurons, true); err != nil {
		return err
	}
	if r.spikes, err = r.doc.lists("expect_spikes", r.ticks+1, aerNeurons, true); err != nil {
		return err
	}
	if r.event, err = r.doc.ints("expect_event_cycles", r.ticks, 0, aerEdges); err != nil {
		return err
	}
	if r.step, err = r.doc.ints("expect_step_cycles", r.ticks+1, 0, aerEdges); err != nil {
		return err
	}
	if r.out, err = r.doc.matrix("expect_out", r.ticks+1, r.outputs, -1<<15, 1<<15-1); err != nil {
		return err
	}
	if r.last, err = r.doc.ints("expect_u_last", r.neurons, -1<<15, 1<<15-1); err != nil {
		return err
	}
	n, err := r.doc.length("expect_traces_last")
	if err != nil {
		return err
	}
	if n > 0 { // none are recorded where no trace runs
		n = r.neurons
	}
	if r.traces, err = r.doc.matrix("expect_traces_last", n, 3, 0, 1<<12-1); err != nil {
		return err
	}
	r.label, err = r.doc.integer("expect_label", 0, 15)
	return err
}

// reckonBench drives a machine tick by tick.
type reckonBench struct {
	m      *chip.Machine
	core   *event.Core
	spikes []int32
	step   int64
	event  int64
	out    []int64
	label  []int64
}

func (r *reckonRun) replay(c *checker, img *chip.Image) error {
	m, err := chip.New(img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	b := &reckonBench{m: m, core: m.Core(0).Event()}
	b.core.Watch = func(n event.Note) { b.note(n, r.outputs) }
	send := func(name string, words ...int32) error { return b.send(img, name, words) }
	if err := send("sample", 1); err != nil {
		return err
	}
	if err := send("infer", 1); err != nil {
		return err
	}
	for k := range r.ticks {
		if err := send("in", r.inputs.at(int64(k))...); err != nil {
			return err
		}
		b.clear()
		if err := send("tick", 0); err != nil {
			return err
		}
		r.compare(c, b, k, b.outputs(r.outputs))
		c.equal("expect_event_cycles", k, -1, r.event[k], b.event)
	}
	r.states(c, b)
	if err := send("sample", 0); err != nil {
		return err
	}
	b.clear()
	if err := send("tick", 0); err != nil {
		return err
	}
	r.compare(c, b, r.ticks, b.out)
	c.series("expect_label", []int64{r.label}, b.label, func(int) string { return "address sent" })
	return nil
}

// note keeps what happens in a tick; potentials of outputs as they are after
// the update phase, because the end of a sample clears them.
func (b *reckonBench) note(n event.Note, outputs int) {
	switch {
	case n.Kind == event.Spiked:
		b.spikes = append(b.spikes, int32(n.Index))
	case n.Kind == event.Sent:
		b.label = append(b.label, n.Value)
	case n.Kind == event.Walked && n.Name == "update":
		b.step, b.out = n.Value, b.outputs(outputs)
	case n.Kind == event.Walked && n.Name == "events":
		b.event = n.Value
	}
}

func (b *reckonBench) clear() { b.spikes, b.step, b.event, b.out = nil, 0, 0, nil }

func (b *reckonBench) outputs(n int) []int64 {
	out := make([]int64, n)
	for k := range out {
		out[k], _ = b.core.Value("out", 0, int64(k))
	}
	return out
}

// send injects neurons of a population and runs until all is done.
func (b *reckonBench) send(img *chip.Image, name string, neurons []int32) error {
	pop := int32(-1)
	for i := range img.Pops {
		if img.Pops[i].Name == name && img.Pops[i].Input {
			pop = int32(i)
		}
	}
	first := b.m.Tick()
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		for _, n := range neurons {
			if tick == first {
				dst = append(dst, chip.Injection{Pop: pop, Index: n, Payload: 1})
			}
		}
		return dst
	}
	err := b.m.Run(aerIdle, src, func(tick int64, _ *chip.Machine) error {
		if b.core.Next(tick+1) == event.Never {
			return errIdle
		}
		return nil
	})
	if err == nil {
		return fmt.Errorf("conform: %q is not served within %d cycles", name, aerIdle)
	}
	if err == errIdle {
		err = nil
	}
	return err
}

func (r *reckonRun) compare(c *checker, b *reckonBench, k int, out []int64) {
	c.spikes("expect_spikes", k, aerNeurons, r.spikes.at(int64(k)), b.spikes)
	c.equal("expect_step_cycles", k, -1, r.step[k], b.step)
	for i := range r.outputs {
		got := int64(0)
		if i < len(out) {
			got = out[i]
		}
		c.equal("expect_out", k, i, r.out[k*r.outputs+i], got)
	}
}

// states compares potentials and traces; what was not written reads 0.
func (r *reckonRun) states(c *checker, b *reckonBench) {
	read := func(field string, i int) int64 {
		if written, _ := b.core.Value("dirty", 0, int64(i)); written == 0 {
			return 0
		}
		v, _ := b.core.Value(field, 0, int64(i))
		return v
	}
	for i := range r.neurons {
		c.equalAt("expect_u_last", i, r.last[i], read("u", i), func() string { return "potential" })
		for k, field := range [...]string{"tinp", "trec", "tout"} {
			if len(r.traces) == 0 {
				break
			}
			c.equalAt("expect_traces_last", i, r.traces[3*i+k], read(field, i), func() string { return field })
		}
	}
}
