package chip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKnownChips(t *testing.T) {
	names := KnownNames()
	require.GreaterOrEqual(t, len(names), 10)
	require.IsIncreasing(t, names)
	for _, n := range names {
		k, err := LoadKnown(n)
		require.NoError(t, err)
		require.Equal(t, n, k.Name)
		require.NotContains(t, Names(), n)
	}
	_, err := LoadKnown("abacus")
	require.ErrorContains(t, err, `"abacus" is neither a description nor a known chip`)
	for want, text := range map[string]string{
		"unexpected end":               "",
		`schema "x", need`:             `{"schema": "x"}`,
		"unknown field":                `{"chip": 1}`,
		"at least one fact":            `{"schema": "hillock/known-chip/1", "name": "a", "title": "t", "exact": "e", "facts": []}`,
		`fact 0 ("w"): need what, val`: `{"schema": "hillock/known-chip/1", "name": "a", "title": "t", "exact": "e", "facts": [{"what": "w", "value": "v"}]}`,
	} {
		if _, err := ParseKnown([]byte(text), "x"); text == "" {
			require.ErrorContains(t, err, "EOF")
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
