package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A sink with one place per VC takes a packet when it is done with the one
// before; the packets wait in the network, and all of them arrive.
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
	for i := 1; i < len(at); i++ {
		require.GreaterOrEqual(t, at[i], at[i-1]+100)
		require.LessOrEqual(t, at[i], at[i-1]+110)
	}
	clear(serve)
	plain, served := make([]int64, 12), make([]int64, 12)
	_, err = m.Deliver(list, plain, 0)
	require.NoError(t, err)
	_, err = m.DeliverServed(list, serve, served, 0)
	require.NoError(t, err)
	require.Equal(t, plain, served)
	_, err = m.DeliverServed(list, serve[:3], at, 0)
	require.ErrorContains(t, err, "mesh: deliver")
}
