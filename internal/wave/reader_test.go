package wave

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const declared = "$timescale 10 ns $end\n$scope module top $end\n$var wire 8 ! data [7:0] $end\n$var wire 1 \" clk $end\n$scope begin g[0] $end\n" +
	"$var reg 1 # bit [3] $end\n$var real 64 r level $end\n$var event 1 e go $end\n$upscope $end\n$var wire 8 ! alias $end\n$upscope $end\n$enddefinitions $end\n"

// all reads a dump whole: its changes as text.
func all(text string) (*Reader, []string, error) {
	r, err := NewReader(strings.NewReader(text), "x.vcd")
	if err != nil {
		return nil, nil, err
	}
	var out []string
	for {
		c, err := r.Next()
		if err == io.EOF {
			return r, out, nil
		}
		if err != nil {
			return r, out, err
		}
		out = append(out, fmt.Sprintf("%d %d %s", c.At, c.Signal, c.Value))
	}
}

func TestReader(t *testing.T) {
	r, got, err := all("$date today $end\n$version a tool $end $comment $scope $end\n" + declared +
		"$dumpvars\nbX !\n0\"\n$end #0\n1\" b0000x010 ! r1.5 r\n1e\n$comment #7 1\" $end\n#12\n1e bzzz01 ! b0 !\nb00 \"\n$dumpoff xx $end\n")
	require.ErrorContains(t, err, `x.vcd:25: wave: code "x" of value "xx" is not declared`)
	require.Equal(t, []string{"0 0 x", "0 1 0", "0 1 1", "0 0 0x010", "0 3 1.5", "0 4 #0", "12 4 #12", "12 0 z01", "12 0 0", "12 1 0"}, got[:10])
	require.Equal(t, int64(1e7), r.Unit)
	require.Equal(t, []Var{{"top.data", 8, 0}, {"top.clk", 1, 1}, {"top.g[0].bit[3]", 1, 2}, {"top.g[0].level", 64, 3}, {"top.g[0].go", 1, 4}, {"top.alias", 8, 0}}, r.Vars)
	require.Equal(t, int64(12), r.At())
	r, _, err = all(declared + "#1\n1\"\n#2")
	require.NoError(t, err)
	require.True(t, r.Cut)
}

func TestReaderRefuses(t *testing.T) {
	for _, x := range [][2]string{
		{"", "x.vcd:1: wave: ends within the declarations"},
		{"$var wire 8 !", "ends within $var, need $end"},
		{"$var wire 8 ! $end", "$var of 3 words"},
		{"$var wire -1 ! a $end", `$var of "-1" bits`},
		{"$var wire 99999999999 ! a $end", "bits, need 0.."},
		{"$var wire 8 ! a $end $var wire 7 ! b $end", "was declared with 8"},
		{"$upscope $end", "without a scope"},
		{"$timescale 3 ns $end", `$timescale "3ns"`},
		{"data", `"data", need a declaration`},
		{"$date \x00", "byte 0x00, need text"},
		{strings.Repeat("$scope module a $end\n", 300), "levels of scopes"},
		{declared + "#5\n#4\n", "x.vcd:14: wave: time 4 after 5"},
		{declared + "#\n", `time "#"`},
		{declared + "#99999999999999999999\n", "need a number"},
		{declared + "b101", `ends after the value "b101"`},
		{declared + "b12 !", "need binary digits"},
		{declared + "b !", "need binary digits"},
		{declared + "b100000000 !", "9 digits, its signal has 8 bits"},
		{declared + "1?", `code "?"`},
		{declared + "pD 6 6 <0", "need a change of a value"},
		{declared + "$scope module a $end", `"$scope", need a change`},
		{declared + "$comment no end", "ends within $comment"},
		{"$comment " + strings.Repeat("a", maxToken+1), "a word of more than"},
	} {
		_, _, err := all(x[0])
		require.ErrorContains(t, err, x[1], x[0][max(0, len(x[0])-40):])
	}
}

// TestWriterIsRead reads what the writer writes.
func TestWriterIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		v := NewVCD(&b)
		width := rapid.IntRange(1, 64).Draw(t, "width")
		s, err := v.Add("core 1", "x", width)
		require.NoError(t, err)
		var want []string
		last := uint64(1) // of no value yet
		for i, x := range rapid.SliceOf(rapid.Int64()).Draw(t, "values") {
			cut := uint64(x) << (64 - width) >> (64 - width)
			v.Set(int64(i), s, int64(cut))
			if i == 0 || cut != last {
				want = append(want, fmt.Sprintf("%d 0 %b", i, cut))
			}
			last = cut
		}
		require.NoError(t, v.Close(int64(len(want))+1000))
		r, got, err := all(b.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, []Var{{"core_1.x", width, 0}}, r.Vars)
	})
}

func FuzzReader(f *testing.F) {
	f.Add(declared + "#0\nb101 !\n1\"\n#5\nr1 r\n1e\n0\"\n")
	f.Add("$comment a $end $var wire 1 ! a $end $enddefinitions $end $dumpvars x! $end #1 1! #2 0!")
	f.Add("$scope module a $end $var integer 32 % b [31:0] $end $enddefinitions $end\n#7\nb11zx0 %\nbx %")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := NewReader(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		if len(r.Vars) > len(text) || r.Signals > len(r.Vars) {
			t.Fatalf("%d variables, %d signals of %d bytes", len(r.Vars), r.Signals, len(text))
		}
		at := int64(0)
		for n := 0; ; n++ {
			c, err := r.Next()
			if err != nil {
				return
			}
			if n > len(text) || c.At < at || c.Signal < 0 || c.Signal >= r.Signals {
				t.Fatalf("change %d: %+v after %d", n, c, at)
			}
			at = c.At
		}
	})
}
