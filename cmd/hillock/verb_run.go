package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/chip/timing"
	"hillock/core"
	"hillock/internal/wave"
	"hillock/isa/count"
	"hillock/router/aer"
)

type runFlags struct {
	common
	timeFlags
	in      string
	ticks   int64
	trace   string
	html    string
	engine  string
	workers int
	seed    int64
	point   string
	save    string
	restore string
	failing bool
	weights string
	set     []string     // --modulate
	edges   bool         // ticks are clock edges, also where the image has a frame
	mods    []modulation // of set, those still to come
	last    int64        // tick behind the last event, for cores without ticks

	before count.Counts // of the run that the snapshot was taken from
	began  chip.Femtoseconds
}

// counts is what this run counted, without the run before a snapshot.
func (r *runFlags) counts(m *chip.Machine) count.Counts {
	c := m.Counts()
	return c.Sub(&r.before)
}

// elapsed is the time of this run.
func (r *runFlags) elapsed(m *chip.Machine) chip.Femtoseconds { return m.Elapsed() - r.began }

func newRun() *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use: "run IMAGE", Short: "Run an image on the emulator", Args: needArgs(1, 1, "1 operand IMAGE"),
		Long: `Run a compiled image for a number of ticks with events from a file, and print
spikes, counts, time and the trace hash. The hash does not depend on workers or
engine.`,
		Example: `  hillock run digits.img --in spikes.csv --ticks 20 --trace run.spk
  hillock run digits.img --in spikes.csv --workers 8 --json
  hillock run digits.img --in spikes.csv --ticks 5 --snapshot five.state
  hillock run digits.img --in spikes.csv --restore five.state
  hillock run learning.img --in spikes.csv --modulate 0@40=16 --modulate 0@44=0 --weights weights.csv`,
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd, args[0]) },
	}
	r.common.add(cmd)
	r.timeFlags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&r.in, "in", "", "events: csv, npz, a trace file, spikes of IBM's tool chain (sfti) or the input file of RANC's simulator")
	f.Int64Var(&r.ticks, "ticks", 0, "ticks to run (0: as long as the events, plus the depth of the network; of a chip without ticks: clock edges until it rests)")
	f.BoolVar(&r.edges, "edges", false, "chip without ticks, compiled network: ticks are clock edges and the host sends nothing but the events (default: ticks are the network's, one sample as the image says)")
	f.StringVar(&r.trace, "trace", "", "write the spikes: .csv as text, else a trace file")
	f.StringVar(&r.html, "html", "", "write a report page")
	f.StringVar(&r.save, "snapshot", "", "write the state after the last tick")
	f.StringVar(&r.restore, "restore", "", "go on from a snapshot; --ticks is how many more")
	f.StringVar(&r.engine, "engine", "", "oracle or vector")
	f.IntVar(&r.workers, "workers", 1, "goroutines that step cores")
	f.Int64Var(&r.seed, "seed", 1, "seed of random draws")
	f.StringVar(&r.point, "point", "", "operating point of the energy table")
	f.StringVar(&r.weights, "weights", "", "write the synapses that learn after the last tick, as csv")
	f.StringArrayVar(&r.set, "modulate", nil, "set modulator register R of every core: R=VALUE before the run, R@TICK=VALUE before that tick (repeatable)")
	f.BoolVar(&r.failing, "fail-on-loss", false, "exit status 1 if a spike was lost, late or merged")
	return cmd
}

// seededNoise is a counter-based generator: the draw is a function of seed,
// compartment, tick and draw number (splitmix64 finaliser over their mix). A
// deviation: no chip's own generator is public, see docs/deviations.md.
func seededNoise(seed int64) core.NoiseSource {
	return func(comp int32, tick int64, k int, f core.DrawFormat) int32 {
		x := uint64(seed)
		for _, v := range [...]uint64{uint64(comp), uint64(tick), uint64(k)} {
			x = mix(x + 0x9e3779b97f4a7c15 + v)
		}
		return f.Lo + int32(x%uint64(int64(f.Hi)-int64(f.Lo)+1))
	}
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// maxTicks bounds one run.
const maxTicks = 1 << 40

func (r *runFlags) run(cmd *cobra.Command, path string) error {
	if err := r.timeFlags.check(); err != nil {
		return err
	}
	if r.ticks < 0 || r.ticks > maxTicks {
		return fmt.Errorf("run: --ticks %d, need 0..%d", r.ticks, int64(maxTicks))
	}
	if err := checkWorkers("run", r.workers); err != nil {
		return err
	}
	var err error
	if r.mods, err = parseModulations(r.set); err != nil {
		return err
	}
	out, err := r.common.report(cmd, r.trace, r.html, r.save, r.weights, r.bounds, r.incidents, r.wave.vcd, r.wave.timeline)
	if err != nil {
		return err
	}
	img, err := readImage(cmd, path)
	if err != nil {
		return err
	}
	if r.edges {
		img.Frame = nil
	}
	if err := r.framed(img); err != nil {
		return err
	}
	in, last, err := r.events(cmd, img)
	if err != nil {
		return err
	}
	o := chip.Options{Engine: r.engine, Workers: r.workers, Noise: seededNoise(r.seed)}
	r.mesh.Seed = uint64(r.seed)
	r.prepare(img, &o)
	r.sparse(&o, in, last)
	m, err := chip.New(img, o)
	if err != nil {
		return err
	}
	img.Pack() // the machine has its own lists
	if err := r.resume(cmd, m); err != nil {
		return err
	}
	ticks, err := r.length(m, last)
	if err != nil {
		return err
	}
	rec := chip.NewRecorder(img, r.trace != "" || r.html != "")
	r.profile.Keep = r.html != ""
	first := m.Tick()
	if err := r.during(cmd, img, func() error { return r.drive(m, ticks, in, rec) }); err != nil {
		return err
	}
	if img.Frame == nil {
		ticks = m.Tick() - first
	}
	if err := r.timeFlags.write(cmd); err != nil {
		return err
	}
	if r.wave.full {
		r.notice(cmd, "the timeline holds %d spans, the first of its ticks: give fewer with --timeline-ticks", wave.MaxSpans)
	}
	if err := r.writeWeights(cmd, img, m); err != nil {
		return err
	}
	if r.save != "" {
		b := m.Snapshot().Encode()
		if err := writeOutput(cmd, r.save, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
			return err
		}
	}
	return r.write(cmd, out, img, m, rec, ticks)
}

// length is how many ticks to run, given when the network has drained its input.
func (r *runFlags) length(m *chip.Machine, last int64) (int64, error) {
	switch {
	case r.ticks > 0:
		return r.ticks, nil
	case r.in == "":
		return 0, fmt.Errorf("run: need --in FILE or --ticks N")
	case m.Tick() >= last:
		return 0, fmt.Errorf("run: the events end at tick %d, the run starts at tick %d: need --ticks N", last, m.Tick())
	}
	if !m.Image().Ticks() && m.Image().Frame == nil {
		r.last = last
		return last - m.Tick() + maxEdges, nil
	}
	return last - m.Tick(), nil
}

// events plans the events of --in and says at which tick the network has
// drained them.
func (r *runFlags) events(cmd *cobra.Command, img *chip.Image) (*chip.Schedule, int64, error) {
	if r.in == "" {
		in, _, err := chip.Plan(img, nil, "")
		return in, 0, err
	}
	s, err := readInputs(cmd, r.in, img)
	if err != nil {
		return nil, 0, err
	}
	in, n, err := chip.Plan(img, s, r.in)
	if err != nil {
		return nil, 0, err
	}
	if n < 0 || n > maxTicks-img.Depth() {
		return nil, 0, fmt.Errorf("%s: the last event is in tick %d, need below %d", r.in, n-1, maxTicks-img.Depth())
	}
	return in, n + img.Depth(), nil
}

// resume brings the machine to the snapshot of --restore.
func (r *runFlags) resume(cmd *cobra.Command, m *chip.Machine) error {
	if r.restore == "" {
		return nil
	}
	b, err := readInput(cmd, r.restore)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(b, []byte(chip.SnapshotMagic)) {
		return fmt.Errorf("%s: need a snapshot (see 'hillock run -h'), have %s of %d bytes", r.restore, kindOf(b), len(b))
	}
	s, err := chip.DecodeSnapshot(b, r.restore)
	if err != nil {
		return err
	}
	if err := m.Restore(s); err != nil {
		return fmt.Errorf("%s: %w", r.restore, err)
	}
	r.before, r.began = m.Counts(), m.Elapsed()
	return nil
}

func (r *runFlags) write(cmd *cobra.Command, out io.Writer, img *chip.Image, m *chip.Machine, rec *chip.Recorder, ticks int64) error {
	if r.trace != "" {
		t := &aer.Trace{Pops: rec.Names(), Spikes: rec.Spikes, Ticks: ticks, Meta: []aer.KV{{Key: "chip", Value: img.Chip}}, Incidents: r.list}
		if err := writeTrace(cmd, r.trace, t); err != nil {
			return err
		}
	}
	if r.html != "" {
		if err := r.writePage(cmd, img, m, rec, ticks); err != nil {
			return err
		}
	}
	c := r.counts(m)
	if err := r.print(out, img, m, rec, ticks); err != nil {
		return err
	}
	if bad := c[count.Lost] + c[count.Late] + c[count.Merged]; r.failing && bad > 0 {
		return answerNo("run: %d spikes lost, %d late, %d merged", c[count.Lost], c[count.Late], c[count.Merged])
	}
	if stuck := m.Deadlock(); len(stuck) > 0 {
		return answerNo("run: deadlock: after edge %d no chip can go on: %s", m.Tick()-1, stuck[0])
	}
	return nil
}

func (r *runFlags) print(out io.Writer, img *chip.Image, m *chip.Machine, rec *chip.Recorder, ticks int64) error {
	c := r.counts(m)
	if r.json {
		return printJSON(out, r.object(img, m, rec, ticks))
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "ticks %d, spikes %d, synaptic events %d, packets %d\n", ticks, c[count.Spikes], c.SynapticEvents(), c[count.PacketsOut])
	if img.Frame != nil {
		fmt.Fprintf(out, "clock edges %d\n", m.Tick())
	}
	for p, n := range rec.Total {
		if !img.Pops[p].Input && !(img.Frame != nil && img.Pops[p].Aside) {
			fmt.Fprintf(out, "spikes of %s: %d\n", img.Pops[p].Name, n)
		}
	}
	if all, live := structure(m); all > 0 {
		fmt.Fprintf(out, "synapses that rules make and remove: %d live of %d\n", live, all)
	}
	fmt.Fprintf(out, "lost %d, late %d, merged %d, accumulator overflows %d\n", c[count.Lost], c[count.Late], c[count.Merged], c[count.Overflowed])
	for _, x := range m.Deadlock() {
		fmt.Fprintf(out, "deadlock: %s\n", x)
	}
	r.timeFlags.print(out, img, r.elapsed(m))
	fmt.Fprintf(out, "trace %s, machine %s\n", rec.TraceHash(), rec.MachineHash())
	return nil
}

// runSchema is the schema field of a run.
const runSchema = "hillock/run/1"

// runJSON is the object of the run verb; it is a census as well, except for
// its schema, so that energy can price it.
type runJSON struct {
	Schema   string            `json:"schema"`
	Chip     string            `json:"chip"`
	ChipHash string            `json:"chip_hash"`
	Fidelity map[string]string `json:"fidelity"`
	Trace    string            `json:"trace_hash"`
	Machine  string            `json:"machine_hash"`
	Ticks    int64             `json:"ticks"`
	Spikes   int64             `json:"spikes"`
	Counts   map[string]int64  `json:"counts"`
	Time     *float64          `json:"time_s"`
	Lost     int64             `json:"lost"`
	Late     int64             `json:"late"`
	Merged   int64             `json:"merged"`
	Cores    int               `json:"cores_powered"`
	Chips    int               `json:"chips_powered"`
	Timing   *timeJSON         `json:"timing"`
	Live     *liveJSON         `json:"structural_synapses,omitempty"`
	Deadlock []stallJSON       `json:"deadlock,omitempty"`
	Edges    int64             `json:"clock_edges,omitempty"` // of a chip without ticks that was shown a sample
}

// stallJSON is a wire that waits for an acknowledge that never comes.
type stallJSON struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Since int64  `json:"since"`
	On    string `json:"to_waits_for,omitempty"`
}

// liveJSON is how many of the synapses that rules make and remove are there.
type liveJSON struct {
	Live int64 `json:"live"`
	All  int64 `json:"all"`
}

func (r *runFlags) object(img *chip.Image, m *chip.Machine, rec *chip.Recorder, ticks int64) runJSON {
	c := r.counts(m)
	j := runJSON{Schema: runSchema, Chip: img.Chip, ChipHash: img.ChipHash, Fidelity: fidelityJSON(img.Fidelity), Trace: rec.TraceHash(), Machine: rec.MachineHash(),
		Ticks: ticks, Spikes: c[count.Spikes], Counts: countsJSON(c), Lost: c[count.Lost], Late: c[count.Late], Merged: c[count.Merged],
		Cores: len(img.Cores), Chips: img.Chips(), Timing: r.timeFlags.object(img)}
	if img.Frame != nil {
		j.Edges = m.Tick()
	}
	if all, live := structure(m); all > 0 {
		j.Live = &liveJSON{live, all}
	}
	for _, x := range m.Deadlock() {
		j.Deadlock = append(j.Deadlock, stallJSON(x))
	}
	if r.timing != timing.Functional {
		s := r.elapsed(m).Seconds()
		j.Time = &s
	}
	return j
}

// writeTrace writes CSV if the name ends so, else a trace file.
func writeTrace(cmd *cobra.Command, path string, t *aer.Trace) error {
	return writeOutput(cmd, path, func(w io.Writer) error {
		if len(path) > 4 && path[len(path)-4:] == ".csv" {
			return aer.WriteCSV(w, t.Stream())
		}
		return aer.WriteTrace(w, t)
	})
}
