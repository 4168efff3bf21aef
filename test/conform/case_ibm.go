package conform

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/compiler/crossbar"
	"hillock/compiler/import/corelet"
	"hillock/core"
	events "hillock/isa/count"
)

// replayIBM replays a model of IBM's tool chain. The record, PREFIX_expected,
// lies beside PREFIX_model and the spikes PREFIX_input.
func replayIBM(d *doc, c *checker) error {
	m := &ibmModel{doc: d}
	for _, step := range [...]func() error{m.files, m.record} {
		if err := step(); err != nil {
			return err
		}
	}
	f, err := chip.LoadNamed("truenorth")
	if err != nil {
		return err
	}
	img, err := m.model.Image(f)
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return m.replay(c, img, e) })
}

type ibmModel struct {
	doc      *doc
	model    *crossbar.Model
	in       []corelet.Spike
	core     map[int]int // number in the files -> index into the model's cores
	steps    int
	spikes   lists // core * 256 + neuron
	external lists // bus * ibmPins + pin
	merged   int64
	final    [][3]int64 // core, neuron, V
}

const (
	ibmSide = 256
	ibmPins = 1 << 15

	ibmTicks = 1 << 18 // at most
)

// beside reads the file of the same set in the record's folder.
func (d *doc) beside(part, ext string) ([]byte, string, error) {
	dir, name := filepath.Split(d.file)
	stem := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".json")
	if !strings.Contains(stem, "_expected") {
		return nil, "", d.fail("", "", "a file PREFIX_expected.json beside PREFIX_model.json and PREFIX_input.sfti", clip(name))
	}
	want := strings.Replace(stem, "_expected", "_"+part, 1)
	for _, end := range [...]string{ext, ext + ".gz"} {
		path := filepath.Join(dir, want+end)
		b, err := readFile(path, DefaultMaxBytes)
		if !errors.Is(err, fs.ErrNotExist) {
			return b, filepath.Base(path), err
		}
	}
	return nil, "", d.fail("", "", "a file "+clip(want)+ext+" beside this one", "none")
}

// replayIBMModel replays a model file by the record beside it; without one the
// model is read, and there is nothing to compare.
func replayIBMModel(b []byte, res Result, o Options) Result {
	dir, name := filepath.Split(res.File)
	res.Kind = "ibm-model"
	model, err := corelet.Model(b, name)
	if err != nil {
		return res.damaged(err)
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".json")
	if strings.Contains(stem, "_model") {
		for _, end := range [...]string{".json", ".json.gz"} {
			path := filepath.Join(dir, strings.Replace(stem, "_model", "_expected", 1)+end)
			if record, err := readFile(path, o.MaxBytes); err == nil {
				d, err := parseDoc(record)
				if err != nil {
					return res.damaged(err)
				}
				d.file = path
				return replayKind(d, res, o)
			}
		}
	}
	res.Status, res.Reason = Skipped, fmt.Sprintf("a model of %d cores without a record beside it", len(model.Cores))
	return res
}

// files reads model and input.
func (m *ibmModel) files() error {
	b, name, err := m.doc.beside("model", ".json")
	if err != nil {
		return err
	}
	if m.model, err = corelet.Model(b, name); err != nil {
		return err
	}
	if b, name, err = m.doc.beside("input", ".sfti"); err != nil {
		return err
	}
	if m.in, err = corelet.Spikes(b, name); err != nil {
		return err
	}
	slices.SortStableFunc(m.in, func(a, b corelet.Spike) int { return int(a.Tick - b.Tick) })
	m.core = map[int]int{}
	for i := range m.model.Cores {
		number, err := strconv.Atoi(strings.TrimPrefix(m.model.Cores[i].Name, "core"))
		if err != nil {
			return err
		}
		m.core[number] = i
	}
	for i, s := range m.in {
		if _, ok := m.core[s.Core]; !ok {
			return fmt.Errorf("conform: spike %d of %s goes to core %d, which the model does not have", i, name, s.Core)
		}
	}
	return nil
}

func (m *ibmModel) record() error {
	d := m.doc
	steps, err := d.integer("ticks", 1, ibmTicks)
	if err != nil {
		return err
	}
	m.steps = int(steps)
	if m.merged, err = d.integer("merged", 0, 1<<53); err != nil {
		return err
	}
	m.spikes, err = d.triples("spikes", m.steps, func(core, neuron int64) (int32, bool) {
		i, ok := m.core[int(core)]
		return int32(i*ibmSide + int(neuron)), ok && neuron >= 0 && neuron < ibmSide
	})
	if err != nil {
		return err
	}
	m.external, err = d.triples("external", m.steps, func(bus, pin int64) (int32, bool) {
		i := slices.IndexFunc(m.model.Buses, func(b crossbar.Bus) bool { return b.Name == fmt.Sprintf("bus%d", bus) })
		return int32(i*ibmPins + int(pin)), i >= 0 && i < 1<<15 && pin >= 0 && pin < ibmPins
	})
	if err != nil {
		return err
	}
	var line []int64
	return d.each("final_potentials", d.raw("final_potentials"), "", func(cur *cursor, n int) (err error) {
		where := fmt.Sprintf("row %d", n)
		if line, err = d.row("final_potentials", cur.value(), where, 3, -1<<31, 1<<31-1, line[:0]); err != nil {
			return err
		}
		i, ok := m.core[int(line[0])]
		if !ok || line[1] < 0 || line[1] >= ibmSide || len(m.final) >= maxCells {
			return d.fail("final_potentials", where, "a core of the model and a neuron", fmt.Sprint(line))
		}
		m.final = append(m.final, [3]int64{int64(i), line[1], line[2]})
		return nil
	})
}

// replay runs one tick more than was recorded, for what is then on its way:
// pins fire a tick after the neuron, and packets merge when they arrive.
func (m *ibmModel) replay(c *checker, img *chip.Image, engine string) error {
	x, err := chip.New(img, chip.Options{Engine: engine, Noise: func(int32, int64, int, core.DrawFormat) int32 { return 0 }})
	if err != nil {
		return err
	}
	places := make([]int, len(m.model.Cores)+len(m.model.Buses))
	for i := range places {
		places[i] = m.model.Place(i)
	}
	cores, last := len(m.model.Cores), int64(m.steps)
	err = x.Run(last+1, m.source(), func(tick int64, x *chip.Machine) error {
		var spikes, pins []int32
		for i, at := range places {
			for _, s := range x.Spikes(at) {
				if i < cores {
					spikes = append(spikes, int32(i*ibmSide)+s.Comp)
				} else {
					pins = append(pins, int32((i-cores)*ibmPins)+s.Comp)
				}
			}
		}
		if tick > 0 {
			c.spikes("external", int(tick)-1, ibmSide*len(m.model.Buses), m.external.at(tick-1), pins)
		}
		if tick < last {
			c.spikes("spikes", int(tick), ibmSide*cores, m.spikes.at(tick), spikes)
		}
		if tick == last-1 {
			for n, f := range m.final {
				v := x.Core(places[f[0]]).State.Words[0][0][f[1]]
				c.equalAt("final_potentials", n, f[2], int64(v), func() string { return fmt.Sprintf("core %s, neuron %d", m.model.Cores[f[0]].Name, f[1]) })
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	merged := int64(0)
	for _, at := range places[:cores] {
		merged += x.Core(at).Counts[events.Merged]
	}
	n := x.Counts()
	c.equalAt("draws", -1, 0, n[events.Draws], func() string { return "no draw is recorded" })
	c.equalAt("merged", -1, m.merged, merged, func() string { return "after the last tick" })
	return nil
}

// source injects what reaches the cores within the recorded ticks.
func (m *ibmModel) source() chip.Source {
	next, first := 0, len(m.model.Cores)+len(m.model.Buses)
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		for ; next < len(m.in) && m.in[next].Tick <= tick && tick < int64(m.steps); next++ {
			s := m.in[next]
			dst = append(dst, chip.Injection{Pop: int32(first + m.core[s.Core]), Index: int32(s.Axon), Payload: 1})
		}
		return dst
	}
}
