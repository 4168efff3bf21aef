package chip

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hillock/core"
	"hillock/router"
)

// groupRun runs one neuron of a group with one input per tick, given as what
// an accumulator holds, and returns u, v and the payload of the spike of every
// tick, on every engine the same.
func groupRun(t *testing.T, family, group string, v Vars, input []int16) [][3]int32 {
	t.Helper()
	f, err := LoadNamed(family)
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.BindGroup(group, 1, v)
	if err != nil {
		t.Fatal(err)
	}
	img, err := f.BindCore(v)
	if err != nil {
		t.Fatal(err)
	}
	img.N, img.Groups, img.OutOff = 1, []core.Group{g}, []uint32{0, 0}
	img.Formats = []core.Format{{Scale: int(f.Weights.Scale)}}
	var all [][][3]int32
	for _, e := range core.Engines() {
		own := img
		for i, x := range input {
			own.Axons = append(own.Axons, core.Axon{Off: uint32(i), N: 1})
			own.Syn = append(own.Syn, core.Synapse{Mant: x})
		}
		c, err := core.New(&own, e, nil)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][3]int32
		for i := range input {
			c.Deliver([]router.Packet{{Axon: uint16(i), Payload: 1}})
			c.Update()
			row := [3]int32{c.State.Words[0][0][0], c.State.Words[0][1][0]}
			for _, s := range c.Spikes {
				row[2] = s.Payload
			}
			rows = append(rows, row)
		}
		all = append(all, rows)
	}
	for _, rows := range all[1:] {
		if d := cmp.Diff(all[0], rows); d != "" {
			t.Fatalf("%s: engines differ: %s", group, d)
		}
	}
	return all[0]
}

// Rows worked out by hand. Inputs count in units of 64.
func TestLoihi2Groups(t *testing.T) {
	keep := bindVars{"decay_u": {4095}, "decay_v": {0}, "vth_mant": {10}} // no current is left, no leak
	with := func(more bindVars) bindVars {
		v := bindVars{}
		for _, m := range []bindVars{keep, more} {
			for k, x := range m {
				v[k] = x
			}
		}
		return v
	}
	for _, c := range []struct {
		what, group string
		v           bindVars
		in          []int16
		want        [][3]int32
	}{
		{"at the threshold nothing happens, above it v is 0", "lif", keep, []int16{10, 1, 2},
			[][3]int32{{640, 640, 0}, {64, 0, 1}, {128, 128, 0}}},
		{"the threshold is taken off", "lif-subtract", keep, []int16{15, 20, 0},
			[][3]int32{{960, 320, 1}, {1280, 960, 1}, {0, 320, 1}}},
		{"held for two ticks at its start, not at 0", "lif", with(bindVars{"start_delay": {2}, "v_start": {320}, "bias_mant": {64}, "u_start": {4096}, "decay_u": {2047}}), []int16{0, 0, 0},
			[][3]int32{{2048, 320, 0}, {1024, 320, 0}, {512, 0, 1}}},
		{"a held membrane above the threshold does not spike", "lif-subtract", with(bindVars{"start_delay": {1}, "v_start": {700}}), []int16{5, 0},
			[][3]int32{{320, 700, 0}, {0, 60, 1}}},
		{"a held membrane below the lower threshold does not spike", "ternary", with(bindVars{"start_delay": {1}, "v_start": {-700}, "vth_hi_mant": {10}, "vth_lo_mant": {-10}}), []int16{0, 0},
			[][3]int32{{0, -700, 0}, {0, 0, -1}}},
		{"both thresholds are strict", "ternary", with(bindVars{"vth_hi_mant": {10}, "vth_lo_mant": {-10}}), []int16{10, 1, -10, -1},
			[][3]int32{{640, 640, 0}, {64, 0, 1}, {-640, -640, 0}, {-64, 0, -1}}},
		{"ticks 3, 6, ... start from 0", "lif-reset", with(bindVars{"reset_interval": {3}, "reset_offset": {3}}), []int16{1, 1, 1, 1, 1, 1},
			[][3]int32{{64, 64, 0}, {64, 128, 0}, {64, 64, 0}, {64, 128, 0}, {64, 192, 0}, {64, 64, 0}}},
		{"an offset of 1 resets at once", "lif-reset", with(bindVars{"reset_interval": {4}, "reset_offset": {5}, "v_start": {100}}), []int16{0, 1},
			[][3]int32{{0, 0, 0}, {64, 64, 0}}},
	} {
		if d := cmp.Diff(c.want, groupRun(t, "loihi2", c.group, c.v, c.in)); d != "" {
			t.Errorf("%s, %s: %s", c.group, c.what, d)
		}
	}
}

// The current folds at 2^23, which stays, and at -2^23, which does not.
func TestLoihi2CurrentFolds(t *testing.T) {
	v := bindVars{"decay_u": {0}, "u_decay_offset": {0}, "decay_v": {4095}, "vth_mant": {131071}}
	for _, c := range []struct {
		start, in, want int32
	}{{1 << 23, 0, 1 << 23}, {1<<23 - 63, 1, -1<<23 + 1}, {-1<<23 + 64, -1, 1 << 23}, {-1<<23 + 65, -1, -1<<23 + 1}} {
		v["u_start"] = []int64{int64(c.start)}
		if u := groupRun(t, "loihi2", "lif", v, []int16{int16(c.in)})[0][0]; u != c.want {
			t.Errorf("current %d and input %d give %d, want %d", c.start, c.in*64, u, c.want)
		}
	}
}

func TestBrian2LoihiGroup(t *testing.T) {
	v := bindVars{"decay_u": {4096}, "decay_v": {0}, "vth_mant": {10}, "refract": {3}}
	want := [][3]int32{{640, 640, 0}, {64, 0, 1}, {6400, 0, 0}, {6400, 0, 0}, {320, 320, 0}, {-640, -320, 0}}
	if d := cmp.Diff(want, groupRun(t, "loihi1-b2l", "brian2loihi", v, []int16{10, 1, 100, 100, 5, -10})); d != "" {
		t.Error(d)
	}
	f, err := LoadNamed("loihi1-b2l")
	if err != nil {
		t.Fatal(err)
	}
	if f.Weights.Clip != 1<<21-64 || f.field("bias_mant") != nil || f.Group("cuba") != nil || len(f.Core.Draws) != 0 {
		t.Errorf("clip %d, bias %v, groups %s, %d draws", f.Weights.Clip, f.field("bias_mant"), f.groupNames(), len(f.Core.Draws))
	}
	parent, err := LoadNamed("loihi1")
	if err != nil || cmp.Diff(parent.Energy, f.Energy) != "" || cmp.Diff(parent.Memory, f.Memory) != "" {
		t.Errorf("energy table or memory differ from those inherited, %v", err)
	}
}

func TestLoihi2Core(t *testing.T) {
	f, err := LoadNamed("loihi2")
	if err != nil {
		t.Fatal(err)
	}
	img, err := f.BindCore(bindVars{"max_delay": {63}})
	if err != nil || img.Ring != 64 || img.Payload != core.Graded || !img.Ports[0].Bucket || len(f.Energy) != 0 {
		t.Errorf("%+v, energy table of %d bytes, %v", img, len(f.Energy), err)
	}
}
