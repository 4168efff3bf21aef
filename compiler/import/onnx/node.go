package onnx

// convertFunc adds a node to the model and gives the value of its first
// output.
type convertFunc func(b *builder, n *Node) (*value, error)

// operator is a row of the table of what is supported.
type operator struct {
	op      string
	convert convertFunc
}

// operators lists what is supported, by name.
var operators = []operator{
	{"Add", (*builder).addition},
	{"AveragePool", (*builder).averagePool},
	{"BatchNormalization", (*builder).batchNorm},
	{"Cast", (*builder).cast},
	{"Clip", (*builder).clip},
	{"Concat", (*builder).concat},
	{"Constant", (*builder).constantNode},
	{"Conv", (*builder).conv},
	{"DequantizeLinear", (*builder).dequantize},
	{"Div", (*builder).scaling},
	{"Dropout", (*builder).dropout},
	{"Flatten", (*builder).flatten},
	{"Gather", (*builder).gather},
	{"Gemm", (*builder).gemm},
	{"GlobalAveragePool", (*builder).globalPool},
	{"GlobalMaxPool", (*builder).globalPool},
	{"Identity", (*builder).identity},
	{"LogSoftmax", (*builder).softmax},
	{"MatMul", (*builder).matMul},
	{"MaxPool", (*builder).maxPool},
	{"Mul", (*builder).scaling},
	{"QuantizeLinear", (*builder).quantize},
	{"ReduceMean", (*builder).reduceMean},
	{"Relu", (*builder).relu},
	{"Reshape", (*builder).reshape},
	{"Shape", (*builder).shapeOf},
	{"Slice", (*builder).sliceNode},
	{"Softmax", (*builder).softmax},
	{"Squeeze", (*builder).squeeze},
	{"Sub", (*builder).scaling},
	{"Sum", (*builder).addition},
	{"Transpose", (*builder).transpose},
	{"Unsqueeze", (*builder).unsqueeze},
}

// find gives the row of an operation.
func find(op string) convertFunc {
	for _, o := range operators {
		if o.op == op {
			return o.convert
		}
	}
	return nil
}

// supported lists the names.
func supported() []string {
	var names []string
	for _, o := range operators {
		names = append(names, o.op)
	}
	return names
}

// float gives a number attribute.
func (n *Node) float(name string, otherwise float64) float64 {
	if a := n.attr(name); a != nil && a.Type == AttrFloat {
		return a.Float
	}
	return otherwise
}

// int gives a whole attribute.
func (n *Node) int(name string, otherwise int64) int64 {
	if a := n.attr(name); a != nil && a.Type == AttrInt {
		return a.Int
	}
	return otherwise
}

// text gives a text attribute.
func (n *Node) text(name, otherwise string) string {
	if a := n.attr(name); a != nil && a.Type == AttrText {
		return a.Text
	}
	return otherwise
}

// ints gives a list of whole numbers, nil if there is none.
func (n *Node) ints(name string) []int64 {
	if a := n.attr(name); a != nil && a.Type == AttrInts {
		return a.Ints
	}
	return nil
}
