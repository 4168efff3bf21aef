package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A sink with a queue of one packet takes another when it is done with one; the
// packets wait in the network and at their source, and all of them arrive.
func TestASlowSinkHoldsPacketsBack(t *testing.T) {
	s := Default()
	s.W, s.H, s.VCs, s.Buffer = 4, 1, 1, 1
	m, err := New(s)
	require.NoError(t, err)
	list, serve, at := make([]Message, 12), make([]int64, 12), make([]int64, 12)
	for i := range list {
		list[i], serve[i] = Message{0, 3, 0}, 100
	}
	o, err := m.DeliverServed(list, serve, at, 0)
	require.NoError(t, err)
	require.Equal(t, 12, o.Arrived)
	require.Less(t, at[1], at[0]+10)
	require.Positive(t, m.Lag(0))
	for i := 2; i < len(at); i++ {
		require.GreaterOrEqual(t, at[i], at[i-1]+90)
		require.LessOrEqual(t, at[i], at[i-1]+110)
	}
	clear(serve)
	plain, served := make([]int64, 12), make([]int64, 12)
	_, err = m.Deliver(list, plain, 0)
	require.NoError(t, err)
	_, err = m.DeliverServed(list, serve, served, 0)
	require.NoError(t, err)
	require.Equal(t, plain[0], served[0])
	for i := range served { // a source that works on one packet after the other is no faster
		require.GreaterOrEqual(t, served[i], plain[i])
	}
	_, err = m.DeliverServed(list, serve[:3], at, 0)
	require.ErrorContains(t, err, "mesh: deliver")
}
