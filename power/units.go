// Package power turns counts into joules. Every price is an integer with a
// unit in its type, so that sums are exact: adding one to one count changes
// the total by exactly the price of that count.
//
// The scales are chosen so that no conversion rounds. A price per event is a
// whole number of attojoules (1e-18 J), a power a whole number of nanowatts, a
// time a whole number of femtoseconds; nanowatts times femtoseconds are
// yoctojoules (1e-24 J), and an Energy is an unbounded whole number of those.
// Floating point appears only where a number leaves the package: quotients
// (watts, per inference, shares) and text.
package power

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Attojoules is the price of one event, in units of 1e-18 J.
type Attojoules int64

// Nanowatts is a power, in units of 1e-9 W.
type Nanowatts int64

// Femtoseconds is a time, in units of 1e-15 s. The largest is about 9223 s.
type Femtoseconds int64

// Microvolts is a supply voltage, in units of 1e-6 V.
type Microvolts int64

// Hertz is a clock frequency.
type Hertz int64

// Millisecond is the tick of the real-time report.
const Millisecond Femtoseconds = 1e12

// Energy is an exact energy, a whole number of yoctojoules (1e-24 J) of any
// size. The zero value is zero. An Energy is never changed in place.
type Energy struct{ yj *big.Int }

var (
	yoctoPerAtto  = big.NewInt(1e6)
	yoctoPerJoule = new(big.Int).Exp(big.NewInt(10), big.NewInt(24), nil)
)

// Times is the energy of n events at price a.
func (a Attojoules) Times(n int64) Energy {
	v := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(n))
	return Energy{v.Mul(v, yoctoPerAtto)}
}

// Over is the energy of n units that draw p each for time t.
func (p Nanowatts) Over(t Femtoseconds, n int64) Energy {
	v := new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(t)))
	return Energy{v.Mul(v, big.NewInt(n))}
}

// Watts is p as a floating-point number of watts, for output.
func (p Nanowatts) Watts() float64 { return float64(p) / 1e9 }

// Volts is v as a floating-point number of volts, for output.
func (v Microvolts) Volts() float64 { return float64(v) / 1e6 }

// Seconds is t as a floating-point number of seconds, for output.
func (t Femtoseconds) Seconds() float64 { return float64(t) / 1e15 }

func (e Energy) raw() *big.Int {
	if e.yj == nil {
		return new(big.Int)
	}
	return e.yj
}

// Yoctojoules is a copy of the exact value in units of 1e-24 J.
func (e Energy) Yoctojoules() *big.Int { return new(big.Int).Set(e.raw()) }

// Add is e + o, exact.
func (e Energy) Add(o Energy) Energy { return Energy{new(big.Int).Add(e.raw(), o.raw())} }

// Sub is e - o, exact.
func (e Energy) Sub(o Energy) Energy { return Energy{new(big.Int).Sub(e.raw(), o.raw())} }

// part is e/n rounded down to a yoctojoule, n > 0.
func (e Energy) part(n int64) Energy {
	return Energy{new(big.Int).Div(e.raw(), big.NewInt(n))}
}

// Cmp is -1, 0 or 1 as e is less than, equal to or greater than o.
func (e Energy) Cmp(o Energy) int { return e.raw().Cmp(o.raw()) }

// Equal says whether e and o are the same energy.
func (e Energy) Equal(o Energy) bool { return e.Cmp(o) == 0 }

// IsZero says whether e is zero.
func (e Energy) IsZero() bool { return e.raw().Sign() == 0 }

// Joules is e in joules, rounded once to the nearest float64.
func (e Energy) Joules() float64 { return quotient(e.raw(), yoctoPerJoule) }

// String is e with four significant digits and an engineering prefix.
func (e Energy) String() string { return engineering(e.Joules(), "J") }

// MarshalJSON writes e in joules as an exact decimal number.
func (e Energy) MarshalJSON() ([]byte, error) { return []byte(decimal(e.raw(), -24)), nil }

// MarshalJSON writes a in joules as an exact decimal number.
func (a Attojoules) MarshalJSON() ([]byte, error) {
	return []byte(decimal(big.NewInt(int64(a)), -18)), nil
}

// MarshalJSON writes p in watts as an exact decimal number.
func (p Nanowatts) MarshalJSON() ([]byte, error) {
	return []byte(decimal(big.NewInt(int64(p)), -9)), nil
}

// MarshalJSON writes t in seconds as an exact decimal number.
func (t Femtoseconds) MarshalJSON() ([]byte, error) {
	return []byte(decimal(big.NewInt(int64(t)), -15)), nil
}

// Band is an energy with its bounds: the sum over all prices at their low,
// nominal and high values.
type Band struct {
	Low     Energy `json:"low"`
	Nominal Energy `json:"nominal"`
	High    Energy `json:"high"`
}

// Add is b + o, bound by bound.
func (b Band) Add(o Band) Band {
	return Band{b.Low.Add(o.Low), b.Nominal.Add(o.Nominal), b.High.Add(o.High)}
}

// Span is a quotient with its bounds; the unit is said where it is used.
type Span struct {
	Low     float64 `json:"low"`
	Nominal float64 `json:"nominal"`
	High    float64 `json:"high"`
}

// per is b in joules divided by n, n > 0.
func (b Band) per(n int64) Span {
	d := new(big.Int).Mul(yoctoPerJoule, big.NewInt(n))
	return b.over(d)
}

func (b Band) over(d *big.Int) Span {
	return Span{quotient(b.Low.raw(), d), quotient(b.Nominal.raw(), d), quotient(b.High.raw(), d)}
}

// quotient is a/b rounded once, b != 0.
func quotient(a, b *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(a, b).Float64()
	return f
}

// decimal writes v * 10^exp as the shortest exact decimal.
func decimal(v *big.Int, exp int) string {
	s := v.String()
	if s == "0" {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	digits := strings.TrimRight(s, "0")
	exp += len(s) - len(digits)
	point := len(digits) + exp // digits before the decimal point
	switch {
	case exp >= 0 && point <= 18:
		return sign + digits + strings.Repeat("0", exp)
	case point > 0 && exp < 0:
		return sign + digits[:point] + "." + digits[point:]
	case point > -3 && point <= 0:
		return sign + "0." + strings.Repeat("0", -point) + digits
	}
	m := digits[:1]
	if len(digits) > 1 {
		m += "." + digits[1:]
	}
	return sign + m + "e" + strconv.Itoa(point-1)
}

// parseDecimal reads a JSON number and returns it times 10^scale. It fails if
// the result is no whole number or does not fit.
func parseDecimal(tok string, scale int) (int64, error) {
	r, err := parseRat(tok)
	if err != nil {
		return 0, err
	}
	r.Mul(r, new(big.Rat).SetInt(pow10(scale)))
	if !r.IsInt() && scale == 0 {
		return 0, fmt.Errorf("%s is not a whole number", tok)
	}
	if !r.IsInt() {
		return 0, fmt.Errorf("%s is finer than 1e-%d", tok, scale)
	}
	if !r.Num().IsInt64() {
		return 0, fmt.Errorf("%s is out of range", tok)
	}
	return r.Num().Int64(), nil
}

// parseRat reads a number exactly. It accepts at most 80 characters and
// exponents of at most 60, which bounds the memory that it needs.
func parseRat(tok string) (*big.Rat, error) {
	if i := strings.IndexAny(tok, "eE"); i >= 0 {
		if e, err := strconv.Atoi(tok[i+1:]); err != nil || e < -60 || e > 60 {
			return nil, fmt.Errorf("%.80s has an exponent beyond 60", tok)
		}
	}
	if len(tok) > 80 {
		return nil, fmt.Errorf("a number of %d characters, limit 80", len(tok))
	}
	if strings.Trim(tok, "0123456789+-.eE") != "" {
		return nil, fmt.Errorf("%q is not a decimal number", tok)
	}
	r, ok := new(big.Rat).SetString(tok)
	if !ok {
		return nil, fmt.Errorf("%q is not a decimal number", tok)
	}
	return r, nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// roundDecimal is parseDecimal with rounding to the nearest, ties up.
func roundDecimal(tok string, scale int) (int64, error) {
	r, err := parseRat(tok)
	if err != nil {
		return 0, err
	}
	r.Mul(r, new(big.Rat).SetInt(pow10(scale+1)))
	n := new(big.Int).Div(r.Num(), r.Denom())
	n.Add(n, big.NewInt(5))
	n.Div(n, big.NewInt(10))
	if !n.IsInt64() {
		return 0, fmt.Errorf("%s is out of range", tok)
	}
	return n.Int64(), nil
}

type suffix struct {
	name  string
	scale int // power of ten relative to the base unit of the result
}

var (
	powerSuffixes = []suffix{{"nW", 0}, {"uW", 3}, {"mW", 6}, {"kW", 12}, {"MW", 15}, {"W", 9}}
	voltSuffixes  = []suffix{{"uV", 0}, {"mV", 3}, {"V", 6}}
	clockSuffixes = []suffix{{"kHz", 3}, {"MHz", 6}, {"GHz", 9}, {"Hz", 0}}
	timeSuffixes  = []suffix{{"fs", 0}, {"ps", 3}, {"ns", 6}, {"us", 9}, {"ms", 12}, {"s", 15}}
)

// ParsePower reads a power such as "20W" or "29.6 mW" (nW, uW, mW, W, kW, MW).
// It fails if the value is negative or not a whole number of nanowatts.
func ParsePower(s string) (Nanowatts, error) {
	v, err := parseQuantity(s, "power", powerSuffixes)
	return Nanowatts(v), err
}

// ParseTime reads a time such as "1ms" (fs, ps, ns, us, ms, s). It fails if
// the value is negative or not a whole number of femtoseconds.
func ParseTime(s string) (Femtoseconds, error) {
	v, err := parseQuantity(s, "time", timeSuffixes)
	return Femtoseconds(v), err
}

// ParseVolts reads a voltage such as "0.775V" (uV, mV, V). It fails if the
// value is negative or not a whole number of microvolts.
func ParseVolts(s string) (Microvolts, error) {
	v, err := parseQuantity(s, "voltage", voltSuffixes)
	return Microvolts(v), err
}

// ParseClock reads a frequency such as "75MHz" (Hz, kHz, MHz, GHz). It fails if
// the value is negative or not a whole number of hertz.
func ParseClock(s string) (Hertz, error) {
	v, err := parseQuantity(s, "frequency", clockSuffixes)
	return Hertz(v), err
}

func parseQuantity(s, what string, units []suffix) (int64, error) {
	for _, u := range units {
		num, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		v, err := parseDecimal(strings.TrimSpace(num), u.scale)
		if err == nil && v < 0 {
			err = fmt.Errorf("it is negative")
		}
		if err != nil {
			return 0, fmt.Errorf("power: %s %q: %w", what, s, err)
		}
		return v, nil
	}
	return 0, fmt.Errorf("power: %s %q has no unit (known: %s)", what, s, suffixNames(units))
}

func suffixNames(units []suffix) string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.name
	}
	return strings.Join(names, ", ")
}

// engineering prints v with four significant digits and an SI prefix.
func engineering(v float64, unit string) string {
	if v == 0 {
		return "0 " + unit
	}
	const prefixes = "yzafpnum kMGTPEZY"
	s := strconv.FormatFloat(v, 'e', 3, 64)
	mant, e, _ := strings.Cut(s, "e")
	exp, err := strconv.Atoi(e)
	if err != nil || exp < -24 || exp > 26 {
		return s + " " + unit
	}
	i := (exp + 24) / 3
	shift := exp + 24 - 3*i
	m, _ := strconv.ParseFloat(mant, 64)
	for range shift {
		m *= 10
	}
	p := strings.TrimSpace(prefixes[i : i+1])
	return strconv.FormatFloat(m, 'f', 3-shift, 64) + " " + p + unit
}
