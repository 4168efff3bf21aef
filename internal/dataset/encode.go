package dataset

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Code is a way to turn pixels into input spikes.
type Code int

// Codes. In the formulas t is the step from 0 (the row's own step in a row
// layout), T the number of steps an image is shown (per row in a row layout) and
// M the pixel range Set.Max.
const (
	// Phase spikes at t if floor((t+1)q/L) > floor(t q/L), with
	// q = floor((A pixel + B)/C). Division rounds down; q <= 0 never spikes,
	// q >= L always does. The pattern goes on past L with period L.
	Phase Code = iota
	// Rate is the phase code with L = T and q = floor((2 T pixel + M)/(2 M)):
	// the pixel's share of the range, in spikes over the T steps, to the nearest.
	Rate
	// Current drives the first layer with constant currents; no spikes.
	Current
	// Bernoulli spikes with the probability pixel/M at each step on its own, by
	// a counter: see Draw.
	Bernoulli
	// Counts is no code at all: x holds spike counts [step, ...] per image.
	Counts
)

var codeNames = [...]string{"phase", "rate", "current", "bernoulli", "none"}

// Limits of an encoding.
const (
	MaxFactor = 1<<31 - 1 // |A|, |B|, C
	MaxTicks  = 1 << 20   // L, S, and ticks per image
)

// Encoding is a code and its numbers.
type Encoding struct {
	Code       Code
	A, B, C, L int64  // Phase only
	Seed       uint64 // Bernoulli only
}

// ParseEncoding reads phase:A,B,C,L | rate | current | bernoulli:SEED | none.
func ParseEncoding(s string) (Encoding, error) {
	name, args, has := strings.Cut(s, ":")
	var e Encoding
	var err error
	switch {
	case name == "phase" && has:
		err = e.phase(args)
	case name == "bernoulli" && has:
		e.Code = Bernoulli
		if e.Seed, err = strconv.ParseUint(args, 10, 64); err != nil {
			err = fmt.Errorf("seed %q, need a whole number 0 to %d", clip(args), uint64(math.MaxUint64))
		}
	case has:
		err = fmt.Errorf("need phase:A,B,C,L, rate, current, bernoulli:SEED or none")
	case name == "rate":
		e.Code = Rate
	case name == "current":
		e.Code = Current
	case name == "none":
		e.Code = Counts
	default:
		err = fmt.Errorf("need phase:A,B,C,L, rate, current, bernoulli:SEED or none")
	}
	if err != nil {
		return Encoding{}, fmt.Errorf("dataset: encoding %q: %w", clip(s), err)
	}
	return e, nil
}

func (e *Encoding) phase(args string) error {
	f := strings.Split(args, ",")
	if len(f) != 4 {
		return fmt.Errorf("%d numbers, need 4", len(f))
	}
	for i, p := range []struct {
		name      string
		to        *int64
		low, high int64
	}{{"A", &e.A, -MaxFactor, MaxFactor}, {"B", &e.B, -MaxFactor, MaxFactor}, {"C", &e.C, 1, MaxFactor}, {"L", &e.L, 1, MaxTicks}} {
		v, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil || v < p.low || v > p.high {
			return fmt.Errorf("%s is %q, need a whole number %d to %d", p.name, clip(f[i]), p.low, p.high)
		}
		*p.to = v
	}
	return nil
}

// String is the encoding as ParseEncoding reads it.
func (e Encoding) String() string {
	switch {
	case e.Code < 0 || int(e.Code) >= len(codeNames):
		return fmt.Sprintf("code %d", int(e.Code))
	case e.Code == Phase:
		return fmt.Sprintf("phase:%d,%d,%d,%d", e.A, e.B, e.C, e.L)
	case e.Code == Bernoulli:
		return fmt.Sprintf("bernoulli:%d", e.Seed)
	}
	return codeNames[e.Code]
}

// Layout says which input neuron a pixel drives, and when.
type Layout struct {
	Rows int    // S: image row r drives the inputs in steps S r .. S r + S - 1; 0 otherwise
	Name string // flat, rows, chw
}

// ParseLayout reads flat | rows:S | chw. Flat: input i is pixel i, rows first.
// Chw: the same order, for images of [row, column] or [channel, row, column].
func ParseLayout(s string) (Layout, error) {
	switch name, arg, has := strings.Cut(s, ":"); {
	case !has && (name == "flat" || name == "chw"):
		return Layout{Name: name}, nil
	case has && name == "rows":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > MaxTicks {
			return Layout{}, fmt.Errorf("dataset: layout %q: need 1 to %d steps per row", clip(s), MaxTicks)
		}
		return Layout{Rows: n, Name: name}, nil
	}
	return Layout{}, fmt.Errorf("dataset: layout %q: need flat, rows:S or chw", clip(s))
}

// String is the layout as ParseLayout reads it.
func (l Layout) String() string {
	if l.Rows > 0 {
		return fmt.Sprintf("rows:%d", l.Rows)
	}
	return l.Name
}

// Draw is the random number behind the Bernoulli code: 64 bits that depend on
// the four numbers only, so that neither order nor selection of images matters.
// With m the finaliser of SplitMix64 (xor-shift 30, times 0xbf58476d1ce4e5b9,
// xor-shift 27, times 0x94d049bb133111eb, xor-shift 31) and g =
// 0x9e3779b97f4a7c15 it is m(m(m(m(seed + g) + (image+1) g) + (step+1) g) +
// (pixel+1) g). A pixel of value v in a range M spikes if floor(Draw M / 2^64) <
// v.
func Draw(seed uint64, image, step, pixel int) uint64 {
	return drawPixel(drawStep(seed, image, step), pixel)
}

const golden = 0x9e3779b97f4a7c15

func drawStep(seed uint64, image, step int) uint64 {
	return mix(mix(mix(seed+golden)+(uint64(image)+1)*golden) + (uint64(step)+1)*golden)
}

func drawPixel(base uint64, pixel int) uint64 { return mix(base + (uint64(pixel)+1)*golden) }

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below tells whether floor(x M / 2^64) < v.
func below(x uint64, m, v uint64) bool {
	hi, _ := bits.Mul64(x, m)
	return hi < v
}
