package wave

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// reading is what a reader of a dump sees.
type reading struct {
	names  map[string]string           // by short name
	widths map[string]int              // by full name
	values map[string]map[int64]string // full name, time
	end    int64
}

// read is a small reader of value change dumps.
func read(t require.TestingT, b []byte) reading {
	r := reading{map[string]string{}, map[string]int{}, map[string]map[int64]string{}, -1}
	body, scope := false, ""
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		w := strings.Fields(line)
		switch {
		case !body && w[0] == "$scope":
			scope = w[2]
		case !body && w[0] == "$var":
			n, err := strconv.Atoi(w[2])
			require.NoError(t, err)
			_, double := r.names[w[3]]
			require.False(t, double, "short name twice")
			r.names[w[3]], r.widths[scope+"."+w[4]] = scope+"."+w[4], n
			r.values[scope+"."+w[4]] = map[int64]string{}
		case !body:
			body = w[0] == "$enddefinitions"
		case line[0] == '#':
			at, err := strconv.ParseInt(line[1:], 10, 64)
			require.NoError(t, err)
			require.Greater(t, at, r.end, "times go up")
			r.end = at
		case line[0] == 'b':
			require.Len(t, w, 2)
			r.values[r.names[w[1]]][r.end] = w[0][1:]
		default:
			r.values[r.names[line[1:]]][r.end] = line[:1]
		}
	}
	return r
}

func TestDump(t *testing.T) {
	var b bytes.Buffer
	v := NewVCD(&b)
	busy, err := v.Add("core 3", "busy", 1)
	require.NoError(t, err)
	pot, err := v.Add("core 3", "v", 32)
	require.NoError(t, err)
	v.Set(50, busy, 0)
	v.Set(10, busy, 1)
	v.Set(20, pot, -3)
	v.Set(20, pot, -2)
	require.NoError(t, v.Advance(50))
	v.Set(60, pot, -2)
	v.Set(70, busy, 1)
	require.NoError(t, v.Close(100))
	r := read(t, b.Bytes())
	require.Equal(t, map[string]int{"core_3.busy": 1, "core_3.v": 32}, r.widths)
	require.Equal(t, map[int64]string{10: "1", 50: "0", 70: "1"}, r.values["core_3.busy"])
	require.Equal(t, map[int64]string{20: "11111111111111111111111111111110"}, r.values["core_3.v"])
	require.Equal(t, int64(100), r.end)
	_, err = v.Add("a", "late", 1)
	require.ErrorContains(t, err, "wave: signal")
}

func TestDumpsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		v := NewVCD(&b)
		n := rapid.IntRange(1, 300).Draw(t, "signals")
		for i := range n {
			_, err := v.Add(fmt.Sprint("s", i/7), fmt.Sprint("n", i), 64)
			require.NoError(t, err)
		}
		want := map[Signal]map[int64]int64{}
		now := int64(0)
		for range rapid.IntRange(0, 5).Draw(t, "rounds") {
			for range rapid.IntRange(0, 20).Draw(t, "changes") {
				at, s, x := now+rapid.Int64Range(0, 9).Draw(t, "at"), Signal(rapid.IntRange(0, n-1).Draw(t, "sig")), rapid.Int64().Draw(t, "x")
				if want[s] == nil {
					want[s] = map[int64]int64{}
				}
				want[s][at] = x
				v.Set(at, s, x)
			}
			now += 10
			require.NoError(t, v.Advance(now))
		}
		require.NoError(t, v.Close(now))
		r := read(t, b.Bytes())
		require.Len(t, r.widths, n)
		for s, changes := range want {
			have := r.values[fmt.Sprintf("s%d.n%d", s/7, s)]
			for at, x := range have {
				require.Equal(t, strconv.FormatUint(uint64(changes[at]), 2), x)
			}
		}
	})
}

func TestTimeline(t *testing.T) {
	var b bytes.Buffer
	s := NewSpans(&b)
	require.True(t, s.Add("cores", 3, "core 3", "generate", 0, 1_500_000))
	require.True(t, s.Add("cores", 3, "core 3", "process \"x\"", 2_000_000, 3_000_001, Arg{"messages", 7}))
	require.True(t, s.Add("links", 0, "(0,0) +x", "packet", 5, 6))
	require.NoError(t, s.Close())
	var d struct {
		Events []struct {
			Ph, Name string
			Pid, Tid int
			Ts, Dur  float64
			Args     map[string]any
		} `json:"traceEvents"`
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &d))
	var spans int
	for _, e := range d.Events {
		if e.Ph == "X" {
			spans++
		}
	}
	require.Equal(t, 3, spans)
	require.Equal(t, 3, s.Len())
	require.Contains(t, b.String(), `"ts":0.002000000,"dur":0.001000001`)
}
