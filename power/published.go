package power

import (
	"embed"
	"strings"
)

// The published cases ship with the program: a census and the expected result,
// two files each. Their tables are elsewhere, with the chips.
//
//go:embed testdata/published/*.json
var publishedFiles embed.FS

// Case is a published result with the activity behind it.
type Case struct {
	Name     string
	Census   *Census
	Expected *Expected
}

// Published is every embedded case, by name.
func Published() ([]Case, error) {
	const dir = "testdata/published"
	files, err := publishedFiles.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, f := range files { // sorted by name
		name, ok := strings.CutSuffix(f.Name(), ".census.json")
		if !ok {
			continue
		}
		b, err := publishedFiles.ReadFile(dir + "/" + f.Name())
		if err != nil {
			return nil, err
		}
		c := Case{Name: name}
		if c.Census, err = ParseCensus(b, f.Name()); err != nil {
			return nil, err
		}
		want := name + ".expected.json"
		if b, err = publishedFiles.ReadFile(dir + "/" + want); err != nil {
			return nil, err
		}
		if c.Expected, err = ParseExpected(b, want); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
