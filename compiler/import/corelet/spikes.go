package corelet

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Spike is a spike of the host: it is integrated by core Core, in-axon Axon, in
// tick Tick, from 0.
type Spike struct {
	Tick       int64
	Core, Axon int
}

// maxTick bounds the time of a spike.
const maxTick = 1 << 40

// IsSpikes says whether the bytes look like a spike file in text form.
func IsSpikes(b []byte) bool {
	head := b[:min(len(b), 4096)]
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) && bytes.Contains(head, []byte(`"sfti`))
}

type lineText struct {
	Class   string     `json:"class"`
	Version string     `json:"version"`
	Delay   *whole     `json:"defaultDestinationDelay"`
	Spike   *spikeText `json:"spike"`
}

type spikeText struct {
	SrcTime   *whole `json:"srcTime"`
	SrcCore   *whole `json:"srcCore"`
	SrcNeuron *whole `json:"srcNeuron"`
	DestCore  *whole `json:"destCore"`
	DestAxon  *whole `json:"destAxon"`
}

// Spikes reads a spike file (.sfti): a spike of source time t with the default
// delay d of the file is integrated in tick t + d of a chip that counts from 1.
// Name is for errors.
func Spikes(b []byte, name string) ([]Spike, error) {
	var out []Spike
	delay, known := int64(1), false
	for n := 1; len(b) > 0; n++ {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		s, err := parseLine(line, &delay, &known)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: corelet: %w", name, n, err)
		}
		if s != nil {
			out = append(out, *s)
		}
	}
	if !known {
		return nil, fmt.Errorf("%s: corelet: no line with a version, need sfti1.0", name)
	}
	return out, nil
}

func parseLine(line []byte, delay *int64, known *bool) (*Spike, error) {
	var t lineText
	if err := json.Unmarshal(line, &t); err != nil {
		return nil, fmt.Errorf("need an object: %w", err)
	}
	if t.Version != "" {
		if *known = t.Version == "sfti1.0"; !*known {
			return nil, fmt.Errorf("version %q, need sfti1.0", clip(t.Version))
		}
	}
	if t.Delay != nil {
		if *delay = int64(*t.Delay); *delay < 1 || *delay > 15 {
			return nil, fmt.Errorf("defaultDestinationDelay %d, need 1..15", *delay)
		}
	}
	switch s := t.Spike; {
	case s == nil && t.Version == "" && t.Class == "" && t.Delay == nil:
		return nil, fmt.Errorf("need a spike, have %q", clip(string(line)))
	case s == nil:
		return nil, nil
	case s.SrcTime == nil || s.DestCore == nil || s.DestAxon == nil:
		return nil, fmt.Errorf("need a spike with srcTime, destCore and destAxon, have %q", clip(string(line)))
	case *s.SrcTime < 0 || *s.SrcTime > maxTick:
		return nil, fmt.Errorf("srcTime %d, need 0..%d", *s.SrcTime, int64(maxTick))
	case *s.DestCore < 0 || *s.DestCore >= maxCores || *s.DestAxon < 0 || *s.DestAxon >= side:
		return nil, fmt.Errorf("spike to in-axon %d of core %d, need 0..%d and 0..%d", *s.DestAxon, *s.DestCore, side-1, maxCores-1)
	default:
		return &Spike{int64(*s.SrcTime) + *delay - 1, int(*s.DestCore), int(*s.DestAxon)}, nil
	}
}
