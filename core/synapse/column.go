package synapse

// Column adds n rows of 8 weights to n runs of 8 accumulators: row i starts at
// w[i*wStep], its accumulators at acc[i*step].
func Column(acc []int32, w []int16, n, step, wStep int) {
	if n <= 0 {
		return
	}
	_, _ = acc[(n-1)*step+7], w[(n-1)*wStep+7]
	if vector {
		columnAVX2(&acc[0], &w[0], n, 4*step, 2*wStep)
		return
	}
	for i := range n {
		a, v := acc[i*step:][:8], w[i*wStep:][:8]
		for l := range a {
			a[l] += int32(v[l])
		}
	}
}
