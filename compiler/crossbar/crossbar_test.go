package crossbar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/isa/count"
)

// pair is two cores of two in-axons and neurons, and a bus: neuron 0 of each
// goes to in-axon 1 of the other, neuron 1 to a pin.
func pair() *Model {
	m := &Model{X: 2, Y: 2, Axons: 2, Delays: 3, Meta: [][2]string{{"from", "a test"}}, Buses: []Bus{{Name: "bus", X: 1, Y: 0, Pins: 2}}}
	for i := range 2 {
		c := Core{Name: []string{"b", "a"}[i], X: i, Y: 1, N: 2, Types: []uint8{0, 1}, Weights: [][]int32{{1, 1}, {-1, 2}},
			Fields: []Column{{"pos_threshold", []int64{1}}, {"neg_threshold", []int64{-9}}, {"v_start", []int64{0, -1}}},
			Dest:   []Dest{{X: 1 - i, Y: 1, Axon: 1, Delay: 1}, {X: 1, Y: 0, Axon: i, Delay: 1}}}
		c.Set(0, 0)
		c.Set(1, 1)
		m.Cores = append(m.Cores, c)
	}
	return m
}

func family(t testing.TB, name string) *chip.Family {
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	return f
}

func TestImage(t *testing.T) {
	m := pair()
	img, err := m.Image(family(t, "ranc-sim"))
	require.NoError(t, err)
	var names []string
	for _, p := range img.Pops {
		names = append(names, p.Name)
	}
	require.Equal(t, []string{"b", "a", "bus", "b.in", "a.in", "bus.in"}, names)
	require.Equal(t, []int{1, 2, 0}, []int{m.Place(0), m.Place(1), m.Place(2)})
	b := img.Encode()
	back, err := chip.DecodeImage(b, "x.img")
	require.NoError(t, err)
	require.Equal(t, 16, back.Cores[1].Image.Rows)
	x, err := chip.New(img, chip.Options{})
	require.NoError(t, err)
	var at [][2]int64 // tick, pin
	in := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick == 0 {
			// In-axon 0 of core b two ticks later, and in-axon 0 of core b now.
			dst = append(dst, chip.Injection{Pop: 3, Index: 4, Payload: 1}, chip.Injection{Pop: 3, Index: 0, Payload: 1})
		}
		return dst
	}
	require.NoError(t, x.Run(8, in, func(tick int64, x *chip.Machine) error {
		for _, s := range x.Spikes(m.Place(2)) {
			at = append(at, [2]int64{tick, int64(s.Comp)})
		}
		return nil
	}))
	// b0 fires at 0 and 2; in-axon 1 of core a is served 2 ticks later; its
	// neuron 1 fires, and the pin a tick after.
	require.Equal(t, [][2]int64{{3, 1}, {5, 1}}, at)
	n := x.Counts()
	require.Equal(t, [2]int64{0, 0}, [2]int64{n[count.Late], n[count.Merged]})
	require.EqualValues(t, 4, n[count.PacketsOut])
}

func TestModelIsChecked(t *testing.T) {
	for want, do := range map[string]func(m *Model){
		"grid of 0 x 2 cells":                             func(m *Model) { m.X = 0 },
		"no core":                                         func(m *Model) { m.Cores = nil },
		"2 in-axons with 40000 delays":                    func(m *Model) { m.Delays = 40000 },
		"cell (1, 1) of the grid is taken twice":          func(m *Model) { m.Cores[0].X = 1; m.Cores[1].Dest[0].None = true },
		"core b: cell (2, 1), need one of the grid":       func(m *Model) { m.Cores[0].X = 2 },
		"bus bus at (1, 0) with 0 pins":                   func(m *Model) { m.Buses[0].Pins = 0 },
		"core a: 1 in-axons and 2 destinations, need 2":   func(m *Model) { m.Cores[1].Types = m.Cores[1].Types[:1] },
		"core a: 3 words of points, need 2":               func(m *Model) { m.Cores[1].Points = make([]uint64, 3) },
		"core b: 3 values of v_start, need 1 or 2":        func(m *Model) { m.Cores[0].Fields[2].Values = make([]int64, 3) },
		"neuron 0 sends to cell (0, 0), where nothing is": func(m *Model) { m.Cores[0].Dest[0] = Dest{} },
		"neuron 0 sends to cell (0, 2), need one of the":  func(m *Model) { m.Cores[0].Dest[0] = Dest{Y: 2} },
		"neuron 1 sends to in-axon or pin 2, have 2":      func(m *Model) { m.Cores[0].Dest[1].Axon = 2 },
		"neuron 0 has delay -1":                           func(m *Model) { m.Cores[0].Dest[0].Delay = -1 },
		"neuron 0: delay 40000, need below 32768":         func(m *Model) { m.Cores[0].Dest[0].Delay = 40000 },
		"field \"pos_threshold\" is not set":              func(m *Model) { m.Cores[0].Fields = m.Cores[0].Fields[1:] },
		"field \"scheduler_rows\" is 300, need 2..256":    func(m *Model) { m.Fields = []Column{{"scheduler_rows", []int64{300}}} },
		"weights that are probabilities":                  func(m *Model) { m.Cores[0].Chance = [][]uint8{{0, 0}, {0, 1}} },
		"row 1 has type 1 of 1":                           func(m *Model) { m.Cores[0].Weights = m.Cores[0].Weights[:1] },
		"1 mantissas of type 1, need 2":                   func(m *Model) { m.Cores[0].Weights[1] = []int32{1} },
		"row 0 has synapses behind target 1":              func(m *Model) { m.Cores[0].Points[0] = 4 },
	} {
		m := pair()
		do(m)
		_, err := m.Image(family(t, "ranc-sim"))
		require.ErrorContains(t, err, want)
	}
}

// TestLimits holds models against the limits of a chip.
func TestLimits(t *testing.T) {
	tn := family(t, "truenorth")
	ok := func() *Model {
		m := pair()
		m.X, m.Y = 600, 600
		for i := range m.Cores {
			m.Cores[i].Fields = []Column{{"alpha", []int64{1}}}
		}
		return m
	}
	_, err := ok().Image(tn)
	require.NoError(t, err)
	for want, do := range map[string]func(m *Model){
		"in_axons: need 257, truenorth has 256":          func(m *Model) { m.Axons = 257 },
		"257 neurons, need at least 1 and at most 256":   func(m *Model) { m.Cores[0].N = 257 },
		"neuron 1: weight 256 of type 1, need -255..255": func(m *Model) { m.Cores[0].Weights[1][1] = 256 },
		"5 axon types, need at most 4":                   func(m *Model) { m.Cores[0].Weights = make([][]int32, 5) },
		"sends 256 and -1 cells away, need -256..255":    func(m *Model) { m.Buses[0].X = 256; m.Cores[0].Dest[1].X = 256 },
		"field \"alpha\" is 262144, need 0..262143":      func(m *Model) { m.Cores[0].Fields[0].Values[0] = 1 << 18 },
	} {
		m := ok()
		do(m)
		_, err := m.Image(tn)
		require.ErrorContains(t, err, want)
	}
	_, err = pair().Image(family(t, "loihi1"))
	require.ErrorContains(t, err, `description "loihi1" has no group for the role "pins"`)
}
