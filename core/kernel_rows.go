package core

import "hillock/core/synapse"

// lanes is the number of neighbouring targets that a kernel row adds to at
// once.
const lanes = 8

// rowSpan is the length of a stored row: its weights with lanes zeros on either
// side, so that it can be laid on the targets at any offset.
const rowSpan = 3 * lanes

// kernelRows is a kernel's weights ordered for service: for a source channel,
// window row and phase of the column stride, the weights of the neighbouring
// target columns that one source reaches, output channel after output channel.
type kernelRows struct {
	w      []int16 // [channel in group][window row][phase][output channel][rowSpan], groups outermost
	phases int32
	length []int32 // per phase: targets of a row
}

// rowsOf orders the decoded weights of a kernel, nil if its geometry or its
// weights do not suit: columns dilated, fewer columns than lanes, windows wider
// than lanes, weights of more than 16 bits.
func rowsOf(k *Kernel, w []int32) *kernelRows {
	if k.Dilation[1] != 1 || k.Out[2] < lanes || k.Size[1] > lanes || k.Stride[1] > lanes {
		return nil
	}
	for _, x := range w {
		if int32(int16(x)) != x {
			return nil
		}
	}
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	r := &kernelRows{phases: k.Stride[1], w: make([]int16, int(k.In[0]*k.Size[0]*k.Stride[1])*int(perOut)*rowSpan)}
	for p := range k.Stride[1] {
		r.length = append(r.length, (k.Size[1]-p+k.Stride[1]-1)/k.Stride[1])
	}
	for c := range k.In[0] {
		for i := range k.Size[0] {
			for o := range perOut {
				for j := range k.Size[1] {
					p, m := j%k.Stride[1], j/k.Stride[1]
					from := (((c/perIn*perOut+o)*perIn+c%perIn)*k.Size[0]+i)*k.Size[1] + j
					to := r.at(k, c, i, p) + int(o)*rowSpan
					r.w[to+lanes+int(r.length[p]-1-m)] = int16(w[from])
				}
			}
		}
	}
	return r
}

// at is where the rows of a source channel, window row and phase start.
func (r *kernelRows) at(k *Kernel, c, i, phase int32) int {
	return int((c*k.Size[0]+i)*r.phases+phase) * int(k.Out[0]/k.Groups) * rowSpan
}

// serve adds the synapses of a source to acc, the accumulators of the kernel's
// targets on this core.
func (r *kernelRows) serve(k *Kernel, source int32, acc []int32) {
	plane := k.In[1] * k.In[2]
	c, rest := source/plane, source%plane
	y, x := rest/k.In[2], rest%k.In[2]
	phase := (x + k.Pad[1]) % r.phases
	first := (x+k.Pad[1])/r.phases - (r.length[phase] - 1) // column of the row's first weight
	ox := min(max(first, 0), k.Out[2]-lanes)
	if r.length[phase] <= 0 || first >= k.Out[2] || first+r.length[phase] <= 0 {
		return
	}
	perOut, area := k.Out[0]/k.Groups, k.Out[1]*k.Out[2]
	for i := range k.Size[0] {
		oy, ok := k.along(0, y, i)
		if !ok {
			continue
		}
		at := (c/(k.In[0]/k.Groups)*perOut*k.Out[1]+oy)*k.Out[2] + ox - k.First
		w := r.w[r.at(k, c, i, phase)+lanes+int(ox-first):]
		k.column(acc, w, at, area, perOut)
	}
}

// column adds a row for each output channel. Rows that leave the part of the
// targets that sits on this core are added target by target.
func (k *Kernel) column(acc []int32, w []int16, at, area, channels int32) {
	lo := int32(0) // channels that lie before this core's part, or across its start
	if at < 0 {
		lo = min((-at+area-1)/area, channels)
	}
	hi := channels
	if last := int32(len(acc)) - lanes - at; last < 0 {
		hi = lo
	} else {
		hi = max(lo, min(channels, last/area+1))
	}
	if hi > lo {
		synapse.Column(acc[at+lo*area:], w[lo*rowSpan:], int(hi-lo), int(area), rowSpan)
	}
	for o := range channels {
		if o >= lo && o < hi {
			continue
		}
		for l := range int32(lanes) {
			if t := at + o*area + l; t >= 0 && int(t) < len(acc) {
				acc[t] += int32(w[o*rowSpan+l])
			}
		}
	}
}
