package nir

// use says what a field holds.
type use uint8

const (
	perNeuron use = iota // one number per element, or one for all
	tensor               // any array of numbers
	sizes                // whole numbers, at least 1
	setting              // numbers or words (strides, padding)
)

// field is one stored field of a node type.
type field struct {
	name string
	use  use
	need bool
}

// schema lists the fields of every node type that the format knows.
var schema = map[string][]field{
	"NIRGraph":  {},
	"Input":     {{"shape", sizes, true}},
	"Output":    {{"shape", sizes, true}},
	"Affine":    {{"weight", tensor, true}, {"bias", tensor, true}},
	"Linear":    {{"weight", tensor, true}},
	"Scale":     {{"scale", perNeuron, true}},
	"Conv1d":    convFields,
	"Conv2d":    convFields,
	"SumPool2d": poolFields,
	"AvgPool2d": poolFields,
	"Flatten":   {{"input_type", sizes, false}, {"start_dim", setting, false}, {"end_dim", setting, false}},
	"Delay":     {{"delay", perNeuron, true}},
	"Threshold": {{"threshold", perNeuron, true}},
	"I":         {{"r", perNeuron, true}},
	"IF":        {{"r", perNeuron, true}, {"v_threshold", perNeuron, true}, {"v_reset", perNeuron, false}},
	"LI":        {{"tau", perNeuron, true}, {"r", perNeuron, true}, {"v_leak", perNeuron, true}},
	"LIF": {{"tau", perNeuron, true}, {"r", perNeuron, true}, {"v_leak", perNeuron, true},
		{"v_threshold", perNeuron, true}, {"v_reset", perNeuron, false}},
	"CubaLI": {{"tau_syn", perNeuron, true}, {"tau_mem", perNeuron, true}, {"r", perNeuron, true},
		{"v_leak", perNeuron, true}, {"w_in", perNeuron, false}},
	"CubaLIF": {{"tau_syn", perNeuron, true}, {"tau_mem", perNeuron, true}, {"r", perNeuron, true},
		{"v_leak", perNeuron, true}, {"w_in", perNeuron, false},
		{"v_threshold", perNeuron, true}, {"v_reset", perNeuron, false}},
}

var convFields = []field{
	{"input_shape", sizes, false}, {"weight", tensor, true}, {"stride", setting, true},
	{"padding", setting, true}, {"dilation", setting, true}, {"groups", sizes, true}, {"bias", tensor, true},
}

var poolFields = []field{
	{"kernel_size", setting, true}, {"stride", setting, true}, {"padding", setting, true},
}

// weightRank is the rank of the weight of each node type that has one; Affine
// and Linear may have leading axes of size 1.
var weightRank = map[string]int{"Affine": 2, "Linear": 2, "Conv1d": 3, "Conv2d": 4}

// class is what a node does in a network.
type class uint8

const (
	pass     class = iota // ports, Flatten: the values as they are
	linear                // Affine, Linear, Scale
	windowed              // Conv1d, Conv2d, SumPool2d, AvgPool2d
	delayed               // Delay
	spiking               // IF, LIF, CubaLIF, Threshold
	reading               // I, LI, CubaLI
	other
)

// classOf sorts a node type.
func classOf(typ string) class {
	switch typ {
	case "Input", "Output", "Flatten":
		return pass
	case "Affine", "Linear", "Scale":
		return linear
	case "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d":
		return windowed
	case "Delay":
		return delayed
	case "IF", "LIF", "CubaLIF", "Threshold":
		return spiking
	case "I", "LI", "CubaLI":
		return reading
	}
	return other
}
