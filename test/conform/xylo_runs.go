package conform

import (
	"fmt"

	"hillock/chip"
)

// xyloWords are the recorded state words of both groups.
var xyloWords = [...]struct {
	field, word string
	group       int
}{{"i_syn", "i", 0}, {"i_syn2", "i2", 0}, {"v_mem", "v", 0}, {"i_syn_out", "i", 1}, {"v_mem_out", "v", 1}}

// record reads the runs.
func (k *xyloCore) record() error {
	total := 0
	err := k.doc.each("runs", k.doc.raw("runs"), "", func(c *cursor, i int) error {
		r, err := parseObject(fmt.Sprintf("runs[%d]", i), c.value())
		if err != nil {
			return err
		}
		run, err := k.readRun(r)
		if total += run.steps; err == nil && total > maxXyloSteps {
			err = r.fail("input", "", fmt.Sprintf("at most %d steps in all runs", maxXyloSteps), "more")
		}
		k.runs = append(k.runs, run)
		return err
	})
	if err == nil && len(k.runs) == 0 {
		err = k.doc.fail("runs", "", "at least 1 run", "none")
	}
	return err
}

func (k *xyloCore) readRun(d *doc) (run xyloRun, err error) {
	if run.reset, err = d.flag("reset_before"); err != nil {
		return run, err
	}
	if run.steps, err = d.length("input"); err != nil {
		return run, err
	}
	if run.in, err = d.matrix("input", run.steps, k.nIn, 0, 1<<31-1); err != nil {
		return run, err
	}
	sizes := [...]int{k.nHidden, k.nOut}
	for _, x := range xyloWords {
		if !d.has(x.field) {
			continue
		}
		want, err := d.matrix(x.field, run.steps, sizes[x.group], -1<<15, 1<<15-1)
		if err != nil {
			return run, err
		}
		w, ok := word(k.fam, k.image.Groups[x.group].Name, x.word)
		if !ok {
			return run, fmt.Errorf("conform: group %q of %s has no state word %q", k.image.Groups[x.group].Name, k.fam.Name, x.word)
		}
		run.words = append(run.words, record{d.name(x.field), w, want})
		run.groups = append(run.groups, x.group)
	}
	if run.out, err = d.matrix("spikes", run.steps, k.nHidden, 0, 255); err != nil {
		return run, err
	}
	if run.last, err = d.matrix("spikes_out", run.steps, k.nOut, 0, 255); err != nil {
		return run, err
	}
	if d.has("hibernation") {
		run.flag, err = k.flags(d, run.steps)
	}
	return run, err
}

// flags reads one 0, 1, false or true per step.
func (k *xyloCore) flags(d *doc, steps int) ([]int64, error) {
	var out []int64
	err := d.each("hibernation", d.raw("hibernation"), "", func(c *cursor, i int) error {
		switch text := string(c.value()); text {
		case "true", "1":
			out = append(out, 1)
		case "false", "0":
			out = append(out, 0)
		default:
			return d.fail("hibernation", fmt.Sprintf("entry %d", i), "0 or 1", describe([]byte(text)))
		}
		return nil
	})
	if err == nil && len(out) != steps {
		err = d.fail("hibernation", "", fmt.Sprintf("%d entries", steps), fmt.Sprint(len(out)))
	}
	return out, err
}

// replay runs all runs on one machine.
func (k *xyloCore) replay(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	late, _ := k.fam.Strategy("activity")
	for n := range k.runs {
		run := &k.runs[n]
		if run.reset {
			m.Reset()
		}
		first := m.Tick()
		sleeping := xyloFlag{late: late == "late-with-bias" && k.hasBias, sent: k.pending(m)}
		source := func(tick int64, dst []chip.Injection) []chip.Injection {
			for i, x := range run.in[int(tick-first)*k.nIn:][:k.nIn] {
				if x > 0 {
					dst = append(dst, chip.Injection{Pop: popInput, Index: int32(i), Payload: int32(x)})
					sleeping.sent = true
				}
			}
			return dst
		}
		err := m.Run(int64(run.steps), source, func(tick int64, m *chip.Machine) error {
			k.compare(c, run, m, int(tick-first))
			got := sleeping.next(!m.Core(0).Active())
			if run.flag != nil {
				c.equal(fmt.Sprintf("runs[%d].hibernation", n), int(tick-first), -1, run.flag[tick-first], got)
			}
			sleeping.sent = k.pending(m)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pending says that hidden neurons spiked in the last tick.
func (k *xyloCore) pending(m *chip.Machine) bool {
	s := m.Spikes(0)
	return len(s) > 0 && int(s[0].Comp) < k.nHidden
}

// compare holds one step against the record.
func (k *xyloCore) compare(c *checker, run *xyloRun, m *chip.Machine, step int) {
	for j, r := range run.words {
		g := run.groups[j]
		n := k.image.Groups[g].N
		for i, x := range m.Core(0).State.Words[g][r.word] {
			c.equal(r.field, step, i, r.want[step*n+i], int64(x))
		}
	}
	got := make([]int64, k.image.N)
	for _, s := range m.Spikes(0) {
		got[s.Comp] = int64(s.Payload)
	}
	for i, x := range got[:k.nHidden] {
		c.equal("spikes", step, i, run.out[step*k.nHidden+i], x)
	}
	for i, x := range got[k.nHidden:] {
		c.equal("spikes_out", step, i, run.last[step*k.nOut+i], x)
	}
}

// xyloFlag is the hibernation flag. Where it is late, a step shows whether the
// one before was at rest, unless a source sends in this one.
type xyloFlag struct {
	late, sent, in bool
}

func (f *xyloFlag) next(rest bool) int64 {
	shown := rest
	if f.late {
		shown = f.in && !f.sent
	}
	f.in = rest
	if shown {
		return 1
	}
	return 0
}
