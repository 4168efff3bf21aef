package corelet

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hillock/compiler/crossbar"
)

// array is a crossbar: axon types and points, a row per in-axon.
type array struct {
	types  []uint8
	points []uint64
}

type crossbarText struct {
	Name     string    `json:"name"`
	Crossbar *rowsText `json:"crossbar"`
}

type rowsText struct {
	Name string `json:"name"`
	Rows []struct {
		Type     string `json:"type"`
		Synapses string `json:"synapses"`
	} `json:"rows"`
}

func (f *file) addCrossbar(t *crossbarText) error {
	if t.Crossbar == nil {
		return fmt.Errorf("crossbar type %q has no crossbar", clip(t.Name))
	}
	a, err := t.Crossbar.array()
	if err != nil {
		return fmt.Errorf("crossbar type %q: %w", clip(t.Name), err)
	}
	if _, again := f.crossbars[t.Name]; again {
		return fmt.Errorf("crossbar type %q stands twice", clip(t.Name))
	}
	f.crossbars[t.Name] = a
	return nil
}

// array reads the rows: the most significant bit of the first byte is neuron 0.
func (t *rowsText) array() (*array, error) {
	if len(t.Rows) != side {
		return nil, fmt.Errorf("%d rows, need %d", len(t.Rows), side)
	}
	c := crossbar.Core{N: side, Types: make([]uint8, side), Points: make([]uint64, side*side/64)}
	for a, r := range t.Rows {
		if len(r.Type) != 2 || r.Type[0] != 'S' || r.Type[1] < '0' || r.Type[1] >= '0'+types {
			return nil, fmt.Errorf("row %d has type %q, need S0..S%d", a, clip(r.Type), types-1)
		}
		c.Types[a] = r.Type[1] - '0'
		bytes := strings.Fields(r.Synapses)
		if len(bytes) != side/8 {
			return nil, fmt.Errorf("row %d has %d bytes, need %d", a, len(bytes), side/8)
		}
		for i, s := range bytes {
			v, err := strconv.ParseUint(s, 16, 8)
			if err != nil {
				return nil, fmt.Errorf("row %d, byte %d: need 2 hexadecimal digits, have %q", a, i, clip(s))
			}
			for b := range 8 {
				if v>>(7-b)&1 == 1 {
					c.Set(a, i*8+b)
				}
			}
		}
	}
	return &array{c.Types, c.Points}, nil
}

// crossbarOf is the crossbar of a core: a name of the library, or rows.
func (f *file) crossbarOf(raw json.RawMessage) (*array, error) {
	var t rowsText
	if raw == nil || json.Unmarshal(raw, &t) != nil {
		return nil, fmt.Errorf("need a crossbar with a name or rows, have %s", clip(string(raw)))
	}
	if t.Rows != nil {
		return t.array()
	}
	a, ok := f.crossbars[t.Name]
	if !ok {
		return nil, fmt.Errorf("no crossbar type %q", clip(t.Name))
	}
	return a, nil
}

// neuron is a neuron type. Its fields are those of Cassidy et al., IJCNN 2013.
type neuron struct {
	Name                           string `json:"name"`
	Sigma0, Sigma1, Sigma2, Sigma3 whole
	S0, S1, S2, S3                 whole
	B0, B1, B2, B3                 whole
	SigmaLambda                    whole `json:"sigma_lambda"`
	Lambda                         whole `json:"lambda"`
	CLambda                        whole `json:"c_lambda"`
	Epsilon, Alpha, Beta           whole
	TM                             whole `json:"TM"`
	Gamma, Kappa                   whole
	SigmaVR                        whole `json:"sigma_VR"`
	VR                             whole `json:"VR"`
	V                              whole `json:"V"`

	weight [types]int32
	chance [types]uint8
	field  [len(fieldNames)]int64
}

// fieldNames are the register fields that a neuron type sets, as descriptions
// name them.
var fieldNames = [...]string{"leak", "leak_random", "leak_reversal", "alpha", "beta", "mask", "gamma", "kappa", "reset", "v_start"}

// unused is the neuron of type 0, which does nothing.
var unused = &neuron{field: [...]int64{0, 0, 0, 1<<18 - 1, 1<<18 - 1, 0, 0, 1, 0, 0}}

// bounds of the fields of a neuron type.
type bound struct {
	name   string
	v      whole
	lo, hi whole
}

func (n *neuron) bounds() []bound {
	return []bound{{"s0", n.S0, 0, 255}, {"s1", n.S1, 0, 255}, {"s2", n.S2, 0, 255}, {"s3", n.S3, 0, 255},
		{"b0", n.B0, 0, 1}, {"b1", n.B1, 0, 1}, {"b2", n.B2, 0, 1}, {"b3", n.B3, 0, 1},
		{"lambda", n.Lambda, 0, 255}, {"c_lambda", n.CLambda, 0, 1}, {"epsilon", n.Epsilon, 0, 1},
		{"alpha", n.Alpha, 0, 1<<18 - 1}, {"beta", n.Beta, 0, 1<<18 - 1}, {"TM", n.TM, 0, 18},
		{"gamma", n.Gamma, 0, 2}, {"kappa", n.Kappa, 0, 1}, {"VR", n.VR, 0, 19}, {"V", n.V, -1 << 19, 1<<19 - 1}}
}

// addNeuron checks a neuron type and decodes it: signs apart from magnitudes,
// the mask as its number of ones, the reset value as an exponent (NeMo).
func (f *file) addNeuron(n *neuron) error {
	number, err := strconv.ParseInt(strings.TrimPrefix(n.Name, "N"), 16, 64)
	if err != nil || number < 1 || f.neurons[number] != nil {
		return fmt.Errorf("neuron type %q, need N and a hexadecimal number from 1 on that is new", clip(n.Name))
	}
	for _, x := range n.bounds() {
		if x.v < x.lo || x.v > x.hi {
			return fmt.Errorf("neuron type %s: %s is %d, need %d..%d", clip(n.Name), x.name, x.v, x.lo, x.hi)
		}
	}
	for g, v := range [types][3]whole{{n.Sigma0, n.S0, n.B0}, {n.Sigma1, n.S1, n.B1}, {n.Sigma2, n.S2, n.B2}, {n.Sigma3, n.S3, n.B3}} {
		w, err := signed(v[0], v[1])
		if err != nil {
			return fmt.Errorf("neuron type %s: sigma%d: %w", clip(n.Name), g, err)
		}
		n.weight[g], n.chance[g] = int32(w), uint8(v[2])
	}
	leak, err := signed(n.SigmaLambda, n.Lambda)
	if err != nil {
		return fmt.Errorf("neuron type %s: sigma_lambda: %w", clip(n.Name), err)
	}
	reset, err := signed(n.SigmaVR, 1<<n.VR-1)
	if err != nil {
		return fmt.Errorf("neuron type %s: sigma_VR: %w", clip(n.Name), err)
	}
	n.field = [...]int64{leak, int64(n.CLambda), int64(n.Epsilon), int64(n.Alpha), int64(n.Beta), 1<<n.TM - 1, int64(n.Gamma), int64(n.Kappa), reset, int64(n.V)}
	f.neurons[number] = n
	return nil
}

// signed joins a sign, 1 or -1, and a magnitude; the sign of 0 is free.
func signed(sign, magnitude whole) (int64, error) {
	if sign != 1 && sign != -1 && magnitude != 0 {
		return 0, fmt.Errorf("%d, need 1 or -1", sign)
	}
	return int64(sign) * int64(magnitude), nil
}
