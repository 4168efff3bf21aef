package ranc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/crossbar"
)

const small = `{"packets": [[{"destination_core": [0, 0], "destination_axon": 2, "destination_tick": 1}], [],
  [{"destination_core": [1, 0], "destination_axon": 1, "destination_tick": 3}]],
 "output_bus": {"coordinates": [1, 0], "num_outputs": 2},
 "cores": [{"coordinates": [0, 0], "axons": [0, 1, 0],
  "neurons": [
   {"weights": [3, -70000], "leak": -1, "positive_threshold": 2, "negative_threshold": -4, "reset_potential": 5, "reset_mode": 1,
    "current_potential": 6, "destination_core_offset": [1, 0], "destination_axon": 1, "destination_tick": 0},
   {"weights": [1], "leak": 0, "positive_threshold": 1, "negative_threshold": 0, "reset_potential": 0, "reset_mode": 0,
    "current_potential": 0, "destination_core_offset": [0, 1], "destination_axon": 0, "destination_tick": 15}],
  "connections": [[0, 1, 1], [1]]}]}`

func TestModel(t *testing.T) {
	require.True(t, IsFile([]byte(small)))
	f, err := Parse([]byte(small), "in.json")
	require.NoError(t, err)
	c := f.Guess()
	require.Equal(t, []int{2, 2, 3, 2, 2, 16, 1}, []int{c.X, c.Y, c.Axons, c.Weights, c.Neurons, c.Rows, *c.Reset})
	m, err := f.Model(c, "in.json")
	require.NoError(t, err)
	require.Len(t, m.Cores, 2, "the cell that neuron 1 sends to has a core that does nothing")
	k := m.Cores[0]
	require.Equal(t, []uint64{2, 1, 1}, k.Points)
	require.Equal(t, [][]int32{{3, 1}, {-70000, 0}}, k.Weights)
	require.Equal(t, []crossbar.Dest{{X: 1, Y: 0, Axon: 1}, {X: 0, Y: 1, Delay: 15}}, k.Dest)
	require.Equal(t, []Input{{0, "x0y0.in", 2, 1}, {2, "bus.in", 1, 0}}, f.Inputs())
	fam, err := chip.LoadNamed("ranc-sim")
	require.NoError(t, err)
	img, err := m.Image(fam)
	require.NoError(t, err)
	x, err := chip.New(img, chip.Options{})
	require.NoError(t, err)
	require.NoError(t, x.Run(1, nil, nil))
	require.Equal(t, []int32{6 - 1 - 2, 0}, x.Core(m.Place(0)).State.Words[0][0])
}

func TestBadFiles(t *testing.T) {
	for want, x := range map[string][2]string{
		"in.json: ranc: no output_bus":                             {`"output_bus"`, `"bus"`},
		"in.json: ranc: core 0: no coordinates":                    {`"coordinates": [0, 0]`, `"at": [0, 0]`},
		"core 0: coordinates (1, 0), need a free cell":             {`"coordinates": [0, 0]`, `"coordinates": [1, 0]`},
		"core 0: axon 1 has type 7, need 0..1":                     {`"axons": [0, 1, 0]`, `"axons": [0, 7, 0]`},
		"neuron 0: connection 1 is 2, need 0 or 1":                 {`[0, 1, 1], [1]`, `[0, 2, 1], [1]`},
		"core 0: 2 neurons and 3 rows of connections":              {`[1]]`, `[1], [1]]`},
		"neuron 0: weight 3000000000, need 32 bits":                {`"weights": [3,`, `"weights": [3000000000,`},
		"neuron 0 has no destination_core_offset":                  {`"destination_core_offset": [1, 0], `, ``},
		"neuron 1 has destination_tick -1":                         {`"destination_tick": 15`, `"destination_tick": -1`},
		"neuron 0 sends to (99999, 0) from here":                   {`"destination_core_offset": [1, 0]`, `"destination_core_offset": [99999, 0]`},
		"in.json:1: ranc: invalid character":                       {`{"packets": [`, `{"packets": {`},
		"in.json: ranc: need the end of the file after its object": {`"connections": [[0, 1, 1], [1]]}]}`, `"connections": [[0, 1, 1], [1]]}]} 7`},
	} {
		text := strings.Replace(small, x[0], x[1], 1)
		f, err := Parse([]byte(text), "in.json")
		if err == nil {
			_, err = f.Model(f.Guess(), "in.json")
		}
		require.ErrorContains(t, err, want)
	}
}

func TestConfig(t *testing.T) {
	const good = `{"num_neurons": 256, "num_axons": 128, "num_cores_x": 4, "num_cores_y": 3, "num_weights": 4, "max_tick_offset": 16, "neuron_reset_type": 0}`
	c, err := ParseConfig([]byte(good), "config.json")
	require.NoError(t, err)
	require.Equal(t, []int{128, 4, 3, 16, 0}, []int{c.Axons, c.X, c.Y, c.Rows, *c.Reset})
	_, err = ParseConfig([]byte(strings.Replace(good, "16", "1", 1)), "config.json")
	require.EqualError(t, err, "config.json: ranc: max_tick_offset is 1, need 2..4096")
	_, err = ParseConfig([]byte(strings.Replace(good, `_type": 0`, `_type": 2`, 1)), "config.json")
	require.EqualError(t, err, "config.json: ranc: neuron_reset_type, need 0 or 1")
	f, err := Parse([]byte(small), "in.json")
	require.NoError(t, err)
	m, err := f.Model(c, "in.json")
	require.NoError(t, err)
	require.Len(t, m.Cores[0].Types, 128)
}

// FuzzFile: no file may panic; what is refused is refused in one error.
func FuzzFile(f *testing.F) {
	f.Add(small)
	f.Fuzz(func(t *testing.T, s string) {
		IsFile([]byte(s))
		x, err := Parse([]byte(s), "f")
		if err != nil {
			return
		}
		m, err := x.Model(x.Guess(), "f")
		if err != nil {
			return
		}
		fam, err := chip.LoadNamed("ranc-sim")
		require.NoError(t, err)
		img, err := m.Image(fam)
		if err == nil {
			require.NoError(t, img.Check())
		}
	})
}
