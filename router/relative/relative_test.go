package relative

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestXFullyBeforeYAndThenLocal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(-Reach/2, Reach/2)
		x, y, tx, ty := c.Draw(t, "x"), c.Draw(t, "y"), c.Draw(t, "tx"), c.Draw(t, "ty")
		o, err := To(x, y, tx, ty, Reach)
		require.NoError(t, err)
		hops, turned := 0, false
		for {
			var p Port
			left := o.Hops()
			p, o = o.Next()
			if p == Local {
				break
			}
			hops++
			require.Equal(t, left-1, o.Hops())
			switch p {
			case East:
				x++
			case West:
				x--
			case North:
				y++
			case South:
				y--
			}
			turned = turned || p >= North
			require.False(t, turned && p <= West)
		}
		require.Equal(t, [2]int{tx, ty}, [2]int{x, y})
	})
	_, err := To(0, 0, 256, 0, Reach)
	require.ErrorContains(t, err, "need offsets of at most 255")
}
