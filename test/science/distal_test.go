package science

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/core"
)

// distalWhole are the recorded results of the science set's reference, seeds 1
// to 3.
var distalWhole = [2][]DistalResult{
	{
		{Seed: 1, W0: 125, OthersMean: 354. / 49, OthersMax: 34, Rank0: 1, Rewards: 488, PostSpikes: 14083, Reached: -1, Hash: "e92e5f6dd5d80350"},
		{Seed: 2, W0: 200, OthersMean: 309. / 49, OthersMax: 29, Rank0: 1, Rewards: 402, PostSpikes: 11187, Reached: 5776608, Hash: "35636edb216e095c"},
		{Seed: 3, W0: 200, OthersMean: 388. / 49, OthersMax: 37, Rank0: 1, Rewards: 423, PostSpikes: 12216, Reached: 6249248, Hash: "0408ab35979f3b41"},
	}, {
		{Seed: 1, W0: 5, OthersMean: 153. / 49, OthersMax: 16, Rank0: 13, Rewards: 488, PostSpikes: 14082, Reached: -1, Hash: "f6887e196cdf402d"},
		{Seed: 2, W0: 0, OthersMean: 152. / 49, OthersMax: 26, Rank0: 29, Rewards: 507, PostSpikes: 14114, Reached: -1, Hash: "e720b11f5ca08b25"},
		{Seed: 3, W0: 0, OthersMean: 194. / 49, OthersMax: 19, Rank0: 32, Rewards: 463, PostSpikes: 14068, Reached: -1, Hash: "8c36315b6a5a2c8d"},
	},
}

// The whole experiment takes minutes: HILLOCK_SCIENCE=whole asks for it.
func TestDistalWhole(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	for variant, name := range []string{"modulated", "unmodulated"} {
		for _, want := range distalWhole[variant] {
			t.Run(fmt.Sprintf("%s-%d", name, want.Seed), func(t *testing.T) {
				got, err := Distal(DistalOptions{Seeds: []uint64{want.Seed}, Unmodulated: variant == 1})
				require.NoError(t, err)
				t.Logf("%+v", got[0])
				assert.Equal(t, want, got[0])
			})
		}
	}
}

// distalWords is the experiment in plain words, without a machine: a loop over
// the inputs of a tick, then the neuron, reward, dopamine and weights.
func distalWords(seed uint64, ticks int64, unmodulated bool) DistalResult {
	var x, c, w [50]int
	for i := range w {
		w[i] = 30
	}
	y, v, dop, last, due := 0, 0, 0, int64(-100), int64(-1)
	decay := func(trace *int, shift int) {
		if *trace > 0 {
			*trace -= max(1, *trace>>shift)
		}
	}
	r := DistalResult{Seed: seed, Reached: -1}
	for tick := uint64(0); tick < uint64(ticks); tick++ {
		for i := range w {
			decay(&x[i], 5)
			size := max(c[i], -c[i])
			loss := size >> 10
			if int(u32(seed+3, tick, uint64(i))>>22) < size%1024 {
				loss++
			}
			if c[i] < 0 {
				loss = -loss
			}
			if c[i] -= loss; u32(seed, tick, uint64(i)) < 1<<24 {
				v, x[i], c[i] = v+w[i], 127, c[i]-y*5>>2
				if i == 0 {
					last = int64(tick)
				}
			}
		}
		decay(&y, 5)
		if v -= v >> 5; u32(seed+1, tick, 0) < 1<<23 {
			v += 1000
		}
		if v > 400 {
			v, y = 0, 127
			r.PostSpikes++
			for i := range c {
				c[i] = min(32767, c[i]+x[i])
			}
			if int64(tick)-last <= 10 && due < 0 {
				due = int64(tick) + 1000 + int64(u32(seed+2, tick, 0)>>21)
			}
		}
		if int64(tick) == due {
			dop, due = min(4095, dop+2048), -1
			r.Rewards++
		}
		if decay(&dop, 7); tick%16 != 15 {
			continue
		}
		factor := dop
		if unmodulated {
			factor = 40
		}
		for i := range w {
			d := c[i] * factor
			q := d >> 18
			if d&(1<<18-1) > int(u32(seed+4, tick, uint64(i))>>14) {
				q++
			}
			w[i] = min(max(w[i]+q, 0), 255)
		}
		if w[0] >= 200 {
			r.Reached = int64(tick) + 1
			break
		}
	}
	h, sum := newHash(), -w[0]
	r.W0, r.Rank0 = w[0], 1
	for i, k := range w {
		h.add(int32(k))
		if sum += k; k > w[0] {
			r.Rank0++
		}
		if i > 0 {
			r.OthersMax = max(r.OthersMax, k)
		}
	}
	r.OthersMean, r.Hash = float64(sum)/49, fmt.Sprintf("%016x", uint64(h))
	return r
}

// Eight runs on eight cores, so that eight workers have something to do; seed 8
// sees a reward in this time.
func TestDistal(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	for _, un := range []bool{false, true} {
		o := DistalOptions{Seeds: seeds, Ticks: 2000, Unmodulated: un}
		var want []DistalResult
		for _, s := range seeds {
			want = append(want, distalWords(s, o.Ticks, un))
		}
		require.Positive(t, want[7].Rewards)
		for _, o.Engine = range core.Engines() {
			for _, o.Workers = range []int{1, 2, 8} {
				got, err := Distal(o)
				require.NoError(t, err)
				assert.Equal(t, want, got, "%+v", o)
			}
		}
	}
}

// The plain words give the recorded results; one variant of one seed of them is
// quick enough for every day.
func TestDistalWords(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	assert.Equal(t, distalWhole[0][1], distalWords(2, DistalTicks, false))
}

func TestDistalRefuses(t *testing.T) {
	for _, o := range []DistalOptions{{}, {Seeds: []uint64{1}, Ticks: -1}, {Seeds: make([]uint64, 1025)}} {
		_, err := Distal(o)
		require.ErrorContains(t, err, "science: ")
	}
	_, err := Distal(DistalOptions{Seeds: []uint64{1}, Ticks: 1, Engine: "steam"})
	require.ErrorContains(t, err, "steam")
}

func BenchmarkDistal(b *testing.B) {
	b.ReportAllocs()
	_, err := Distal(DistalOptions{Seeds: []uint64{1}, Ticks: int64(b.N)})
	require.NoError(b, err)
}
