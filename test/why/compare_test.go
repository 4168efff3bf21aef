package why

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// steps draws the steps of a small program; few texts make matches likely.
func steps() *rapid.Generator[[]Step] {
	return rapid.Custom(func(t *rapid.T) []Step {
		var out []Step
		for sub := range rapid.IntRange(1, 2).Draw(t, "substeps") {
			for k := range rapid.IntRange(0, 6).Draw(t, "n") {
				n := rapid.IntRange(0, 3).Draw(t, "op")
				out = append(out, Step{Substep: sub, Word: k, Text: "OP" + strconv.Itoa(n), Ran: rapid.Bool().Draw(t, "ran"),
					Target: []string{"", "t0", "u", "F"}[n], Value: rapid.Int64Range(0, 1).Draw(t, "value")})
			}
		}
		return out
	})
}

// TestAlign wants every step of both sides once, in order, and equal steps
// matched.
func TestAlign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := steps().Draw(t, "a"), steps().Draw(t, "b")
		var x, y []Step
		matched := 0
		for _, p := range align(a, b) {
			require.True(t, p.A != nil || p.B != nil)
			if p.A != nil {
				x = append(x, *p.A)
			}
			if p.B != nil {
				y = append(y, *p.B)
			}
			if p.A != nil && p.B != nil && p.A.Text == p.B.Text {
				matched++
			}
		}
		require.Equal(t, append([]Step(nil), a...), x)
		require.Equal(t, append([]Step(nil), b...), y)
		for _, p := range align(a, a) {
			require.Equal(t, p.A, p.B)
		}
		s := &Story{Steps: a}
		require.Nil(t, Compare(s, s).First)
		c := Compare(&Story{Steps: a}, &Story{Steps: b})
		require.NotEmpty(t, c.Text())
	})
}

func TestFirstOfInsertedInstructions(t *testing.T) {
	base := []Step{{Word: 0, Text: "A", Ran: true, Target: "t0", Value: 3}, {Word: 1, Text: "B", Ran: true, Target: "u", Value: 4}}
	idle := append([]Step{{Word: 0, Text: "X", Ran: true, Target: "u", Value: 1}}, base...)
	c := Compare(&Story{Before: []Value{{"u", 1}}, Steps: base}, &Story{Before: []Value{{"u", 1}}, Steps: idle})
	require.Nil(t, c.First, "an instruction that changes nothing")
	idle[0].Value = 2
	c = Compare(&Story{Before: []Value{{"u", 1}}, Steps: base}, &Story{Before: []Value{{"u", 1}}, Steps: idle})
	require.Equal(t, -1, c.First.WordA)
	require.Equal(t, "X", c.First.TextB)
}
