package conform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core"
)

// A changed record of a chip without ticks is reported where it is, once per
// engine.
func TestChangedEventRecords(t *testing.T) {
	bumpPair := func(d map[string]any, field string, row, col int) {
		pair := d[field].([]any)[row].([]any)
		pair[col] = pair[col].(float64) + 1
	}
	for _, x := range []struct {
		file, field string
		index       int
		change      func(d map[string]any)
	}{
		{"tinyodin_virt_02", "expect_input_edges", 17, func(d map[string]any) { bumpList(d, "expect_input_edges", 17) }},
		{"tinyodin_virt_02", "expect_cycles", -1, func(d map[string]any) { d["expect_cycles"] = d["expect_cycles"].(float64) + 1 }},
		{"tinyodin_dense_01", "expect_output", 3, func(d map[string]any) { bumpPair(d, "expect_output", 1, 1) }},
		{"tinyodin_virt_02", "expect_neurons_changed", 2, func(d map[string]any) { d["expect_neurons_changed"].([]any)[2].([]any)[1] = "0103c017" }},
		{"odin_synev_38", "expect_output", 0, func(d map[string]any) { bumpPair(d, "expect_output", 0, 0) }},
		{"odin_bist_05", "expect_synapse_words_changed", 1, func(d map[string]any) {
			d["expect_synapse_words_changed"] = append(d["expect_synapse_words_changed"].([]any), []any{1, "12345678"})
		}},
		{"odin_lif_16", "expect_up", 0, func(d map[string]any) { d["expect_up"] = "ff" + d["expect_up"].(string)[2:] }},
		{"reckon_infer_28", "expect_step_cycles", -1, func(d map[string]any) { bumpList(d, "expect_step_cycles", 5) }},
		{"reckon_infer_28", "expect_u_last", 7, func(d map[string]any) { bumpList(d, "expect_u_last", 7) }},
		{"reckon_infer_28", "expect_out", 1, func(d map[string]any) { bump(d, "expect_out", 4, 1) }},
		{"reckon_infer_28", "expect_label", 0, func(d map[string]any) { d["expect_label"] = 15 - d["expect_label"].(float64) }},
	} {
		d := load(t, x.file)
		x.change(d)
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.field)
		require.EqualValues(t, len(core.Engines()), res.Mismatches, x.field)
		require.Equal(t, x.field, fails[0].Field)
		require.Equal(t, x.index, fails[0].Index, x.field)
	}
}

// Damaged records are refused with the place of the damage.
func TestDamagedEventRecords(t *testing.T) {
	for _, x := range []struct {
		file, field string
		value       any
	}{
		{"tinyodin_virt_02", "max_neur", 256}, {"tinyodin_virt_02", "neurons", []any{"123"}}, {"tinyodin_virt_02", "events", []any{[]any{5, 1024}}},
		{"tinyodin_virt_02", "synapse_rows", []any{"0g"}}, {"tinyodin_virt_02", "expect_neurons_changed", []any{[]any{256, "00000000"}}},
		{"odin_lif_16", "burst_timeref", 3}, {"odin_lif_16", "syn_sign", "0"}, {"odin_lif_16", "other_neurons", "xyz"},
		{"reckon_infer_28", "pair_alpha", []any{1}}, {"reckon_infer_28", "ticks", []any{}}, {"reckon_infer_28", "winp", []any{"0"}},
	} {
		d := load(t, x.file)
		d[x.field] = x.value
		res, fails := replay(t, text(t, d), Options{})
		require.Equal(t, Failed, res.Status, x.field)
		require.NotEmpty(t, fails)
		require.Equal(t, x.field, fails[0].Field)
	}
}
