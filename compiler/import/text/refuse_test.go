package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Pieces of files that are good as they stand.
const (
	head    = `{"schema": "hillock/net/1", `
	pops    = `"populations": [{"name": "in", "n": 2, "kind": "input"}, {"name": "out", "n": 2, "fields": {"vth_mant": 100}}]`
	neutral = `"populations": [{"name": "in", "n": 2, "kind": "input"}, {"name": "out", "n": 2, "lif": {"tau_v": 10, "threshold": 1}}]`
	stdp    = `"learning": {"stdp": {"model": "m", "rule": {"dw": "x1*y0"}}}`
)

func projection1(members string) string {
	return head + pops + `, "projections": [{"pre": "in", "post": "out", ` + members + `}]}`
}

type refusal struct{ file, want string }

func cases() []refusal {
	return []refusal{
		// The reader.
		{``, `1:1: need a value, have the end of the file`},
		{`{"schema" "x"}`, `1:11: need ':', have '"'`},
		{"{\n  // a comment\n  \"schema\": \"hillock/net/1\",\n  \"schema\": 1}", `4:3: key "schema" twice, first at f:3:3`},
		{`{"schema": nul}`, `1:12: need a value, have 'n'`},
		{`{"schema": "hillock/net/1"`, `1:27: need ',' or '}', have the end of the file`},
		{`{schema: 1}`, `1:2: need a key in quotes, have 's'`},
		{`{"schema": "hillock/net/1` + "\n", `1:26: need '"' at the end of a text, have '\n'`},
		{`{"schema": "\q"}`, `1:12: a text with an escape that JSON does not have`},
		{`{"schema": 01}`, `1:12: "01" is no number`},
		{`{"schema": "hillock/net/1"} {}`, `1:29: need the end of the file, have '{'`},
		{`{"a": ` + strings.Repeat("[", 20), `1:22: nested more than 16 deep`},
		// The network.
		{`[]`, `1:1: the network: need an object, have a list`},
		{`{}`, `1:1: the network has no "schema"`},
		{`{"schema": "hillock/net/2"}`, `1:12: schema "hillock/net/2", need one of: hillock/net/1`},
		{head + `"neurons": []}`, `1:29: unknown field "neurons" of the network, have schema, name, populations, learning, projections, modulators`},
		{head + `"populations": []}`, `1:44: populations: need at least one`},
		{head + `"name": "a b", ` + pops + `}`, `1:37: name "a b" of name, need letters, digits, - _ and ., a letter first, at most 64`},
		// Populations.
		{head + `"populations": [{"name": "a", "n": 0}]}`, `1:64: n is 0, need 1..1048576`},
		{head + `"populations": [{"name": "a", "n": 1.5}]}`, `1:64: n: need a whole number, have 1.5`},
		{head + `"populations": [{"n": 1}]}`, `1:45: a population has no "name"`},
		{head + `"populations": [{"name": "a", "n": 1, "kind": "input"}]}`, `1:44: populations: all are inputs, need one of kind neuron`},
		{head + `"populations": [{"name": "a", "n": 1}]}`, `1:45: population "a" needs "lif" (neutral parameters), or "fields" or "group" of the chip`},
		{head + `"populations": [{"name": "a", "n": 1, "group": "g"}, {"name": "a", "n": 1, "group": "g"}]}`, `1:82: population "a" twice, first at f:1:45`},
		{head + `"populations": [{"name": "a", "n": 1, "kind": "input", "fields": {}}]}`, `1:94: population "a" is an input and has no "fields"`},
		{head + `"populations": [{"name": "a", "n": 3, "fields": {"x": [1, 2]}}]}`, `1:83: field x: need 1 or 3 values, have 2`},
		{head + `"populations": [{"name": "a", "n": 3, "fields": {"x": "1"}}]}`, `1:83: field x: need a number, have a text in quotes`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"threshold": 1}}]}`, `1:74: lif has no "keep_v" or "tau_v"`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"threshold": 1, "tau_v": 0}}]}`, `1:100: tau_v is 0 ticks, need more than 0`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"threshold": 1, "tau_v": 1, "keep_v": 1}}]}`, `1:100: both "keep_v" and "tau_v", need one`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"threshold": 1, "keep_v": 1.5}}]}`, `1:101: keep_v is 1.5, need 0..1`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"threshold": 1e999, "keep_v": 1}}]}`, `1:88: threshold: 1e999 is beyond what 64 bits hold`},
		{head + `"populations": [{"name": "a", "n": 1, "kind": "readout", "lif": {"threshold": 1, "keep_v": 1}}]}`, `1:107: a readout does not spike and has no "threshold"`},
		{head + `"populations": [{"name": "a", "n": 1, "lif": {"keep_v": 1, "threshold": 1}}, {"name": "b", "n": 1, "fields": {}}]}`, `1:138: "fields" belongs to a network in a chip's own numbers, but f:1:74 gives neutral parameters (lif): need one kind in a file`},
		// Projections.
		{projection1(`"weights": 1`), `1:197: weights: need a matrix, or an object with one of all, one, list, npz, random`},
		{projection1(`"weights": [[1, 2]]`), `1:197: weights: need 2 rows, one per neuron of "in", have 1`},
		{projection1(`"weights": [[1, 2], [3]]`), `1:206: weights, row 1: need 2 entries, one per neuron of "out", have 1`},
		{projection1(`"weights": [[1, 2], [3, 4.5]]`), `1:210: weight: need a whole number, have 4.5`},
		{projection1(`"weights": {"list": [[0, 2, 1]]}`), `1:211: post of a synapse is 2, need 0..1`},
		{projection1(`"weights": {"list": [[0, 1, 1], [0, 1, 5]]}`), `1:225: synapse from neuron 0 to neuron 1 with delay 0 is there twice`},
		{projection1(`"weights": {"list": [[0, 1]]}`), `1:207: a synapse: need [pre, post, weight] or [pre, post, weight, delay], have 2 values`},
		{projection1(`"weights": {"random": {"probability": 2, "lo": 0, "hi": 1, "seed": 1}}`), `1:224: probability is 2, need 0..1`},
		{projection1(`"weights": {"random": {"probability": 1, "lo": 2, "hi": 1, "seed": 1}}`), `1:233: lo is 2 and hi 1, need lo <= hi`},
		{projection1(`"weights": {"all": 1}, "self": false`), `1:217: "self" needs a projection of a population onto itself`},
		{projection1(`"weights": {"all": 1}, "plastic": "stdp"`), `1:220: no learning "stdp" in this file`},
		{projection1(`"weights": {"all": 1}, "reserved": true`), `1:221: "reserved" needs a projection that is "plastic"`},
		{projection1(`"weights": {"all": 1}, "sign": "plus"`), `1:217: sign "plus", need one of: exc, inh, mixed`},
		{head + pops + `, "projections": [{"pre": "out", "post": "in", "weights": {"all": 1}}]}`, `1:180: population "in" is an input and takes no projections`},
		{head + pops + `, "projections": [{"pre": "on", "post": "out", "weights": {"all": 1}}]}`, `1:165: pre: no population "on"`},
		{head + neutral + `, "projections": [{"pre": "in", "post": "out", "weights": {"all": 1}, "exp": 1}]}`, `1:225: "exp" belongs to a network in a chip's own numbers, but f:1:117 gives neutral parameters (lif): need one kind in a file`},
		// Sizes that a few bytes ask for.
		{head + `"populations": [{"name": "a", "n": 1048576, "group": "g"}, {"name": "b", "n": 1, "group": "g"}]}`, `1:88: population "b": need at most 1048576 neurons in all, have 1048577`},
		{head + `"populations": [{"name": "a", "n": 100000, "group": "g"}], "projections": [{"pre": "a", "post": "a", "weights": {"all": 0}}]}`, `1:141: weights for 100000 x 100000 pairs of neurons, need at most 67108864 pairs in all`},
		{head + `"populations": [{"name": "a", "n": 3000, "group": "g"}], "projections": [{"pre": "a", "post": "a", "weights": {"all": 1}}]}`, `1:147: weights: need at most 4194304 synapses in all`},
		{head + `"populations": [{"name": "a", "n": 8000, "kind": "input"}, {"name": "b", "n": 8000, "lif": {"keep_v": 0, "threshold": 1}}], "projections": [{"pre": "a", "post": "b", "weights": {"one": 1}}]}`, `1:169: projection a-b: need at most 16777216 entries of matrices (pre x post) in all, have 64000000`},
		// Learning and modulators.
		{head + pops + `, ` + stdp + `}`, `1:154: learning "stdp" is used by no projection`},
		{head + pops + `, "learning": {"s": {"rule": {}}}}`, `1:159: learning s has no "model"`},
		{head + pops + `, "learning": {"s": {"model": "m", "rule": {"dw": 3}}}}`, `1:189: equation dw: need a text in quotes, have a number`},
		{head + pops + `, "learning": {"s": {"model": "m", "times": {"x1_tau": -1}}}}`, `1:194: time x1_tau is -1 ticks, need 0 or more`},
		{head + pops + `, "modulators": [{"register": 4, "population": "out", "keep": 0, "gain": 1}]}`, `1:169: register is 4, need 0..3`},
		{head + pops + `, "modulators": [{"register": 0, "population": "in", "keep": 0, "gain": 1}]}`, `1:186: population "in" is an input: a register follows neurons of the chip`},
		{head + pops + `, "modulators": [{"register": 0, "population": "out", "keep": 0, "gain": 1}, {"register": 0, "population": "out", "keep": 0, "gain": 1}]}`, `1:229: register 0 is driven by f:1:156 already`},
	}
}

func TestRefused(t *testing.T) {
	for _, c := range cases() {
		f, err := Parse([]byte(c.file), "f")
		require.Nil(t, f, c.file)
		require.EqualError(t, err, "text: f:"+c.want, c.file)
	}
	_, err := Parse(make([]byte, maxBytes+1), "f")
	require.EqualError(t, err, "text: f: 4194305 bytes, need at most 4194304")
	_, err = Parse([]byte("{\"\xff\"}"), "f")
	require.EqualError(t, err, "text: f: no valid UTF-8")
}
