package diff

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/internal/wave"
)

func waveOf(t require.TestingT, text, name string) *wave.Reader {
	r, err := wave.NewReader(strings.NewReader(text), name)
	require.NoError(t, err)
	return r
}

// dump is a wave of signals a (4 bits), b (1 bit) below a scope.
func dump(scope, unit, more, body string) string {
	return "$timescale " + unit + " $end $scope module " + scope + " $end $var wire 4 ! a [3:0] $end $var wire 1 \" b $end " + more + "$upscope $end $enddefinitions $end\n" + body
}

func TestWaves(t *testing.T) {
	compare := func(a, b string, o WaveOptions) *WaveResult {
		r, err := Waves(waveOf(t, a, "a"), waveOf(t, b, "b"), o)
		require.NoError(t, err)
		var text bytes.Buffer
		require.NoError(t, r.Text(&text))
		require.Equal(t, r.Equal, strings.HasPrefix(text.String(), "equal\n"))
		return r
	}
	a := dump("top", "1 ns", "$var wire 1 # only $end ", "#0\nb11 !\n0\"\n#5\nb100 !\n1\"\n#9\n1#\n")
	require.True(t, compare(a, a, WaveOptions{}).Equal)

	// Unit, glitches, leading zeros and repeated values do not count.
	b := dump("top", "100 ps", "", "#0\nb0111 !\nb0011 !\n0\"\n#20\nb11 !\n#50\n1\"\nb0100 !\n")
	r := compare(a, b, WaveOptions{})
	require.True(t, r.Equal, r.Explanation)
	require.Equal(t, []int{2, 1, 0}, []int{r.Signals, r.OnlyA, r.OnlyB})

	// The first time, by name; x is a value; other signals of that time are listed.
	r = compare(a, dump("top", "100 ps", "", "#0\nb11 !\n0\"\n#50\nb10x !\n#60\n1\"\n"), WaveOptions{})
	require.Equal(t, WavePlace{Place{Tick: 50, Population: "top.a", Index: -1, Field: "value", A: "0x4", B: "b10x"}, "100 ps", "0x3"}, *r.First)
	require.Len(t, r.Differ, 2)

	// A wave that ends early holds its values.
	r = compare(a, dump("top", "1 ns", "", "#0\nb11 !\n0\""), WaveOptions{})
	require.Equal(t, int64(5), r.First.Tick)
	require.Contains(t, strings.Join(r.Explanation, "\n"), "b ends before it, at 0\nb ends within a line: it may be cut")

	// A value from the beginning against none.
	r = compare(a, dump("top", "1 ns", "", "#5\nb100 !\n1\"\n"), WaveOptions{})
	require.Equal(t, Place{Tick: 0, Population: "top.a", Index: -1, Field: "value", A: "0x3", B: "x"}, r.First.Place)

	// Scopes.
	other := dump("dut", "1 ns", "", "#0\nb11 !\n0\"\n#5\nb100 !\n1\"\n")
	_, err := Waves(waveOf(t, a, "a"), waveOf(t, other, "b"), WaveOptions{})
	require.ErrorContains(t, err, "no signal in common: a has top.a, top.b, top.only; b has dut.a, dut.b")
	require.True(t, compare(a, other, WaveOptions{ScopeA: "top", ScopeB: "dut"}).Equal)
	_, err = Waves(waveOf(t, a, "a"), waveOf(t, other, "b"), WaveOptions{ScopeA: "to"})
	require.ErrorContains(t, err, "wave A has no signal below to")

	// An error of either is the answer, and so is a time that does not fit.
	_, err = Waves(waveOf(t, a, "a"), waveOf(t, dump("top", "1 ns", "", "#0\nb2 !"), "b.vcd"), WaveOptions{})
	require.ErrorContains(t, err, "b.vcd:3: wave: value")
	_, err = Waves(waveOf(t, a, "a"), waveOf(t, dump("top", "1 s", "", "#99999999999999\n1\"\n"), "b"), WaveOptions{})
	require.ErrorContains(t, err, "need at most")
}

// TestWavesFindTheFirst changes one value of a random wave.
func TestWavesFindTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "times")
		at := rapid.IntRange(0, n-1).Draw(t, "changed")
		var a, b strings.Builder
		for k := range n {
			x := rapid.IntRange(0, 15).Draw(t, "x")
			y := x
			if k == at {
				y ^= 1 << rapid.IntRange(0, 3).Draw(t, "bit")
			}
			fmt.Fprintf(&a, "#%d\nb%b !\n", k, x)
			fmt.Fprintf(&b, "#%d\nb%04b !\n", k, y)
		}
		r, err := Waves(waveOf(t, dump("s", "1 ns", "", a.String()), "a"), waveOf(t, dump("s", "1 ns", "", b.String()), "b"), WaveOptions{})
		require.NoError(t, err)
		require.NotNil(t, r.First)
		require.Equal(t, int64(at), r.First.Tick)
	})
}
