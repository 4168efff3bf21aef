package power

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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

// The units of static power. PerMHz is the power of one chip per megahertz of
// its clock; it adds to the power per chip.
const (
	PerChip Unit = iota
	PerCore
	PerMHz
)

var unitWords = []string{"chip", "core", "chip_mhz"}

// String is the unit as the table writes it.
func (u Unit) String() string { return wordOf(unitWords, int(u)) }

// thing is what is powered.
func (u Unit) thing() string {
	if u == PerCore {
		return "core"
	}
	return "chip"
}

// State says what a chip does while it draws a static power.
type State uint8

// The states. Powered is the power that counted events add to. IdleCold is the
// idle power after boot, before anything has run, IdleWarm the one after a
// first run; both only say what a published "dynamic" energy leaves out.
// Running is the whole power of one measured workload, events included.
const (
	Powered State = iota
	IdleCold
	IdleWarm
	Running
)

var stateWords = []string{"powered", "idle-cold", "idle-warm", "running"}

// String is the state as the table writes it.
func (s State) String() string { return wordOf(stateWords, int(s)) }

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

// Static is the power that a chip or core draws in one state, whatever the
// counts, Low <= Value <= High.
type Static struct {
	Per              Unit
	State            State
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
	Volts              Microvolts    // of the rail that the prices scale with, 0 = not stated
	Clock              Hertz         // 0 = not stated
	Boundary           Boundary      // what the prices cover
	Tick               Femtoseconds  // at which the static power was measured, 0 = it does not depend on it
	EventsPerSecond    int64         // synaptic events at which an all-in price was measured, 0 = not stated
	EventsPerCycle     float64       // most synaptic events in a clock cycle, 0 = not stated
	Coefficients       []Coefficient // in the order of count.Event, one per event at most
	Static             []Static      // by state, then unit, one of each at most
	Contains           []count.Event // events that the prices hold already, in the order of count.Event
	OffsetMissing      string        // why a marginal price stands without static power
	Validated          string        // error on reference cases, "" = not stated
	Use                string        // what the point is recommended for, "" = not stated
	Notes              []string
}

// Table is a checked energy table.
type Table struct {
	Name, Chip string
	Hash       string // SHA-256 of the file, first 128 bits in hex
	Points     []Point
	Cycles     *Cycles // nil: no cycle model
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

// static is the row of unit u in state s, nil if there is none.
func (p *Point) static(u Unit, s State) *Static {
	for i := range p.Static {
		if p.Static[i].Per == u && p.Static[i].State == s {
			return &p.Static[i]
		}
	}
	return nil
}

// allIn says whether the point is priced by total power over event rate.
func (p *Point) allIn() bool {
	return len(p.Coefficients) > 0 && p.Coefficients[0].Scope == AllIn
}

// running says whether the point is the whole power of one workload.
func (p *Point) running() bool {
	return p.static(PerChip, Running) != nil || p.static(PerCore, Running) != nil
}

// contains says whether the prices of p hold event e already.
func (p *Point) contains(e count.Event) bool {
	return p.running() || p.allIn() && !synaptic(e) || slices.Contains(p.Contains, e)
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}
