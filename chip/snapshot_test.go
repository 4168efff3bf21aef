package chip

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/router"
)

// noise fills every number below a value; what it cannot fill fails the test,
// so that a new field of State is noticed here.
func noise(t *testing.T, v reflect.Value, path string, r *rand.Rand) {
	switch v.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(int32(r.Uint32()>>1) + 1))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(uint64(1 + r.IntN(250)))
	case reflect.String:
		v.SetString(fmt.Sprint("text ", r.Uint32()))
	case reflect.Pointer:
		if !v.IsNil() {
			noise(t, v.Elem(), path, r)
		}
	case reflect.Uint64:
		v.SetUint(r.Uint64() | 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			noise(t, v.Field(i), path+"."+v.Type().Field(i).Name, r)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			noise(t, v.Index(i), path+"[]", r)
		}
	default:
		t.Fatalf("%s: no noise for %s", path, v.Kind())
	}
}

// changed wants every number below two equally shaped values to differ.
func changed(t *testing.T, a, b reflect.Value, path string, seen map[string]bool) {
	switch a.Kind() {
	case reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			changed(t, a.Elem(), b.Elem(), path, seen)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			changed(t, a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name, seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range min(a.Len(), b.Len()) {
			changed(t, a.Index(i), b.Index(i), path+"[]", seen)
		}
	default:
		seen[path] = seen[path] || a.Interface() != b.Interface()
	}
}

// wideImage is ringImage with state words that hold any number.
func wideImage(t testing.TB) *Image {
	img := ringImage(t, 3, 12, 6)
	for i := range img.Cores {
		img.Cores[i].Image.Generator = core.Kiss64
		g := &img.Cores[i].Image.Groups[0]
		for w := range g.State {
			g.State[w].Width, g.State[w].Over = 32, 1
		}
		for p := range g.Params { // rows of one value per compartment hold any number
			g.Params[p] = make([]int32, g.N)
		}
	}
	return img
}

// unpriced makes Timed what it is for events without a latency: the counts now.
func unpriced(img *Image, k *CoreSnapshot) {
	timed := k.Timed
	k.Timed = k.Counts
	k.Timed.Add(&k.Sent)
	for _, l := range img.Latency.PerEvent {
		if e, err := count.Parse(l.Event); err == nil {
			k.Timed[e] = timed[e]
		}
	}
}

// TestSnapshotKeepsEveryField fills everything of a machine with noise, saves,
// loads into another machine and compares.
func TestSnapshotKeepsEveryField(t *testing.T) {
	img := wideImage(t)
	a, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, a.Run(7, drive, nil))
	s := a.Snapshot()
	for i := range s.Cores { // nothing to fill would prove nothing; rows of parameters are shared
		for p, row := range s.Cores[i].State.Params[0] {
			s.Cores[i].State.Params[0][p] = slices.Clone(row)
		}
		s.Cores[i].Spikes = make([]core.Spike, 3)
		for b := range s.Cores[i].Boxes {
			s.Cores[i].Boxes[b] = make([]router.Packet, 2)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	plain := a.Snapshot()
	for i := range plain.Cores {
		plain.Cores[i].Spikes = make([]core.Spike, 3)
		for b := range plain.Cores[i].Boxes {
			plain.Cores[i].Boxes[b] = make([]router.Packet, 2)
		}
	}
	noise(t, reflect.ValueOf(s).Elem(), "Snapshot", r)
	seen := map[string]bool{}
	changed(t, reflect.ValueOf(*plain), reflect.ValueOf(*s), "Snapshot", seen)
	for path, yes := range seen {
		require.True(t, yes, "%s was not filled", path)
	}
	s.Image = plain.Image // the three that Restore checks
	for i := range s.Cores {
		s.Cores[i].State.Tick = s.Tick
		for n := range s.Cores[i].Spikes {
			s.Cores[i].Spikes[n].Comp = int32(n * 2)
		}
		unpriced(img, &s.Cores[i])
	}
	file, err := DecodeSnapshot(s.Encode(), "noise.state")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(s, file, cmpopts.EquateEmpty()))

	b, err := New(img, Options{Engine: "oracle"})
	require.NoError(t, err)
	require.NoError(t, b.Run(4, drive, nil))
	require.NoError(t, b.Restore(file))
	require.Empty(t, cmp.Diff(s, b.Snapshot(), cmpopts.EquateEmpty()))
	for i := range img.Cores {
		require.Empty(t, cmp.Diff(s.Cores[i].State, b.Core(i).State))
	}
}

// TestEveryFieldOfAMachineIsKnown lists what a machine and a core hold beside
// their state: a field that is new must be sorted in, and saved if ticks read
// what earlier ticks left there.
func TestEveryFieldOfAMachineIsKnown(t *testing.T) {
	known := "Machine: img cores net ext inj input tick now host net1 time sched misses pieces read opt hash via wires; clock: rows sync last per stages work level bound known off flows single load sent spike packet active activeRow busy received in under; " +
		"Core: Image State Counts Spikes Noise Tap Draw Miss LearnTap Number axon mem table batch cells kern patches kernRows stage group served drawn walk eng slot idle changed timed busy rules source fired relays events stir active; State: Tick Words Acc Params Mods Due Rand Learn Event"
	var have []string
	for _, typ := range []reflect.Type{reflect.TypeFor[Machine](), reflect.TypeFor[clock](), reflect.TypeFor[core.Core](), reflect.TypeFor[core.State]()} {
		var names []string
		for i := range typ.NumField() {
			names = append(names, typ.Field(i).Name)
		}
		have = append(have, typ.Name()+": "+strings.Join(names, " "))
	}
	require.Equal(t, known, strings.Join(have, "; "))
}

// TestRestoredMachineGoesOn takes a snapshot in the middle of a run with
// writes of the host and lets two other machines go on from it.
func TestRestoredMachineGoesOn(t *testing.T) {
	img := ringImage(t, 5, 30, 8)
	img.Pops[1].Read = 2
	run := func(m *Machine, n int64) (string, *Snapshot) {
		rec := NewRecorder(img, false)
		require.NoError(t, m.Run(n, drive, rec.Tick))
		return rec.MachineHash(), m.Snapshot()
	}
	a, err := New(img, Options{Workers: 2})
	require.NoError(t, err)
	run(a, 23)
	require.NoError(t, a.SetParam(1, 2, make([]int32, img.Pops[1].N)))
	a.Core(2).State.Mods = [isa.NumMOD]int32{1, 2, 3, 4}
	mid := a.Snapshot()
	want, end := run(a, 40)
	for _, o := range []Options{{Engine: "oracle"}, {Workers: 3}} {
		b, err := New(img, o)
		require.NoError(t, err)
		run(b, 5)
		back, err := DecodeSnapshot(mid.Encode(), "m.state")
		require.NoError(t, err)
		require.NoError(t, b.Restore(back))
		got, s := run(b, 40)
		require.Equal(t, want, got)
		require.Empty(t, cmp.Diff(end, s, cmpopts.EquateEmpty()))
	}
}

func TestRestoreRefuses(t *testing.T) {
	img := ringImage(t, 2, 8, 9)
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(3, drive, nil))
	kept := m.Snapshot()
	for _, x := range []struct {
		change func(s *Snapshot)
		want   string
	}{
		{func(s *Snapshot) { s.Image = "other" }, "snapshot of image other"},
		{func(s *Snapshot) { s.Cores = s.Cores[:1] }, "snapshot of 1 cores, need 2"},
		{func(s *Snapshot) { s.Tick = -1 }, "at tick -1"},
		{func(s *Snapshot) { s.Tick = 2 }, "state of tick 3 in a snapshot of tick 2"},
		{func(s *Snapshot) { s.Cores[1].Boxes = nil }, "0 boxes, need 2"},
		{func(s *Snapshot) { s.Cores[1].State.Acc[0] = nil }, "0 accumulators of port 0"},
		{func(s *Snapshot) { s.Cores[1].State.Words[0] = nil }, "0 state words"},
		{func(s *Snapshot) { s.Cores[1].State.Words[0][2][1] = 99 }, "state word 2 of compartment 1 is 99"},
		{func(s *Snapshot) { s.Cores[1].State.Params[0][0] = []int32{1} }, "1 values of parameter 0"},
		{func(s *Snapshot) { s.Cores[0].Spikes = []core.Spike{{Comp: 8}} }, "spike 0 is of compartment 8"},
	} {
		s := m.Snapshot()
		x.change(s)
		require.ErrorContains(t, m.Restore(s), x.want)
		require.Empty(t, cmp.Diff(kept, m.Snapshot(), cmpopts.EquateEmpty()), "a refused snapshot changes nothing")
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	img := ringImage(f, 2, 5, 5)
	m, err := New(img, Options{})
	require.NoError(f, err)
	require.NoError(f, m.Run(3, drive, nil))
	seed := m.Snapshot().Encode()
	f.Add(seed)
	f.Add(seed[:len(seed)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSnapshot(fixSections(b, len(SnapshotMagic)), "fuzz")
		if err != nil {
			return
		}
		if m.Restore(s) == nil {
			require.NoError(t, m.Run(2, drive, nil))
		}
	})
}
