package sanafe

import (
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/power"
	"hillock/router/queued"
)

func data(t testing.TB, name string) []byte {
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		r, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

func arch(t testing.TB) *Arch {
	a, err := ParseArch(data(t, "arch.yaml"))
	require.NoError(t, err)
	return a
}

func TestArchitecture(t *testing.T) {
	require.Equal(t, &Arch{Name: "eight_by_four", W: 8, H: 4, CoresPerTile: 4, Buffer: 16, Neurons: 1024,
		Sync: []SyncTime{{1, 0.6e-6}, {2, 1e-6}, {4, 1.4e-6}, {29, 1.8e-6}}, HopX: Cost{3e-12, 4.1e-9}, HopY: Cost{4.2e-12, 6.5e-9},
		MessageIn: Cost{0, 16e-9}, MessageOut: Cost{111e-12, 5.1e-9}, Synapse: Cost{35.5e-12, 3.8e-9}, Access: Cost{51.2e-12, 6e-9},
		Update: Cost{21.6e-12, 3.7e-9}, Spike: Cost{69.3e-12, 30e-9}, SomaName: "lif", SynapseName: "dense"}, arch(t))
}

func TestYAMLAndNetlistAreTheSameNetwork(t *testing.T) {
	a := arch(t)
	y, err := ParseNetwork(data(t, "chain.yaml.gz"), a)
	require.NoError(t, err)
	n, err := ParseNetlist(data(t, "chain.net"), a)
	require.NoError(t, err)
	require.Equal(t, y.Neurons, n.Neurons)
	require.Equal(t, y.Edges, n.Edges)
}

func TestMixedNetwork(t *testing.T) {
	a := arch(t)
	n, err := ParseNetwork(data(t, "mix.yaml"), a)
	require.NoError(t, err)
	require.Equal(t, []Group{{"a", 0, 3}, {"b", 3, 4}}, n.Groups)
	require.Equal(t, Neuron{Threshold: 1, Bias: 0.5, Reset: 0.25, Leak: 1, Core: 1, Order: 2}, n.Neurons[2])
	require.Equal(t, Neuron{Threshold: 3.5, Leak: 0.5, Core: 22, Order: 6}, n.Neurons[6])
	require.Len(t, n.Edges, 15)
	require.Equal(t, Edge{1, 4, 3}, n.Edges[5])
	p, err := NewPlan(a, n)
	require.NoError(t, err)
	require.Equal(t, 1e-6, p.Barrier())
	img, err := p.Image()
	require.NoError(t, err)
	require.NoError(t, img.Check())
	tab, err := power.ParseTable(img.Energy, "energy")
	require.NoError(t, err)
	require.Len(t, tab.Points[0].Coefficients, 8)
	_, err = chip.New(img, chip.Options{})
	require.NoError(t, err)
	fired := make([]bool, 7)
	fired[2] = true
	list, err := p.Messages(nil, fired, fired)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, []int32{0, 1, 22}, []int32{list[0].Src, list[1].Src, list[2].Src})
	require.Equal(t, []int32{queued.None, 22, queued.None}, []int32{list[0].Dst, list[1].Dst, list[2].Dst})
	require.InDelta(t, 16e-9+4*3.8e-9, p.Simple(list), 30e-9)
	_, err = p.Messages(nil, fired[:3], fired)
	require.ErrorContains(t, err, "sanafe: step")
}

// swap changes one place of a text.
func swap(t *testing.T, b []byte, from, to string) []byte {
	require.Contains(t, string(b), from)
	return []byte(strings.Replace(string(b), from, to, 1))
}

func TestArchitecturesThatAreRefused(t *testing.T) {
	b := data(t, "arch.yaml")
	for _, x := range [][3]string{
		{"width: 8", "width: 9", "tiles: need width x height = 36, have 32"}, {"width: 8", "width: 99999", "width: need 1 to 4096"},
		{"width: 8", "width: eight", "need a number"}, {"0.6e-6", "-1", "latency_sync"}, {"{1: ", "{one: ", "numbers of tiles"},
		{"core[0..3]", "core[0..999999]", "at most 16384 cores"}, {"tile[0..31]", "tile[31..0]", "range"}, {"tile:", "tiles:", `need a field "tile"`},
		{"buffer_position: soma", "buffer_position: dendrite", "buffer_position: need soma"}, {"latency_west_hop: 4.1e-9", "latency_west_hop: 4.2e-9", "the same costs east and west"},
		{"energy_message_in: 0.0", "energy_message_in: .nan", "need a number"}, {"axon_out:", "axon_up:", `need a field "axon_out"`}, {"architecture:", "a: [", "sanafe: yaml"},
	} {
		_, err := ParseArch(swap(t, b, x[0], x[1]))
		require.ErrorContains(t, err, "sanafe: ", x)
		require.ErrorContains(t, err, x[2])
	}
	for _, s := range []string{"", "a", "[]", "architecture: &a {x: *a}", strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		_, err := ParseArch([]byte(s))
		require.ErrorContains(t, err, "sanafe: ", s)
	}
}

func TestNetworksThatAreRefused(t *testing.T) {
	a, b := arch(t), data(t, "mix.yaml")
	for _, x := range [][3]string{
		{"name: b", "name: a", "need each name once"}, {"0..3:", "0..300000:", "need a number or a..b"}, {"0..3:", "1..3:", "have none of number 0"},
		{"- 2: [", "- 1: [", "need it once"}, {"b.0 -> a.2", "b.0 - a.2", "need source -> target"}, {"b.0 -> a.2", "b.9 -> a.2", "need neurons 0..3"},
		{"b.0 -> a.2", "c -> a.2", "need a group"}, {"type: dense", "type: conv", "need dense"}, {"weight: [4, ", "weight: [", "need 1 or 12, have 11"},
		{"core: 5.2", "core: 32.0", "need tile.core"}, {"core: 5.2", "cores: 5.2", "not supported"}, {"a.2: [core", "a.1: [core", "one core each"},
		{"soma: lif", "soma: other", "need the first unit"}, {"leak_decay: 0.5", "leak: 0.5", "not supported"}, {"threshold: 2", "threshold: x", "need a number"},
	} {
		_, err := ParseNetwork(swap(t, b, x[0], x[1]), a)
		require.ErrorContains(t, err, "sanafe: line ", x)
		require.ErrorContains(t, err, x[2])
	}
	for _, x := range [][3]string{
		{"weight: 3]", "weight: 0.3]", "multiple of 1/64"}, {"weight: 3]", "weight: 1e6]", "need a weight of at most"}, {"bias: 0.5", "bias: 0.3", "multiples of 1/64"},
		{"bias: 0.5", "bias: 1e9", "at most"}, {"leak_decay: 0.5", "leak_decay: 2", "0 to 1"}, {"  - a.2: [core: 0.1]\n", "", "need a mapping"},
	} {
		n, err := ParseNetwork(swap(t, b, x[0], x[1]), a)
		require.NoError(t, err, x)
		p, err := NewPlan(a, n)
		if err == nil {
			_, err = p.Image()
		}
		require.ErrorContains(t, err, "sanafe: ", x)
		require.ErrorContains(t, err, x[2])
	}
	for _, s := range []string{"g", "g x", "g 1 bias=x", "n 0.0", "e 0.0->0.1", "x y", "g 1\ne 0->0 v=1", "g 1\n& 0.0@1", "g 999999", "n"} {
		_, err := ParseNetlist([]byte(s), a)
		require.ErrorContains(t, err, "sanafe: line ", s)
	}
	_, err := NewPlan(a, &Network{})
	require.ErrorContains(t, err, "sanafe: need a neuron")
}

func FuzzImport(f *testing.F) {
	a := arch(f)
	f.Add(data(f, "arch.yaml"), byte(0))
	f.Add(data(f, "mix.yaml"), byte(1))
	f.Add(data(f, "chain.yaml.gz"), byte(1))
	f.Add(data(f, "chain.net"), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		var n *Network
		var err error
		switch kind % 3 {
		case 0:
			_, err = ParseArch(b)
		case 1:
			n, err = ParseNetwork(b, a)
		default:
			n, err = ParseNetlist(b, a)
		}
		if err == nil && n != nil {
			var p *Plan
			if p, err = NewPlan(a, n); err == nil {
				var img *chip.Image
				if img, err = p.Image(); err == nil {
					require.NoError(t, img.Check())
				}
			}
		}
		if err != nil {
			require.ErrorContains(t, err, "sanafe: ")
		}
	})
}
