package corelet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
)

const row = `{"type":"S1","synapses":"80 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"}`

// small is a model of two cores: neuron 0 of core 5 goes to core 2, its neuron
// 255 to a bus.
func small() string {
	rows := `{"rows":[` + strings.Repeat(row+",", 255) + row + `]}`
	core := func(id, dest string) string {
		return `"core": {"id": ` + id + `, "rngSeed": 4294967295, "neurons": {"dendrites": ["0:255"], "types": [1, "0x254", "2x1"],
	"destCores": [` + dest + `, "-1x254", -33], "destAxons": [7, "0x253", "0:1:1"], "destDelays": [15, "1x255"]}, "crossbar": {"name": "c"}}`
	}
	return `/* a model */ { "model": {"coreCount": 2, "crossbarSize": 256}, // sizes
 "crossbarTypes": [{"name": "c", "crossbar": ` + rows + `}],
 "neuronTypes": [{"name":"N00000001","sigma0":1,"sigma1":-1,"s1":9,"b1":true,"sigma_lambda":-1,"lambda":3,"alpha":1,"TM":4,"gamma":1,"kappa":true,"sigma_VR":-1,"VR":3,"V":-2},
   {"name":"N00000002","alpha":2}],
 ` + core("5", "2") + `,
 ` + core("2", "5") + `}`
}

func TestModel(t *testing.T) {
	require.True(t, IsModel([]byte(small())))
	m, err := Model([]byte(small()), "m.json")
	require.NoError(t, err)
	require.Len(t, m.Cores, 2)
	require.Equal(t, 2, m.Stochastic())
	c := m.Cores[1]
	require.Equal(t, []any{"core5", 5, 0, 256}, []any{c.Name, c.X, c.Y, c.N})
	require.Equal(t, []uint64{1, 0, 0, 1 << 63}, c.Points[:4])
	require.EqualValues(t, 1, c.Types[255])
	require.Equal(t, []int32{0, -9, 0, 0}, []int32{c.Weights[0][0], c.Weights[1][0], c.Weights[2][0], c.Weights[3][0]})
	require.EqualValues(t, 1, c.Chance[1][0])
	got := map[string]int64{}
	for _, f := range c.Fields {
		got[f.Name] = f.Values[0]
	}
	require.Equal(t, map[string]int64{"leak": -3, "leak_random": 0, "leak_reversal": 0, "alpha": 1, "beta": 0, "mask": 15, "gamma": 1, "kappa": 1, "reset": -7, "v_start": -2}, got)
	require.Equal(t, [3]int{2, 7, 14}, [3]int{c.Dest[0].X, c.Dest[0].Axon, c.Dest[0].Delay})
	require.True(t, c.Dest[1].None)
	require.Equal(t, [3]int{0, 64, 1}, [3]int{c.Dest[255].X, c.Dest[255].Y, c.Dest[255].Axon})
	require.Equal(t, "bus-33", m.Buses[0].Name)
	require.Equal(t, 2, m.Buses[0].Pins)
	f, err := chip.LoadNamed("truenorth")
	require.NoError(t, err)
	_, err = m.Image(f)
	require.NoError(t, err)
}

// TestBadModels gives one error for each damaged file, with its place.
func TestBadModels(t *testing.T) {
	for want, x := range map[string][2]string{
		`m.json: corelet: the comment of line 1 has no end`:         {" a model */", ""},
		`corelet: crossbarSize, need 256`:                           {`"crossbarSize": 256`, `"crossbarSize": 128`},
		`corelet: coreCount is 3, have 2 cores`:                     {`"coreCount": 2`, `"coreCount": 3`},
		`crossbar type "c": row 0 has type "S4", need S0..S3`:       {`"S1"`, `"S4"`},
		`row 0, byte 0: need 2 hexadecimal digits, have "8G"`:       {`80 00`, `8G 00`},
		`row 0 has 31 bytes, need 32`:                               {`80 00`, `80`},
		`neuron type "M1", need N and a hexadecimal number`:         {`N00000001`, `M1`},
		`neuron type N00000001: alpha is 262144, need 0..262143`:    {`"alpha":1,`, `"alpha":262144,`},
		`neuron type N00000001: sigma1: 2, need 1 or -1`:            {`"sigma1":-1`, `"sigma1":2`},
		`need a whole number, have 1.5`:                             {`"alpha":1,`, `"alpha":1.5,`},
		`line 5: core 5: neuron 0 is of type 9, which`:              {`"types": [1, "0x254"`, `"types": [9, "0x254"`},
		`core 5, need numbers of 0..4095, each once`:                {`"id": 2`, `"id": 5`},
		`"2x2" after 255 entries, need at most 256 entries`:         {`"0x254", "2x1"`, `"0x254", "2x2"`},
		`"0x99999999999" after 1 entries, need at most 256 entries`: {`"0x254", "2x1"`, `"0x99999999999"`},
		`"VxN", "A:B" or "A:S:B", have "5:1"`:                       {`"0:1:1"`, `"5:1"`},
		`"A:B" or "A:S:B", have "1x-3"`:                             {`"0:1:1"`, `"1x-3"`},
		`254 entries of types, need 256`:                            {`"0x254", "2x1"`, `"0x252", "2x1"`},
		`dendrite 1 of neuron 0, need 0, 1, 2, ... in order`:        {`"0:255"`, `"1:255"`},
		`core 5: neuron 0 has delay 16, need 1..15`:                 {`"destDelays": [15`, `"destDelays": [16`},
		`no crossbar type "d"`:                                      {`"crossbar": {"name": "c"}}`, `"crossbar": {"name": "d"}}`},
		`unexpected end of JSON input|unexpected EOF`:               {`"crossbar": {"name": "c"}}}`, ``},
		`need the end of the file after the model`:                  {`"crossbar": {"name": "c"}}}`, `"crossbar": {"name": "c"}}} 7`},
	} {
		text := strings.Replace(small(), x[0], x[1], 1)
		_, err := Model([]byte(text), "m.json")
		require.Error(t, err, want)
		ok := false
		for _, w := range strings.Split(want, "|") {
			ok = ok || strings.Contains(err.Error(), w)
		}
		require.True(t, ok, "want %s, got %v", want, err)
		require.Less(t, len(err.Error()), 300)
	}
}

func TestSpikes(t *testing.T) {
	text := "{\"class\":\"SpikeWriter\",\"encoding\":\"TEXT\"}\n{\"version\":\"sfti1.0\", \"defaultDestinationDelay\" : 3}\n" +
		"{\"spike\":{\"srcTime\":4,\"destCore\":1,\"destAxon\":9}}\n\n{\"spike\":{\"srcTime\":5,\"srcCore\":0,\"srcNeuron\":3,\"destCore\":0,\"destAxon\":255}}"
	require.True(t, IsSpikes([]byte(text)))
	got, err := Spikes([]byte(text), "s.sfti")
	require.NoError(t, err)
	require.Equal(t, []Spike{{6, 1, 9}, {7, 0, 255}}, got)
	for want, bad := range map[string]string{
		"s.sfti: corelet: no line with a version":                   "",
		`s.sfti:2: corelet: version "sfti2.0", need sfti1.0`:        strings.Replace(text, "sfti1.0", "sfti2.0", 1),
		"s.sfti:2: corelet: defaultDestinationDelay 16, need 1..15": strings.Replace(text, "Delay\" : 3", "Delay\" : 16", 1),
		"s.sfti:3: corelet: need a spike with srcTime":              strings.Replace(text, "\"destCore\":1,", "", 1),
		"s.sfti:3: corelet: spike to in-axon 256 of core 1":         strings.Replace(text, "\"destAxon\":9", "\"destAxon\":256", 1),
		"s.sfti:3: corelet: srcTime -1, need 0":                     strings.Replace(text, "\"srcTime\":4", "\"srcTime\":-1", 1),
		"s.sfti:3: corelet: need an object: invalid character '}'":  strings.Replace(text, "\"destAxon\":9}", "\"destAxon\":}", 1),
		"s.sfti:1: corelet: need a spike, have":                     "{}",
	} {
		_, err := Spikes([]byte(bad), "s.sfti")
		require.ErrorContains(t, err, want)
	}
}

// FuzzModel: no model may panic or take memory that its text does not explain.
func FuzzModel(f *testing.F) {
	f.Add(small())
	f.Add(`{"crossbarSize":1,"core":{"neurons":{"types":["1x99999999","0:3:9"]}}}`)
	f.Fuzz(func(t *testing.T, s string) {
		IsModel([]byte(s))
		m, err := Model([]byte(s), "f")
		if err != nil {
			require.Less(t, len(err.Error()), 2000)
			return
		}
		fam, err := chip.LoadNamed("truenorth")
		require.NoError(t, err)
		img, err := m.Image(fam)
		if err == nil {
			require.NoError(t, img.Check())
		}
	})
}

// FuzzSpikes: no spike file may panic.
func FuzzSpikes(f *testing.F) {
	f.Add("{\"version\":\"sfti1.0\",\"defaultDestinationDelay\":1}\n{\"spike\":{\"srcTime\":0,\"destCore\":0,\"destAxon\":67}}\n")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Spikes([]byte(s), "f")
		if err == nil {
			require.LessOrEqual(t, len(got), strings.Count(s, "spike"), fmt.Sprint(got))
		}
	})
}
