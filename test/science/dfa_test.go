package science

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// workers are the numbers of goroutines that must make no difference.
var workers = [...]int{1, 2, 8}

func digits(t testing.TB) (train, test *dataset.Set) {
	train, err := dataset.Load("../data/digits/train.csv.gz", "")
	require.NoError(t, err)
	test, err = dataset.Load("../../examples/mappings/digits.csv.gz", "")
	require.NoError(t, err)
	return train, test
}

// firstOf is a set of the first n images.
func firstOf(s *dataset.Set, n int) *dataset.Set {
	c := *s
	c.Images, c.Labels = s.Images[:n], s.Labels[:n]
	return &c
}

// dfaCase is a run and what it must give: hash of all weights, images of the
// test set that were right after each pass, and spikes per test image.
type dfaCase struct {
	seed   uint64
	frozen bool
	noise  int
	hash   string
	right  []int
	spikes [3]float64
}

func (c *dfaCase) options() DFAOptions {
	return DFAOptions{Seed: c.seed, Frozen: c.frozen, Noise: c.noise, Passes: len(c.right)}
}

func (c *dfaCase) compare(t *testing.T, r DFAResult, images int) {
	t.Helper()
	assert.Equal(t, c.hash, fmt.Sprintf("%016x%016x", r.WHash[0], r.WHash[1]))
	require.Len(t, r.Curve, len(c.right))
	for pass, n := range c.right {
		assert.InDelta(t, float64(n)/float64(images), r.Curve[pass], 1e-9, "pass %d", pass)
	}
	for l, want := range c.spikes {
		assert.InDelta(t, want, r.Spikes[l], 1e-6, "layer %d", l)
	}
}

// dfaShort was computed by a program of its own (C, one loop per sum of the
// definition), which gives the recorded results of dfaWhole too: 60 images,
// two passes, the first 30 test images.
var dfaShort = []dfaCase{
	{seed: 1, hash: "34347ae5973a57d4a94412dbeb62c26c", right: []int{9, 16}, spikes: [3]float64{308.266667, 151.533333, 6.900000}},
	{seed: 2, frozen: true, hash: "90873c29f13ed4b78ea317c2a51a7d03", right: []int{7, 12}, spikes: [3]float64{308.266667, 163.733333, 6.433333}},
	{seed: 3, noise: 40, hash: "50977e4cf191e58ef1f24309be6673df", right: []int{5, 7}, spikes: [3]float64{308.266667, 202.366667, 8.100000}},
}

// dfaWhole are the recorded results of the science set: 10 passes over all
// images.
var dfaWhole = []dfaCase{
	{seed: 1, hash: "bb557e153fcd8bd1763f24ddd4a3cbe7", right: []int{1638, 1666, 1677, 1699, 1695, 1714, 1701, 1712, 1713, 1715}, spikes: [3]float64{312.586533, 465.097941, 7.565387}},
	{seed: 2, hash: "4f224501dba8d79b1824cb0fe282f033", right: []int{1633, 1664, 1674, 1680, 1688, 1708, 1707, 1704, 1708, 1714}, spikes: [3]float64{312.586533, 452.064552, 7.822482}},
	{seed: 3, hash: "b96aee64edb0777e9fcbefe40c0ea87f", right: []int{1638, 1671, 1660, 1679, 1672, 1673, 1679, 1681, 1689, 1685}, spikes: [3]float64{312.586533, 480.316639, 7.341681}},
	{seed: 1, frozen: true, hash: "42f6dba6121bc8647904f6c25e863887", right: []int{1508, 1569, 1590, 1597, 1609, 1617, 1627, 1631, 1629, 1634}, spikes: [3]float64{312.586533, 131.883139, 7.876461}},
	{seed: 2, frozen: true, hash: "90873c29f13ed4b7925f233e0cc2d5e4", right: []int{1596, 1621, 1615, 1628, 1627, 1642, 1644, 1648, 1650, 1656}, spikes: [3]float64{312.586533, 168.903172, 8.005565}},
	{seed: 3, frozen: true, hash: "adfff4d8736f3eac00fff5f1399a86ab", right: []int{1579, 1617, 1626, 1641, 1639, 1635, 1646, 1643, 1649, 1658}, spikes: [3]float64{312.586533, 197.741235, 7.939900}},
	{seed: 1, noise: 20, hash: "220cab54b1fd8725a6ed189656a61ea6", right: []int{1622, 1630, 1666, 1665, 1666, 1680, 1671, 1661, 1637, 1659}, spikes: [3]float64{312.586533, 445.886477, 8.387312}},
	{seed: 2, noise: 20, hash: "3e37292baeb3064648ec9f2650d96b9c", right: []int{1556, 1584, 1586, 1612, 1595, 1615, 1621, 1597, 1608, 1605}, spikes: [3]float64{312.586533, 468.327769, 8.124096}},
	{seed: 1, noise: 40, hash: "526c3770f27bffae3da428ca32fa1818", right: []int{1448, 1524, 1539, 1551, 1501, 1568, 1517, 1533, 1566, 1553}, spikes: [3]float64{312.586533, 348.332220, 6.934335}},
	{seed: 2, noise: 40, hash: "af97d2dd185d3f01345a646a2e147bc2", right: []int{1341, 1495, 1541, 1462, 1504, 1521, 1493, 1492, 1477, 1466}, spikes: [3]float64{312.586533, 462.342794, 7.983306}},
	{seed: 1, noise: 60, hash: "fe228f2168f53092b593ea7a888cf36a", right: []int{1256, 1238, 1239, 1187, 1251, 1352, 1270, 1205, 1349, 1222}, spikes: [3]float64{312.586533, 372.302170, 7.326099}},
	{seed: 2, noise: 60, hash: "8760d702a9b6f658b7b55e018e4fa95b", right: []int{1003, 1075, 949, 1101, 1147, 1246, 1293, 1263, 1087, 1065}, spikes: [3]float64{312.586533, 423.272677, 9.193100}},
}

func TestDFAIsTheReference(t *testing.T) {
	train, test := digits(t)
	train, test = firstOf(train, 60), firstOf(test, 30)
	for _, c := range dfaShort {
		o := c.options()
		o.Train, o.Test = train, test
		r, err := DFA(o)
		require.NoError(t, err)
		c.compare(t, r, test.Len())
		assert.Zero(t, r.Counts[count.HostWrites]) // third factors are made on the chip
		assert.Positive(t, r.Counts[count.LearnUpdates])
		assert.Zero(t, r.Counts[count.Lost]+r.Counts[count.Overflowed])
	}
}

// Neither engine nor workers change anything, counts included.
func TestDFAOnEveryEngine(t *testing.T) {
	train, test := digits(t)
	c := dfaShort[0]
	o := c.options()
	o.Train, o.Test = firstOf(train, 60), firstOf(test, 30)
	want, err := DFA(o)
	require.NoError(t, err)
	c.compare(t, want, o.Test.Len())
	for _, o.Engine = range core.Engines() {
		for _, o.Workers = range workers {
			got, err := DFA(o)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s, %d workers", o.Engine, o.Workers)
		}
	}
}

// The whole experiment takes minutes: HILLOCK_SCIENCE=whole asks for it.
func TestDFAWhole(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	train, test := digits(t)
	for n, c := range dfaWhole {
		t.Run(fmt.Sprintf("seed %d, frozen %v, noise %d", c.seed, c.frozen, c.noise), func(t *testing.T) {
			o, begin := c.options(), time.Now()
			o.Train, o.Test, o.Workers = train, test, workers[n%len(workers)]
			r, err := DFA(o)
			require.NoError(t, err)
			t.Logf("%016x%016x, accuracy %.6f, %d workers, %.1f s", r.WHash[0], r.WHash[1], r.Accuracy, o.Workers, time.Since(begin).Seconds())
			c.compare(t, r, test.Len())
		})
	}
}

func TestDFAErrors(t *testing.T) {
	train, test := digits(t)
	good := DFAOptions{Seed: 1, Train: firstOf(train, 1), Test: firstOf(test, 1), Passes: 1}
	_, err := DFA(good)
	require.NoError(t, err)
	for name, change := range map[string]func(o *DFAOptions){
		"science: a set without images":                            func(o *DFAOptions) { o.Train = nil },
		"science: 0 passes, need 1..1024":                          func(o *DFAOptions) { o.Passes = 0 },
		"science: 101 percent of the labels replaced, need 0..100": func(o *DFAOptions) { o.Noise = 101 },
		"science: images of 64 and 3 pixels, need the same, at most 1": func(o *DFAOptions) {
			o.Test = &dataset.Set{Images: [][]uint16{{1, 2, 3}}, Shape: []int{3}, Labels: []int{0}}
		},
		"science: 11 classes, need at most 10": func(o *DFAOptions) { s := *o.Train; s.Classes = 11; o.Train = &s },
		`core: unknown engine "none"`:          func(o *DFAOptions) { o.Engine = "none" },
	} {
		o := good
		change(&o)
		_, err := DFA(o)
		assert.ErrorContains(t, err, name)
	}
}
