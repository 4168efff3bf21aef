// Package golden runs mapping regressions: text files (txtar) that name a
// network or an image, a chip, an input and what must come out. A test fails
// at the line of the first thing that differs.
package golden

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// Case is one parsed file. Every directive stands on a line of its own before
// the first file of the archive:
//
//	network PATH [FLAGS]   network file and how to read it (--reset zero ...)
//	image PATH             a compiled image instead of a network
//	chip NAME              family or path of a description
//	input FILE             events (CSV) in the archive or beside it
//	data PATH              labelled set, with encode, layout, first, images
//	encode SPEC            as eval --encode
//	layout SPEC            as eval --layout
//	first I, images N      part of the set
//	ticks T                ticks of the run, or ticks of input per image
//	trace_hash H           expected trace hash
//	accuracy LO HI         expected accuracy in percent, bounds included
//	cores N, spikes N, lost N
//	trace FILE             expected spikes (CSV) in the archive
type Case struct {
	Name       string
	directives []directive
	files      map[string]file
}

type directive struct {
	line int
	key  string
	args []string
}

type file struct {
	line int // line of its first content line in the archive
	data []byte
}

var keys = map[string]struct{ min, max int }{
	"network": {1, 32}, "image": {1, 1}, "chip": {1, 1}, "input": {1, 1}, "data": {1, 1}, "encode": {1, 1},
	"layout": {1, 1}, "first": {1, 1}, "images": {1, 1}, "ticks": {1, 1}, "trace_hash": {1, 1}, "accuracy": {2, 2},
	"cores": {1, 1}, "spikes": {1, 1}, "lost": {1, 1}, "trace": {1, 1},
}

// Parse reads a case; name is the file's name for errors.
func Parse(b []byte, name string) (*Case, error) {
	ar := txtar.Parse(b)
	c := &Case{Name: name, files: map[string]file{}}
	for n, line := range strings.Split(string(ar.Comment), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		k, ok := keys[words[0]]
		if !ok {
			return nil, fmt.Errorf("%s:%d: golden: unknown directive %q", name, n+1, words[0])
		}
		if a := len(words) - 1; a < k.min || a > k.max {
			return nil, fmt.Errorf("%s:%d: golden: %s takes %d..%d arguments, have %d", name, n+1, words[0], k.min, k.max, a)
		}
		if _, twice := c.find(words[0]); twice {
			return nil, fmt.Errorf("%s:%d: golden: directive %s stands twice", name, n+1, words[0])
		}
		c.directives = append(c.directives, directive{n + 1, words[0], words[1:]})
	}
	for _, f := range ar.Files {
		at := bytes.Index(b, []byte("-- "+f.Name+" --"))
		c.files[f.Name] = file{bytes.Count(b[:max(at, 0)], []byte("\n")) + 2, f.Data}
	}
	return c, c.complete()
}

func (c *Case) complete() error {
	_, net := c.find("network")
	_, img := c.find("image")
	_, in := c.find("input")
	_, data := c.find("data")
	switch {
	case net == img:
		return fmt.Errorf("%s: golden: need either a network or an image line", c.Name)
	case in == data:
		return fmt.Errorf("%s: golden: need either an input or a data line", c.Name)
	}
	for _, k := range []string{"trace_hash", "accuracy", "trace", "spikes", "cores"} {
		if _, ok := c.find(k); ok {
			return nil
		}
	}
	return fmt.Errorf("%s: golden: nothing is expected: need trace_hash, accuracy, trace, spikes or cores", c.Name)
}

func (c *Case) find(key string) (directive, bool) {
	for _, d := range c.directives {
		if d.key == key {
			return d, true
		}
	}
	return directive{}, false
}

func (c *Case) word(key, otherwise string) string {
	if d, ok := c.find(key); ok {
		return d.args[0]
	}
	return otherwise
}

func (c *Case) number(key string, otherwise int64) (int64, error) {
	d, ok := c.find(key)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(d.args[0], 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s:%d: golden: %s %q, need a number of 0 or more", c.Name, d.line, key, d.args[0])
	}
	return n, nil
}
