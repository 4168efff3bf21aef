package chip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/asm"
)

// learnTestText is a learning section for the chip of tests.
const learnTestText = `  "learning": {"models": {
    "count": {
      "source": "a", "epoch": "n", "first": 1,
      "settings": {"n": {"lo": 1, "hi": 9}, "k": {"lo": 0, "hi": 5, "default": 2}},
      "times": ["tau"],
      "words": {"synapse": {"w": {"width": 8, "over": "sat", "stored": true}}, "pre": {"x": {"width": 7, "over": "satu"}}, "post": {"y": {"width": 4, "over": "satu"}}},
      "draws": {"r": {"bits": 7}, "q": {"bits": 3, "per": "item"}},
      "consts": {"LEFT": "exp + fraction", "MANY": "k"},
      "factors": {"weight": {"word": "w", "bits": 9}, "x": {}},
      "product": ["add.uasm"],
      "steps": {
        "decay": {"on": "tick", "at": "delivered", "every": "n", "offset": "n - 1", "over": "pre", "passes": "k", "program": ["decay.uasm"], "state": ["x"], "params": ["phase", "k * 3", 7, "pass"], "draws": ["q"], "keep": true,
          "tables": [{"decay": "exp", "time": "tau", "ticks": "k", "entries": 4, "part": "scaled", "bits": 4}, {"decay": "linear", "time": 4, "entries": 3, "part": "whole"}]},
        "rule": {"on": "tick", "at": "fired", "over": "synapse", "state": ["w"], "views": ["x"],
          "rule": {"gates": {"x0": "x"}, "targets": {"dw": {"begin": ["zero.uasm"], "end": {"any": ["end.uasm"]}}}}}
      }
    },
    "twice": {"inherits": "count", "source": "b", "settings": {"k": {"default": 4}}, "steps": {"decay": {"tables": null, "program": ["plain.uasm"]}, "again": {"on": "fire", "at": "fired", "over": "post", "program": ["plain.uasm"], "state": ["y"]}}}
  }},
`

func learnTestFiles() descMap {
	m := descTestFiles()
	m["tiny.json"] = strings.Replace(m["tiny.json"], `  "strategies"`, learnTestText+`  "strategies"`, 1)
	m["decay.uasm"] = "LUT t0 s0 #0 | LUT t1 s0 #1 | RND t2 #0 | ADD s0 t0 p3\nEND\n"
	m["plain.uasm"] = "ADDI s0 s0 #1\nEND\n"
	m["add.uasm"] = "SHL t1 t1 LEFT\n?F ADD t0 t0 t1\n"
	m["zero.uasm"] = "LDC t0 #MANY\n"
	m["end.uasm"] = "ADD s0 s0 t0 | STW\n"
	return m
}

// learnTestVars are settings.
type learnTestVars struct {
	n   int64
	tau float64
}

func (v learnTestVars) Whole(name string) (int64, bool) { return v.n, name == "n" }
func (v learnTestVars) Real(string) (float64, bool)     { return v.tau, true }

func learnTestRule(t testing.TB) []RuleProgram {
	p, err := asm.Assemble("STW\nEND\n", "r", asm.Options{Kind: isa.Rule})
	require.NoError(t, err)
	return []RuleProgram{{Step: "rule", Prog: p, Gates: []GateOf{{Dep: "u", K: 3}, {Dep: "x0"}, {Dep: "y0"}}}}
}

func TestLearningOfADescription(t *testing.T) {
	f, err := Load("tiny", learnTestFiles())
	require.NoError(t, err)
	require.Len(t, f.Learning, 2)
	p, err := f.LearnModel("count").Bind(learnTestVars{3, 1}, learnTestRule(t))
	require.NoError(t, err)
	require.Equal(t, [2]int64{3, 1}, [2]int64{p.Epoch, p.First})
	decay, rule := p.Steps[0], p.Steps[1]
	require.Equal(t, []learn.Ref{{Space: learn.Phase}, {Space: learn.Const, Word: 6}, {Space: learn.Const, Word: 7}, {Space: learn.Pass}}, decay.Params)
	require.Equal(t, [][]int32{{0, 2, 4, 6}, {0, 0, 1}}, decay.Tables) // e^-2 = 0.135, 3/4
	require.Equal(t, []learn.Draw{{Stream: 1, Bits: 3, Each: true}}, decay.Draws)
	require.Equal(t, [3]int64{3, 2, 2}, [3]int64{decay.Every, decay.Offset, int64(decay.Passes)})
	require.Equal(t, []learn.Gate{{Every: 8}, {Ref: learn.Ref{Space: learn.Pre}}, {Ref: learn.Ref{Space: learn.Const}}}, rule.Gates)
	require.Equal(t, []learn.Ref{{Space: learn.Synapse}, {Space: learn.Pre}}, rule.Params)
	require.NoError(t, p.Check(&learn.Net{NPre: 1, NPost: 1, Pre: []int32{0}, Post: []int32{0}}))
	p, err = f.LearnModel("twice").Bind(learnTestVars{3, 1}, learnTestRule(t))
	require.NoError(t, err)
	require.Len(t, p.Steps, 3)
	require.Equal(t, 4, p.Steps[0].Passes)
	for want, v := range map[string]learnTestVars{`setting "n" is 10`: {10, 1}, "is NaN": {3, nan()}} {
		_, err := f.LearnModel("count").Bind(v, learnTestRule(t))
		require.ErrorContains(t, err, want)
	}
	_, err = f.LearnModel("count").Bind(learnTestVars{3, 1}, nil)
	require.ErrorContains(t, err, `step "rule": no rule is given`)
	_, err = f.LearnModel("count").Bind(nil, nil)
	require.Error(t, err)
}

func nan() float64 { z := 0.0; return z / z }

func TestLearningHashCoversMicrocode(t *testing.T) {
	hash := func(m descMap) string {
		f, err := Load("tiny", m)
		require.NoError(t, err)
		return f.Hash
	}
	first := hash(learnTestFiles())
	for _, file := range []string{"decay.uasm", "add.uasm", "zero.uasm", "end.uasm"} {
		m := learnTestFiles()
		m[file] = "NOP\n" + m[file]
		require.NotEqual(t, first, hash(m), file)
	}
}

func TestLearningErrorsSayWhere(t *testing.T) {
	for _, x := range []struct{ from, to, want string }{
		{`"epoch": "n"`, `"epoch": "m"`, `variable "m" is no setting`},
		{`"n": {"lo": 1, "hi": 9}`, `"n": {"lo": 9, "hi": 1}`, "need lo <= hi"},
		{`"y": {"width": 4, "over": "satu"}`, `"y": {"width": 4, "over": "satu", "stored": true}`, "need space synapse"},
		{`"x": {"width": 7, "over": "satu"}`, `"w": {"width": 7, "over": "satu"}`, `word "w" is there twice`},
		{`"bits": 3, "per": "item"`, `"bits": 32, "per": "item"`, "bits is 32"},
		{`"word": "w"`, `"word": "v"`, `no word "v"`},
		{`["add.uasm"]`, `["none.uasm"]`, "none.uasm"},
		{`"draws": ["q"]`, `"draws": ["p"]`, `no draw "p"`},
		{`"state": ["x"], "params"`, `"state": ["z"], "params"`, `no word "z"`},
		{`"time": "tau"`, `"time": "sigma"`, `"sigma" is no time`},
		{`"k * 3"`, `"k * z"`, `variable "z"`},
		{`{"x0": "x"}`, `{"x1": "x"}`, "need x0 or y0"},
		{`"program": ["decay.uasm"], `, ``, `either "program" or "rule"`},
		{`"program": ["decay.uasm"]`, `"program": ["if.uasm"]`, "step decay"},
		{`"on": "tick", "at": "fired"`, `"on": "never", "at": "fired"`, "need one of"},
		{`"inherits": "count"`, `"inherits": "none"`, "does not exist"},
		{`"keep": true`, `"keeps": true`, `unknown field "keeps"`},
	} {
		m := learnTestFiles()
		require.Contains(t, m["tiny.json"], x.from)
		m["tiny.json"] = strings.Replace(m["tiny.json"], x.from, x.to, 1)
		_, err := Load("tiny", m)
		require.ErrorContains(t, err, x.want)
		require.Regexp(t, `tiny\.json:\d+:\d+: `, err.Error(), x.to)
	}
}

// Learning travels with an image, in bytes and in text, and without learning
// there is no section of it.
func TestImageCarriesLearning(t *testing.T) {
	img := ringImage(t, 3, 20, 4)
	require.NotContains(t, string(img.Encode()), "LRNG")
	f, err := Load("tiny", learnTestFiles())
	require.NoError(t, err)
	p, err := f.LearnModel("twice").Bind(learnTestVars{3, 1}, learnTestRule(t))
	require.NoError(t, err)
	p.Words[learn.Synapse][0].Layout.Width = 16
	p.Words[learn.Pre][0].Init = []int32{5}
	for i := range img.Cores {
		own := *img.Cores[i].Image
		if i != 1 {
			own.Learning = []core.Learning{{Plan: p, Axons: []uint16{0}}}
		}
		img.Cores[i].Image = &own
	}
	require.NoError(t, img.Check())
	b := img.Encode()
	back, err := DecodeImage(b, "x")
	require.NoError(t, err)
	require.Empty(t, back.Cores[1].Image.Learning)
	require.Equal(t, img.Cores[2].Image.Learning, back.Cores[2].Image.Learning)
	var text strings.Builder
	require.NoError(t, img.WriteText(&text))
	back, err = ReadImageText([]byte(text.String()), "x")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())
	m, err := New(back, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(20, drive, nil))
	require.NotZero(t, m.Core(0).State.Learn[0].Words[learn.Pre][0])
}
