package corelet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// withoutComments puts blanks in place of comments, so that places stay.
func withoutComments(b []byte) ([]byte, error) {
	out := bytes.Clone(b)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(out[i:], []byte("//")):
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case bytes.HasPrefix(out[i:], []byte("/*")):
			n := bytes.Index(out[i+2:], []byte("*/"))
			if n < 0 {
				return nil, fmt.Errorf("the comment of line %d has no end", lineAt(b, i))
			}
			for end := i + n + 4; i < end; i++ {
				if out[i] != '\n' {
					out[i] = ' '
				}
			}
			i--
		}
	}
	return out, nil
}

func lineAt(b []byte, at int) int { return 1 + bytes.Count(b[:min(at, len(b))], []byte("\n")) }

// whole is a whole number; true and false are 1 and 0.
type whole int64

// UnmarshalJSON reads a number or a truth value.
func (w *whole) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		*w = 1
		return nil
	case "false":
		*w = 0
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("need a whole number, have %s", clip(string(b)))
	}
	*w = whole(v)
	return nil
}

// clip keeps errors short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

// runs is a list of whole numbers, one per neuron of a core, in which strings
// stand for several: "VxN" is V N times, "A:B" from A to B, "A:S:B" in steps.
type runs []int64

// UnmarshalJSON expands the list; it has at most side entries.
func (r *runs) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		text := string(p)
		if strings.HasPrefix(text, `"`) {
			if err := json.Unmarshal(p, &text); err != nil {
				return err
			}
		}
		if err := r.expand(strings.TrimSpace(text)); err != nil {
			return err
		}
	}
	return nil
}

func (r *runs) expand(text string) error {
	first, step, n, err := parseRun(text)
	switch {
	case err != nil:
		return fmt.Errorf("need a number, \"VxN\", \"A:B\" or \"A:S:B\", have %q", clip(text))
	case n > int64(side-len(*r)):
		return fmt.Errorf("%q after %d entries, need at most %d entries", clip(text), len(*r), side)
	}
	for k := range n {
		*r = append(*r, first+k*step)
	}
	return nil
}

// parseRun gives the first number, the step and the count of a run.
func parseRun(text string) (first, step, n int64, err error) {
	num := func(s string) int64 {
		v, e := strconv.ParseInt(s, 10, 48)
		err = errors.Join(err, e)
		return v
	}
	if v, times, ok := strings.Cut(text, "x"); ok {
		if first, n = num(v), num(times); n < 0 {
			err = errors.New("negative count")
		}
		return first, 0, n, err
	}
	p := strings.Split(text, ":")
	last := int64(0)
	switch len(p) {
	case 1:
		return num(p[0]), 0, 1, err
	case 2:
		first, step, last = num(p[0]), 1, num(p[1])
	case 3:
		first, step, last = num(p[0]), num(p[1]), num(p[2])
	default:
		return 0, 0, 0, errors.New("too many colons")
	}
	if err == nil && step == 0 || step > 0 && last < first || step < 0 && last > first {
		return 0, 0, 0, errors.Join(err, errors.New("a range that ends before it begins"))
	}
	if err == nil {
		n = (last-first)/step + 1
	}
	return first, step, n, err
}
