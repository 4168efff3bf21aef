// Package conform replays golden vector files: records of runs (or tables of
// single operations) that somebody else's emulator, or silicon, computed. A
// file says by its field "kind" what it is; the replay builds an image from a
// chip family's description and the file's own parameters, runs it on every
// engine and compares every recorded value.
package conform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"hillock/compiler/import/corelet"
	"hillock/core"
)

// MaxFailures is the most failures that are listed for one file.
const MaxFailures = 20

// DefaultMaxBytes is the largest file, after decompression, that is read.
const DefaultMaxBytes = 256 << 20

// Options choose how files are replayed.
type Options struct {
	Engines  []string // engines to run each case on; nil = all of core.Engines
	Workers  int      // files replayed at a time; 0 = 1; results do not depend on it
	MaxBytes int64    // largest file after decompression, in bytes; 0 = DefaultMaxBytes
}

// The states of a replayed file.
const (
	Passed      = "passed"      // every recorded value is equal
	Failed      = "failed"      // a value differs, or the file is damaged
	Skipped     = "skipped"     // documented as no reference
	Unsupported = "unsupported" // no kind, or a kind that has no replay
)

// Failure is one recorded value that the replay does not give, or one field
// that is damaged (then Want says what is needed and Got what is there).
type Failure struct {
	File   string `json:"file"`
	Kind   string `json:"kind"`
	Field  string `json:"field"`           // name in the file
	Tick   int    `json:"tick"`            // row of a per-tick array, from 0; -1 = none
	Index  int    `json:"index"`           // neuron or entry (row-major in a matrix without ticks); -1 = none
	Want   string `json:"want"`            // recorded value
	Got    string `json:"got"`             // value of the replay
	Where  string `json:"where,omitempty"` // place in words, where tick and index do not say it
	Engine string `json:"engine,omitempty"`
}

// Result is the outcome of one file.
type Result struct {
	File       string `json:"file"`
	Kind       string `json:"kind"`
	Status     string `json:"status"` // Passed, Failed, Skipped or Unsupported
	Reason     string `json:"reason,omitempty"`
	Compared   int64  `json:"compared"`   // values compared, all engines together
	Mismatches int64  `json:"mismatches"` // of these different, listed or not

	failures []Failure
}

// Report is the outcome of all files, in the order of their paths.
type Report struct {
	Files       int       `json:"files"`
	Passed      int       `json:"passed"`
	Failed      int       `json:"failed"`
	Skipped     int       `json:"skipped"`
	Unsupported int       `json:"unsupported"`
	Failures    []Failure `json:"failures"` // at most MaxFailures per file
	Results     []Result  `json:"results"`
}

// OK says that the answer is yes: no file failed and none was unsupported.
func (r *Report) OK() bool { return r.Failed == 0 && r.Unsupported == 0 }

// Text writes the report for people: one line per file that did not pass (per
// file if all), the listed failures below it, and the sums.
func (r *Report) Text(w io.Writer, all bool) error {
	var s strings.Builder
	for i := range r.Results {
		x := &r.Results[i]
		if x.Status == Passed && !all {
			continue
		}
		fmt.Fprintf(&s, "%-11s %s", x.Status, x.File)
		if x.Kind != "" {
			fmt.Fprintf(&s, " (%s)", clip(x.Kind))
		}
		if x.Reason != "" {
			s.WriteString(": " + x.Reason)
		}
		if x.Status == Passed {
			fmt.Fprintf(&s, ": %d values", x.Compared)
		}
		s.WriteByte('\n')
		if x.Mismatches > 0 {
			for _, f := range x.failures {
				s.WriteString("  " + f.place() + "\n")
			}
		}
	}
	fmt.Fprintf(&s, "%d files: %d passed, %d failed, %d skipped, %d unsupported\n", r.Files, r.Passed, r.Failed, r.Skipped, r.Unsupported)
	_, err := io.WriteString(w, s.String())
	return err
}

// replays is the table of kinds that can be replayed.
var replays = []struct {
	kind string
	run  func(d *doc, c *checker) error
}{
	{"cuba-core", replayCubaCore},
	{"tinyodin-aer", replayTinyODIN},
	{"odin-aer", replayODIN},
	{"reckon-infer", replayReckOn},
	{"event-run", replayEventRun},
	{"board-run", replayBoard},
	{"tick-run", replayTickRun},
	{"scalar-ops", replayScalarOps},
	{"silicon-lif", replaySilicon},
	{"conversion-reference", replayConversion},
	{"brian2loihi-core", replayB2L},
	{"lava-lif", replayLava},
	{"weight-table", replayWeightTable},
	{"loihi2-neuron", replayLoihi2},
	{"nef-chip", replayNEF},
	{"lava-learning", replayLavaLearn},
	{"nengo-pes", replayPES},
	{"brian2loihi-learning", replayB2LLearn},
	{"tn-neuron", replayTN},
	{"ranc-grid", replayRANC},
	{"ranc-mnist", replayRANCMNIST},
	{"ranc-rtl", replayRANCRTL},
	{"ibm-model", replayIBM},
	{"noc-curves", replayNocCurves},
	{"noc-exact", replayNocExact},
	{"spinnaker-router", replayTableRouter},
	{"ordered-covering", replayCovering},
	{"speck-layer", replaySpeck},
	{"xylo-core", replayXylo},
	{"xylo-twostep", replayXyloTwoStep},
	{"xylo-quantize", replayXyloQuantise},
	{"spinnaker-prim", replayAccumPrim},
	{"spinnaker-core", replayAccum},
	{"sanafe-networks", replayPeerNetworks},
	{"sanafe-messages", replayPeerMessages},
}

// skips lists kinds that are documented as no reference, with the reason.
var skips = []struct{ kind, reason string }{
	{"nemo-neuron", "a record of another program's behaviour, defects included: not a reference"},
}

// Run replays the files and folders of paths. An error means that there was
// nothing to replay or an option is wrong; whatever is the matter with a file
// is in its Result.
func Run(paths []string, o Options) (*Report, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	files, err := collect(paths)
	if err != nil {
		return nil, err
	}
	rep := &Report{Files: len(files), Results: make([]Result, len(files)), Failures: []Failure{}}
	var g errgroup.Group
	g.SetLimit(o.Workers)
	for i, f := range files {
		g.Go(func() error {
			rep.Results[i] = replayFile(f, o)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range rep.Results {
		rep.add(&rep.Results[i])
	}
	return rep, nil
}

func (o *Options) fill() error {
	if len(o.Engines) == 0 {
		o.Engines = core.Engines()
	}
	for _, e := range o.Engines {
		known := false
		for _, k := range core.Engines() {
			known = known || k == e
		}
		if !known {
			return fmt.Errorf("conform: unknown engine %q, have %v", e, core.Engines())
		}
	}
	if o.MaxBytes < 0 || o.Workers < 0 {
		return fmt.Errorf("conform: limit of %d bytes and %d workers, need 0 or more", o.MaxBytes, o.Workers)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	o.Workers = max(o.Workers, 1)
	return nil
}

func (r *Report) add(res *Result) {
	switch res.Status {
	case Passed:
		r.Passed++
	case Skipped:
		r.Skipped++
	case Unsupported:
		r.Unsupported++
	default:
		r.Failed++
	}
	r.Failures = append(r.Failures, res.failures...)
}

// replayFile reads one file and replays it; every error ends in the Result.
func replayFile(path string, o Options) Result {
	res := Result{File: path, Status: Failed}
	b, err := readFile(path, o.MaxBytes)
	if err != nil {
		return res.damaged(err)
	}
	d, err := parseDoc(b)
	if err != nil {
		if corelet.IsModel(b) {
			return replayIBMModel(b, res, o)
		}
		if commented(b) {
			res.Status, res.Reason = Unsupported, "the file has no field \"kind\": it is JSON with comments"
			return res
		}
		return res.damaged(err)
	}
	d.file = path
	if !d.has("kind") {
		res.Status, res.Reason = Unsupported, "the file has no field \"kind\""
		return res
	}
	if res.Kind, err = d.text("kind"); err != nil {
		return res.damaged(err)
	}
	return replayKind(d, res, o)
}

// commented says that a text that is no JSON is an object with C comments and
// without a kind: configurations of that sort lie beside vectors.
func commented(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return bytes.HasPrefix(b, []byte("{")) && bytes.HasPrefix(bytes.TrimLeft(b[1:], " \t\r\n"), []byte("/*")) &&
		!bytes.Contains(b, []byte(`"kind"`))
}

func replayKind(d *doc, res Result, o Options) Result {
	for _, s := range skips {
		if s.kind == res.Kind {
			res.Status, res.Reason = Skipped, s.reason
			return res
		}
	}
	for _, r := range replays {
		if r.kind != res.Kind {
			continue
		}
		c := &checker{res: &res, engines: o.Engines}
		if err := r.run(d, c); err != nil {
			return res.damaged(err)
		}
		return c.verdict()
	}
	res.Status, res.Reason = Unsupported, fmt.Sprintf("kind %s is not replayed yet", clip(res.Kind))
	return res
}

// damaged turns an error into the one failure of a file.
func (res Result) damaged(err error) Result {
	res.Status, res.Reason = Failed, err.Error()
	f := Failure{File: res.File, Kind: res.Kind, Tick: -1, Index: -1, Want: "a file that can be replayed", Got: err.Error()}
	var fe *fieldError
	if errors.As(err, &fe) {
		f.Field, f.Where, f.Want, f.Got = fe.field, fe.where, fe.need, fe.have
	}
	if len(res.failures) >= MaxFailures {
		res.failures = res.failures[:MaxFailures-1]
	}
	res.failures = append(res.failures, f)
	return res
}
