package power

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDecimalIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := big.NewInt(rapid.Int64().Draw(t, "v"))
		exp := rapid.IntRange(-30, 6).Draw(t, "exp")
		s := decimal(v, exp)
		r, good := new(big.Rat).SetString(s)
		if !good {
			t.Fatalf("%q is no number", s)
		}
		want := new(big.Rat).SetInt(v)
		p := new(big.Rat).SetInt(pow10(max(exp, -exp)))
		if exp < 0 {
			want.Quo(want, p)
		} else {
			want.Mul(want, p)
		}
		if r.Cmp(want) != 0 {
			t.Fatalf("%s e %d printed as %s", v, exp, s)
		}
	})
}

func TestDecimalText(t *testing.T) {
	for _, tc := range []struct {
		v    int64
		exp  int
		want string
	}{
		{0, -24, "0"}, {1, 0, "1"}, {1200, 0, "1200"}, {236, -1, "23.6"}, {-236, -1, "-23.6"},
		{5, -3, "0.005"}, {5, -4, "5e-4"}, {5, -2, "0.05"}, {25, -2, "0.25"}, {236, -13, "2.36e-11"}, {100, -12, "1e-10"}, {1, 20, "1e20"},
	} {
		if have := decimal(big.NewInt(tc.v), tc.exp); have != tc.want {
			t.Errorf("%d e %d: want %s, have %s", tc.v, tc.exp, tc.want, have)
		}
	}
}

func TestEngineering(t *testing.T) {
	for _, tc := range []struct {
		v    float64
		want string
	}{
		{0, "0 J"}, {1, "1.000 J"}, {999.96, "1.000 kJ"}, {2.36e-11, "23.60 pJ"}, {1e-24, "1.000 yJ"},
		{1e-27, "1.000e-27 J"}, {123456, "123.5 kJ"}, {5e26, "500.0 YJ"}, {1e30, "1.000e+30 J"},
	} {
		if have := engineering(tc.v, "J"); have != tc.want {
			t.Errorf("%g: want %s, have %s", tc.v, tc.want, have)
		}
	}
	if have := short(20, "W") + short(0.1, "s") + short(1e30, "J"); have != "20 W100 ms1.000e+30 J" {
		t.Error(have)
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]Nanowatts{"20W": 20e9, "29.6 mW": 29_600_000, "1 nW": 1, "2kW": 2e12, "1.5MW": 15e14} {
		if have, err := ParsePower(in); err != nil || have != want {
			t.Errorf("%s: want %d, have %d, %v", in, want, have, err)
		}
	}
	for in, want := range map[string]Femtoseconds{"1ms": Millisecond, "2 s": 2e15, "3.5us": 35e8, "7fs": 7, "1ns": 1e6, "1ps": 1e3} {
		if have, err := ParseTime(in); err != nil || have != want {
			t.Errorf("%s: want %d, have %d, %v", in, want, have, err)
		}
	}
	for in, want := range map[string]string{
		"20":                          `power: power "20" has no unit (known: nW, uW, mW, kW, MW, W)`,
		"-1W":                         `power: power "-1W": it is negative`,
		"xW":                          `power: power "xW": "x" is not a decimal number`,
		"W":                           `power: power "W": "" is not a decimal number`,
		"0.5nW":                       `power: power "0.5nW": 0.5 is not a whole number`,
		"1e20W":                       `power: power "1e20W": 1e20 is out of range`,
		"1e99W":                       `power: power "1e99W": 1e99 has an exponent beyond 60`,
		strings.Repeat("1", 99) + "W": `power: power "` + strings.Repeat("1", 99) + `W": a number of 99 characters, limit 80`,
	} {
		if _, err := ParsePower(in); err == nil || err.Error() != want {
			t.Errorf("want %s\nhave %v", want, err)
		}
	}
}

func TestEnergyZeroValue(t *testing.T) {
	var e Energy
	one := Attojoules(1).Times(1)
	if !e.IsZero() || e.Add(one).Cmp(e) != 1 || !one.Sub(one).Equal(e) || e.String() != "0 J" || e.Joules() != 0 {
		t.Error("the zero Energy is not zero")
	}
	if Nanowatts(1e6).Over(1, 1).Cmp(one) != 0 {
		t.Error("1 mW for 1 fs is not 1 aJ")
	}
	if Kind(9).String() != "unknown(9)" || Scope(1).String() != "marginal" {
		t.Error("words")
	}
}
