package science

import (
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/internal/dataset"
	"hillock/isa/count"
	"hillock/power"
)

// ODINOptions say how the network of ODINDigits is trained and on which machine
// it runs. Engine and Workers change nothing.
type ODINOptions struct {
	Seed                             uint64
	Train, Test                      *dataset.Set // pixels of 0 to 16, 64 an image
	Shown                            int          // images of Test that the machine is shown, the first; 0 = all
	Passes                           int          // over Train, at least 1
	Ticks                            int          // spikes of the brightest pixel, 1 to 16
	HiddenThreshold, OutputThreshold int32        // 1 to 128: one leak event clears a potential
	Rate                             float64      // of learning, at the start
	Sharpness                        float64      // of the class probabilities: the exponent is it times spike counts
	Engine                           string       // "" = vector
	Workers                          int          // goroutines; 0 = 1
}

// ODINResult is what the machine made of the test set.
type ODINResult struct {
	Trained int               // images of Train that the trained network gets right, computed without the machine
	Alone   int               // images of Test, all of them, likewise
	Correct int               // images that the machine gets right
	Images  int               // shown to the machine
	Differ  int               // images whose output counts are not those of the network computed without the machine
	Inputs  int64             // neuron events that the host sent
	Spikes  [2]int64          // of hidden and output neurons, as they left the chip
	Counts  count.Counts      // of the images shown
	Time    chip.Femtoseconds // likewise
	Edges   int64             // of the clock
	Image   *chip.Image       // what was run

	network *graph.Network
}

// Price is the energy of the images shown at a point of the chip's energy table,
// which holds its published power equation.
func (r *ODINResult) Price(point string) (*power.Report, error) {
	t, err := power.ParseTable(r.Image.Energy, r.Image.Chip+".energy.json")
	if err != nil {
		return nil, err
	}
	return power.Price(t, point, power.Census{Chip: r.Image.Chip, Time: power.Femtoseconds(r.Time), Ticks: r.Edges, ChipsPowered: 1, CoresPowered: 1,
		Inferences: int64(r.Images), Boundary: power.ChipBoundary, Counts: r.Counts})
}

// odinLeak is the leak of every neuron: the most that 7 bits hold.
const odinLeak = 127

// ODINDigits trains a network of 64 inputs, 96 hidden and 10 output neurons on
// the digits for odin, in whole weights of 3 bits and a sign per source, and
// runs the test set on the machine, compiled and framed as any network: the host
// sends the two events of each input spike, waits until the chip is idle, counts
// the spikes of output neurons and clears all potentials with one leak event
// behind each image. Spikes of hidden neurons go round on the chip.
func ODINDigits(o ODINOptions) (*ODINResult, error) {
	if o.Train == nil || o.Test == nil || o.Passes < 1 || o.Ticks < 1 || o.Ticks > 16 || min(o.HiddenThreshold, o.OutputThreshold) < 1 ||
		max(o.HiddenThreshold, o.OutputThreshold) > odinLeak+1 || o.Test.Pixels() != tandemInputs {
		return nil, fmt.Errorf("science: need two sets of 64 pixels, at least 1 pass, 1 to 16 ticks and thresholds of 1 to 128, have %d passes, %d ticks, %d and %d", o.Passes, o.Ticks, o.HiddenThreshold, o.OutputThreshold)
	}
	t := newTandem(o)
	if err := t.train(o.Train, o.Passes, o.Seed); err != nil {
		return nil, err
	}
	r := &ODINResult{Trained: t.correct(o.Train), Alone: t.correct(o.Test), Images: o.Test.Len()}
	if o.Shown > 0 {
		r.Images = min(o.Shown, r.Images)
	}
	f, err := chip.LoadNamed("odin")
	if err != nil {
		return nil, err
	}
	c, err := compiler.Compile(t.network(), f, compiler.Options{})
	if err != nil {
		return nil, err
	}
	r.Image, r.network = c.Image, t.network()
	return r, r.run(t, o)
}

// network is the trained network, as any compiler takes it: one spike for every
// threshold that a potential reaches, not below 0.
func (t *tandem) network() *graph.Network {
	net := &graph.Network{Name: "digits trained for odin"}
	for l, n := range [...]int{tandemInputs, tandemHidden, tandemOutputs} {
		p := &graph.Population{Name: [...]string{"pixels", "hidden", "digits"}[l], N: n, Shape: []int{n}, Output: l == 2}
		if l > 0 {
			p.Kind, p.GE, p.Multi = graph.CubaLIF, true, true
			p.AJ, p.C, p.VReset, p.Floor = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			ones := slices.Repeat([]float64{1}, n)
			p.GJ, p.AV, p.GV, p.Theta = ones, ones, ones, slices.Repeat([]float64{float64(t.thr[l-1])}, n)
			q := &graph.Projection{Name: net.Pops[l-1].Name + "-" + p.Name, Pre: l - 1, Post: l, W: make([]float64, n*net.Pops[l-1].N)}
			for i, w := range t.whole[l-1] {
				q.W[i%n*net.Pops[l-1].N+i/n] = float64(w)
			}
			net.Projs = append(net.Projs, q)
		}
		net.Pops = append(net.Pops, p)
	}
	return net
}

// run shows the test set.
func (r *ODINResult) run(t *tandem, o ODINOptions) error {
	m, err := chip.New(r.Image, chip.Options{Engine: o.Engine, Workers: o.Workers})
	if err != nil {
		return err
	}
	counts := make([]int32, tandemOutputs)
	rec := chip.NewRecorder(r.Image, false)
	sink := func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		for _, s := range rec.Last() {
			if s.Pop == odinResult {
				counts[s.Index]++
			}
		}
		return nil
	}
	for i, img := range o.Test.Images[:r.Images] {
		clear(counts)
		if err := m.Show(int64(o.Ticks), pixelSpikes(img, o.Ticks), sink); err != nil {
			return err
		}
		if t.run(img); decide(counts) == o.Test.Labels[i] {
			r.Correct++
		}
		if !slices.Equal(counts, t.outputs) {
			r.Differ++
		}
	}
	r.Counts, r.Time, r.Edges = m.Counts(), m.Elapsed(), m.Tick()
	r.Spikes = [2]int64{rec.Total[odinResult-1], rec.Total[odinResult]}
	r.Inputs = r.Counts[count.AxonEvents] - int64(r.Images) // a leak event behind each image
	return nil
}

// odinResult is the population of the output neurons.
const odinResult = 2

// pixelSpikes are the input spikes of an image.
func pixelSpikes(img []uint16, ticks int) chip.Source {
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		for j, p := range img {
			if spikes(p, int(tick), ticks) {
				dst = append(dst, chip.Injection{Index: int32(j), Payload: 1})
			}
		}
		return dst
	}
}
