package conform

import (
	"math/big"

	"hillock/chip"
)

// replayTinyODIN replays a record of tinyODIN's register-transfer design.
func replayTinyODIN(d *doc, c *checker) error {
	f, err := chip.LoadNamed("tinyodin")
	if err != nil {
		return err
	}
	r := &aerRun{doc: d, bits: 10}
	if err := r.registers(f, "open_loop", "aer_src_ctrl", "max_neur"); err != nil {
		return err
	}
	if err := r.stimulus(); err != nil {
		return err
	}
	if err := r.neurons(8, new(big.Int)); err != nil {
		return err
	}
	if err := r.synapses(""); err != nil {
		return err
	}
	return r.replay(c, f)
}

// replayODIN replays a record of ODIN's register-transfer design.
func replayODIN(d *doc, c *checker) error {
	f, err := chip.LoadNamed("odin")
	if err != nil {
		return err
	}
	if n, err := d.integer("burst_timeref", 0, 1<<20-1); err != nil || n != 0 {
		return d.fail("burst_timeref", "", "0: the burst queues are not modelled", describe(d.raw("burst_timeref")))
	}
	r := &aerRun{doc: d, bits: 17}
	if err := r.registers(f, "open_loop", "aer_src_ctrl", "monitor_neur", "update_unmapped", "propagate_unmapped", "sdsp_on_syn_stim"); err != nil {
		return err
	}
	if d.has("monitor_en") { // else 0, as in the published records
		if err := r.registers(f, "monitor_en", "monitor_syn"); err != nil {
			return err
		}
	}
	if err := r.stimulus(); err != nil {
		return err
	}
	if err := r.signs(); err != nil {
		return err
	}
	text, err := d.text("other_neurons")
	if err != nil {
		return err
	}
	other, err := d.hexWord("other_neurons", "", text, 32)
	if err != nil {
		return err
	}
	if err := r.neurons(32, other); err != nil {
		return err
	}
	if err := r.synapses("expect_synapse_words_changed"); err != nil {
		return err
	}
	for _, flags := range [...]string{"up", "down"} {
		if err := r.flags(flags); err != nil {
			return err
		}
	}
	return r.replay(c, f)
}

// signs reads the sign of the synapses of each source, a bit each.
func (r *aerRun) signs() error {
	text, err := r.doc.text("syn_sign")
	if err != nil {
		return err
	}
	all, err := r.doc.hexWord("syn_sign", "", text, 64)
	if err != nil {
		return err
	}
	words := make([]uint64, 16)
	for i := range words {
		words[i] = new(big.Int).Rsh(all, uint(16*i)).Uint64() & (1<<16 - 1)
	}
	r.setup.Memories = append(r.setup.Memories, chip.MemoryWords{Name: "syn_sign", Chunks: words})
	return nil
}

// flags reads a register of 256 learning flags after the run; it starts at 0.
func (r *aerRun) flags(name string) error {
	text, err := r.doc.text("expect_" + name)
	if err != nil {
		return err
	}
	w, err := r.doc.hexWord("expect_"+name, "", text, 64)
	if err != nil {
		return err
	}
	r.want = append(r.want, aerMemory{field: "expect_" + name, name: name, digits: 64, words: []*big.Int{w}})
	return nil
}
