package partition

import (
	"fmt"
	"strconv"
	"strings"
)

// Coord is where a neuron lies: its layer and channel, and its pixel.
type Coord struct{ Layer, Channel, Y, X int32 }

// ReadCoords reads a line of whole numbers per neuron, set apart by commas or
// blanks: "y x", "layer y x" or "layer channel y x". Empty lines, lines that
// start with # or % and a first line of words are skipped.
func ReadCoords(b []byte, neurons int) ([]Coord, error) {
	if neurons > len(b)/2+1 {
		return nil, fmt.Errorf("partition: coordinates: %d bytes cannot hold %d lines", len(b), neurons)
	}
	out := make([]Coord, 0, neurons)
	columns, number := 0, 0
	for line := range strings.Lines(string(b)) {
		number++
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
		if len(words) == 0 || words[0][0] == '#' || words[0][0] == '%' || len(out) == 0 && columns == 0 && words[0][0] >= 'A' {
			continue
		}
		if columns == 0 {
			columns = len(words)
		}
		if len(words) != columns || columns < 2 || columns > 4 {
			return nil, fmt.Errorf("partition: coordinates: line %d: need 2 to 4 numbers, as many on every line, have %d", number, len(words))
		}
		if len(out) == neurons {
			return nil, fmt.Errorf("partition: coordinates: line %d: more than %d neurons", number, neurons)
		}
		var v [4]int32
		for i, w := range words {
			x, err := strconv.ParseInt(w, 10, 32)
			if err != nil {
				return nil, fmt.Errorf("partition: coordinates: line %d: need a whole number, have %q", number, w[:min(len(w), 40)])
			}
			v[i] = int32(x)
		}
		switch columns {
		case 2:
			out = append(out, Coord{Y: v[0], X: v[1]})
		case 3:
			out = append(out, Coord{Layer: v[0], Y: v[1], X: v[2]})
		default:
			out = append(out, Coord{Layer: v[0], Channel: v[1], Y: v[2], X: v[3]})
		}
	}
	if len(out) != neurons {
		return nil, fmt.Errorf("partition: coordinates: need %d lines, one per neuron, have %d", neurons, len(out))
	}
	return out, nil
}
