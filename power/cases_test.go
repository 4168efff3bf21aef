package power_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip/families"
	"hillock/isa/count"
	"hillock/power"
)

func table(t testing.TB, name string) *power.Table {
	t.Helper()
	b, err := fs.ReadFile(families.FS, name+".energy.json")
	require.NoError(t, err)
	tab, err := power.ParseTable(b, name)
	require.NoError(t, err)
	return tab
}

func tables(t testing.TB) map[string]*power.Table {
	t.Helper()
	files, err := fs.Glob(families.FS, "*.energy.json")
	require.NoError(t, err)
	out := map[string]*power.Table{}
	for _, f := range files {
		name := strings.TrimSuffix(f, ".energy.json")
		out[name] = table(t, name)
		require.Equal(t, name, out[name].Name, "a table has the name of its file")
	}
	return out
}

// predict prices a case as one of its predictions asks.
func predict(t testing.TB, c *power.Census, by power.Prediction) *power.Report {
	t.Helper()
	tab, point := table(t, by.Table), by.Point
	if by.Volts > 0 {
		var err error
		tab, err = tab.AtVolts(point, by.Volts)
		require.NoError(t, err)
		point = ""
	}
	r, err := power.Price(tab, point, *c)
	require.NoError(t, err)
	return r
}

// Every published case lies within the bounds that its file states; cases
// without published activity are refused.
func TestPublishedCases(t *testing.T) {
	cases, err := power.Published()
	require.NoError(t, err)
	require.Greater(t, len(cases), 20)
	refused := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if strings.HasPrefix(c.Name, "refused-") {
				refused++
				for _, tab := range tables(t) {
					_, err := power.Price(tab, "", *c.Census)
					var r *power.Refusal
					require.ErrorAs(t, err, &r)
					require.Contains(t, r.Reason, "published")
				}
				return
			}
			require.NotEmpty(t, c.Expected.By)
			for _, by := range c.Expected.By {
				for _, cmp := range c.Expected.Compare(predict(t, c.Census, by), by) {
					require.True(t, cmp.Known, cmp.Value.Quantity)
					require.NotEqual(t, "no", cmp.Accepted, "%s %s: %+.3g", cmp.Point, cmp.Value.Quantity, cmp.Deviation)
				}
			}
		})
	}
	require.Equal(t, 6, refused)
}

// Adding one to a count of a case moves its total by exactly the price, and
// nothing for counts that are contained or unpriced.
func TestPublishedCountsMoveByTheirPrice(t *testing.T) {
	cases, err := power.Published()
	require.NoError(t, err)
	for _, c := range cases {
		for _, by := range c.Expected.By {
			r := predict(t, c.Census, by)
			for e := range count.NumEvents {
				var price power.Energy
				for _, l := range r.Lines {
					if l.Event == e {
						price = l.Value.Times(1)
					}
				}
				more := *c.Census
				more.Counts[e]++
				d := predict(t, &more, by).Total.Nominal.Sub(r.Total.Nominal)
				require.True(t, d.Equal(price), "%s, %s, %s: moved by %s, price %s", c.Name, by.Table, e, d, price)
			}
		}
	}
}

// Removing a coefficient of any table makes its counts unpriced and the
// headline partial.
func TestRemovedCoefficient(t *testing.T) {
	for name, tab := range tables(t) {
		for i := range tab.Points {
			p := &tab.Points[i]
			for k := range p.Coefficients {
				cut := *tab
				q := *p
				q.Coefficients = append(append([]power.Coefficient{}, p.Coefficients[:k]...), p.Coefficients[k+1:]...)
				cut.Points = []power.Point{q}
				e := p.Coefficients[k].Event
				c := power.Census{Time: 1e15, Ticks: 1, ChipsPowered: 1, CoresPowered: 1, Boundary: power.ChipBoundary}
				c.Counts[e] = 7
				r, err := power.Price(&cut, q.Name, c)
				require.NoError(t, err)
				require.Equal(t, []power.Unpriced{{Event: e, Count: 7}}, r.Unpriced, "%s %s", name, e)
				require.NotEmpty(t, r.Partial)
				require.Equal(t, "partial", r.JSON().Headline)
			}
		}
	}
}

// The chip of the second generation has no energy per operation.
func TestNoEnergyPerOperation(t *testing.T) {
	tab := table(t, "loihi2")
	c := power.Census{Time: 1e15, Ticks: 1, ChipsPowered: 1, Counts: count.Counts{count.SynDense: 1e6, count.Updates: 1e3}}
	r, err := power.Price(tab, "", c)
	require.NoError(t, err)
	j := r.JSON()
	require.Equal(t, "partial", j.Headline)
	require.Nil(t, j.Energy.Total)
	require.Nil(t, j.PowerW)
	require.Equal(t, []string{"synaptic_events_dense", "neuron_updates"}, j.Unpriced)
	require.Contains(t, strings.Join(r.Notes, " "), "No public document gives an energy per operation")
	// Both rates of the announcement at the bound's prices draw its power.
	c.Counts = count.Counts{count.SynDense: 380e12, count.Updates: 240e12}
	r, err = power.Price(tab, "scaled-bound", c)
	require.NoError(t, err)
	require.InDelta(t, 2600, r.Total.Nominal.Joules(), 13)
	require.Equal(t, power.Assumed, r.Weakest)
}

// Tables refuse to count an energy twice.
func TestDoubleCounting(t *testing.T) {
	syn := func(scope string) string {
		return fmt.Sprintf(`{"event":"synaptic_events_dense","value":1,"unit":"pJ","kind":"measured","scope":%q,"source":"s"}`, scope)
	}
	update := `{"event":"neuron_updates","value":1,"unit":"pJ","kind":"measured","scope":"per-term","source":"s"}`
	static := `"static":[{"per":"chip","value":1,"unit":"mW","kind":"measured","source":"s"}],`
	running := `"static":[{"per":"chip","state":"running","value":1,"unit":"mW","kind":"measured","source":"s"}],`
	both := `"static":[{"per":"chip","state":"running","value":1,"unit":"mW","kind":"measured","source":"s"},{"per":"chip","value":1,"unit":"mW","kind":"measured","source":"s"}],`
	for _, tc := range []struct{ extra, list, want string }{
		{"", syn("all-in") + "," + update, "an all-in price already contains the other"},
		{static, syn("all-in"), "an all-in price already contains it"},
		{"", syn("per-term") + "," + syn("per-term"), "prices synaptic_events_dense twice"},
		{`"contains":["neuron_updates"],`, syn("per-term") + "," + update, "it would be paid twice"},
		{`"contains":["spikes","spikes"],`, syn("per-term"), "contains spikes twice"},
		{running, syn("per-term"), "the power already contains every event"},
		{both, "", "the first already contains the second"},
		{"", syn("marginal"), "a slope needs its offset"},
		{static + `"offset_missing":"x",`, syn("marginal"), "which is for a marginal price without static power"},
	} {
		text := `{"schema":"hillock/energy-table/1","name":"n","chip":"c","points":[{` + tc.extra + `"name":"p","coefficients":[` + tc.list + `]}]}`
		_, err := power.ParseTable([]byte(text), "t")
		require.ErrorContains(t, err, tc.want)
	}
}

// The manual names every event, kind, scope, unit, state and quantity, and its
// example of a table loads.
func TestManual(t *testing.T) {
	b, err := os.ReadFile("../docs/energy.md")
	require.NoError(t, err)
	text := string(b)
	for e := range count.NumEvents {
		require.Contains(t, text, "`"+e.String()+"`")
	}
	words := power.Quantities()
	for k := power.Measured; k <= power.Assumed; k++ {
		words = append(words, k.String())
	}
	for s := power.PerTerm; s <= power.AllIn; s++ {
		words = append(words, s.String())
	}
	for s := power.Powered; s <= power.Running; s++ {
		words = append(words, s.String())
	}
	for u := power.PerChip; u <= power.PerMHz; u++ {
		words = append(words, u.String())
	}
	for _, w := range words {
		require.Contains(t, text, "`"+w+"`")
	}
	blocks := strings.Split(text, "```json\n")[1:]
	require.Len(t, blocks, 3)
	block := func(i int) []byte { s, _, _ := strings.Cut(blocks[i], "```"); return []byte(s) }
	c, err := power.ParseCensus(block(0), "census of the manual")
	require.NoError(t, err)
	tab, err := power.ParseTable(block(1), "table of the manual")
	require.NoError(t, err)
	_, err = power.ParseExpected(block(2), "expected result of the manual")
	require.NoError(t, err)
	r, err := power.Price(tab, "", *c)
	require.NoError(t, err)
	require.Empty(t, r.Partial)
}
