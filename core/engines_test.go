package core

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// comparePair runs one image on the oracle and another engine and compares
// everything that can be seen of them after every tick.
func comparePair(t *testing.T, seed uint64, ticks int) {
	r := rand.New(rand.NewPCG(seed, 1))
	img := randomImage(r)
	a, err := New(img, "oracle", noiseAt)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	b, err := New(img, "vector", noiseAt)
	if err != nil {
		t.Fatal(err)
	}
	for g := range img.Groups { // a random start state that fits the layouts
		for w, l := range img.Groups[g].State {
			for i := range a.State.Words[g][w] {
				a.State.Words[g][w][i] = l.Apply(int64(randomValue(r)))
			}
		}
	}
	b.State.CopyFrom(&a.State)
	ta, tb := map[tapped]int{}, map[tapped]int{}
	a.Tap = func(tap int, c, v int32) { ta[tapped{tap, c, v}]++ }
	b.Tap = func(tap int, c, v int32) { tb[tapped{tap, c, v}]++ }
	for tick := 0; tick < ticks; tick++ {
		var ev []router.Packet
		for n := r.IntN(20); n > 0; n-- {
			ev = append(ev, router.Packet{Axon: uint16(r.IntN(len(img.Axons) + 1)), Payload: 1})
		}
		a.Deliver(ev)
		b.Deliver(ev)
		a.Update()
		b.Update()
		if d := cmp.Diff(a.State, b.State); d != "" {
			t.Fatalf("seed %d tick %d: state differs (oracle -, vector +):\n%s", seed, tick, d)
		}
		if d := cmp.Diff(a.Spikes, b.Spikes); d != "" {
			t.Fatalf("seed %d tick %d: spikes differ:\n%s", seed, tick, d)
		}
		if a.Counts != b.Counts {
			t.Fatalf("seed %d tick %d: counts %v, want %v", seed, tick, b.Counts, a.Counts)
		}
		if d := cmp.Diff(ta, tb); d != "" {
			t.Fatalf("seed %d tick %d: taps differ:\n%s", seed, tick, d)
		}
	}
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
	for _, e := range Engines() {
		c, err := New(img, e, noiseAt)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(50, func() { c.Deliver(ev); c.Update() }); n != 0 {
			t.Errorf("%s: %v allocations per tick, want 0", e, n)
		}
		if c.Counts[count.Updates] == 0 {
			t.Errorf("%s: no updates counted", e)
		}
	}
}
