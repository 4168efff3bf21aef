package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hillock/chip"
	"hillock/chip/timing"
	"hillock/internal/wave"
)

// waveFlags say which signals and spans a run shows.
type waveFlags struct {
	vcd      string
	signals  string
	timeline string
	ticks    string

	first, last int64 // of the timeline
	dump        *wave.VCD
	watched     []func(m *chip.Machine, base int64) // of the dump
	spans       *wave.Spans
	full        bool  // more spans than a timeline holds
	now         int64 // when the coming tick begins, femtoseconds
	list        []timing.Span
	cross       []timing.Crossing
}

// allSignals are the signals of a dump, if none are named.
const allSignals = "tick,cores"

func (w *waveFlags) add(f *pflag.FlagSet) {
	f.StringVar(&w.vcd, "vcd", "", "write signals over time (GTKWave)")
	f.StringVar(&w.signals, "signals", allSignals, "signals of --vcd, with commas between: tick, cores, links, POPULATION (its spikes), POPULATION[I] or POPULATION[I].WORD")
	f.StringVar(&w.timeline, "timeline", "", "write cores, links and barriers of some ticks as trace events (Perfetto)")
	f.StringVar(&w.ticks, "timeline-ticks", "0..9", "ticks of --timeline, A..B")
}

func (w *waveFlags) check() error {
	a, b, two := strings.Cut(w.ticks, "..")
	var err1, err2 error
	w.first, err1 = strconv.ParseInt(a, 10, 64)
	if w.last = w.first; two {
		w.last, err2 = strconv.ParseInt(b, 10, 64)
	}
	if err1 != nil || err2 != nil || w.first < 0 || w.last < w.first {
		return fmt.Errorf("run: --timeline-ticks %q, need a tick or A..B", w.ticks)
	}
	return nil
}

// on says whether links are watched.
func (w *waveFlags) on() bool { return w.vcd != "" || w.timeline != "" }

// noTime is how long a tick is shown that has no time: 1 us.
const noTime = 1_000_000_000

// tick shows the tick that m just computed.
func (w *waveFlags) tick(tick int64, m *chip.Machine) error {
	if !w.on() {
		return nil
	}
	b := m.Bound()
	took := b.Work() + b.Sync
	if took == 0 {
		took = noTime
	}
	base := w.now
	w.now += took
	if w.dump != nil {
		for _, f := range w.watched {
			f(m, base)
		}
		if err := w.dump.Advance(w.now); err != nil {
			return err
		}
	}
	if w.spans != nil && tick >= w.first && tick <= w.last {
		w.addSpans(m, tick, base, took)
	}
	return nil
}

// addSpans adds a tick to the timeline.
func (w *waveFlags) addSpans(m *chip.Machine, tick, base, took int64) {
	img, b := m.Image(), m.Bound()
	work, at := m.Traffic()
	add := func(group string, row int, rowName, name string, from, to int64, args ...wave.Arg) {
		if to > from {
			w.full = !w.spans.Add(group, row, rowName, name, base+from, base+to, args...) || w.full
		}
	}
	name := fmt.Sprintf("tick %d", tick)
	add("machine", 0, "ticks", name, 0, took, wave.Arg{Key: "bound", Value: b.Longest().String()}, wave.Arg{Key: "class", Value: b.Class.String()})
	add("machine", 1, "barrier", "barrier", took-b.Sync, took)
	w.list = timing.Busy(work, at, w.list[:0])
	for _, s := range w.list {
		id := img.Cores[s.Core].ID
		row, part := 2*id, "generate"
		if s.Term == timing.Process {
			row, part = row+1, "process"
		}
		add("cores", row, fmt.Sprintf("core %d %s", id, part), part, s.From, s.To, wave.Arg{Key: "messages", Value: s.Messages}, wave.Arg{Key: "tick", Value: tick})
	}
	w.cross = m.Crossings(w.cross[:0])
	w.list = timing.Occupied(w.cross, w.list[:0])
	for _, s := range w.list {
		l := s.Link
		add("links", int(4*(l.X+int32(img.Mesh.X)*l.Y)+l.Side), linkName(l), "packets", s.From, s.To, wave.Arg{Key: "packets", Value: s.Messages}, wave.Arg{Key: "tick", Value: tick})
	}
}

// during calls run with the files of waves open.
func (w *waveFlags) during(cmd *cobra.Command, img *chip.Image, run func() error) error {
	inner := run
	if w.vcd != "" {
		run = func() error {
			return writeOutput(cmd, w.vcd, func(out io.Writer) error {
				w.dump = wave.NewVCD(out)
				if err := w.declare(img); err != nil {
					return err
				}
				if err := inner(); err != nil {
					return err
				}
				return w.dump.Close(w.now)
			})
		}
	}
	if w.timeline == "" {
		return run()
	}
	return writeOutput(cmd, w.timeline, func(out io.Writer) error {
		w.spans = wave.NewSpans(out)
		if err := run(); err != nil {
			return err
		}
		return w.spans.Close()
	})
}

// declare makes the signals of --signals.
func (w *waveFlags) declare(img *chip.Image) error {
	if w.signals == allSignals && !img.Ticks() {
		w.signals = "cores" // a tick is an edge, and time says which
	}
	for _, s := range strings.Split(w.signals, ",") {
		var err error
		switch s = strings.TrimSpace(s); s {
		case "tick":
			err = w.tickSignals()
		case "cores":
			err = w.coreSignals(img)
		case "links":
			err = w.linkSignals(img)
		default:
			err = w.neuronSignal(img, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tickSignals are the number of the tick and whether the barrier is waited for.
func (w *waveFlags) tickSignals() error {
	number, err := w.dump.Add("machine", "tick", 64)
	if err != nil {
		return err
	}
	barrier, err := w.dump.Add("machine", "barrier", 1)
	if err != nil {
		return err
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		w.dump.Set(base, number, m.Tick()-1)
		w.dump.Set(base, barrier, 0)
		if b := m.Bound(); b.Sync > 0 {
			w.dump.Set(w.now-b.Sync, barrier, 1)
		}
	})
	return nil
}

// coreSignals are whether a core generates and whether it processes; of a core
// without ticks its queue, controller and registers, edge by edge.
func (w *waveFlags) coreSignals(img *chip.Image) error {
	if !img.Ticks() {
		return w.eventSignals(img)
	}
	var busy [2][]wave.Signal
	for i := range img.Cores {
		for t, name := range [...]string{timing.Generate: "generate", timing.Process: "process"} {
			s, err := w.dump.Add(fmt.Sprintf("core%d", img.Cores[i].ID), name, 1)
			if err != nil {
				return err
			}
			busy[t] = append(busy[t], s)
		}
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		work, at := m.Traffic()
		w.list = timing.Busy(work, at, w.list[:0])
		for _, s := range w.list {
			w.pulse(busy[s.Term][s.Core], base, s)
		}
	})
	return nil
}

// eventSignals are the signals of cores without ticks.
func (w *waveFlags) eventSignals(img *chip.Image) error {
	signals := make([][]wave.Signal, len(img.Cores))
	for i := range img.Cores {
		for _, x := range img.Cores[i].Image.Event.Spec.Signals() {
			s, err := w.dump.Add(fmt.Sprintf("core%d", img.Cores[i].ID), x.Name, x.Bits)
			if err != nil {
				return err
			}
			signals[i] = append(signals[i], s)
		}
	}
	var now []int64
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		for i := range signals {
			now = m.Core(i).Event().Sample(m.Tick()-1, now[:0])
			for k, s := range signals[i] {
				w.dump.Set(base, s, now[k])
			}
		}
	})
	return nil
}

// pulse is 1 for a span of the tick that begins at base.
func (w *waveFlags) pulse(s wave.Signal, base int64, x timing.Span) {
	w.dump.Set(base+x.From, s, 1)
	w.dump.Set(base+x.To, s, 0)
}

// linkSignals are whether a link carries a packet.
func (w *waveFlags) linkSignals(img *chip.Image) error {
	if n := 4 * img.Mesh.X * img.Mesh.Y; n > wave.MaxSignals {
		return fmt.Errorf("run: --signals links: need a grid of at most %d links, have %d", wave.MaxSignals, n)
	}
	links := make([]wave.Signal, 4*img.Mesh.X*img.Mesh.Y)
	for i := range links {
		r := i / 4
		s, err := w.dump.Add(fmt.Sprintf("router%d_%d", r%img.Mesh.X, r/img.Mesh.X), [4]string{"xplus", "xminus", "yplus", "yminus"}[i%4], 1)
		if err != nil {
			return err
		}
		links[i] = s
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		w.cross = m.Crossings(w.cross[:0])
		w.list = timing.Occupied(w.cross, w.list[:0])
		for _, s := range w.list {
			w.pulse(links[4*(s.Link.X+int32(img.Mesh.X)*s.Link.Y)+s.Link.Side], base, s)
		}
	})
	return nil
}

var signalName = regexp.MustCompile(`^(.+?)(?:\[(\d+)\](?:\.([A-Za-z0-9_]+))?)?$`)

// neuronSignal is the spikes of a population, or the spike or a state word of
// one of its neurons.
func (w *waveFlags) neuronSignal(img *chip.Image, s string) error {
	part := signalName.FindStringSubmatch(s)
	pop := -1
	for i, p := range img.Pops {
		if part != nil && p.Name == part[1] {
			pop = i
		}
	}
	if pop < 0 {
		return fmt.Errorf("run: --signals %q, need tick, cores, links, a population, POPULATION[I] or POPULATION[I].WORD", s)
	}
	if part[2] == "" {
		return w.populationSignal(img, pop)
	}
	index, err := strconv.Atoi(part[2])
	if err != nil {
		return fmt.Errorf("run: --signals %q: need a number between brackets", s)
	}
	at, err := img.Locate(pop, index)
	if err != nil {
		return fmt.Errorf("run: --signals %q: %w", s, err)
	}
	if part[3] == "" {
		return w.spikeSignal(img, pop, index, at)
	}
	return w.wordSignal(img, s, pop, index, at, part[3])
}

func (w *waveFlags) populationSignal(img *chip.Image, pop int) error {
	sig, err := w.dump.Add(img.Pops[pop].Name, "spikes", 32)
	if err != nil {
		return err
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		n := int64(0)
		for i := range img.Cores {
			for _, r := range img.Cores[i].Runs {
				if r.Pop != pop {
					continue
				}
				for _, s := range m.Spikes(i) {
					if int(s.Comp) >= r.Base && int(s.Comp) < r.Base+r.N {
						n++
					}
				}
			}
		}
		w.dump.Set(base, sig, n)
	})
	return nil
}

func (w *waveFlags) spikeSignal(img *chip.Image, pop, index int, at chip.Site) error {
	sig, err := w.dump.Add(img.Pops[pop].Name, fmt.Sprintf("n%d_spike", index), 1)
	if err != nil {
		return err
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		v := int64(0)
		for _, s := range m.Spikes(at.Core) {
			if int(s.Comp) == at.Comp {
				v = 1
			}
		}
		w.dump.Set(base, sig, v)
	})
	return nil
}

func (w *waveFlags) wordSignal(img *chip.Image, s string, pop, index int, at chip.Site, word string) error {
	words := img.Cores[at.Core].Image.Groups[at.Group].Words
	k := -1
	for i, name := range words {
		if name == word {
			k = i
		}
	}
	if k < 0 {
		return fmt.Errorf("run: --signals %q: the neuron has the state words %s", s, strings.Join(words, ", "))
	}
	sig, err := w.dump.Add(img.Pops[pop].Name, fmt.Sprintf("n%d_%s", index, word), 32)
	if err != nil {
		return err
	}
	w.watched = append(w.watched, func(m *chip.Machine, base int64) {
		if v, err := m.Peek(at, k); err == nil {
			w.dump.Set(base, sig, int64(v))
		}
	})
	return nil
}
