// Package arch holds the rules of the house that a compiler cannot: who may
// import whom, no chip's name in generic code, and documented identifiers.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// allowed lists, per package prefix (longest wins), the prefixes that it may
// import of this module. A prefix with a slash at its end means a subtree.
var allowed = []struct {
	pkg  string
	deps []string
}{
	{"isa/fixed", nil},
	{"isa/count", nil},
	{"isa/", []string{"isa/"}},
	{"router/aer", nil},
	{"router/", []string{"isa/", "router/aer"}},
	{"core/", []string{"isa/", "router/", "core/"}},
	{"power/", []string{"isa/count"}},
	{"chip/families", nil},
	{"chip/", []string{"isa/", "router/", "core/", "power/", "chip/"}},
	{"compiler/graph", []string{"router/aer"}},
	{"compiler/analog", nil},
	{"compiler/convert", []string{"compiler/graph", "compiler/analog"}},
	{"compiler/import/sanafe", []string{"isa/", "router/", "core/", "power/", "chip/"}}, // its files hold a chip and a mapping: it makes images
	{"compiler/crossbar", []string{"core/", "chip/"}},
	{"compiler/import/", []string{"compiler/graph", "compiler/analog", "compiler/crossbar", "compiler/import/", "internal/"}},
	{"compiler/partition", nil},
	{"compiler/placement", []string{"compiler/partition"}},
	{"compiler/remedy", []string{"chip/", "core/", "compiler", "compiler/graph"}},
	{"compiler/", []string{"isa/", "router/", "core/", "power/", "chip/", "compiler/graph", "compiler/crossbar", "compiler/rule", "compiler/partition", "compiler/placement", "internal/"}},
	{"firmware/", []string{"isa/", "router/aer", "chip/"}},
	{"internal/", []string{"internal/"}},
	{"test/", []string{"isa/", "router/", "core/", "power/", "chip/", "compiler/", "firmware/", "internal/", "test/"}},
	{"cmd/", []string{""}},
	{"docs/", []string{""}},
	{"examples/", []string{""}},
}

func within(path, prefix string) bool {
	return prefix == "" || path == strings.TrimSuffix(prefix, "/") || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)
}

func load(t *testing.T) []*packages.Package {
	t.Helper()
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedImports | packages.NeedFiles, Dir: "../.."}
	pkgs, err := packages.Load(cfg, "./...")
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func TestImports(t *testing.T) {
	for _, p := range load(t) {
		path := strings.TrimPrefix(p.PkgPath, "hillock/")
		deps, known := rule(path)
		if !known {
			t.Errorf("%s: no rule for this package in the import table", path)
			continue
		}
		for _, dep := range sortedImports(p) {
			in, ours := strings.CutPrefix(dep, "hillock/")
			if !ours {
				continue
			}
			ok := false
			for _, d := range deps {
				ok = ok || within(in, d)
			}
			if !ok {
				t.Errorf("%s imports %s, which the import table does not allow", path, in)
			}
		}
	}
}

func rule(path string) ([]string, bool) {
	for _, r := range allowed {
		if within(path, r.pkg) {
			return r.deps, true
		}
	}
	return nil, false
}

func sortedImports(p *packages.Package) []string {
	var out []string
	for k := range p.Imports {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// goFiles walks the non-test Go files below some folders of the project.
func goFiles(t *testing.T, roots ...string) []string {
	t.Helper()
	var out []string
	for _, r := range roots {
		err := filepath.WalkDir(filepath.Join("../..", r), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
				out = append(out, p)
			}
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return out
}

// familyNames are the embedded descriptions plus the families that are due:
// the generic code must not know any of them.
func familyNames(t *testing.T) []string {
	names := []string{"loihi", "loihi1", "loihi2", "truenorth", "ranc", "xylo", "speck", "spinnaker", "odin", "tinyodin", "reckon"}
	files, err := filepath.Glob("../../chip/families/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		base, _, _ := strings.Cut(filepath.Base(f), ".")
		names = append(names, regexp.QuoteMeta(base))
	}
	return names
}

func TestNoFamilyNamesInGenericCode(t *testing.T) {
	re := regexp.MustCompile(`(?i)\b(` + strings.Join(familyNames(t), "|") + `)\b`)
	for _, f := range goFiles(t, "isa", "core", "router", "chip", "compiler", "power", "firmware") {
		if strings.Contains(f, "/chip/families/") || strings.Contains(f, "/compiler/import/") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(b), "\n") {
			if m := re.FindString(line); m != "" {
				t.Errorf("%s:%d: the name %q of a chip family in generic code", f, n+1, m)
			}
		}
	}
}

func TestExportedIdentifiersAreDocumented(t *testing.T) {
	fset := token.NewFileSet()
	for _, f := range goFiles(t, "isa", "core", "router", "chip", "compiler", "power", "firmware", "internal", "test") {
		file, err := parser.ParseFile(fset, f, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			checkDoc(t, fset, d)
		}
	}
}

func checkDoc(t *testing.T, fset *token.FileSet, d ast.Decl) {
	missing := func(n *ast.Ident) { t.Errorf("%s: exported %s has no doc comment", fset.Position(n.Pos()), n.Name) }
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || receiverExported(d.Recv)) {
			missing(d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					missing(s.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						missing(n)
					}
				}
			}
		}
	}
}

func receiverExported(r *ast.FieldList) bool {
	typ := r.List[0].Type
	if s, ok := typ.(*ast.StarExpr); ok {
		typ = s.X
	}
	if g, ok := typ.(*ast.IndexExpr); ok {
		typ = g.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// TestFileSizes keeps a file one idea: hand-written files stay under 500 lines.
func TestFileSizes(t *testing.T) {
	for _, f := range goFiles(t, ".") {
		if strings.HasPrefix(filepath.Base(f), "z") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > 500 {
			t.Errorf("%s has %d lines, need at most 500", f, n)
		}
	}
}
