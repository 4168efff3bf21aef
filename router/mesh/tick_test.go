package mesh

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestATickAgreesWithAPeer runs the messages of one step of SANA-FE through its
// cycle mode's geometry (8 x 4 routers of four cores, two networks of one VC of
// 8, 1 ns per cycle); a core serves what arrives one after the other. The peer's
// cycle mode gives 3.681 us, of these 1.4 us barrier.
func TestATickAgreesWithAPeer(t *testing.T) {
	f, err := os.Open("testdata/tick.txt.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	s := Default()
	s.W, s.H, s.Concentration, s.Subnets, s.VCs, s.Credit = 8, 4, 4, 2, 1, 0
	node := func(core int) int32 { return s.Node(core/16, core/4%4, core%4) } // tiles go down the columns
	var list []Message
	var serve []int64
	ready := map[int]int64{}
	for in := bufio.NewScanner(z); in.Scan(); {
		var src, dst int
		var gen, proc int64
		if strings.HasPrefix(in.Text(), "#") {
			continue
		}
		_, err := fmt.Sscan(in.Text(), &src, &dst, &gen, &proc)
		require.NoError(t, err)
		if ready[src] += gen; dst >= 0 {
			list, serve = append(list, Message{node(src), node(dst), (ready[src] + 500) / 1000}), append(serve, proc)
		}
	}
	m, err := New(s)
	require.NoError(t, err)
	at := make([]int64, len(list))
	o, err := m.Deliver(list, at, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1107, o.HopsX+o.HopsY)
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(at[a] - at[b]) })
	free, end := map[int32]int64{}, int64(0)
	for _, i := range order {
		d := list[i].Dst
		free[d] = max(free[d], at[i]*1000) + serve[i]
		end = max(end, free[d])
	}
	require.InEpsilon(t, 3.681, 1.4+float64(end)/1e6, 0.02)
}
