package synapse

// Place says where the rows of 8 weights of a window lie: Rows window rows of
// Columns rows each. Steps count accumulators and weights; Step may be
// negative.
type Place struct {
	At, W                            int // of the first row
	Rows, Step, WStep                int
	Columns, ColumnStep, WColumnStep int
}

// Patch adds every row of 8 weights to 8 accumulators. Rows and Columns are at
// least 1, column steps positive.
func Patch(acc []int32, w []int16, p Place) {
	last, wLast := (p.Columns-1)*p.ColumnStep+7, (p.Columns-1)*p.WColumnStep+7
	end, wEnd := p.At+(p.Rows-1)*p.Step, p.W+(p.Rows-1)*p.WStep
	_, _, _, _ = acc[p.At+last], acc[end+last], acc[p.At], acc[end]
	_, _, _, _ = w[p.W+wLast], w[wEnd+wLast], w[p.W], w[wEnd]
	if vector {
		patchAVX2(&acc[p.At], &w[p.W], p.Rows, 4*p.Step, 2*p.WStep, p.Columns, 4*p.ColumnStep, 2*p.WColumnStep)
		return
	}
	for r := range p.Rows {
		for c := range p.Columns {
			a, v := acc[p.At+r*p.Step+c*p.ColumnStep:][:8], w[p.W+r*p.WStep+c*p.WColumnStep:][:8]
			for l := range a {
				a[l] += int32(v[l])
			}
		}
	}
}
