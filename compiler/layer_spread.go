package compiler

import "math"

// spreadOf is |mean| + 2 standard deviations (of the population) of the values
// that are not 0; 0 if there are none. Sums are taken in numpy's order, so
// that the last bit agrees with records that numpy made.
func spreadOf(lists ...[]float64) float64 {
	var v []float64
	for _, l := range lists {
		for _, x := range l {
			if x != 0 {
				v = append(v, x)
			}
		}
	}
	if len(v) == 0 {
		return 0
	}
	n := float64(len(v))
	mean := pairwise(v) / n
	for i, x := range v {
		d := x - mean
		v[i] = float64(d * d)
	}
	return math.Abs(mean) + float64(2*math.Sqrt(pairwise(v)/n))
}

// pairwise is numpy's sum: blocks of up to 128 values in 8 running sums, and
// halves of what is longer.
func pairwise(v []float64) float64 {
	n := len(v)
	if n < 8 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum
	}
	if n > 128 {
		half := n / 2
		half -= half % 8
		return pairwise(v[:half]) + pairwise(v[half:])
	}
	var r [8]float64
	copy(r[:], v)
	i := 8
	for ; i < n-n%8; i += 8 {
		for k := range r {
			r[k] += v[i+k]
		}
	}
	sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
	for ; i < n; i++ {
		sum += v[i]
	}
	return sum
}
