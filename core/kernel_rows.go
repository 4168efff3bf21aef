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
// than lanes, weights of more than 16 bits, or too many.
func rowsOf(k *Kernel, w []int32) *kernelRows {
	if k.Dilation[1] != 1 || k.Out[2] < lanes || k.Size[1] > lanes || k.Stride[1] > lanes {
		return nil
	}
	if perOut := k.Out[0] / k.Groups; perOut > 1<<15-1 || k.Size[0] > 1<<15-1 || int64(k.In[0])*int64(k.Size[0])*int64(k.Stride[1])*int64(perOut)*rowSpan > 1<<28 {
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

// patch is the service of one source neuron: window rows of which each adds to
// the same output channels, one of them after the other.
type patch struct {
	w, at        int32 // first weight and first target, of the first window row
	wStep        int32 // weights between window rows
	atStep       int32 // targets between window rows, may be negative
	first, chans int16 // output channels that lie on this core whole
	rows         int16
	whole        bool // no row leaves the part of the targets on this core
}

// patch settles what the spike of a source does to n targets of this core.
func (r *kernelRows) patch(k *Kernel, source int32) patch {
	plane := k.In[1] * k.In[2]
	c, rest := source/plane, source%plane
	y, x := rest/k.In[2], rest%k.In[2]
	phase := (x + k.Pad[1]) % r.phases
	column := (x+k.Pad[1])/r.phases - (r.length[phase] - 1) // of the row's first weight
	if r.length[phase] <= 0 || column >= k.Out[2] || column+r.length[phase] <= 0 {
		return patch{whole: true}
	}
	ox := min(max(column, 0), k.Out[2]-lanes)
	p := patch{whole: true}
	for i := range k.Size[0] {
		oy, ok := k.along(0, y, i)
		if !ok {
			continue
		}
		at := (c/(k.In[0]/k.Groups)*(k.Out[0]/k.Groups)*k.Out[1]+oy)*k.Out[2] + ox - k.First
		w := int32(r.at(k, c, i, phase)) + lanes + ox - column
		lo, hi, whole := k.channels(at)
		switch p.rows++; p.rows {
		case 1:
			p.w, p.at, p.first, p.chans = w, at, int16(lo), int16(hi-lo)
		case 2:
			p.wStep, p.atStep = w-p.w, at-p.at
		}
		p.whole = p.whole && whole && int16(lo) == p.first && int16(hi-lo) == p.chans
	}
	return p
}

// channels are the output channels lo..hi-1 whose rows from target at on lie
// on this core whole; whole says that no other row touches it.
func (k *Kernel) channels(at int32) (lo, hi int32, whole bool) {
	perOut, area := k.Out[0]/k.Groups, k.Out[1]*k.Out[2]
	whole = true
	for o := range perOut {
		switch t := at + o*area; {
		case t >= 0 && t+lanes <= k.N:
			if hi == 0 {
				lo = o
			}
			hi = o + 1
		case t+lanes > 0 && t < k.N:
			whole = false
		}
	}
	return lo, hi, whole
}

// serve adds the synapses of a source to acc, the accumulators of the kernel's
// targets on this core.
func (r *kernelRows) serve(k *Kernel, p *patch, acc []int32) {
	area := k.Out[1] * k.Out[2]
	if p.whole {
		if p.chans > 0 && p.rows > 0 {
			f := int32(p.first)
			synapse.Patch(acc, r.w, synapse.Place{At: int(p.at + f*area), W: int(p.w + f*rowSpan),
				Rows: int(p.rows), Step: int(p.atStep), WStep: int(p.wStep),
				Columns: int(p.chans), ColumnStep: int(area), WColumnStep: rowSpan})
		}
		return
	}
	for i := range int32(p.rows) {
		for o := range k.Out[0] / k.Groups {
			at, w := p.at+i*p.atStep+o*area, r.w[p.w+i*p.wStep+o*rowSpan:][:lanes]
			for l := range int32(lanes) {
				if t := at + l; t >= 0 && t < k.N {
					acc[t] += int32(w[l])
				}
			}
		}
	}
}
