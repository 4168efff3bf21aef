package partition_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/partition"
	"hillock/compiler/placement"
)

// reference is a line of testdata/references.txt.
type reference struct {
	name, sum                                 string
	sequential, partitioner, unicast, maxLink int64
}

func references(t *testing.T) []reference {
	t.Helper()
	f, err := os.Open("testdata/references.txt")
	require.NoError(t, err)
	defer f.Close()
	var out []reference
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		var r reference
		_, err := fmt.Sscan(s.Text(), &r.name, &r.sum, &r.sequential, &r.partitioner, &r.unicast, &r.maxLink)
		require.NoError(t, err)
		out = append(out, r)
	}
	return out
}

func public(name string) *partition.Hypergraph {
	switch name {
	case "lenet-a":
		return letters(28, 1).graph()
	case "mobile-a":
		return separable(24, 8, 2).graph()
	case "world-a":
		return torus(64, 32, 4, 0.1, 3).graph()
	case "modular-a":
		return modules(32, 200, 0.1, 0.0005, 4).graph()
	}
	return cortex(0.03, 5).graph()
}

func neurons(h *partition.Hypergraph, limit int64) *partition.Problem {
	return &partition.Problem{Graph: h, Resources: []partition.Resource{{Name: "neurons", Limit: limit}}}
}

// TestQuality holds the bounds of the project on the public instances: packets
// against mt-KaHyPar and sequential filling, cores, hops and the fullest link.
// The two slower ones are held to the same bound with less effort.
func TestQuality(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.name, func(t *testing.T) {
			h := public(ref.name)
			sum := sha256.Sum256(text(h))
			require.Equal(t, ref.sum, hex.EncodeToString(sum[:8]), "the generator drifted from the public instance")
			o := partition.Options{Effort: partition.Normal, Workers: 2}
			if ref.name == "mobile-a" || ref.name == "modular-a" {
				o.Effort = partition.Fast
			}
			r, err := partition.Run(neurons(h, 256), o)
			require.NoError(t, err)
			s := partition.Rate(h, r.Part, r.Cores)
			require.LessOrEqual(t, s.Packets*100, ref.partitioner*125)
			require.LessOrEqual(t, r.Cores, (h.Neurons*103+25599)/25600)
			require.LessOrEqual(t, slices.Max(s.Neurons), int32(256))
			require.LessOrEqual(t, s.Packets, ref.sequential)
			require.Equal(t, ref.name == "micro-a", r.Note != "", r.Note)
			tr := placement.Of(h, r.Part, r.Cores)
			m := placement.Square(r.Cores)
			tile, err := placement.Place(tr, m, placement.Options{Attempts: 2000})
			require.NoError(t, err)
			_, cost := placement.Links(tr, m, tile)
			switch ref.name {
			case "lenet-a":
				require.LessOrEqual(t, cost.Unicast*100, ref.unicast*20)
			case "mobile-a":
				require.LessOrEqual(t, cost.Unicast*100, ref.unicast*10)
			default:
				return
			}
			require.LessOrEqual(t, s.Packets*100, ref.sequential*30)
			require.LessOrEqual(t, cost.MaxLink*100, ref.maxLink*10)
		})
	}
}

// TestSequentialReference scores sequential filling as the benchmarks do.
func TestSequentialReference(t *testing.T) {
	for _, ref := range references(t) {
		h := public(ref.name)
		part := make([]int32, h.Neurons)
		for v := range part {
			part[v] = int32(v / 256)
		}
		cores := (h.Neurons + 255) / 256
		require.Equal(t, ref.sequential, partition.Rate(h, part, cores).Packets, ref.name)
		tile := make([]int32, cores)
		for c := range tile {
			tile[c] = int32(c)
		}
		_, cost := placement.Links(placement.Of(h, part, cores), placement.Square(cores), tile)
		require.Equal(t, ref.unicast, cost.Unicast, ref.name)
		require.Equal(t, ref.maxLink, cost.MaxLink, ref.name)
	}
}

// TestLarge maps the net of 111,626 neurons whose sequential filling needs
// 8,192 in-axons in a core, under a limit of 4,096 with cores of 1,024.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	h := separable(32, 16, 12).graph()
	require.Equal(t, 111626, h.Neurons)
	p := neurons(h, 1024)
	p.MaxInAxons = 4096
	r, err := partition.Run(p, partition.Options{Effort: partition.Fast, Workers: 2})
	require.NoError(t, err)
	s := partition.Rate(h, r.Part, r.Cores)
	require.LessOrEqual(t, slices.Max(s.InAxons), int32(4096))
	require.LessOrEqual(t, slices.Max(s.Neurons), int32(1024))
	require.LessOrEqual(t, r.Cores, 116)
}
