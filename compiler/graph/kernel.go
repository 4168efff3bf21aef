package graph

import "fmt"

// Kernel is a convolution whose weights are stored once: the cross-correlation
// of a source of In channels x rows x columns with W, giving Out channels x
// rows x columns, zeros around the source. Neuron numbers of both sides run
// channel by channel, row by row: (c*rows + y)*columns + x. Output (c, y, x)
// sums W[c][k][i][j] times source (channel k of c's group, y*Stride - Pad +
// i*Dilation, the same for x).
type Kernel struct {
	In, Out  [3]int // channels, rows, columns
	Size     [2]int // rows, columns of the window
	Stride   [2]int // 1 or more
	Pad      [2]int // zeros before the first row and column; those behind follow from Out
	Dilation [2]int // 1 or more
	Groups   int    // 1 or more; channels of both sides are whole multiples
	W        []float64
}

// Weights is the length that W must have: out channels x in channels per group
// x rows x columns.
func (k *Kernel) Weights() int {
	return k.Out[0] * (k.In[0] / k.Groups) * k.Size[0] * k.Size[1]
}

// Sources and Targets are the numbers of neurons of the two sides.
func (k *Kernel) Sources() int { return k.In[0] * k.In[1] * k.In[2] }

// Targets is the number of neurons that the kernel drives.
func (k *Kernel) Targets() int { return k.Out[0] * k.Out[1] * k.Out[2] }

// Each visits the synapses of one source neuron: target neuron and index of
// its weight in W, targets by window position, channels innermost.
func (k *Kernel) Each(source int, visit func(target, weight int)) {
	plane := k.In[1] * k.In[2]
	c, y, x := source/plane, source%plane/k.In[2], source%k.In[2]
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	group, within := c/perIn, c%perIn
	for i := range k.Size[0] {
		oy, ok := k.along(0, y, i)
		if !ok {
			continue
		}
		for j := range k.Size[1] {
			ox, ok := k.along(1, x, j)
			if !ok {
				continue
			}
			for o := group * perOut; o < (group+1)*perOut; o++ {
				visit((o*k.Out[1]+oy)*k.Out[2]+ox, ((o*perIn+within)*k.Size[0]+i)*k.Size[1]+j)
			}
		}
	}
}

// along is the output coordinate that a source coordinate reaches through one
// window position.
func (k *Kernel) along(axis, at, window int) (int, bool) {
	p := at + k.Pad[axis] - window*k.Dilation[axis]
	if p < 0 || p%k.Stride[axis] != 0 {
		return 0, false
	}
	p /= k.Stride[axis]
	return p, p < k.Out[1+axis]
}

// Check verifies that sizes are positive, agree, and stay within the limits of
// a network.
func (k *Kernel) Check() error {
	if err := k.CheckShape(); err != nil {
		return err
	}
	if len(k.W) != k.Weights() {
		return fmt.Errorf("graph: kernel has %d weights, need %d", len(k.W), k.Weights())
	}
	return nil
}

// CheckShape is Check without the weights.
func (k *Kernel) CheckShape() error {
	for a := range 3 {
		if k.In[a] < 1 || k.Out[a] < 1 || k.In[a] > 1<<24 || k.Out[a] > 1<<24 {
			return fmt.Errorf("graph: kernel from %v to %v, need positive sizes", k.In, k.Out)
		}
	}
	for a := range 2 {
		if k.Size[a] < 1 || k.Stride[a] < 1 || k.Dilation[a] < 1 || k.Pad[a] < 0 || max(k.Size[a], k.Stride[a], k.Dilation[a], k.Pad[a]) > 1<<20 {
			return fmt.Errorf("graph: kernel of %v, stride %v, dilation %v, padding %v: need positive sizes and no negative padding", k.Size, k.Stride, k.Dilation, k.Pad)
		}
	}
	if k.Groups < 1 || k.In[0]%k.Groups != 0 || k.Out[0]%k.Groups != 0 {
		return fmt.Errorf("graph: kernel of %d groups for %d and %d channels, need a common divisor", k.Groups, k.In[0], k.Out[0])
	}
	for _, size := range [...]struct {
		name  string
		by    [4]int
		limit int
	}{
		{"sources", [4]int{k.In[0], k.In[1], k.In[2], 1}, MaxNeurons},
		{"targets", [4]int{k.Out[0], k.Out[1], k.Out[2], 1}, MaxNeurons},
		{"weights", [4]int{k.Out[0], k.In[0] / k.Groups, k.Size[0], k.Size[1]}, MaxWeights},
	} {
		n := 1
		for _, d := range size.by {
			if n *= d; n > size.limit {
				return fmt.Errorf("graph: kernel from %v to %v, window %v: need at most %d %s, have %d or more", k.In, k.Out, k.Size, size.limit, size.name, n)
			}
		}
	}
	return nil
}

// SameGeometry reports whether two kernels differ in nothing but weights.
func (k *Kernel) SameGeometry(o *Kernel) bool {
	return k.In == o.In && k.Out == o.Out && k.Size == o.Size && k.Stride == o.Stride && k.Pad == o.Pad && k.Dilation == o.Dilation && k.Groups == o.Groups
}
