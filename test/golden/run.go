package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/isa/count"
	"hillock/router/aer"
	"hillock/test/eval"
)

// Options choose which cases run.
type Options struct {
	Run    *regexp.Regexp // cases whose file name matches; nil = all
	Update bool           // rewrite what is expected instead of comparing
}

// Outcome is the result of one case; Failure is empty if it passed.
type Outcome struct {
	File    string `json:"file"`
	Failure string `json:"failure,omitempty"`
	Updated bool   `json:"updated,omitempty"`
}

// Report is the outcome of all cases, in the order of their paths.
type Report struct {
	Passed  int       `json:"passed"`
	Failed  int       `json:"failed"`
	Skipped int       `json:"skipped"`
	Cases   []Outcome `json:"cases"`
}

// Run runs the cases of a folder (or a single file).
func Run(path string, o Options) (*Report, error) {
	files, err := collect(path)
	if err != nil {
		return nil, err
	}
	r := &Report{Cases: []Outcome{}}
	for _, f := range files {
		if o.Run != nil && !o.Run.MatchString(filepath.Base(f)) {
			r.Skipped++
			continue
		}
		out := Outcome{File: f}
		if err := runFile(f, o, &out); err != nil {
			out.Failure = err.Error()
			r.Failed++
		} else {
			r.Passed++
		}
		r.Cases = append(r.Cases, out)
	}
	return r, nil
}

func collect(path string) ([]string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return []string{path}, nil
	}
	files, err := filepath.Glob(filepath.Join(path, "*.txtar"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: golden: no *.txtar file in this folder", path)
	}
	sort.Strings(files)
	return files, nil
}

func runFile(path string, o Options, out *Outcome) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c, err := Parse(b, path)
	if err != nil {
		return err
	}
	got, err := c.execute()
	if err != nil {
		return err
	}
	if o.Update {
		out.Updated = true
		return c.update(path, b, got)
	}
	return c.compare(got)
}

// outcome is what a run of a case gave.
type outcome struct {
	hash     string
	spikes   *aer.Stream // nil for labelled sets
	total    int64
	lost     int64
	cores    int
	accuracy float64
	labelled bool
}

func (c *Case) execute() (*outcome, error) {
	img, err := c.image()
	if err != nil {
		return nil, err
	}
	if _, ok := c.find("data"); ok {
		return c.evaluate(img)
	}
	return c.simulate(img)
}

func (c *Case) path(name string) string { return filepath.Join(filepath.Dir(c.Name), name) }

// image decodes the image or compiles the network of the case.
func (c *Case) image() (*chip.Image, error) {
	if d, ok := c.find("image"); ok {
		b, err := os.ReadFile(c.path(d.args[0]))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", c.Name, d.line, err)
		}
		return chip.DecodeImage(b, d.args[0])
	}
	d, _ := c.find("network")
	o, err := c.netOptions(d)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(c.path(d.args[0]))
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.Name, d.line, err)
	}
	net, err := netfile.Network(b, d.args[0], o)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.Name, d.line, err)
	}
	f, err := chip.LoadNamed(c.word("chip", "loihi1"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	r, err := compiler.Compile(net, f, compiler.Options{Seed: 1, Strict: o.Strict})
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.Name, d.line, err)
	}
	return r.Image, nil
}

// netOptions reads the flags behind a network's path.
func (c *Case) netOptions(d directive) (nir.Options, error) {
	var o nir.Options
	texts := map[string]*string{"--reset": &o.Reset, "--compare": &o.Compare, "--multispike": &o.Multispike, "--floor": &o.Floor, "--dialect": &o.Dialect}
	for k := 1; k < len(d.args); k++ {
		if d.args[k] == "--strict" {
			o.Strict = true
			continue
		}
		if k+1 == len(d.args) {
			return o, fmt.Errorf("%s:%d: golden: flag %s has no value", c.Name, d.line, d.args[k])
		}
		var err error
		if p, ok := texts[d.args[k]]; ok {
			*p = d.args[k+1]
		} else if d.args[k] == "--dt" {
			o.DT, err = strconv.ParseFloat(d.args[k+1], 64)
		} else {
			err = fmt.Errorf("unknown flag")
		}
		if err != nil {
			return o, fmt.Errorf("%s:%d: golden: %s %s: %w", c.Name, d.line, d.args[k], d.args[k+1], err)
		}
		k++
	}
	return o, nil
}

func (c *Case) evaluate(img *chip.Image) (*outcome, error) {
	ticks, err := c.number("ticks", 16)
	if err != nil {
		return nil, err
	}
	first, err := c.number("first", 0)
	if err != nil {
		return nil, err
	}
	n, err := c.number("images", 0)
	if err != nil {
		return nil, err
	}
	in, err := eval.Load(c.path(c.word("data", "")), "", c.word("encode", "rate"), c.word("layout", "flat"), int(ticks))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	r, err := eval.Chip(img, in, eval.Options{First: int(first), N: int(n)}, chip.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return &outcome{hash: r.Trace, total: r.Total[count.Spikes], lost: r.Total[count.Lost], cores: len(img.Cores), accuracy: 100 * r.Accuracy(), labelled: true}, nil
}

func (c *Case) simulate(img *chip.Image) (*outcome, error) {
	t, err := c.events(c.word("input", ""))
	if err != nil {
		return nil, err
	}
	src, last, err := chip.Replay(img, t, c.word("input", ""))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	ticks, err := c.number("ticks", last+img.Depth())
	if err != nil {
		return nil, err
	}
	m, err := chip.New(img, chip.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	rec := chip.NewRecorder(img, true)
	if err := m.Show(ticks, src, rec.Tick); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	s := &aer.Stream{Pops: rec.Names(), Spikes: rec.Spikes}
	s.Sort()
	n := m.Counts()
	return &outcome{hash: rec.TraceHash(), spikes: s, total: n[count.Spikes], lost: n[count.Lost], cores: len(img.Cores)}, nil
}

// events reads a file of the archive, or one beside the case.
func (c *Case) events(name string) (*aer.Stream, error) {
	if f, ok := c.files[name]; ok {
		return aer.ReadCSV(f.data, c.Name+"/"+name)
	}
	b, err := os.ReadFile(c.path(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	t, err := aer.Read(b, name)
	if err != nil {
		return nil, err
	}
	return t.Stream(), nil
}

// compare reports the first expectation that does not hold, with its line.
func (c *Case) compare(got *outcome) error {
	if d, ok := c.find("trace"); ok {
		if err := c.compareTrace(d, got); err != nil {
			return err
		}
	}
	if d, ok := c.find("trace_hash"); ok && d.args[0] != got.hash {
		return c.wrong(d, d.args[0], got.hash)
	}
	if err := c.compareNumber("cores", int64(got.cores)); err != nil {
		return err
	}
	if err := c.compareNumber("spikes", got.total); err != nil {
		return err
	}
	if err := c.compareNumber("lost", got.lost); err != nil {
		return err
	}
	d, ok := c.find("accuracy")
	if !ok {
		return nil
	}
	lo, err1 := strconv.ParseFloat(d.args[0], 64)
	hi, err2 := strconv.ParseFloat(d.args[1], 64)
	if err1 != nil || err2 != nil || !got.labelled {
		return fmt.Errorf("%s:%d: golden: accuracy needs two percentages and a data line", c.Name, d.line)
	}
	if got.accuracy < lo || got.accuracy > hi {
		return c.wrong(d, fmt.Sprintf("%g to %g %%", lo, hi), fmt.Sprintf("%.3f %%", got.accuracy))
	}
	return nil
}

func (c *Case) compareNumber(key string, have int64) error {
	d, ok := c.find(key)
	if !ok {
		return nil
	}
	if want, err := c.number(key, 0); err != nil || want != have {
		return c.wrong(d, d.args[0], strconv.FormatInt(have, 10))
	}
	return nil
}

func (c *Case) wrong(d directive, want, got string) error {
	return fmt.Errorf("%s:%d: %s: want %s, got %s", c.Name, d.line, d.key, want, got)
}

// compareTrace compares the expected spikes line by line with the run's.
func (c *Case) compareTrace(d directive, got *outcome) error {
	f, ok := c.files[d.args[0]]
	if !ok || got.spikes == nil {
		return fmt.Errorf("%s:%d: golden: trace %s needs that file in the archive and an input line", c.Name, d.line, d.args[0])
	}
	want := strings.Split(strings.TrimRight(string(f.data), "\n"), "\n")
	have := strings.Split(strings.TrimRight(csvText(got.spikes), "\n"), "\n")
	for k := range want {
		if k >= len(have) {
			return fmt.Errorf("%s:%d: trace: want spike %q, got no more spikes", c.Name, f.line+k, want[k])
		}
		if want[k] != have[k] {
			return fmt.Errorf("%s:%d: trace: want %q, got %q", c.Name, f.line+k, want[k], have[k])
		}
	}
	if len(have) > len(want) {
		return fmt.Errorf("%s:%d: trace: want the end, got spike %q and %d more", c.Name, f.line+len(want), have[len(want)], len(have)-len(want)-1)
	}
	return nil
}

func csvText(s *aer.Stream) string {
	var b strings.Builder
	if err := aer.WriteCSV(&b, s); err != nil {
		return err.Error()
	}
	return b.String()
}
