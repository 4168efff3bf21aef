package science

import (
	"github.com/stretchr/testify/require"
	"os"
	"strconv"
	"testing"
)

func env(s string, d float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(s), 64); err == nil {
		return v
	}
	return d
}

func TestTry(t *testing.T) {
	train, test := digits(t)
	n := newTandem(EventDigitsOptions{Seed: 1, Ticks: int(env("T", 4)), HiddenThreshold: int32(env("H", 24)), OutputThreshold: int32(env("O", 12)), Passes: 1, Rate: env("R", 0.01), Sharpness: env("S", 0.5)})
	P := int(env("P", 20))
	for pass := range 1 {
		require.NoError(t, n.train(train, P, uint64(pass)))
		n.lost = 0
		c := n.correct(test)
		s, o := int32(0), int32(0)
		for _, h := range n.hidden {
			s += h
		}
		for _, h := range n.outputs {
			o += h
		}
		t.Log(pass, n.correct(train), c, float64(c)/1797, "hidden", s, "out", o, "lost", n.lost)
	}
}
