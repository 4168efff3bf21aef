package chip

import (
	"strings"
	"testing"

	"hillock/core"
	"hillock/isa"
)

// constFiles is a description with a group whose microcode has a constant.
func constFiles(consts, code string) descMap {
	m := descTestFiles()
	m["child.json"] = `{"inherits": "tiny", "name": "child", "title": "t",
		"fidelity": {"neuron": {"label": "modelled", "source": "a"}, "synapse": {"label": "modelled", "source": "a"}, "learning": {"label": "modelled", "source": "a"},
			"timing": {"label": "modelled", "source": "a"}, "energy": {"label": "modelled", "source": "a"}},
		"fields": {"shift": {"lo": -1, "hi": 40, "scope": "core", "default": 3, "source": "a"}, "bare": {"lo": 0, "hi": 9, "scope": "core", "source": "a"}},
		"core": {"groups": {"if": null, "sh": {"program": ["sh.uasm"], "consts": ` + consts + `, "state": {}, "params": {}, "source": "a"}}},
		"strategies": {"default_group": "sh"}}`
	m["sh.uasm"] = "include part.uasm\nEND\n"
	m["part.uasm"] = code
	return m
}

func TestConstantsOfMicrocode(t *testing.T) {
	f, err := Load("child", constFiles(`{"EXP": "shift + 1"}`, "MUL t0 IN0 Z EXP\n"))
	if err != nil {
		t.Fatal(err)
	}
	shift := func(v Vars) uint8 {
		g, err := f.BindGroup("sh", 1, v)
		if err != nil {
			t.Fatal(err)
		}
		return g.Prog.Instrs[0].Sh
	}
	if a, b, c := shift(nil), shift(bindVars{"shift": {0}}), shift(bindVars{"shift": {30}}); a != 4 || b != 1 || c != 31 {
		t.Errorf("shifts %d, %d, %d, need 4, 1, 31", a, b, c)
	}
	if n := f.Group("sh").Prog.Instrs[0].Sh; n != 4 {
		t.Errorf("the template has shift %d, need that of the default", n)
	}
	for _, c := range []struct {
		v   bindVars
		has string
	}{
		{bindVars{"shift": {41}}, `group "sh", microcode: constant EXP: field "shift" is 41, need -1..40`},
		{bindVars{"shift": {31}}, `group "sh", microcode: asm: part.uasm:1:14`},
	} {
		if _, err := f.BindGroup("sh", 1, c.v); err == nil || !strings.Contains(err.Error(), c.has) {
			t.Errorf("%v, want %s", err, c.has)
		}
	}
}

func TestConstantsAreChecked(t *testing.T) {
	for _, c := range []struct{ consts, code, has string }{
		{`{"EXP": "bare"}`, "NOP\n", `constant EXP: field "bare" is not set and has no default`},
		{`{"EXP": "theta"}`, "NOP\n", `field "theta" has scope neuron, need scope core`},
		{`{"EXP": "nothing"}`, "NOP\n", `variable "nothing" is no field`},
		{`{"END": "1"}`, "NOP\n", `"END", which is a word of the language`},
		{`{"A-B": "1"}`, "NOP\n", `"A-B", need letters`},
		{`{"EXP": 3}`, "SHL t0 IN0 DEC\n", `part.uasm:1:12`},
		{`{"EXP": "1 / 0"}`, "NOP\n", "constant EXP"},
	} {
		if _, err := Load("child", constFiles(c.consts, c.code)); err == nil || !strings.Contains(err.Error(), c.has) {
			t.Errorf("%s: %v, want %s", c.consts, err, c.has)
		}
	}
}

// Constants with equal defaults give equal words; the hash still tells them
// apart.
func TestHashCoversConstants(t *testing.T) {
	seen := map[string]string{}
	for _, code := range []string{"MUL t0 IN0 Z A\n", "MUL t0 IN0 Z B\n", "MUL t0 IN0 Z 3\n"} {
		f, err := Load("child", constFiles(`{"A": "shift", "B": 3}`, code))
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[f.Hash]; twice {
			t.Errorf("%q and %q have one hash", code, other)
		}
		seen[f.Hash] = code
	}
}

// The neurons of Loihi 2 with two inputs, as an image of their own.
func TestLoihi2TwoPorts(t *testing.T) {
	f, err := LoadNamed("loihi2")
	if err != nil {
		t.Fatal(err)
	}
	v := bindVars{"vth": {10}, "product_exp": {2}}
	g, err := f.BindGroup("product", 1, v)
	if err != nil {
		t.Fatal(err)
	}
	img, err := f.BindCore(v)
	if err != nil || len(img.Ports) != 2 || img.Ports[0] != img.Ports[1] {
		t.Fatalf("%+v, %v", img.Ports, err)
	}
	img.N, img.Groups, img.OutOff = 1, []core.Group{g}, []uint32{0, 0}
	if err := img.Check(); err != nil {
		t.Fatal(err)
	}
	if g.Prog.Reads != [isa.NumIN]bool{true, true} || g.Params[1][0] != 2 {
		t.Errorf("%+v", g.Prog)
	}
}
