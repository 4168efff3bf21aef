package science

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/internal/dataset"
)

func digits(t testing.TB) (train, test *dataset.Set) {
	train, err := dataset.Load("../data/digits/train.csv.gz", "")
	require.NoError(t, err)
	test, err = dataset.Load("../../examples/mappings/digits.csv.gz", "")
	require.NoError(t, err)
	return train, test
}

// first is a set of the first n images.
func first(s *dataset.Set, n int) *dataset.Set {
	c := *s
	c.Images, c.Labels = s.Images[:n], s.Labels[:n]
	return &c
}

func TestDFA(t *testing.T) {
	train, test := digits(t)
	o := Options{Seed: 1, Train: first(train, 200), Test: first(test, 100), Passes: 1}
	for _, engine := range []string{"oracle", "vector"} {
		for _, workers := range []int{1, 2, 8} {
			o.Engine, o.Workers = engine, workers
			r, err := DFA(o)
			require.NoError(t, err)
			fmt.Println(r)
		}
	}
}
