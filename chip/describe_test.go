package chip

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// descMap is a set of files in memory.
type descMap map[string]string

func (m descMap) Open(name string) ([]byte, error) {
	s, ok := m[name]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return []byte(s), nil
}

const descTestText = `{ // a chip for tests
  "schema": "hillock/chip/1", "name": "tiny", "title": "a chip for tests",
  "fidelity": {
    "neuron": {"label": "exact against published RTL", "against": "nothing", "source": "a"},
    "synapse": {"label": "modelled", "source": "a"}, "learning": {"label": "unknown", "source": "a"},
    "timing": {"label": "modelled", "source": "a"}, "energy": {"label": "not modelled", "source": "a"}},
  "limits": {"cores": {"value": 4, "per": "chip", "source": "a"}},
  "mesh": {"x": 2, "y": 2, "cores_per_tile": 1, "source": "a"},
  "latency": {"source": "b", "events": {"spikes": {"fs": 3, "stage": "generate"}}, "sync": [{"tiles": 1, "fs": 5}]},
  "fields": {
    "theta": {"lo": 1, "hi": 100, "scope": "neuron", "source": "a"},
    "leak": {"lo": -5, "hi": 5, "scope": "neuron", "default": 1, "source": "a"},
    "d": {"lo": 0, "hi": 7, "scope": "core", "default": 0, "source": "a"}},
  "weights": {"quantiser": "floor", "bits": [1, 8], "exp_lo": 0, "exp_hi": 3, "scale": 0, "mant_lo": -128, "mant_hi": 127, "formats": 4, "source": "a"},
  "core": {
    "ring": "d + 1", "source": "a",
    "ports": [{"acc": {"width": 16, "over": "sat"}, "when": "event", "read_shift": "d > 0"}],
    "draws": [{"lo": 0, "hi": 3}],
    "groups": {
      "if": {
        "program": ["if.uasm"],
        "state": {"v": {"width": 16, "over": "sat"}},
        "params": {"p0": "leak", "p1": "theta"},
        "init": {"v": "-d"},
        "source": "a"}}},
  "strategies": {"discipline": "tick", "resets": "zero none", "default_group": "if"}
}
`

const descTestCode = "ADD t0 s0 IN0\nADD s0 t0 p0\nCLE F p1 s0\n?F MOV s0 Z\n?F SPK Z\nEND\n"

func descTestFiles() descMap {
	return descMap{"tiny.json": descTestText, "if.uasm": descTestCode}
}

func TestDescribeTiny(t *testing.T) {
	f, err := Load("tiny", descTestFiles())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Hash) != 32 || f.Name != "tiny" || f.Latency.PerEvent[0].Source != "b" {
		t.Errorf("%+v", f)
	}
	if v, ok := f.Limit("cores"); v != 4 || !ok || f.LimitSource("cores") != "a" {
		t.Error("limit cores")
	}
	if _, ok := f.Limit("none"); ok || f.LimitSource("none") != "" {
		t.Error("a limit that is not there")
	}
	if s, ok := f.Strategy("resets"); s != "zero none" || !ok {
		t.Error("strategy resets")
	}
}

// Comments and blanks do not change the hash; anything that means something
// does.
func TestDescribeHash(t *testing.T) {
	hash := func(from, to, code string) string {
		m := descTestFiles()
		m["tiny.json"] = strings.Replace(m["tiny.json"], from, to, 1)
		if m["tiny.json"] == descTestText && from != to {
			t.Fatalf("%q is not there", from)
		}
		m["if.uasm"] += code
		f, err := Load("tiny.json", m)
		if err != nil {
			t.Fatal(err)
		}
		return f.Hash
	}
	base := hash("", "", "")
	if base != hash(" // a chip for tests", "\n\n//x\n", "; comment\n") {
		t.Error("a comment changes the hash")
	}
	seen := map[string]bool{base: true}
	for _, c := range [][2]string{{`"hi": 100`, `"hi": 101`}, {`"d + 1"`, `"d+1"`}, {`"zero none"`, `"zero"`}, {`"scale": 0`, `"scale": 1`}, {`"scale": 0`, `"scale": 0, "clip": 9`}} {
		h := hash(c[0], c[1], "")
		if seen[h] {
			t.Errorf("%q changes nothing", c)
		}
		seen[h] = true
	}
	m := descTestFiles()
	m["if.uasm"] = strings.Replace(m["if.uasm"], "CLE", "CLT", 1)
	if f, err := Load("tiny", m); err != nil || seen[f.Hash] {
		t.Errorf("microcode changes nothing, %v", err)
	}
}

// Every wrong description is refused with its place.
func TestDescribeBad(t *testing.T) {
	for _, c := range []struct{ from, to, at, has string }{
		// syntax
		{`"name": "tiny",`, `"name": "tiny"`, "2:46", `need ',' or '}'`},
		{`"name": "tiny",`, `"name": tiny,`, "2:39", "need a value"},
		{`"name": "tiny",`, `name: "tiny",`, "2:31", "need a key in quotes"},
		{`"x": 2`, `"x": 02`, "8:18", "need the end of the number, have '2'"},
		{`"x": 2`, `"x" 2`, "8:16", "need ':'"},
		{`"x": 2`, `"x": -`, "8:18", "need a digit"},
		{"{ // a", "{ / a", "1:3", "need // before a comment"},
		{`"title": "a chip`, "\"title\": \"a\nchip", "2:58", `'"' at the end of a string`},
		{`"title": "a`, `"title": "\q`, "2:58", "an escape"},
		{`"title": "a`, `"title": "\ud800x`, "2:63", "surrogate"},
		{`"title": "a`, "\"title\": \"\xff", "2:57", "valid UTF-8"},
		{"\n}\n", "\n}\n}", "28:1", "end of the file, have '}'"},
		{"\n}\n", "\n", "27:1", "have the end of the file"},
		{`"title":`, `"name":`, "2:47", `key "name" twice, first at line 2, column 31`},
		{`"theta": {"lo": 1,`, `"theta": {"lo": 1, "lo": 1,`, "11:24", `key "lo" twice`},
		{`[1, 8]`, strings.Repeat("[", 40) + strings.Repeat("]", 40), "14:75", "nested more than 32 deep"},
		// fields
		{`"title":`, `"titel":`, "2:47", `unknown field "titel"`},
		{`"scope": "neuron", "source"`, `"scopes": "neuron", "source"`, "11:35", `unknown field "scopes" of field theta`},
		{`"scope": "neuron", "source"`, `"source"`, "11:14", `field theta has no "scope"`},
		{`"mesh"`, `"mess"`, "8:3", `unknown field "mess"`},
		{`"source": "a"}},
  "mesh"`, `"source": " "}},
  "mesh"`, "7:61", "source is empty"},
		{`{"value": 4, "per": "chip", "source": "a"}`, `{"value": 4, "per": "chip"}`, "7:23", `limit cores has no "source"`},
		{`"against": "nothing", `, ``, "4:15", `does not say against what`},
		{`"learning": {"label": "unknown", "source": "a"}`, `"x": {"label": "unknown", "source": "a"}`, "3:15", `says nothing about "learning"`},
		{`"label": "not modelled"`, `"label": "perfect"`, "6:73", `label "perfect", need one of`},
		{`hillock/chip/1`, `hillock/chip/2`, "2:13", `schema "hillock/chip/2"`},
		// kinds and ranges
		{`"value": 4`, `"value": "4"`, "7:33", "need a number, have a string"},
		{`"value": 4`, `"value": 4.5`, "7:33", "need a whole number, have 4.5"},
		{`"value": 4`, `"value": -4`, "7:33", "value is -4, need 0.."},
		{`"value": 4`, `"value": 99999999999999999999`, "7:33", "need a whole number"},
		{`"value": 4`, `"value": 5`, "8:11", "need room for the limit of 5 cores"},
		{`"value": 4`, `"value": null`, "7:33", "need a number, have null"},
		{`"bits": [1, 8]`, `"bits": [8, 1]`, "14:49", "1 after 8, need ascending"},
		{`"bits": [1, 8]`, `"bits": {}`, "14:45", "need a list, have an object"},
		{`"exp_hi": 3`, `"exp_hi": -1`, "14:14", "exp_lo <= exp_hi"},
		{`"scale": 0`, `"scale": 0, "clip": 0`, "14:99", "clip is 0, need 1.."},
		{`"quantiser": "floor"`, `"quantiser": "flor"`, "14:28", `quantiser "flor"`},
		{`"default": 0`, `"default": 8`, "13:57", "default is 8, need 0..7"},
		{`"lo": 1, "hi": 100`, `"lo": 101, "hi": 100`, "11:14", "range 101..100"},
		{`"spikes": {`, `"spike": {`, "9:41", `unknown event "spike"`},
		{`"generate"`, `"gen"`, "9:70", `stage "gen"`},
		{`[{"tiles": 1, "fs": 5}]`, `[{"tiles": 2, "fs": 5}, {"tiles": 2, "fs": 6}]`, "9:116", "sync of 2 tiles after 2"},
		{`"width": 16, "over": "sat"}, "when"`, `"width": 16, "over": "none"}, "when"`, "17:23", "need no width"},
		{`"width": 16, "over": "sat"}, "when"`, `"over": "sat"}, "when"`, "17:23", "width 0"},
		{`{"lo": 0, "hi": 3}`, `{"lo": 4, "hi": 3}`, "18:15", "draw of 4..3"},
		{`"discipline"`, `"disciplines"`, "26:18", `unknown strategy "disciplines"`},
		{`"zero none"`, `"zero never"`, "26:50", `resets "never"`},
		{`"default_group": "if"`, `"default_group": "of"`, "26:80", `default_group "of", have ["if"]`},
		{`"theta": {`, `"the-ta": {`, "11:5", "need a name without -"},
		{`"if": {`, `"1f": {`, "20:7", `name "1f"`},
		// expressions
		{`"d + 1"`, `"d + "`, "16:18", "need a number, a name"},
		{`"d + 1"`, `"dd + 1"`, "16:14", `variable "dd" is no field`},
		{`"d + 1"`, `"d + theta"`, "16:18", "scope neuron, need scope core"},
		{`"d + 1"`, `true`, "16:13", "need an expression in quotes"},
		{`"d + 1"`, `"\u0064 + x"`, "16:13", "column 5"},
		{`"p0": "leak"`, `"p0": "leek"`, "23:27", `variable "leek"`},
		{`"p0": "leak"`, `"p24": "leak"`, "23:20", "need p0..p23"},
		{`"p0": "leak"`, `"p00": "leak"`, "23:20", "need p0..p23"},
		{`"init": {"v"`, `"init": {"u"`, "24:18", "no state word of group if"},
		// microcode
		{`"p0": "leak", `, ``, "21:20", "reads p0, which has no expression"},
		{`, "p1": "theta"`, ``, "21:20", "reads p1, which has no expression"},
		{`"state": {"v": {"width": 16, "over": "sat"}}`, `"state": {}`, "21:20", "uses s0, have 0 state words"},
		{`["if.uasm"]`, `["of.uasm"]`, "21:20", "open of.uasm"},
		{`["if.uasm"]`, `["../if.uasm"]`, "21:20", "need a plain name"},
		{`["if.uasm"]`, `[]`, "21:20", "no microcode file"},
		{`["if.uasm"]`, `["bad.uasm"]`, "21:20", "bad.uasm:2:"},
		{`["if.uasm"]`, `["draw.uasm"]`, "21:20", "uses draw format 1, have 1"},
		{`["if.uasm"]`, `["tap.uasm"]`, "21:20", "uses tap 0, have 0 names"},
		{`["if.uasm"]`, `["port.uasm"]`, "21:20", "reads IN1, have 1 ports"},
		{`"ports": [{"acc": {"width": 16, "over": "sat"}, "when": "event", "read_shift": "d > 0"}]`, `"ports": []`, "17:14", "no port"},
		// inheritance
		{`"schema"`, `"inherits": "none", "schema"`, "2:15", `inherits "none": open none.json`},
		{`"schema"`, `"inherits": "tiny", "schema"`, "2:15", "inherits this file"},
		{`"schema"`, `"inherits": 7, "schema"`, "2:15", "need a string, have a number"},
		{`"schema"`, `"inherits": "/etc/passwd", "schema"`, "2:15", "need a plain name"},
		{`"if": {`, `"if": {"inherits": "if",`, "20:26", `group "if" inherits "if", which inherits it`},
		{`"if": {`, `"if": {"inherits": "of",`, "20:26", `"of", which does not exist`},
		// energy table
		{`"strategies"`, `"energy": "none.json", "strategies"`, "26:13", "open none.json"},
		{`"strategies"`, `"energy": "bad.energy.json", "strategies"`, "26:13", "bad.energy.json"},
	} {
		m := descTestFiles()
		m["bad.uasm"] = "END\nXYZ t0\n"
		m["draw.uasm"] = "RND t0 #1\nADD s0 IN0 p0\nADD s0 s0 p1\nEND\n"
		m["tap.uasm"] = "MOV s0 IN0\nPRB s0 #0\nADD s0 p0 p1\nEND\n"
		m["port.uasm"] = "MOV s0 IN0\nMOV t0 IN1\nADD s0 p0 p1\nEND\n"
		m["bad.energy.json"] = "{}"
		m["tiny.json"] = strings.Replace(descTestText, c.from, c.to, 1)
		if m["tiny.json"] == descTestText {
			t.Errorf("%q is not in the text", c.from)
			continue
		}
		_, err := Load("tiny", m)
		if err == nil {
			t.Errorf("%q is accepted, want %s: %s", c.to, c.at, c.has)
			continue
		}
		want := "chip: tiny.json:" + c.at + ": "
		ok := false
		for _, line := range strings.Split(err.Error(), "\n") {
			ok = ok || strings.HasPrefix(line, want) && strings.Contains(line, c.has)
		}
		if !ok {
			t.Errorf("%q: %v\n\twant %s%s", c.to, err, want, c.has)
		}
	}
}

func TestDescribeManyErrors(t *testing.T) {
	m := descTestFiles()
	m["tiny.json"] = strings.ReplaceAll(descTestText, `"source": "a"`, `"source": ""`)
	_, err := Load("tiny", m)
	if err == nil || strings.Count(err.Error(), "source is empty") < 10 {
		t.Errorf("%v", err)
	}
}

func TestDescribeInherits(t *testing.T) {
	m := descTestFiles()
	fidelity := descTestText[strings.Index(descTestText, `"fidelity"`):strings.Index(descTestText, `"limits"`)]
	m["child.json"] = `{"inherits": "tiny", "name": "child", "title": "t", ` + fidelity + `
  "limits": {"compartments": {"value": 9, "per": "core", "source": "c"}},
  "latency": {"sync": null},
  "core": {"groups": {
    "leaky": {"inherits": "if", "program": ["if.uasm", "more.uasm"], "params": {"p1": "theta * 2"}, "cap": 1, "substeps": "d + 1", "source": "c"},
    "if": {"init": null}}}}`
	m["if.uasm"] = strings.Replace(descTestCode, "END\n", "", 1)
	m["more.uasm"] = "END\n"
	m["tiny.json"] = strings.Replace(descTestText, `["if.uasm"]`, `["if.uasm", "more.uasm"]`, 1)
	f, err := Load("child", m)
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "child" || f.Inherits != "tiny" || len(f.Limits) != 2 || len(f.Latency.Sync) != 0 || len(f.Latency.PerEvent) != 1 {
		t.Errorf("%+v", f)
	}
	g := f.Group("leaky")
	if g == nil || g.Inherits != "if" || g.Params[0] != "leak" || g.Params[1] != "theta * 2" || g.Cap != 1 || g.Init != nil {
		t.Errorf("%+v", g)
	}
	if n := len(f.Group("if").Init); n != 0 || len(f.Core.Groups) != 2 {
		t.Errorf("%d start values, %d groups", n, len(f.Core.Groups))
	}
	// what a child does not say again
	m["child.json"] = `{"inherits": "tiny"}`
	_, err = Load("child", m)
	for _, want := range []string{`1:1: the description has no "name"`, `no "title"`, `no "fidelity"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`{"inherits": "tiny", "limits": {"x": null}}`, "child.json:1:38: null removes \"x\""},
		{`{"inherits": "loop"}`, "loop.json:1:14: inherits \"child\", which inherits this file (child.json -> loop.json)"},
		{`[]`, "child.json:1:1: need an object, have a list"},
		{`{"inherits": "tiny", "core": {"groups": {"if": {"inherits": "x"}, "x": {"inherits": "if"}}}}`, "1:85: group \"x\" inherits \"if\", which inherits it"},
	} {
		m["child.json"], m["loop.json"] = c.text, `{"inherits": "child"}`
		if _, err := Load("child", m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
	m = descTestFiles()
	for i := range 12 {
		m[fmt.Sprintf("c%d.json", i)] = fmt.Sprintf(`{"inherits": "c%d"}`, i+1)
	}
	if _, err := Load("c0", m); err == nil || !strings.Contains(err.Error(), "c8.json") && !strings.Contains(err.Error(), "files in a row") {
		t.Error(err)
	}
}

func TestDescribePath(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("tiny.json", strings.Replace(descTestText, `"if.uasm"`, `"if2.uasm"`, 1))
	if _, err := LoadNamed(path); err == nil || !strings.Contains(err.Error(), "tiny.json:21:20") {
		t.Errorf("without its microcode: %v", err)
	}
	write("if2.uasm", descTestCode)
	if f, err := LoadNamed(path); err != nil || f.Name != "tiny" {
		t.Errorf("%v", err)
	}
	if _, err := LoadNamed("no-such-chip"); err == nil || !strings.Contains(err.Error(), "loihi1") {
		t.Errorf("%v", err)
	}
	if _, err := LoadPath(filepath.Join(dir, "tiny")); err == nil {
		t.Error("a file without .json")
	}
	if _, err := LoadPath(filepath.Join(dir, "absent.json")); err == nil {
		t.Error("an absent file")
	}
	big := write("big.json", strings.Repeat(" ", descMaxBytes+1))
	if _, err := LoadPath(big); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v", err)
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add(descTestText)
	f.Add(`{"inherits": "tiny", "core": {"groups": {"x": {"inherits": "if", "init": null}}}}`)
	f.Add("[[\"\\ud83d\\ude00\"], -0.5e+3 // x\n]")
	f.Fuzz(func(t *testing.T, text string) {
		m := descTestFiles()
		m["x.json"] = text
		if fam, err := Load("x", m); err == nil && (fam.Name == "" || fam.Hash == "") {
			t.Fatalf("%+v", fam)
		}
	})
}

// The example of the manual is a description that loads.
func TestDescribeManual(t *testing.T) {
	b, err := os.ReadFile("../docs/families.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		_, after, ok := strings.Cut(string(b), "```"+kind+"\n")
		text, _, closed := strings.Cut(after, "```")
		if !ok || !closed {
			t.Fatalf("no block of %s", kind)
		}
		return text
	}
	f, err := Load("example", descMap{"example.json": block("json"), "if.uasm": block("uasm")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.BindGroup("if", 3, bindVars{"theta": {9}}); err != nil {
		t.Error(err)
	}
	for _, s := range descStrategies {
		if !strings.Contains(string(b), "| `"+s.name+"` |") {
			t.Errorf("the manual lacks strategy %s", s.name)
		}
	}
	for _, l := range descLabels {
		if !strings.Contains(string(b), "`"+l+"`") {
			t.Errorf("the manual lacks label %q", l)
		}
	}
}
