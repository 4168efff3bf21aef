package isa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// kindJSON is a program that is not a neuron's.
type kindJSON struct {
	Kind  string   `json:"kind"`
	Words []string `json:"words"`
}

// MarshalJSON writes the program as a list of hexadecimal words, in an object
// that says its kind unless it is a neuron's.
func (p *Program) MarshalJSON() ([]byte, error) {
	words := make([]string, 0, len(p.Instrs))
	for _, w := range p.Words() {
		words = append(words, fmt.Sprintf("%08x", w))
	}
	if p.Kind != Neuron {
		return json.Marshal(kindJSON{p.Kind.String(), words})
	}
	return json.Marshal(words)
}

// UnmarshalJSON reads and checks what MarshalJSON writes.
func (p *Program) UnmarshalJSON(b []byte) error {
	var text []string
	kind := Neuron
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		var k kindJSON
		if err := json.Unmarshal(b, &k); err != nil {
			return err
		}
		for kind = Rule; kind.String() != k.Kind; kind++ {
			if kind == Event {
				return fmt.Errorf("isa: program of kind %q, need rule or event", k.Kind)
			}
		}
		text = k.Words
	} else if err := json.Unmarshal(b, &text); err != nil {
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
	q, err := FromWordsOf(kind, words)
	if err != nil {
		return err
	}
	*p = *q
	return nil
}
