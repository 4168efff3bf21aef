package chip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hillock/chip/families"
)

// KnownSchema is the schema of entries about chips that have no description.
const KnownSchema = "hillock/known-chip/1"

const knownSuffix = ".known.json"

// Known is what the program knows of a chip, or of a side of one, that it
// cannot run exactly.
type Known struct {
	Schema  string      `json:"schema"`
	Name    string      `json:"name"`
	Title   string      `json:"title"`
	Exact   string      `json:"exact"`             // why it cannot be run exactly
	Nearest string      `json:"nearest,omitempty"` // what comes nearest here
	Facts   []KnownFact `json:"facts"`
}

// KnownFact is one published figure or property with its source.
type KnownFact struct {
	What   string `json:"what"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// KnownNames lists the entries inside the program, ascending, without those
// whose chip has a description by now.
func KnownNames() []string {
	entries, err := families.FS.ReadDir(".")
	if err != nil {
		return nil
	}
	var out []string
	described := Names()
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), knownSuffix); ok && !slices.Contains(described, name) {
			out = append(out, name)
		}
	}
	return out
}

// LoadKnown reads an entry inside the program.
func LoadKnown(name string) (*Known, error) {
	if !slices.Contains(KnownNames(), name) {
		return nil, fmt.Errorf("chip: %q is neither a description nor a known chip", name)
	}
	b, err := families.FS.ReadFile(name + knownSuffix)
	if err != nil {
		return nil, fmt.Errorf("chip: %w", err)
	}
	return ParseKnown(b, name+knownSuffix)
}

// ParseKnown reads and checks an entry; where is for errors.
func ParseKnown(b []byte, where string) (*Known, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	k := &Known{}
	if err := d.Decode(k); err != nil {
		return nil, fmt.Errorf("chip: %s: %w", where, err)
	}
	switch {
	case k.Schema != KnownSchema:
		return nil, fmt.Errorf("chip: %s: schema %q, need %q", where, k.Schema, KnownSchema)
	case !descName(k.Name) || k.Title == "" || k.Exact == "" || len(k.Facts) == 0:
		return nil, fmt.Errorf("chip: %s: need a name, a title, why it cannot be run exactly, and at least one fact", where)
	}
	for i, f := range k.Facts {
		if f.What == "" || f.Value == "" || f.Source == "" {
			return nil, fmt.Errorf("chip: %s: fact %d (%q): need what, value and source", where, i, f.What)
		}
	}
	return k, nil
}
