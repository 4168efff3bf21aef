package mesh

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded is the packets of one run of the reference simulator.
type recorded struct {
	name string
	spec Spec
	list []Message
	want []int64
}

func readRecorded(t testing.TB) (out []recorded) {
	f, err := os.Open("testdata/booksim.txt.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	for in := bufio.NewScanner(z); in.Scan(); {
		line := in.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "mesh"):
			s, alloc := Default(), ""
			_, err := fmt.Sscanf(line, "mesh %d %d vcs %d buffer %d alloc %s routing %d credit %d crossbar %d flits %d",
				&s.W, &s.H, &s.VCs, &s.Buffer, &alloc, &s.Routing, &s.Credit, &s.Crossbar, &s.Flits)
			require.NoError(t, err)
			s.Alloc, err = ParseAlloc(alloc)
			require.NoError(t, err)
			out = append(out, recorded{name: line, spec: s})
		default:
			var m Message
			var at int64
			_, err := fmt.Sscanf(line, "%d %d %d %d", &m.Src, &m.Dst, &m.Cycle, &at)
			require.NoError(t, err)
			r := &out[len(out)-1]
			r.list, r.want = append(r.list, m), append(r.want, m.Cycle+at)
		}
	}
	return out
}

// TestEveryPacketOfTheReference holds the mesh to the cycle: each packet of
// thirteen runs of BookSim2 arrives when it arrived there.
func TestEveryPacketOfTheReference(t *testing.T) {
	for _, r := range readRecorded(t) {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			m, err := New(r.spec)
			require.NoError(t, err)
			got := make([]int64, len(r.list))
			_, err = m.Deliver(r.list, got, 0)
			require.NoError(t, err)
			bad, first := 0, -1
			for i := range got {
				if got[i] != r.want[i] {
					if bad++; first < 0 {
						first = i
					}
				}
			}
			if bad > 0 {
				t.Fatalf("%d of %d packets differ, first %+v: arrives at %d, in the reference at %d", bad, len(got), r.list[first], got[first], r.want[first])
			}
		})
	}
}
