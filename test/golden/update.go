package golden

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/tools/txtar"

	"hillock/internal/atomicfile"
)

// update rewrites the expectations of a case with what the run gave. Lines
// that are not expectations stay as they are; an accuracy band stays too, and
// is still checked: a band is a judgement, not a record.
func (c *Case) update(path string, b []byte, got *outcome) error {
	ar := txtar.Parse(b)
	lines := strings.Split(string(ar.Comment), "\n")
	set := func(key, value string) {
		if d, ok := c.find(key); ok {
			lines[d.line-1] = key + " " + value
		}
	}
	set("trace_hash", got.hash)
	set("cores", fmt.Sprint(got.cores))
	set("spikes", fmt.Sprint(got.total))
	set("lost", fmt.Sprint(got.lost))
	ar.Comment = []byte(strings.Join(lines, "\n"))
	if d, ok := c.find("trace"); ok && got.spikes != nil {
		text := []byte(csvText(got.spikes))
		found := false
		for k := range ar.Files {
			if ar.Files[k].Name == d.args[0] {
				ar.Files[k].Data, found = text, true
			}
		}
		if !found {
			ar.Files = append(ar.Files, txtar.File{Name: d.args[0], Data: text})
		}
	}
	out := txtar.Format(ar)
	if !bytes.Equal(out, b) {
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(out); return err }); err != nil {
			return err
		}
	}
	again, err := Parse(out, path)
	if err != nil {
		return err
	}
	return again.compare(got)
}
