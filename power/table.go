package power

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"hillock/isa/count"
)

// TableSchema is the schema field of an energy table.
const TableSchema = "hillock/energy-table/1"

// Kind says how a number was obtained, from the strongest to the weakest.
type Kind uint8

// The kinds. A derived number is computed from measured ones; an estimate is
// somebody's published guess; an assumed number is nobody's claim.
const (
	Measured Kind = iota
	Derived
	Simulated
	Estimate
	Assumed
)

var kindWords = []string{"measured", "derived", "simulated", "estimate", "assumed"}

// String is the kind as the table writes it.
func (k Kind) String() string { return wordOf(kindWords, int(k)) }

// Scope says what a price contains.
type Scope uint8

// The scopes. PerTerm prices one event type alone and sums with others.
// Marginal is a slope of power against event rate and needs static power
// beside it. AllIn is total power over event rate at one operating point; it
// contains everything else, so that nothing may be added to it.
const (
	PerTerm Scope = iota
	Marginal
	AllIn
)

var scopeWords = []string{"per-term", "marginal", "all-in"}

// String is the scope as the table writes it.
func (s Scope) String() string { return wordOf(scopeWords, int(s)) }

// Unit is what one static row is charged for.
type Unit uint8

// The units of static power.
const (
	PerChip Unit = iota
	PerCore
)

var unitWords = []string{"chip", "core"}

// String is the unit as the table writes it.
func (u Unit) String() string { return wordOf(unitWords, int(u)) }

func wordOf(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

// PriceBand is an energy per event with its bounds, Low <= Value <= High.
type PriceBand struct{ Low, Value, High Attojoules }

// Coefficient is the sourced price of one event class.
type Coefficient struct {
	Event count.Event
	PriceBand
	Banded bool // the table stated low and high; otherwise both equal value
	Kind   Kind
	Scope  Scope
	Source string
	Note   string
}

// Static is the power that a chip or core draws while it is powered, whatever
// it does, Low <= Value <= High.
type Static struct {
	Per              Unit
	Low, Value, High Nanowatts
	Banded           bool // as in Coefficient
	Kind             Kind
	Source           string
	Note             string
}

// Point is one operating point: the prices that belong together.
type Point struct {
	Name, Supply, Node string
	Temperature        string        // "" = not stated
	Coefficients       []Coefficient // in the order of count.Event, one per event at most
	Static             []Static      // chip before core, one of each at most
	Notes              []string
}

// Table is a checked energy table.
type Table struct {
	Name, Chip string
	Hash       string // SHA-256 of the file, first 128 bits in hex
	Points     []Point
	Notes      []string
}

// Point is the operating point of that name; "" is the first one. The error
// lists the names that exist.
func (t *Table) Point(name string) (*Point, error) {
	var names []string
	for i := range t.Points {
		if name == "" || t.Points[i].Name == name {
			return &t.Points[i], nil
		}
		names = append(names, t.Points[i].Name)
	}
	return nil, fmt.Errorf("power: table %q has no point %q (it has: %s)", t.Name, name, strings.Join(names, ", "))
}

// coefficient is the coefficient of event e, nil if it has none.
func (p *Point) coefficient(e count.Event) *Coefficient {
	for i := range p.Coefficients {
		if p.Coefficients[i].Event == e {
			return &p.Coefficients[i]
		}
	}
	return nil
}

func (p *Point) static(u Unit) *Static {
	for i := range p.Static {
		if p.Static[i].Per == u {
			return &p.Static[i]
		}
	}
	return nil
}

// allIn says whether the point is priced by total power over event rate.
func (p *Point) allIn() bool {
	return len(p.Coefficients) > 0 && p.Coefficients[0].Scope == AllIn
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}
