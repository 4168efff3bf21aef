package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/isa/count"
)

// priceJSON runs energy on a census and returns what it printed.
func priceJSON(t *testing.T, census string, args ...string) (total *big.Rat, prices map[string]*big.Rat, headline string, unpriced []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "census.json")
	require.NoError(t, os.WriteFile(path, []byte(census), 0o600))
	var out, errw bytes.Buffer
	status := run(append([]string{"energy", path, "--json"}, args...), strings.NewReader(""), &out, &errw)
	require.Zero(t, status, errw.String())
	var r struct {
		Headline string
		Unpriced []string
		Energy   struct {
			Total *struct{ Nominal json.Number }
		}
		Lines []struct {
			Event       string
			Coefficient json.Number
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	exact := func(n json.Number) *big.Rat {
		v, ok := new(big.Rat).SetString(n.String())
		require.True(t, ok, n)
		return v
	}
	prices = map[string]*big.Rat{}
	for _, l := range r.Lines {
		prices[l.Event] = exact(l.Coefficient)
	}
	if r.Energy.Total != nil {
		total = exact(r.Energy.Total.Nominal)
	}
	return total, prices, r.Headline, r.Unpriced
}

func censusText(t *testing.T, chip string, counts map[string]int64) string {
	b, err := json.Marshal(map[string]any{"schema": "hillock/census/1", "chip": chip, "seconds": 0.25, "ticks": 250,
		"chips_powered": 1, "cores_powered": 3, "inferences": 7, "boundary": "chip", "counts": counts})
	require.NoError(t, err)
	return string(b)
}

// One more of any event moves the printed total by exactly the printed price,
// at every point of every table.
func TestEnergyMovesByThePrice(t *testing.T) {
	counts := map[string]int64{}
	for e := range count.NumEvents {
		counts[e.String()] = 1000 + 37*int64(e)
	}
	names, err := tableNames()
	require.NoError(t, err)
	for _, name := range names {
		tab, err := namedTable(name)
		require.NoError(t, err)
		for i := range tab.Points {
			args := []string{"--table", name, "--point", tab.Points[i].Name}
			base, prices, _, _ := priceJSON(t, censusText(t, "x", counts), args...)
			if base == nil {
				continue
			}
			for _, e := range []count.Event{count.SynDense, count.SynSparse, count.Updates, count.UpdatesActive, count.HopsX, count.LearnUpdates, count.HostIn} {
				more := map[string]int64{}
				for k, v := range counts {
					more[k] = v
				}
				more[e.String()]++
				moved, _, _, _ := priceJSON(t, censusText(t, "x", more), args...)
				want := prices[e.String()]
				if want == nil {
					want = new(big.Rat)
				}
				require.Zero(t, want.Cmp(moved.Sub(moved, base)), "%s %s %s", name, tab.Points[i].Name, e)
			}
		}
	}
}

// A table without one of its prices still loads; the count becomes unpriced
// and the headline partial.
func TestEnergyWithoutAPrice(t *testing.T) {
	const syn = `{"event": "synaptic_events_dense", "value": 2, "unit": "pJ", "kind": "measured", "scope": "per-term", "source": "s"}`
	const upd = `{"event": "neuron_updates", "value": 5, "unit": "pJ", "kind": "measured", "scope": "per-term", "source": "s"}`
	table := func(list string) string {
		path := filepath.Join(t.TempDir(), "table.json")
		require.NoError(t, os.WriteFile(path, []byte(`{"schema": "hillock/energy-table/1", "name": "n", "chip": "c", "points": [{"name": "p", "coefficients": [`+list+`],
 "static": [{"per": "chip", "value": 1, "unit": "mW", "kind": "measured", "source": "s"}]}]}`), 0o600))
		return path
	}
	c := censusText(t, "c", map[string]int64{"synaptic_events_dense": 10, "neuron_updates": 20})
	_, _, headline, unpriced := priceJSON(t, c, "--table", table(syn+","+upd))
	require.Equal(t, "total", headline)
	require.Empty(t, unpriced)
	_, _, headline, unpriced = priceJSON(t, c, "--table", table(syn))
	require.Equal(t, "partial", headline)
	require.Equal(t, []string{"neuron_updates"}, unpriced)
	_, _, headline, unpriced = priceJSON(t, c, "--table", table(""))
	require.Equal(t, "partial", headline)
	require.Equal(t, []string{"synaptic_events_dense", "neuron_updates"}, unpriced)
}

// The demo's conventional network decides as many digits right as the spiking
// one, within half a point.
func TestDemoBaseline(t *testing.T) {
	var out, errw bytes.Buffer
	require.Zero(t, run([]string{"demo", "--json", "--energy"}, strings.NewReader(""), &out, &errw), errw.String())
	var r struct {
		Accuracy float64
		Report   struct {
			Checklist []struct {
				Item           int
				Status, Detail string
			}
			Baseline struct {
				Accuracy string
				MACs     int64
			}
		} `json:"energy_report"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Report.Checklist, 16)
	for i, c := range r.Report.Checklist {
		require.Equal(t, i+1, c.Item)
		require.Contains(t, []string{"present", "not modelled"}, c.Status)
		require.NotEmpty(t, c.Detail)
	}
	require.Equal(t, "0.9555 measured, the spiking network's 0.9555", r.Report.Baseline.Accuracy)
	require.EqualValues(t, 64*16+16*10, r.Report.Baseline.MACs)
}
