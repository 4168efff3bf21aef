package science

import "hillock/internal/dataset"

// Digits of sdspSide x sdspSide pixels, one for each source of the chip.
const (
	sdspSide   = 16
	sdspInputs = sdspSide * sdspSide
	mnistSide  = 28
	mnistBox   = 20  // digits of MNIST lie in a box of so many pixels
	mnistOne   = 256 // parts of a pixel
)

// sdspDigit takes an image of MNIST upright (rows are moved along the slant of
// its second moments) and to 16 x 16 pixels of 0..255: means over areas of the
// box. Whole numbers throughout, so that every machine sees the same.
func sdspDigit(img []uint16) (out [sdspInputs]uint8) {
	var up [mnistSide][mnistSide]int64
	slant, middle := sdspSlant(img)
	for y := range up {
		shift := floorDiv(slant*(int64(y)*mnistOne-middle), mnistOne)
		whole, part := floorDiv(shift, mnistOne), shift-floorDiv(shift, mnistOne)*mnistOne
		for x := range up[y] {
			a, b := pixel(img, int64(x)+whole, y), pixel(img, int64(x)+whole+1, y)
			up[y][x] = (a*(mnistOne-part) + b*part) / mnistOne
		}
	}
	const low = (mnistSide - mnistBox) / 2
	for i := range out {
		sum := int64(0)
		for y := range mnistBox {
			for x := range mnistBox {
				sum += overlap(y, i/sdspSide) * overlap(x, i%sdspSide) * up[low+y][low+x]
			}
		}
		out[i] = uint8(sum / (mnistBox * mnistBox))
	}
	return out
}

// overlap is how much of pixel a of the box lies in pixel b of the digit, in
// parts of sdspSide of a pixel.
func overlap(a, b int) int64 {
	return int64(max(min((a+1)*sdspSide, (b+1)*mnistBox)-max(a*sdspSide, b*mnistBox), 0))
}

// sdspSlant is how far x moves per row, and the middle row, both in parts of
// mnistOne.
func sdspSlant(img []uint16) (slant, middle int64) {
	var m, mx, my, xy, yy int64
	for i, v := range img {
		m += int64(v)
		mx += int64(v) * int64(i%mnistSide)
		my += int64(v) * int64(i/mnistSide)
	}
	m = max(m, 1)
	mx, my = mx*mnistOne/m, my*mnistOne/m
	for i, v := range img {
		dx, dy := int64(i%mnistSide)*mnistOne-mx, int64(i/mnistSide)*mnistOne-my
		xy += int64(v) * dx * dy
		yy += int64(v) * dy * dy
	}
	if yy == 0 {
		return 0, my
	}
	return xy * mnistOne / yy, my
}

func pixel(img []uint16, x int64, y int) int64 {
	if x < 0 || x >= mnistSide {
		return 0
	}
	return int64(img[y*mnistSide+int(x)])
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// sdspDigits are the digits of a set of MNIST.
func sdspDigits(s *dataset.Set) [][sdspInputs]uint8 {
	out := make([][sdspInputs]uint8, s.Len())
	for i, img := range s.Images {
		out[i] = sdspDigit(img)
	}
	return out
}
