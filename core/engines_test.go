package core

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hillock/core/simd"
	"hillock/isa/count"
	"hillock/router"
)

// noiseAt is a counter-based generator: a function of its arguments alone.
func noiseAt(comp int32, tick int64, k int, f DrawFormat) int32 {
	x := uint64(comp)*0x9e3779b97f4a7c15 ^ uint64(tick)*0xbf58476d1ce4e5b9 ^ uint64(k)*0x94d049bb133111eb
	x ^= x >> 31
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return f.Lo + int32(x%uint64(f.Hi-f.Lo+1))
}

type tapped struct {
	Tap   int
	Comp  int32
	Value int32
}

// engineForm is one of the ways in which one image can run; the oracle is the truth.
type engineForm struct {
	name    string
	loops   *simd.Table // nil: the oracle
	generic bool        // without specialised loops
}

func engineForms() []engineForm {
	fs := []engineForm{{"oracle", nil, false}, {"twins", simd.Twins(), false}, {"twins, generic", simd.Twins(), true}}
	if t, ok := simd.AVX2(); ok {
		fs = append(fs, engineForm{"avx2", t, false}, engineForm{"avx2, generic", t, true})
	}
	return fs
}

func (f engineForm) core(tb testing.TB, img *Image) *Core {
	tb.Helper()
	c, err := New(img, "oracle", noiseAt)
	if err != nil {
		tb.Fatal(err)
	}
	if f.loops != nil {
		v := newVector(img, f.loops)
		v.generic = f.generic
		c.eng = v
	}
	return c
}

// watched is a core with what its taps said.
type watched struct {
	engineForm
	*Core
	taps map[tapped]int
}

// compareForms runs one image in every form and compares everything that can
// be seen of them after every tick.
func compareForms(t *testing.T, seed uint64, img *Image, r *rand.Rand, ticks int, tap bool) {
	var all []watched
	for _, f := range engineForms() {
		w := watched{f, f.core(t, img), map[tapped]int{}}
		if tap {
			w.Tap = func(tap int, c, v int32) { w.taps[tapped{tap, c, v}]++ }
		}
		all = append(all, w)
	}
	for g := range img.Groups { // a random start state that fits the layouts
		for w, l := range img.Groups[g].State {
			for i := range all[0].State.Words[g][w] {
				all[0].State.Words[g][w][i] = l.Apply(int64(randomValue(r)))
			}
		}
	}
	for _, w := range all[1:] {
		w.State.CopyFrom(&all[0].State)
	}
	for tick := 0; tick < ticks; tick++ {
		var ev []router.Packet
		for n := r.IntN(20); n > 0; n-- {
			ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons) + 1)), Payload: 1})
		}
		before := all[0].State.Clone()
		for _, w := range all {
			w.Deliver(ev)
			w.Update()
		}
		for _, w := range all[1:] {
			compareCores(t, fmt.Sprintf("seed %d tick %d %s", seed, tick, w.name), all[0], w)
		}
		if !all[0].changed && !reflect.DeepEqual(before.Words, all[0].State.Words) {
			t.Fatalf("seed %d tick %d: words changed, the engine says they did not", seed, tick)
		}
	}
}

func compareCores(t *testing.T, place string, a, b watched) {
	t.Helper()
	if reflect.DeepEqual(&a.State, &b.State) && slices.Equal(a.Spikes, b.Spikes) && a.Counts == b.Counts && a.changed == b.changed && maps.Equal(a.taps, b.taps) {
		return // cmp names the difference, but takes far longer
	}
	if d := cmp.Diff(a.State, b.State); d != "" {
		t.Fatalf("%s: state differs (oracle -, this +):\n%s", place, d)
	}
	if d := cmp.Diff(a.Spikes, b.Spikes); d != "" {
		t.Fatalf("%s: spikes differ:\n%s", place, d)
	}
	if a.Counts != b.Counts {
		t.Fatalf("%s: counts %v, want %v", place, b.Counts, a.Counts)
	}
	if a.changed != b.changed {
		t.Fatalf("%s: changed %v, want %v", place, b.changed, a.changed)
	}
	if d := cmp.Diff(a.taps, b.taps); d != "" {
		t.Fatalf("%s: taps differ:\n%s", place, d)
	}
}

func comparePair(t *testing.T, seed uint64, ticks int) {
	r := rand.New(rand.NewPCG(seed, 1))
	compareForms(t, seed, randomImage(r), r, ticks, true)
}

func TestVectorEqualsOracleOnRandomPrograms(t *testing.T) {
	n := uint64(300)
	if testing.Short() {
		n = 100
	}
	for seed := uint64(0); seed < n; seed++ {
		comparePair(t, seed, 6)
	}
}

// testdata/engine_seeds.txt is the corpus of a ten-minute run of the fuzzer:
// seeds whose images reach code that earlier ones did not.
func FuzzEngines(f *testing.F) {
	corpus, err := os.ReadFile("testdata/engine_seeds.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, word := range strings.Fields(string(corpus)) {
		seed, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { comparePair(t, seed, 4) })
}

func TestUpdateDoesNotAllocate(t *testing.T) {
	img := randomImage(rand.New(rand.NewPCG(7, 7)))
	ev := []router.Packet{{Axon: 0, Payload: 1}, {Axon: 0, Payload: 1}}
	for _, f := range engineForms() {
		c, e := f.core(t, img), f.name
		if n := testing.AllocsPerRun(50, func() { c.Deliver(ev); c.Update() }); n != 0 {
			t.Errorf("%s: %v allocations per tick, want 0", e, n)
		}
		if c.Counts[count.Updates] == 0 {
			t.Errorf("%s: no updates counted", e)
		}
	}
}
