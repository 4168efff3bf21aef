package simd

// cubaGo is the program of a current-based neuron as one loop. It replaces
//
//	MUL  t0 s0 p0 12 tz
//	ADD  s0 t0 IN0
//	ADD  t1 s0 p2
//	WRAP t1 t1 24
//	MUL  t2 s1 p1 12 tz
//	ADD  t1 t2 t1
//	MIN  t1 t1 p6
//	MAX  s1 t1 p5
//	CLT  F Z s2
//	?F MOV s1 Z
//	CLT  F p3 s1
//	?F MOV s1 Z
//	?F MOV s2 p4
//	?F SPK Z
//	ADDI s2 s2 #-1
//
// with its input of 22 bits and a current of 24 bits that wrap, a membrane of 32
// bits and a counter of 6 bits that clips at 0 and 63, for p0 and p1 of 0..4096.
// It reads row RowAcc, not RowInput, and does what Commit and Finish do.
func cubaGo(b *Block, _ *Step, n int) { cubaLanes(b, n, 1) }

// cubaSharedGo is cubaGo with the first lane's parameters for all but p2.
func cubaSharedGo(b *Block, _ *Step, n int) { cubaLanes(b, n, 0) }

// cubaLanes reads shared parameters from row places that are own apart.
func cubaLanes(b *Block, n, own int) {
	acc, u, v, rest := b.Rows[RowAcc][:n], b.Rows[RowState][:n], b.Rows[RowState+1][:n], b.Rows[RowState+2][:n]
	keepU, keepV, bias, threshold := b.Rows[RowParam], b.Rows[RowParam+1], b.Rows[RowParam+2][:n], b.Rows[RowParam+3]
	hold, lowest, highest := b.Rows[RowParam+4], b.Rows[RowParam+5], b.Rows[RowParam+6]
	clear(b.Fired[:(n+7)/8])
	for i, a := range acc {
		k := i * own
		in := a << 10 >> 10
		if in != a {
			b.Over++
		}
		x := (int32(towardZero(int64(u[i])*int64(keepU[k]), 12)) + in) << 8 >> 8
		y := int32(towardZero(int64(v[i])*int64(keepV[k]), 12)) + (x+bias[i])<<8>>8
		y = max(min(y, highest[k]), lowest[k])
		r := rest[i]
		if r > 0 {
			y = 0
		}
		changed := in | (x ^ u[i])
		if y > threshold[k] {
			y, r = 0, min(hold[k], 63)
			b.Fired[i/8] |= 1 << (i % 8)
			changed = 1
		}
		r = min(max(r, 1)-1, 63)
		if changed|(y^v[i])|(r^rest[i]) != 0 {
			b.Active++
		}
		u[i], v[i], rest[i] = x, y, r
	}
}
