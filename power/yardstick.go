package power

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed data/yardsticks.json
var yardstickFile []byte

// Yardstick is a machine or brain to hold a report against, with the label that
// says whether anybody measured it.
type Yardstick struct {
	Name     string  `json:"name"`
	Quantity string  `json:"quantity"` // power, per operation, per inference
	Value    float64 `json:"value"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Unit     string  `json:"unit"`
	Label    string  `json:"label"` // measured, derived, estimate, assumed
	Source   string  `json:"source"`
	// Times is how often the report's own quantity goes into it, null if the
	// report does not have it.
	Times *float64 `json:"times"`
}

var yardsticks = sync.OnceValues(func() ([]Yardstick, error) {
	var f struct {
		Schema string      `json:"schema"`
		Rows   []Yardstick `json:"rows"`
	}
	d := json.NewDecoder(bytes.NewReader(yardstickFile))
	d.DisallowUnknownFields()
	err := d.Decode(&f)
	return f.Rows, err
})

// Yardsticks are the embedded rows with the report's own figures beside them.
// Operations are held against synaptic events, which do less than a
// multiply-accumulate.
func (r *Report) Yardsticks() []Yardstick {
	rows, err := yardsticks()
	if err != nil {
		return nil
	}
	out := append([]Yardstick(nil), rows...)
	for i := range out {
		y := &out[i]
		var s Span
		ok := false
		switch y.Quantity {
		case "power":
			s, ok = r.Power()
		case "per operation":
			s, ok = r.PerEvent()
		case "per inference":
			s, ok = r.PerInference()
		}
		if ok && s.Nominal > 0 {
			t := y.Value / s.Nominal
			y.Times = &t
		}
	}
	return out
}

func (r *Report) yardstickText(b *strings.Builder) {
	rows := r.Yardsticks()
	if len(rows) == 0 {
		return
	}
	b.WriteString("\nyardsticks (times = the row over this report's own power, energy per synaptic event or energy per inference)\n")
	g := grid{align: "lrlrll"}
	g.add("what", "value", "range", "times", "label", "source")
	for i := range rows {
		y := &rows[i]
		times := "-"
		if y.Times != nil {
			times = fmt.Sprintf("%.3g", *y.Times)
		}
		g.add(y.Name, short(y.Value, y.Unit), short(y.Low, y.Unit)+" .. "+short(y.High, y.Unit), times, y.Label, y.Source)
	}
	g.text(b)
}
