// Package analog is a trained deep network before it becomes spikes: layers of
// weighted sums, poolings and clipped rectifiers with exact float64 meaning.
// Importers make it, compiler/convert turns it into a spiking network.
package analog

// Kind is what a layer computes from its sources, before its activation.
type Kind uint8

// The kinds of layer.
const (
	Dense   Kind = iota // W x + B; x is the source flattened channel by channel
	Conv                // cross-correlation with zero padding, + B per channel
	Pool                // sum over the window of each channel, times Factor
	MaxPool             // maximum over the window of each channel; padding never wins
	Sum                 // elementwise sum of all sources; of one, a copy of it
)

// Act is the activation after the weighted sum.
type Act uint8

// The activations.
const (
	Linear Act = iota
	Relu       // max(x, 0)
	Clip       // min(max(x, Lo), Hi)
)

// Shape is channels, rows, columns. A flat vector of n is {n, 1, 1}.
type Shape [3]int

// Size is the number of values.
func (s Shape) Size() int { return s[0] * s[1] * s[2] }

// Window is the geometry of a convolution or pooling; index 0 is rows, 1
// columns.
type Window struct {
	Size, Stride, Dilation [2]int
	Pad                    [2]int // zeros before the first row and column
	PadEnd                 [2]int // zeros behind the last
	Groups                 int    // convolutions; 1 for poolings
}

// Quant rounds a value to a grid, as a pair of QuantizeLinear and
// DequantizeLinear does: (clip(round_to_even(x/Scale) + Zero, Lo, Hi) - Zero) *
// Scale. A layer whose Lo equals Zero has a rectifier in it.
type Quant struct {
	Scale        float64
	Zero, Lo, Hi int
}

// Layer is one layer. Its value is Quant(Act(sum)).
type Layer struct {
	Name   string
	Kind   Kind
	From   []int // layers it reads, ascending, all before it; -1 is the input. One, but for Sum
	In     Shape // of the source, or another of the same size: the values keep their order
	Out    Shape
	W      []float64 // Dense: [out][in]; Conv: [out channel][in channel/Groups][row][column]
	B      []float64 // Dense: [out]; Conv: [out channel]; nil = 0
	Win    Window    // Conv, Pool, MaxPool
	Factor []float64 // Pool: per output position (row*columns + column), or of length 1
	Act    Act
	Lo, Hi float64 // Clip: Lo <= Hi; -Inf and +Inf are no bound
	Quant  *Quant

	// WScale says that W are whole numbers -128..127 times it, exactly: one, or
	// one per output channel (Dense: output). nil where that is not so. Exact
	// values are the same with and without; see Arithmetic.
	WScale []float64
}

// Model is a network. The last layer is its output, whose largest value is the
// class.
type Model struct {
	Name       string
	In         Shape
	InQuant    *Quant // on the input
	Layers     []Layer
	Softmax    bool     // a final softmax was left out: it does not change the class
	Provenance []string // one line per decision of the importer, file first
}
