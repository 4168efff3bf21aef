package power

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ExpectedSchema is the schema field of an expected result.
const ExpectedSchema = "hillock/energy-expected/1"

// Expected is what a published case measured (or another program computed), and
// the tables whose prediction is held against it.
type Expected struct {
	Title  string
	Values []ExpectedValue
	By     []Prediction
}

// ExpectedValue is one number of a published case.
type ExpectedValue struct {
	Quantity string // a name that Report.Quantity knows
	Value    float64
	Kind     Kind
	Source   string
}

// Prediction names a table and point that predicts the values, and the
// deviations (predicted/expected - 1) that are accepted. Without bounds the
// deviation is only printed.
type Prediction struct {
	Table, Point string
	Volts        Microvolts // 0 = as the point states
	Bounded      bool
	Low, High    float64
	Note         string
}

// ParseExpected reads an expected result; file is its name in errors.
func ParseExpected(b []byte, file string) (*Expected, error) {
	const what = "the expected result"
	d := &document{file, b}
	n, err := d.parse()
	if err != nil {
		return nil, err
	}
	if err := d.object(n, what, []string{"schema", "title", "values"}, []string{"by"}); err != nil {
		return nil, err
	}
	if _, err := d.word(n, what, "schema", []string{ExpectedSchema}); err != nil {
		return nil, err
	}
	x := &Expected{}
	if err := d.named(n, what, "title", &x.Title); err != nil {
		return nil, err
	}
	values, err := d.list(n, what, "values")
	if err != nil {
		return nil, err
	}
	for i := range values {
		v, err := d.expectedValue(&values[i])
		if err != nil {
			return nil, err
		}
		x.Values = append(x.Values, *v)
	}
	by, err := d.list(n, what, "by")
	if err != nil {
		return nil, err
	}
	for i := range by {
		p, err := d.prediction(&by[i])
		if err != nil {
			return nil, err
		}
		x.By = append(x.By, *p)
	}
	return x, nil
}

func (d *document) expectedValue(n *node) (*ExpectedValue, error) {
	const what = "a value"
	if err := d.object(n, what, []string{"quantity", "value", "kind"}, []string{"source"}); err != nil {
		return nil, err
	}
	v := &ExpectedValue{}
	q, err := d.word(n, what, "quantity", Quantities())
	if err != nil {
		return nil, err
	}
	v.Quantity = Quantities()[q]
	if v.Value, err = d.real(n.field("value"), what, "value"); err != nil {
		return nil, err
	}
	var note string
	v.Kind, err = d.provenance(n, what, &v.Source, &note)
	return v, err
}

// real reads a finite number.
func (d *document) real(f *node, what, key string) (float64, error) {
	v, err := strconv.ParseFloat(f.text, 64)
	if f.kind != 'n' || err != nil || math.IsInf(v, 0) {
		return 0, d.fault(f.off, "%s of %s must be a number", key, what)
	}
	return v, nil
}

func (d *document) prediction(n *node) (*Prediction, error) {
	const what = "a prediction"
	if err := d.object(n, what, []string{"table"}, []string{"point", "volts", "deviation", "note"}); err != nil {
		return nil, err
	}
	p := &Prediction{}
	for _, f := range []struct {
		key string
		to  *string
	}{{"table", &p.Table}, {"point", &p.Point}, {"note", &p.Note}} {
		if err := d.str(n, what, f.key, f.to); err != nil {
			return nil, err
		}
	}
	if f := n.field("volts"); f != nil {
		v, err := d.quantity(f, what, "volts", "V", 6, 100e6)
		if err != nil {
			return nil, err
		}
		p.Volts = Microvolts(v)
	}
	ends, err := d.list(n, what, "deviation")
	if err != nil || n.field("deviation") == nil {
		return p, err
	}
	if len(ends) != 2 {
		return nil, d.fault(n.field("deviation").off, "deviation of %s must be two numbers, lowest and highest", what)
	}
	p.Bounded = true
	if p.Low, err = d.real(&ends[0], what, "deviation"); err != nil {
		return nil, err
	}
	if p.High, err = d.real(&ends[1], what, "deviation"); err != nil {
		return nil, err
	}
	return p, nil
}

// quantities are the numbers of a report that can be held against a published
// one. Each is nominal; ok is false where the report does not have it.
var quantities = []struct {
	name string
	of   func(*Report) (float64, bool)
}{
	{"power_w", func(r *Report) (float64, bool) { s, ok := r.Power(); return s.Nominal, ok }},
	{"static_j", func(r *Report) (float64, bool) { return r.Charged.Nominal.Joules(), r.headline() != nil }},
	{"dynamic_j", func(r *Report) (float64, bool) { return r.Dynamic.Nominal.Joules(), true }},
	{"total_j", func(r *Report) (float64, bool) { return r.Total.Nominal.Joules(), r.Used }},
	{"synapses_j", groupQuantity(Synapses)},
	{"neurons_j", groupQuantity(Neurons)},
	{"network_j", groupQuantity(Mesh)},
	{"learning_j", groupQuantity(Learning)},
	{"host_j", groupQuantity(Host)},
	{"per_inference_j", func(r *Report) (float64, bool) { s, ok := r.PerInference(); return s.Nominal, ok }},
	{"per_inference_over_idle_cold_j", overQuantity(IdleCold)},
	{"per_inference_over_idle_warm_j", overQuantity(IdleWarm)},
	{"per_synaptic_event_j", func(r *Report) (float64, bool) { s, ok := r.PerEvent(); return s.Nominal, ok }},
	{"cycles_per_tick", func(r *Report) (float64, bool) {
		if r.Cycles == nil || r.Cycles.PerTick == nil {
			return 0, false
		}
		v, _ := r.Cycles.PerTick.Float64()
		return v, true
	}},
	{"clock_hz", func(r *Report) (float64, bool) {
		if r.Cycles == nil {
			return 0, false
		}
		return r.Cycles.Clock, r.Cycles.Clock > 0
	}},
}

func groupQuantity(g Group) func(*Report) (float64, bool) {
	return func(r *Report) (float64, bool) { return r.Groups()[g].Nominal.Joules(), true }
}

func overQuantity(s State) func(*Report) (float64, bool) {
	return func(r *Report) (float64, bool) {
		l := r.idle(s)
		if l == nil || r.Inferences <= 0 {
			return 0, false
		}
		return l.Over.per(r.Inferences).Nominal, true
	}
}

// Quantities are the names that Quantity knows.
func Quantities() []string {
	out := make([]string, len(quantities))
	for i := range quantities {
		out[i] = quantities[i].name
	}
	return out
}

// Quantity is a nominal number of r by its name; ok is false if r does not have
// it or the name is unknown.
func (r *Report) Quantity(name string) (v float64, ok bool) {
	for i := range quantities {
		if quantities[i].name == name {
			return quantities[i].of(r)
		}
	}
	return 0, false
}

// Comparison is one predicted number beside the published one.
type Comparison struct {
	Table, Point string
	Value        ExpectedValue
	Predicted    float64
	Known        bool    // false: the report does not have the quantity
	Deviation    float64 // predicted/expected - 1; the difference if 0 is expected
	Accepted     string  // "yes", "no" or "-" without bounds
	Use, Note    string
}

// Compare holds r against x, in the order of x.
func (x *Expected) Compare(r *Report, by Prediction) []Comparison {
	out := make([]Comparison, 0, len(x.Values))
	for _, v := range x.Values {
		c := Comparison{Table: r.Table, Point: r.Point.Name, Value: v, Use: r.Point.Use, Note: by.Note, Accepted: "-"}
		if c.Predicted, c.Known = r.Quantity(v.Quantity); c.Known {
			c.Deviation = c.Predicted - v.Value
			if v.Value != 0 {
				c.Deviation /= v.Value
			}
		}
		if by.Bounded {
			c.Accepted = "no"
			if c.Known && c.Deviation >= by.Low && c.Deviation <= by.High {
				c.Accepted = "yes"
			}
		}
		out = append(out, c)
	}
	return out
}

// CompareText writes the comparisons of one case.
func CompareText(w io.Writer, title string, list []Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", title)
	g := grid{align: "lllrrrl"}
	g.add("table", "point", "quantity", "published", "predicted", "deviation", "within bounds")
	for _, c := range list {
		have, dev := "not known", "-"
		if c.Known {
			have = fmt.Sprintf("%.6g", c.Predicted)
			dev = fmt.Sprintf("%+.2f %%", 100*c.Deviation)
			if c.Deviation != 0 && math.Abs(c.Deviation) < 5e-5 {
				dev = fmt.Sprintf("%+.1e %%", 100*c.Deviation)
			}
		}
		g.add(c.Table, c.Point, c.Value.Quantity, fmt.Sprintf("%.6g", c.Value.Value), have, dev, c.Accepted)
	}
	g.text(&b)
	said := map[string]bool{}
	for _, c := range list {
		for _, s := range []string{c.Use, c.Note} {
			line := fmt.Sprintf("  %s, %s: %s\n", c.Table, c.Point, s)
			if s != "" && !said[line] {
				b.WriteString(line)
				said[line] = true
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
