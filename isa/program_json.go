package isa

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// MarshalJSON writes the program as a list of hexadecimal words, with the kind
// in front unless it is a neuron program.
func (p *Program) MarshalJSON() ([]byte, error) {
	words := make([]string, 0, len(p.Instrs)+1)
	if p.Kind != Neuron {
		words = append(words, p.Kind.String())
	}
	for _, w := range p.Words() {
		words = append(words, fmt.Sprintf("%08x", w))
	}
	return json.Marshal(words)
}

// UnmarshalJSON reads and checks what MarshalJSON writes.
func (p *Program) UnmarshalJSON(b []byte) error {
	var text []string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	kind := Neuron
	for _, k := range [...]Kind{Rule, Event} {
		if len(text) > 0 && text[0] == k.String() {
			kind, text = k, text[1:]
		}
	}
	words := make([]uint32, len(text))
	for i, s := range text {
		w, err := strconv.ParseUint(s, 16, 32)
		if err != nil || len(s) != 8 {
			return fmt.Errorf("isa: word %d is %q, need 8 hexadecimal digits", i, s)
		}
		words[i] = uint32(w)
	}
	q, err := FromWordsOf(kind, words)
	if err != nil {
		return err
	}
	*p = *q
	return nil
}
