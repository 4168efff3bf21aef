package crossbar

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core"
)

// TestPlainEqualsAll runs the same neurons as cores of the plain group and, by
// one neuron with a mask, of the group of all modes.
func TestPlainEqualsAll(t *testing.T) {
	f := family(t, "truenorth")
	r := rand.New(rand.NewPCG(3, 4))
	const n = 64
	c := Core{Name: "c", N: n, Types: make([]uint8, 16), Dest: make([]Dest, n)}
	for a := range c.Types {
		c.Types[a] = uint8(r.IntN(4))
		for j := range n {
			if r.IntN(2) == 1 {
				c.Set(a, j)
			}
		}
	}
	for range 4 {
		row := make([]int32, n)
		for j := range row {
			row[j] = int32(r.IntN(61) - 30)
		}
		c.Weights = append(c.Weights, row)
	}
	for _, x := range []struct {
		name   string
		lo, hi int
	}{{"leak", -9, 9}, {"leak_reversal", 0, 1}, {"alpha", 0, 40}, {"beta", 0, 40}, {"gamma", 0, 2}, {"kappa", 0, 1}, {"reset", -7, 7}, {"v_start", -50, 50}, {"mask", 0, 0}} {
		col := Column{Name: x.name}
		for j := range n {
			c.Dest[j].None = true
			col.Values = append(col.Values, int64(x.lo+r.IntN(x.hi-x.lo+1)))
		}
		c.Fields = append(c.Fields, col)
	}
	var seen [2][]int32
	for k := range seen {
		m := &Model{X: 1, Y: 1, Axons: 16, Cores: []Core{c}}
		img, err := m.Image(f)
		require.NoError(t, err)
		require.Equal(t, [2]string{"steady", "digital"}[k], img.Cores[0].Image.Groups[0].Name)
		noise := core.NoiseSource(nil)
		if k == 1 {
			noise = func(int32, int64, int, core.DrawFormat) int32 { return 0 }
		}
		x, err := chip.New(img, chip.Options{Noise: noise})
		require.NoError(t, err)
		q := rand.New(rand.NewPCG(5, 6))
		require.NoError(t, x.Run(200, func(_ int64, dst []chip.Injection) []chip.Injection {
			for a := range int32(16) {
				if q.IntN(3) == 0 {
					dst = append(dst, chip.Injection{Pop: 1, Index: a, Payload: 1})
				}
			}
			return dst
		}, func(_ int64, x *chip.Machine) error {
			seen[k] = append(seen[k], x.Core(0).State.Words[0][0][:n-1]...)
			return nil
		}))
		c.Fields[8].Values[n-1] = 7 // the last neuron draws
	}
	require.Equal(t, seen[0], seen[1])
}
