package chip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/isa/fixed"
)

// layoutImage is the tiny chip with a layout: three neurons, two in-axons.
func layoutImage(t *testing.T, layout string) (*Family, *Image, error) {
	files := descTestFiles()
	text := files["tiny.json"]
	at := strings.LastIndex(text, "}")
	files["tiny.json"] = text[:at] + `, "layout": ` + layout + "}"
	f, err := Load("tiny", files)
	if err != nil {
		return nil, nil, err
	}
	g, err := f.BindGroup("if", 3, bindVars{"theta": {5, 5, 7}, "d": {2}})
	require.NoError(t, err)
	ci, err := f.BindCore(bindVars{"d": {2}})
	require.NoError(t, err)
	ci.N, ci.Groups = 3, []core.Group{g}
	ci.Formats = []core.Format{{Exp: 2}}
	ci.Syn = []core.Synapse{{Target: 0, Mant: 3}, {Target: 2, Mant: -4, Delay: 1}, {Target: 1, Mant: 7}}
	ci.Axons = []core.Axon{{Off: 0, N: 2}, {Off: 2, N: 1}}
	ci.OutOff, ci.Out, ci.Boxes = []uint32{0, 0, 1, 1}, []core.OutAxon{{Box: 0, Axon: 1}}, []int32{0}
	img := &Image{Chip: f.Name, ChipHash: f.Hash, Mesh: f.Mesh, Pops: []Population{{Name: "a", N: 1}, {Name: "out", N: 2, Output: true}},
		Cores: []Core{{ID: 0, Image: &ci, Runs: []Run{{Pop: 0, Base: 0, N: 1}, {Pop: 1, Base: 1, N: 2}}}}}
	return f, img, nil
}

// packed is a memory of the layout in binary.
func packed(t *testing.T, layout, memory string, set ...RegisterValue) ([]string, error) {
	f, img, err := layoutImage(t, layout)
	require.NoError(t, err)
	k, err := NewPacker(f, img, set)
	if err != nil {
		return nil, err
	}
	for m := range k.Memories() {
		if mem := &k.Memories()[m]; mem.Name == memory {
			words, bits, err := k.Words(mem, 0, func(group, word, lane int) int32 { return int32(10*word + lane) })
			var out []string
			for _, w := range words {
				text := w.Text(2)
				out = append(out, strings.Repeat("0", max(bits-len(text), 0))+text)
			}
			return out, err
		}
	}
	return nil, nil
}

func TestLayoutWords(t *testing.T) {
	const layout = `{"source": "s", "sizes": {"wide": {"value": "compartments + 1", "source": "s"}}, "memories": {
		"cells": {"per": "compartment", "parts": [{"name": "v", "bits": 4, "value": "v"}, {"name": "threshold", "bits": "wide", "value": "p1"},
			{"name": "to", "bits": 2, "value": "sends ? axon + 1 : 0"}, {"name": "output", "bits": 2, "value": "output"}]},
		"rows": {"per": "in_axon", "words": 3, "parts": [{"name": "w", "bits": 4, "each": "compartments", "value": "weight"},
			{"name": "has", "bits": 1, "each": "compartments", "low_first": true, "value": "synapse", "idle": 1}]},
		"columns": {"per": "compartment", "parts": [{"name": "has", "bits": 1, "each": "in_axons", "value": "synapse"}]},
		"lists": {"per": "in_axon", "parts": [{"name": "first", "bits": 2, "value": "first"}, {"name": "n", "bits": 2, "value": "count"}, {"name": "shift", "bits": 3, "value": "exponent"}]},
		"synapses": {"per": "synapse", "parts": [{"name": "target", "bits": 2, "value": "target"}, {"name": "late", "bits": 1, "value": "late"}, {"name": "w", "bits": 4, "value": "weight"}]}}}`
	for memory, want := range map[string][]string{
		// v is word 0, so the lane; the second neuron sends to in-axon 1; outputs 0 and 1, 2 = none
		"cells":    {"0000" + "0101" + "00" + "10", "0001" + "0101" + "10" + "00", "0010" + "0111" + "00" + "01"},
		"rows":     {"0011" + "0000" + "1100" + "101", "0000" + "0111" + "0000" + "010", "0000" + "0000" + "0000" + "111"},
		"columns":  {"10", "01", "10"},
		"lists":    {"00" + "10" + "010", "10" + "01" + "010"},
		"synapses": {"00" + "0" + "0011", "10" + "1" + "1100", "01" + "0" + "0111"},
	} {
		got, err := packed(t, layout, memory)
		require.NoError(t, err, memory)
		require.Equal(t, want, got, memory)
	}
	got, err := packed(t, layout, "cells", RegisterValue{"wide", 3})
	require.NoError(t, err)
	require.Equal(t, "0000"+"101"+"00"+"10", got[0])
	_, err = packed(t, layout, "cells", RegisterValue{"wide", 2})
	require.ErrorContains(t, err, "memory cells of core 0, word 0: part threshold is 5, which does not fit 2 bits (wide)")
	_, err = packed(t, layout, "cells", RegisterValue{"narrow", 2})
	require.ErrorContains(t, err, `no size "narrow", have ["wide"]`)
}

// A layout changes nothing of a run, so nothing of the description's hash.
func TestLayoutKeepsHash(t *testing.T) {
	f, _, err := layoutImage(t, `{"source": "s", "memories": {}}`)
	require.NoError(t, err)
	plain, err := Load("tiny", descTestFiles())
	require.NoError(t, err)
	require.Equal(t, plain.Hash, f.Hash)
	require.Equal(t, fixed.Layout{Width: 16, Over: fixed.Sat}, f.Group("if").State[0].Layout)
}

func TestLayoutRefuses(t *testing.T) {
	part := func(p string) string {
		return `{"source": "s", "memories": {"m": {"per": "compartment", "parts": [` + p + `]}}}`
	}
	for layout, want := range map[string]string{
		part(`{"name": "a", "bits": 4, "value": "nothing"}`):                                    `no variable "nothing" here`,
		part(`{"name": "a", "bits": "p1", "value": "v"}`):                                       `no variable "p1" here`,
		part(`{"name": "a", "bits": 4, "each": "compartments", "value": "weight"}`):             "repeated over what it is already about",
		part(`{"name": "a", "bits": 4, "value": "weight"}`):                                     `no variable "weight" here`,
		`{"source": "s", "memories": {"m": {"per": "day", "parts": []}}}`:                       `per "day"`,
		`{"source": "s", "memories": {"m": {"per": "synapse", "radix": 8, "parts": []}}}`:       "radix 8, need 2 or 16",
		`{"source": "s", "memories": {"m": {"per": "synapse", "file": "../{n}", "parts": []}}}`: "need a name without a folder",
		`{"source": "s", "memories": {"m": {"per": "synapse", "groups": ["x"], "parts": []}}}`:  `memory of group "x"`,
		`{"source": "s", "sizes": {"x": {"value": 1, "source": "s"}}, "memories": {}}`:          "size x: need a name",
		`{"memories": {}}`: `has no "source"`,
	} {
		_, _, err := layoutImage(t, layout)
		require.ErrorContains(t, err, want, layout)
	}
	_, err := packed(t, `{"source": "s", "memories": {"m": {"per": "compartment", "words": 2, "parts": [{"name": "a", "bits": 4, "value": "v"}]}}}`, "m")
	require.ErrorContains(t, err, "2 words in the design, need 3")
	_, err = packed(t, `{"source": "s", "memories": {"m": {"per": "compartment", "words": "1 << 40", "parts": [{"name": "a", "bits": 4, "value": "v"}]}}}`, "m")
	require.ErrorContains(t, err, "1099511627776 words in the design")
	_, err = packed(t, part(`{"name": "a", "bits": 65, "value": "v"}`), "m")
	require.ErrorContains(t, err, "65 bits, need 0..64")
	_, err = packed(t, `{"source": "s", "number": "-1", "memories": {}}`, "m")
	require.ErrorContains(t, err, "number -1 of the core")
}
