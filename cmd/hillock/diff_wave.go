package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hillock/internal/wave"
	"hillock/test/diff"
	"hillock/test/vectors"
)

// opened is an operand of diff that is read as a stream.
type opened struct {
	*bufio.Reader
	name string
	file io.Closer // nil for standard input
}

// close ends the reading.
func (o *opened) close() {
	if o != nil && o.file != nil {
		o.file.Close()
	}
}

// openOperand opens a file or standard input. What is looked at of standard
// input stays there for who reads it after.
func openOperand(cmd *cobra.Command, path string) (*opened, error) {
	if path == "-" {
		b := bufio.NewReaderSize(cmd.InOrStdin(), 1<<16)
		cmd.SetIn(b)
		return &opened{Reader: b, name: "standard input"}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &opened{bufio.NewReaderSize(f, 1<<16), path, f}, nil
}

// streamed compares two waves, or a log with a set of vectors; false if the
// operands are neither.
func (d *diffFlags) streamed(cmd *cobra.Command, args []string) (bool, error) {
	if len(args) == 2 && args[0] == "-" && args[1] == "-" {
		return true, fmt.Errorf("diff: standard input can be one operand, have it twice")
	}
	for i, a := range args {
		if st, err := os.Stat(a); err == nil && st.IsDir() {
			return true, d.log(cmd, args, a, args[1-i])
		}
	}
	var in [2]*opened
	dumps := 0
	for i, a := range args {
		var err error
		if in[i], err = openOperand(cmd, a); err != nil {
			return true, err
		}
		if st, err := os.Stat(a); err == nil && !st.Mode().IsRegular() {
			d.piped[i] = in[i] // it cannot be opened twice
		} else {
			defer in[i].close()
		}
		head, _ := in[i].Peek(64) // an error shows again where the rest is read
		if wave.Sniff(head) {
			dumps++
		}
	}
	switch {
	case dumps == 1:
		return true, fmt.Errorf("diff: %s and %s: need two waves, have a value change dump and another file", args[0], args[1])
	case dumps == 0 && (d.scopeA != "" || d.scopeB != ""):
		return true, fmt.Errorf("diff: --scope-a and --scope-b are for waves, %s and %s are none", args[0], args[1])
	case dumps == 0:
		return false, nil
	case d.in != "" || d.ticks != 0 || d.spikes || d.imageA != "" || d.imageB != "":
		return true, fmt.Errorf("diff: --in, --ticks, --spikes, --image-a and --image-b are for images and traces, %s and %s are waves", args[0], args[1])
	}
	return true, d.waves(cmd, args, in)
}

// waves compares two value change dumps.
func (d *diffFlags) waves(cmd *cobra.Command, args []string, in [2]*opened) error {
	var w [2]*wave.Reader
	for i := range in {
		var err error
		if w[i], err = wave.NewReader(in[i], in[i].name); err != nil {
			return err
		}
	}
	r, err := diff.Waves(w[0], w[1], diff.WaveOptions{ScopeA: d.scopeA, ScopeB: d.scopeB})
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if d.json {
		err = printJSON(out, struct {
			Schema string `json:"schema"`
			Kind   string `json:"kind"`
			*diff.WaveResult
		}{"hillock/diff/1", "wave", r})
	} else {
		err = r.Text(out)
	}
	if err == nil && !r.Equal {
		err = answerNo("%s and %s differ", args[0], args[1])
	}
	return err
}

// log compares what a bench printed with a set of vectors.
func (d *diffFlags) log(cmd *cobra.Command, args []string, dir, path string) error {
	if d.in != "" || d.ticks != 0 || d.spikes || d.imageA != "" || d.imageB != "" || d.scopeA != "" || d.scopeB != "" {
		return fmt.Errorf("diff: %s and %s are a set of vectors and a log, which take no flag but --json", args[0], args[1])
	}
	read := func(file string) ([]byte, error) { return readInput(cmd, filepath.Join(dir, file)) }
	in, err := openOperand(cmd, path)
	if err != nil {
		return err
	}
	defer in.close()
	if b, err := read("vectors.json"); err == nil && vectors.IsTickSet(b) {
		return d.tickLog(cmd, dir, path, read, in)
	}
	r, chip, err := compareLog(dir, read, in)
	if err != nil {
		return err
	}
	return d.verdict(cmd, dir, path, r.Equal, r.Text(), struct {
		Schema string `json:"schema"`
		Kind   string `json:"kind"`
		Chip   string `json:"chip"`
		*vectors.LogResult
		First *logFirst `json:"first"`
	}{"hillock/diff/1", "log", chip, r, firstOf(r.First)})
}

// verdict prints what a log says of a set, as text or as an object.
func (d *diffFlags) verdict(cmd *cobra.Command, dir, path string, equal bool, text string, object any) (err error) {
	if out := cmd.OutOrStdout(); d.json {
		err = printJSON(out, object)
	} else {
		_, err = io.WriteString(out, text)
	}
	if err == nil && !equal {
		err = answerNo("%s differs from %s", path, dir)
	}
	return err
}

// compareLog compares a log with the set of a chip or a board without ticks, and
// says of what it is.
func compareLog(dir string, read func(string) ([]byte, error), in *opened) (*vectors.LogResult, string, error) {
	if b, err := read("vectors.json"); err == nil && vectors.IsBoardSet(b) {
		r, err := vectors.CompareBoardLog(dir, read, in, in.name)
		return r, "board", err
	}
	set, err := vectors.ReadSet(dir, read)
	if err != nil {
		return nil, "", err
	}
	r, err := vectors.CompareLog(set, in, in.name)
	return r, set.Chip, err
}

// tickLog is log for a set of a chip with ticks.
func (d *diffFlags) tickLog(cmd *cobra.Command, dir, path string, read func(string) ([]byte, error), in *opened) error {
	r, err := vectors.CompareTickLog(dir, read, in, in.name)
	if err != nil {
		return err
	}
	return d.verdict(cmd, dir, path, r.Equal, r.Text(), struct {
		Schema string `json:"schema"`
		Kind   string `json:"kind"`
		*vectors.TickLogResult
		First *tickFirst `json:"first"`
	}{"hillock/diff/1", "log", r, tickFirstOf(r.First)})
}

// tickFirst is the first mismatch of a chip with ticks, in the words of the
// other kinds too.
type tickFirst struct {
	diff.Place
	Line   int    `json:"line"`
	Signal string `json:"signal"`
	Core   int    `json:"core"`
}

func tickFirstOf(m *vectors.TickMismatch) *tickFirst {
	if m == nil {
		return nil
	}
	return &tickFirst{diff.Place{Tick: m.Tick, Population: m.Population, Index: m.Index, Field: m.Signal, A: m.Want, B: m.Have}, m.Line, m.Signal, m.Core}
}

// logFirst is the first mismatch of a log, in the words of the other kinds too:
// a is what the set expects, b what the log has.
type logFirst struct {
	diff.Place
	*vectors.Mismatch
}

func firstOf(m *vectors.Mismatch) *logFirst {
	if m == nil {
		return nil
	}
	return &logFirst{diff.Place{Tick: m.Edge, Population: m.Signal, Index: int(m.Address), Field: "value", A: m.Want, B: m.Have}, m}
}
