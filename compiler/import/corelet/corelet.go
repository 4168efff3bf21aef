// Package corelet reads the text files of IBM's tool chain for TrueNorth: models
// (JSON with comments, in which the key "core" stands once per core) and spikes
// (.sfti, one JSON object a line). The format is known from files that are
// public in github.com/markplagge/NeMo (scripts/test, libs/model_reader); no
// description of it is.
package corelet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"hillock/compiler/crossbar"
)

// Sizes of the chip.
const (
	side     = 256  // in-axons and neurons of a core
	types    = 4    // axon types
	gridSide = 64   // cores along each edge
	maxCores = 4096 // of a model
	firstBus = -32  // destCores from here down are buses that leave the model
)

// IsModel says whether the bytes look like a model: an object, perhaps behind
// comments, that holds cores in this format.
func IsModel(b []byte) bool {
	head := bytes.TrimLeft(b, " \t\r\n")
	for bytes.HasPrefix(head, []byte("/*")) || bytes.HasPrefix(head, []byte("//")) {
		end := []byte("\n")
		if head[1] == '*' {
			end = []byte("*/")
		}
		_, rest, ok := bytes.Cut(head, end)
		if !ok {
			return false
		}
		head = bytes.TrimLeft(rest, " \t\r\n")
	}
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(b, []byte(`"crossbarSize"`)) && bytes.Contains(b, []byte(`"core"`))
}

// file is a model as it stands in the text.
type file struct {
	name      string
	head      header
	crossbars map[string]*array
	neurons   map[int64]*neuron
	cores     []coreText
}

type header struct {
	CoreCount    *whole
	CrossbarSize *whole
}

type coreText struct {
	ID       whole           `json:"id"`
	Scale    whole           `json:"timeScaleExponent"`
	Seed     whole           `json:"rngSeed"`
	Metadata json.RawMessage `json:"metadata"`
	Neurons  neuronsText     `json:"neurons"`
	Crossbar json.RawMessage `json:"crossbar"`
	line     int
}

type neuronsText struct {
	Dendrites  runs `json:"dendrites"`
	Types      runs `json:"types"`
	DestCores  runs `json:"destCores"`
	DestAxons  runs `json:"destAxons"`
	DestDelays runs `json:"destDelays"`
}

// Model reads a model. Name is for errors. Cores are placed row by row in the
// order of their numbers, buses in rows behind them; core N is the population
// "coreN", bus B (-32, -33, ...) the population "busB".
func Model(b []byte, name string) (*crossbar.Model, error) {
	f := &file{name: name, crossbars: map[string]*array{}, neurons: map[int64]*neuron{}}
	if err := f.parse(b); err != nil {
		return nil, err
	}
	m, err := f.model()
	if err != nil {
		return nil, fmt.Errorf("%s: corelet: %w", name, err)
	}
	return m, nil
}

// parse reads the text, section by section: a decoder of objects would keep
// only the last core.
func (f *file) parse(b []byte) error {
	text, err := withoutComments(b)
	if err != nil {
		return fmt.Errorf("%s: corelet: %w", f.name, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := f.sections(d, text); err != nil {
		return fmt.Errorf("%s:%d: corelet: %w", f.name, lineAt(text, int(d.InputOffset())), err)
	}
	return nil
}

func (f *file) sections(d *json.Decoder, text []byte) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("need an object of a model, have %v", orError(t, err))
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := f.section(d, key, text); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if t, err := d.Token(); err != io.EOF {
		return fmt.Errorf("need the end of the file after the model, have %v", orError(t, err))
	}
	return nil
}

func orError(t json.Token, err error) any {
	if err != nil {
		return err
	}
	return t
}

func (f *file) section(d *json.Decoder, key json.Token, text []byte) error {
	switch key {
	case "model":
		return d.Decode(&f.head)
	case "crossbarTypes":
		return each(d, f.addCrossbar)
	case "neuronTypes":
		return each(d, f.addNeuron)
	case "core":
		if len(f.cores) == maxCores {
			return fmt.Errorf("core %d, need at most %d", len(f.cores)+1, maxCores)
		}
		c := coreText{line: lineAt(text, int(d.InputOffset())), ID: -1}
		if err := d.Decode(&c); err != nil {
			return fmt.Errorf("core: %w", err)
		}
		f.cores = append(f.cores, c)
		return nil
	}
	var skip json.RawMessage
	return d.Decode(&skip)
}

// each decodes the elements of an array one by one.
func each[T any](d *json.Decoder, add func(*T) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return fmt.Errorf("need a list, have %v", orError(t, err))
	}
	for d.More() {
		var x T
		if err := d.Decode(&x); err != nil {
			return err
		}
		if err := add(&x); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}
