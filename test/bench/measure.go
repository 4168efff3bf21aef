package bench

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"hillock/chip"
	"hillock/isa/count"
)

// Options say how to measure. A workload runs with every engine, level of time
// and number of workers, in turn.
type Options struct {
	Ticks   int64    // of one repeat, 0 = the workload's own
	Repeat  int      // repeats, 0 = 10
	Workers []int    // goroutines that step cores; none = 1
	Engines []string // none or "" = the machine's default
	Timing  []string // levels of time, see package timing; none or "" = analytic
	// Yardsticks: measure the machine too, between the repeats.
	Yardsticks bool
	// Progress hears how many of all repeats are done; nil = nobody.
	Progress func(done, total int)
}

// MaxRepeat bounds Options.Repeat.
const MaxRepeat = 1000

// Repeat is one run of a workload from its start state.
type Repeat struct {
	Wall, CPU time.Duration
}

// Result is what one workload gave. Rates are those of the median time: CPU
// time of the thread, or wall time if the system does not tell it or any run
// of the report has several workers. Times per event and per compartment
// divide the whole time by either count.
type Result struct {
	Work             string   `json:"work"`
	TicksPerS        float64  `json:"ticks_per_s"`
	UpdatesPerS      float64  `json:"neuron_updates_per_s"`
	EventsPerS       float64  `json:"synaptic_events_per_s"`
	NsPerEvent       float64  `json:"ns_per_event"`
	NsPerCompartment float64  `json:"ns_per_compartment"`
	NsPerCoreTick    float64  `json:"ns_per_core_tick"`
	CPU              float64  `json:"cpu_s"`
	Wall             float64  `json:"wall_s"`
	BestWall         float64  `json:"best_wall_s"`
	Ticks            int64    `json:"ticks"`
	Cores            int      `json:"cores"`
	Neurons          int64    `json:"neurons"`
	Synapses         int64    `json:"synapses"`
	Spikes           int64    `json:"spikes"`
	Events           int64    `json:"synaptic_events"`
	Updates          int64    `json:"neuron_updates"`
	Pinned           bool     `json:"pinned"` // the spikes equal those of other simulators
	BytesPerNeuron   float64  `json:"bytes_per_neuron"`
	BytesPerSynapse  float64  `json:"bytes_per_synapse"`       // image and machine
	ImagePerSynapse  float64  `json:"image_bytes_per_synapse"` // of it, what the image takes without the machine
	LearnPerS        float64  `json:"learning_updates_per_s,omitempty"`
	AllocsPerTick    float64  `json:"allocations_per_tick"`
	BuildS           float64  `json:"build_s"`
	LoadS            float64  `json:"load_s"`
	Engine           string   `json:"engine"`
	Timing           string   `json:"timing,omitempty"`
	Workers          int      `json:"workers"`
	Repeats          []Repeat `json:"-"`
	learned          int64
}

// Report is one run of the benchmark.
type Report struct {
	Results    []Result
	Yardsticks Yardsticks
	CPUClock   string // what cpu_s is: thread, process or none
	ByWall     bool   // rates are of wall time
	LoadBefore string // load averages of the system
	LoadAfter  string
	PeakBytes  int64 // most memory in use by the process, before the yardsticks; 0 = not known
}

// subject is a workload that is loaded.
type subject struct {
	work  Work
	net   *Net
	in    chip.Source
	m     *chip.Machine
	ticks int64
	clock int // workers whose time counts, see cpuTime
	res   Result
}

// Run loads the workloads and repeats them in turn, so that a load from
// outside meets all of them alike.
func Run(works []Work, o Options) (*Report, error) {
	if err := o.settle(); err != nil {
		return nil, err
	}
	most := slices.Max(o.Workers)
	r := &Report{CPUClock: cpuClock(most), LoadBefore: loadAverage()}
	r.ByWall = most > 1 || r.CPUClock == noClock
	subjects, err := loadAll(works, &o, most)
	if err != nil {
		return nil, err
	}
	if most == 1 { // workers would wait longer for a goroutine that is tied to a thread
		runtime.LockOSThread() // so that the clock of the thread counts all of it
		defer runtime.UnlockOSThread()
	}
	var y yardstick
	for k := range o.Repeat {
		for i, s := range subjects {
			if err := s.repeat(); err != nil {
				return nil, err
			}
			if o.Progress != nil {
				o.Progress(k*len(subjects)+i+1, o.Repeat*len(subjects))
			}
		}
		if k == 0 {
			r.PeakBytes = peakBytes()
		}
		if o.Yardsticks {
			y.sweep()
		}
	}
	for _, s := range subjects {
		s.settle(r.ByWall)
		r.Results = append(r.Results, s.res)
	}
	r.Yardsticks, r.LoadAfter = y.medians(), loadAverage()
	return r, nil
}

// settle checks the options and fills in what is not set.
func (o *Options) settle() error {
	if o.Repeat == 0 {
		o.Repeat = 10
	}
	if o.Repeat < 1 || o.Repeat > MaxRepeat || o.Ticks < 0 {
		return fmt.Errorf("bench: %d repeats of %d ticks, need 1..%d and 0 or more", o.Repeat, o.Ticks, MaxRepeat)
	}
	if len(o.Workers) == 0 {
		o.Workers = []int{1}
	}
	if slices.Min(o.Workers) < 1 {
		return fmt.Errorf("bench: workers %v, need 1 or more", o.Workers)
	}
	if len(o.Engines) == 0 {
		o.Engines = []string{""}
	}
	if len(o.Timing) == 0 {
		o.Timing = []string{""}
	}
	return nil
}

// loadAll loads every workload for every engine, level and number of workers.
func loadAll(works []Work, o *Options, most int) ([]*subject, error) {
	var out []*subject
	for _, w := range works {
		for _, e := range o.Engines {
			for _, t := range o.Timing {
				for _, n := range o.Workers {
					s, err := load(w, o.Ticks, chip.Options{Engine: e, Timing: t, Workers: n})
					if err != nil {
						return nil, err
					}
					s.clock = most
					out = append(out, s)
				}
			}
		}
	}
	return out, nil
}

// load builds and loads a workload, and weighs it.
func load(w Work, ticks int64, o chip.Options) (*subject, error) {
	s := &subject{work: w, ticks: ticks}
	if s.ticks == 0 {
		s.ticks = w.Ticks
	}
	before, start := heap(), time.Now()
	var err error
	if s.net, err = w.Build(); err != nil {
		return nil, fmt.Errorf("bench: %s: %w", w.Name, err)
	}
	s.net.Image.Pack()
	built := time.Now()
	image, loading := heap()-before, time.Now()
	o.Next = s.net.Next
	if s.m, err = chip.New(s.net.Image, o); err != nil {
		return nil, fmt.Errorf("bench: %s: %w", w.Name, err)
	}
	loaded := time.Now()
	s.res = Result{Work: w.Name, Ticks: s.ticks, BuildS: built.Sub(start).Seconds(), LoadS: loaded.Sub(loading).Seconds(), Workers: o.Workers, Engine: o.Engine, Timing: o.Timing}
	s.res.Cores = len(s.net.Image.Cores)
	s.res.Neurons, s.res.Synapses = s.net.Size()
	s.weigh(image, heap()-before)
	s.in = s.net.Source()
	return s, nil
}

// heap is the memory of live Go objects, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// weigh splits the memory of the image, and of image and machine: states, accumulators and
// parameters to the neurons, all the rest (lists, in-axons, routes) to the
// synapses.
func (s *subject) weigh(image, total int64) {
	neurons := s.net.Image.NeuronBytes()
	s.res.BytesPerNeuron = float64(neurons) / float64(s.res.Neurons)
	if s.res.Synapses > 0 {
		s.res.ImagePerSynapse = float64(max(image-s.net.Image.ParamBytes(), 0)) / float64(s.res.Synapses)
		s.res.BytesPerSynapse = float64(max(total-neurons, 0)) / float64(s.res.Synapses)
	}
}

// repeat runs the workload once from its start state. Every repeat must give
// the same counts.
func (s *subject) repeat() error {
	s.m.Reset()
	counted := s.m.Counts()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), cpuTime(s.clock)
	err := s.m.Run(s.ticks, s.in, nil)
	r := Repeat{CPU: cpuTime(s.clock) - cpu, Wall: time.Since(wall)}
	runtime.ReadMemStats(&after)
	if err != nil {
		return fmt.Errorf("bench: %s: %w", s.work.Name, err)
	}
	c := s.m.Counts()
	c = c.Sub(&counted)
	if len(s.res.Repeats) > 0 && c[count.Spikes] != s.res.Spikes {
		return fmt.Errorf("bench: %s: %d spikes in repeat %d, need %d as in the first", s.work.Name, c[count.Spikes], len(s.res.Repeats)+1, s.res.Spikes)
	}
	s.res.Spikes, s.res.Events, s.res.Updates = c[count.Spikes], c.SynapticEvents(), c[count.Updates]
	s.res.learned = c[count.LearnUpdates]
	s.res.AllocsPerTick = float64(after.Mallocs-before.Mallocs) / float64(s.ticks) // the last repeat stays: the first fills boxes
	s.res.Repeats = append(s.res.Repeats, r)
	for _, p := range s.work.Pins {
		if p.Ticks != s.ticks {
			continue
		}
		if p.Spikes != s.res.Spikes {
			return fmt.Errorf("bench: %s: %d spikes after %d ticks, need %d", s.work.Name, s.res.Spikes, s.ticks, p.Spikes)
		}
		s.res.Pinned = true
	}
	return nil
}

// settle computes medians and rates.
func (s *subject) settle(byWall bool) {
	r := &s.res
	var wall, cpu []float64
	for _, x := range r.Repeats {
		wall, cpu = append(wall, x.Wall.Seconds()), append(cpu, x.CPU.Seconds())
	}
	r.Wall, r.CPU, r.BestWall = median(wall), median(cpu), slices.Min(wall)
	t := r.CPU
	if byWall {
		t = r.Wall
	}
	if t <= 0 {
		return
	}
	r.TicksPerS, r.UpdatesPerS, r.EventsPerS, r.LearnPerS = float64(r.Ticks)/t, float64(r.Updates)/t, float64(r.Events)/t, float64(r.learned)/t
	r.NsPerCoreTick = t * 1e9 / float64(r.Ticks*int64(r.Cores))
	r.NsPerCompartment = t * 1e9 / float64(max(r.Updates, 1))
	if r.Events > 0 {
		r.NsPerEvent = t * 1e9 / float64(r.Events)
	}
}

// median of the values, 0 of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
