package dataset

import "fmt"

// Encoder gives the input spikes of every image and tick. It is read-only and
// may be used by several goroutines.
type Encoder struct {
	Set      *Set
	Encoding Encoding
	Layout   Layout
	ticks    int
	width    int // input neurons
	steps    int // steps of the local clock before it starts anew: ticks, or S
	q        []int64
	period   int64  // of the phase patterns
	fires    []bool // [step modulo period][pixel value], nil where too large
}

// maxTable bounds the entries of the table of phase patterns.
const maxTable = 1 << 22

// NewEncoder checks that a set, an encoding and a layout fit together. Ticks is
// how many ticks the first layer receives input; 0 takes what follows from the
// rest: L for phase, S times the rows for a row layout, the steps of x for none.
// Rate, current and bernoulli in a flat layout need it.
func NewEncoder(set *Set, e Encoding, l Layout, ticks int) (*Encoder, error) {
	en := &Encoder{Set: set, Encoding: e, Layout: l, ticks: ticks, width: set.Pixels()}
	err := en.shape()
	if err == nil && (en.ticks < 1 || en.ticks > MaxTicks) {
		err = fmt.Errorf("%d ticks per image, need 1 to %d", en.ticks, MaxTicks)
	}
	if err != nil {
		return nil, fmt.Errorf("dataset: %s as %s, layout %s: %w", set.Name, e, l, err)
	}
	en.steps = en.ticks
	if l.Rows > 0 {
		en.steps = l.Rows
	}
	switch e.Code {
	case Phase, Rate:
		en.patterns()
	case Bernoulli:
		if set.Max < 1 {
			return nil, fmt.Errorf("dataset: %s as %s: all pixels are 0", set.Name, e)
		}
	}
	return en, nil
}

// shape settles width and ticks.
func (en *Encoder) shape() error {
	shape := en.Set.Shape
	pixels := en.width
	if pixels < 1 {
		return fmt.Errorf("images of shape %v have no pixels", shape)
	}
	switch {
	case en.Encoding.Code == Counts:
		if en.Layout.Rows > 0 || len(shape) < 2 {
			return fmt.Errorf("images of shape %v, need spike counts [step, ...] and layout flat or chw", shape)
		}
		en.width = pixels / shape[0]
		if en.ticks == 0 {
			en.ticks = shape[0]
		}
	case en.Layout.Rows > 0:
		return en.rowShape()
	case en.Layout.Name == "chw" && len(shape) > 3:
		return fmt.Errorf("images of shape %v, need [row, column] or [channel, row, column]", shape)
	case en.ticks == 0 && en.Encoding.Code == Phase:
		en.ticks = int(en.Encoding.L)
	}
	return nil
}

// rowShape settles width and ticks of a row layout: images are [row, column], or
// a square number of pixels.
func (en *Encoder) rowShape() error {
	pixels := en.width
	shape := en.Set.Shape
	for len(shape) > 2 && shape[0] == 1 { // one channel
		shape = shape[1:]
	}
	switch len(shape) {
	case 1:
		side := 1
		for side*side < pixels {
			side++
		}
		if side*side != pixels {
			return fmt.Errorf("%d pixels, need a square number or images with rows and columns", pixels)
		}
		en.width = side
	case 2:
		en.width = shape[1]
	default:
		return fmt.Errorf("images of shape %v, need rows and columns", en.Set.Shape)
	}
	if en.Encoding.Code == Current {
		return fmt.Errorf("currents are constant, rows are not: need layout flat or chw")
	}
	if en.ticks == 0 {
		en.ticks = en.Layout.Rows * (pixels / en.width)
	}
	return nil
}

// patterns prepares q per pixel value, and the whole table where it is small.
func (en *Encoder) patterns() {
	e, m := en.Encoding, int64(en.highest())
	en.q = make([]int64, m+1)
	en.period = e.L
	if e.Code == Rate {
		en.period = int64(en.steps)
	}
	for v := range en.q {
		switch {
		case e.Code == Phase:
			en.q[v] = floorDiv(e.A*int64(v)+e.B, e.C)
		case en.Set.Max > 0:
			r := int64(en.Set.Max)
			en.q[v] = (2*en.period*int64(v) + r) / (2 * r)
		}
	}
	rows := min(en.period, int64(en.steps))
	if rows*(m+1) > maxTable {
		return
	}
	en.fires = make([]bool, 0, rows*(m+1))
	for t := range rows {
		for _, q := range en.q {
			en.fires = append(en.fires, spikes(t, q, en.period))
		}
	}
}

// highest is the highest pixel value of the set.
func (en *Encoder) highest() uint16 {
	var m uint16
	for _, img := range en.Set.Images {
		for _, v := range img {
			m = max(m, v)
		}
	}
	return m
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// spikes tells whether floor((t+1)q/l) > floor(t q/l), for 0 <= t < l.
func spikes(t, q, l int64) bool {
	switch {
	case q <= 0:
		return false
	case q >= l:
		return true
	}
	return t*q%l+q >= l
}

// Len is the number of images.
func (en *Encoder) Len() int { return en.Set.Len() }

// Width is the number of input neurons that the layout drives.
func (en *Encoder) Width() int { return en.width }

// Ticks is how many ticks the first layer receives input.
func (en *Encoder) Ticks() int { return en.ticks }

// Label is the class of an image.
func (en *Encoder) Label(image int) int { return en.Set.Labels[image] }

// Spikes appends the input neurons that spike at a tick (0 .. Ticks-1) of an
// image (0 .. Len-1), ascending; with Counts, a neuron once per spike. It
// allocates only to grow dst. An image or a tick outside has no spikes.
func (en *Encoder) Spikes(image, tick int, dst []int32) []int32 {
	if image < 0 || image >= en.Set.Len() || tick < 0 || tick >= en.ticks {
		return dst
	}
	img, step := en.Set.Images[image], tick
	if en.Layout.Rows > 0 || en.Encoding.Code == Counts {
		block := tick // with Counts, each tick has pixels of its own
		if en.Layout.Rows > 0 {
			block, step = tick/en.Layout.Rows, tick%en.Layout.Rows
		}
		if block >= len(img)/en.width {
			return dst // shown to the end
		}
		img = img[block*en.width : (block+1)*en.width]
	}
	switch en.Encoding.Code {
	case Phase, Rate:
		return en.phase(img, int64(step), dst)
	case Bernoulli:
		// Rows share no draws: the tick counts, not the step of the row.
		base := drawStep(en.Encoding.Seed, image, tick)
		for i, v := range img {
			if v > 0 && below(drawPixel(base, i), uint64(en.Set.Max), uint64(v)) {
				dst = append(dst, int32(i))
			}
		}
	case Counts:
		for i, v := range img {
			for ; v > 0; v-- {
				dst = append(dst, int32(i))
			}
		}
	}
	return dst
}

func (en *Encoder) phase(img []uint16, step int64, dst []int32) []int32 {
	t := step % en.period
	if en.fires == nil {
		for i, v := range img {
			if spikes(t, en.q[v], en.period) {
				dst = append(dst, int32(i))
			}
		}
		return dst
	}
	row := en.fires[int(t)*len(en.q):][:len(en.q)]
	for i, v := range img {
		if row[v] {
			dst = append(dst, int32(i))
		}
	}
	return dst
}

// Currents appends the pixels of an image, one per input neuron: the constant
// currents of the Current code. With other codes there are none.
func (en *Encoder) Currents(image int, dst []int32) []int32 {
	if en.Encoding.Code != Current || image < 0 || image >= en.Set.Len() {
		return dst
	}
	for _, v := range en.Set.Images[image] {
		dst = append(dst, int32(v))
	}
	return dst
}
