package chip

import "slices"

// TierTemplate says that a core holds one whole layer: a convolution, stored
// once, and the neurons that it drives. Cores differ in the memories that a
// layer needs, so the compiler matches layers to cores.
type TierTemplate struct {
	Memories []TierMemory
	Rules    []TierRule
	Source   string
}

// TierMemory is one memory of every core. Entries is what a layer takes of it,
// an expression over the variables of a TierShape.
type TierMemory struct {
	Name, Entries string
	Cores         []int64 // entries by core number
	Source        string
}

// TierRule bounds a number of a layer's shape: Value, an expression, is at
// most Max, or one of Of where that is not empty.
type TierRule struct {
	Name, Value string
	Max         int64
	Of          []int64
	Source      string
}

// TierShape is the geometry of a layer. Pairs are rows and columns.
type TierShape struct {
	In, Out      [3]int // channels, rows, columns that it reads, pooled, and computes
	Window       [2]int
	Stride, Pad  [2]int
	Dilation     [2]int
	Groups       int
	Pool         [2]int // neurons of a source that one input adds up
	Biases       int    // drives that the layer stores
	Sources      int    // layers or inputs that it reads
	Destinations int    // layers that read it
}

// tierVars are the variables of layer expressions.
var tierVars = [...]struct {
	name string
	of   func(s *TierShape) int
}{
	{"in_channels", func(s *TierShape) int { return s.In[0] }},
	{"in_rows", func(s *TierShape) int { return s.In[1] }},
	{"in_columns", func(s *TierShape) int { return s.In[2] }},
	{"channels", func(s *TierShape) int { return s.Out[0] }},
	{"rows", func(s *TierShape) int { return s.Out[1] }},
	{"columns", func(s *TierShape) int { return s.Out[2] }},
	{"window_rows", func(s *TierShape) int { return s.Window[0] }},
	{"window_columns", func(s *TierShape) int { return s.Window[1] }},
	{"stride_rows", func(s *TierShape) int { return s.Stride[0] }},
	{"stride_columns", func(s *TierShape) int { return s.Stride[1] }},
	{"pad_rows", func(s *TierShape) int { return s.Pad[0] }},
	{"pad_columns", func(s *TierShape) int { return s.Pad[1] }},
	{"dilation_rows", func(s *TierShape) int { return s.Dilation[0] }},
	{"dilation_columns", func(s *TierShape) int { return s.Dilation[1] }},
	{"groups", func(s *TierShape) int { return s.Groups }},
	{"pool_rows", func(s *TierShape) int { return s.Pool[0] }},
	{"pool_columns", func(s *TierShape) int { return s.Pool[1] }},
	{"biases", func(s *TierShape) int { return s.Biases }},
	{"sources", func(s *TierShape) int { return s.Sources }},
	{"destinations", func(s *TierShape) int { return s.Destinations }},
}

// eval computes an expression over the variables of a layer.
func (s *TierShape) eval(src string) (int64, error) {
	e, err := CompileExpr(src)
	if err != nil {
		return 0, err
	}
	return e.Eval(s.value)
}

// value is a variable of a layer expression; false if there is none.
func (s *TierShape) value(name string) (int64, bool) {
	for _, v := range tierVars {
		if v.name == name {
			return int64(v.of(s)), true
		}
	}
	return 0, false
}

// Needs is what a layer takes of every memory, parallel to Memories.
func (t *TierTemplate) Needs(s TierShape) ([]int64, error) {
	out := make([]int64, len(t.Memories))
	for i := range t.Memories {
		n, err := s.eval(t.Memories[i].Entries)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// TierBreach is a rule that a layer does not keep.
type TierBreach struct {
	Rule *TierRule
	Need int64 // value of the layer
}

// Breaches lists the rules that a layer does not keep.
func (t *TierTemplate) Breaches(s TierShape) ([]TierBreach, error) {
	var out []TierBreach
	for i := range t.Rules {
		r := &t.Rules[i]
		n, err := s.eval(r.Value)
		if err != nil {
			return nil, err
		}
		if len(r.Of) > 0 && !slices.Contains(r.Of, n) || len(r.Of) == 0 && n > r.Max {
			out = append(out, TierBreach{r, n})
		}
	}
	return out, nil
}

// Holds says that the memories of a core have room for the needs of a layer.
func (t *TierTemplate) Holds(core int, needs []int64) bool {
	for i := range t.Memories {
		if core < 0 || core >= len(t.Memories[i].Cores) || needs[i] > t.Memories[i].Cores[core] {
			return false
		}
	}
	return true
}
