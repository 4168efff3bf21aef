package chip

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hillock/chip/families"
)

// Files opens the files of a description (JSON, microcode, energy table) by
// their plain names. An absent file is an error that matches fs.ErrNotExist.
type Files interface {
	Open(name string) ([]byte, error)
}

// descEmbedded are the descriptions inside the program.
type descEmbedded struct{}

func (descEmbedded) Open(name string) ([]byte, error) { return families.FS.ReadFile(name) }

// descDir is a user's directory; what it lacks comes from the program.
type descDir string

func (d descDir) Open(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(d), name))
	if errors.Is(err, fs.ErrNotExist) {
		if b, err := families.FS.ReadFile(name); err == nil {
			return b, nil
		}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, descMaxBytes+1))
	if err == nil && len(b) > descMaxBytes {
		err = fmt.Errorf("%s: more than %d bytes", name, descMaxBytes)
	}
	return b, err
}

// Embedded is the source of the descriptions inside the program.
func Embedded() Files { return descEmbedded{} }

// Names lists the embedded descriptions, in ascending order.
func Names() []string {
	entries, err := families.FS.ReadDir(".")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok && !strings.Contains(name, ".") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// LoadNamed loads an embedded description by name, or the file of a user's
// description by path.
func LoadNamed(nameOrPath string) (*Family, error) {
	for _, n := range Names() {
		if n == nameOrPath {
			return Load(n, descEmbedded{})
		}
	}
	if _, err := os.Stat(nameOrPath); err != nil {
		return nil, fmt.Errorf("chip: no description %q: neither a file nor one of %s", nameOrPath, strings.Join(Names(), ", "))
	}
	return LoadPath(nameOrPath)
}

// LoadPath loads a user's description. Files that it names are looked for in
// its directory first, then among the embedded ones.
func LoadPath(path string) (*Family, error) {
	dir, file := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	if !strings.HasSuffix(file, ".json") {
		return nil, fmt.Errorf("chip: description %q, need a file that ends in .json", path)
	}
	return Load(file, descDir(dir))
}

// Load reads and checks a description; name is that of its file, with or
// without .json. Errors about a place in a file read
// "chip: FILE:LINE:COLUMN: ..."; errors about contents are joined, at most
// descMaxErrors of them.
func Load(name string, src Files) (*Family, error) {
	root, err := descTree(name, src, nil)
	if err != nil {
		return nil, err
	}
	for _, path := range [...][2]string{{"core", "groups"}, {"learning", "models"}} {
		if err := descGroups(root, path[0], path[1]); err != nil {
			return nil, err
		}
	}
	d := &descDecoder{src: src, f: &Family{}}
	d.family(root)
	if err := d.err(); err != nil {
		return nil, err
	}
	d.f.Hash = d.hash(root)
	return d.f, nil
}

// hash identifies what a description means: its merged tree without comments
// and the section layout, which changes nothing of a run, the words of its
// programs and the bytes of its energy table.
func (d *descDecoder) hash(root *descNode) string {
	b := root.without("layout").canon(nil)
	for _, g := range d.f.Core.Groups {
		b = append(b, '\n')
		b = append(b, g.Name...)
		for _, w := range g.Prog.Words() {
			b = strconv.AppendUint(append(b, ' '), uint64(w), 16)
		}
		for _, s := range g.Sources { // the words are those of one set of constants
			b = strconv.AppendQuote(b, s.Text)
		}
	}
	for i := range d.f.Learning {
		b = d.f.Learning[i].canon(b)
	}
	b = d.f.canonEvent(b)
	return Hash(append(append(b, '\n'), d.f.Energy...))
}

// without is an object without one of its members.
func (n *descNode) without(name string) *descNode {
	out := *n
	out.keys, out.kids = nil, nil
	for i, k := range n.keys {
		if k.name != name {
			out.keys, out.kids = append(out.keys, k), append(out.kids, n.kids[i])
		}
	}
	return &out
}

// canon appends the value in a form without blanks and comments.
func (n *descNode) canon(b []byte) []byte {
	switch n.kind {
	case descObject, descArray:
		b = append(b, byte(n.kind))
		for i, kid := range n.kids {
			if i < len(n.keys) {
				b = append(strconv.AppendQuote(b, n.keys[i].name), ':')
			}
			b = append(kid.canon(b), ',')
		}
		return append(b, ';')
	case descString:
		return strconv.AppendQuote(b, n.text)
	}
	return append(b, n.text...)
}
