package isa

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// MarshalJSON writes the program as a list of hexadecimal words.
func (p *Program) MarshalJSON() ([]byte, error) {
	words := make([]string, 0, len(p.Instrs))
	for _, w := range p.Words() {
		words = append(words, fmt.Sprintf("%08x", w))
	}
	return json.Marshal(words)
}

// UnmarshalJSON reads and checks a list of hexadecimal words.
func (p *Program) UnmarshalJSON(b []byte) error {
	var text []string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	words := make([]uint32, len(text))
	for i, s := range text {
		w, err := strconv.ParseUint(s, 16, 32)
		if err != nil || len(s) != 8 {
			return fmt.Errorf("isa: word %d is %q, need 8 hexadecimal digits", i, s)
		}
		words[i] = uint32(w)
	}
	q, err := FromWords(words)
	if err != nil {
		return err
	}
	*p = *q
	return nil
}
