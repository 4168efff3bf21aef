// Package ranc reads the JSON files of RANC's simulator (UA-RCL/RANC,
// simulator/src/decode.hpp and config.hpp at commit 08ae4bd): cores, output bus
// and packets in one file, sizes and the kind of reset in another.
package ranc

import (
	"bytes"
	"encoding/json"
	"fmt"

	"hillock/compiler/crossbar"
)

// maxSide bounds the sides of a grid and the neurons and in-axons of a core.
const maxSide = 4096

// maxAxons bounds the in-axons of all cells of a model; what lies behind is
// refused when its image is made.
const maxAxons = 1 << 23

// The defaults of the simulator's own config.json.
const (
	usualRows  = 16
	usualReset = 1
)

// Config is what config.json says of a simulation.
type Config struct {
	Neurons int  `json:"num_neurons"`
	Axons   int  `json:"num_axons"`
	X       int  `json:"num_cores_x"`
	Y       int  `json:"num_cores_y"`
	Weights int  `json:"num_weights"`
	Rows    int  `json:"max_tick_offset"`
	Reset   *int `json:"neuron_reset_type"` // 0: below the negative threshold, 1: at or below
}

// File is an input file as it stands in the text.
type File struct {
	Packets [][]Packet `json:"packets"`
	Bus     *Bus       `json:"output_bus"`
	Cores   []Core     `json:"cores"`
}

// Packet is a spike of the host to in-axon Axon of the core at X, Y = Core.
type Packet struct {
	Core [2]int `json:"destination_core"`
	Axon int    `json:"destination_axon"`
	Tick int    `json:"destination_tick"` // delay
}

// Bus is the output bus.
type Bus struct {
	At      [2]int `json:"coordinates"`
	Outputs int    `json:"num_outputs"`
}

// Core is a core of the file.
type Core struct {
	At          *[2]int   `json:"coordinates"`
	Axons       []int     `json:"axons"` // types
	Neurons     []Neuron  `json:"neurons"`
	Connections [][]uint8 `json:"connections"` // [neuron][in-axon], 0 or 1
}

// Neuron is a neuron of the file.
type Neuron struct {
	Weights []int64 `json:"weights"`
	Leak    int64   `json:"leak"`
	Pos     int64   `json:"positive_threshold"`
	Neg     int64   `json:"negative_threshold"`
	Reset   int64   `json:"reset_potential"`
	Mode    int64   `json:"reset_mode"`
	Current int64   `json:"current_potential"`
	Offset  *[2]int `json:"destination_core_offset"`
	Axon    int     `json:"destination_axon"`
	Tick    int     `json:"destination_tick"` // delay
}

// IsFile says whether the bytes look like an input file of the simulator.
func IsFile(b []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) && bytes.Contains(b, []byte(`"destination_core_offset"`)) && bytes.Contains(b, []byte(`"connections"`))
}

// Parse reads an input file. Name is for errors.
func Parse(b []byte, name string) (*File, error) {
	f := &File{}
	if err := decode(b, name, f); err != nil {
		return nil, err
	}
	switch {
	case len(f.Cores) == 0:
		return nil, fmt.Errorf("%s: ranc: no core, need at least 1", name)
	case f.Bus == nil:
		return nil, fmt.Errorf("%s: ranc: no output_bus", name)
	}
	return f, nil
}

// ParseConfig reads a configuration. Name is for errors.
func ParseConfig(b []byte, name string) (*Config, error) {
	c := &Config{}
	if err := decode(b, name, c); err != nil {
		return nil, err
	}
	for _, v := range [...]struct {
		what     string
		have, lo int
	}{{"num_neurons", c.Neurons, 1}, {"num_axons", c.Axons, 1}, {"num_cores_x", c.X, 1}, {"num_cores_y", c.Y, 1}, {"num_weights", c.Weights, 1}, {"max_tick_offset", c.Rows, 2}} {
		if v.have < v.lo || v.have > maxSide {
			return nil, fmt.Errorf("%s: ranc: %s is %d, need %d..%d", name, v.what, v.have, v.lo, maxSide)
		}
	}
	if c.Reset == nil || *c.Reset < 0 || *c.Reset > 1 {
		return nil, fmt.Errorf("%s: ranc: neuron_reset_type, need 0 or 1", name)
	}
	return c, nil
}

func decode(b []byte, name string, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("%s:%d: ranc: %w", name, 1+bytes.Count(b[:min(int(d.InputOffset()), len(b))], []byte("\n")), err)
	}
	if d.More() {
		return fmt.Errorf("%s: ranc: need the end of the file after its object", name)
	}
	return nil
}

// Guess is the smallest configuration that the file fits, with the simulator's
// own defaults for what the file does not show.
func (f *File) Guess() *Config {
	reset := usualReset
	c := &Config{X: f.Bus.At[0] + 1, Y: f.Bus.At[1] + 1, Rows: usualRows, Reset: &reset, Axons: 1, Weights: 1, Neurons: 1}
	for i := range f.Cores {
		k := &f.Cores[i]
		if k.At != nil {
			c.X, c.Y = max(c.X, k.At[0]+1), max(c.Y, k.At[1]+1)
		}
		c.Axons, c.Neurons = max(c.Axons, len(k.Axons)), max(c.Neurons, len(k.Neurons))
		for _, row := range k.Connections {
			c.Axons = max(c.Axons, len(row))
		}
		for j := range k.Neurons {
			n := &k.Neurons[j]
			c.Weights, c.Rows = max(c.Weights, len(n.Weights)), max(c.Rows, n.Tick+1)
			if k.At != nil && n.Offset != nil {
				c.X, c.Y = max(c.X, k.At[0]+n.Offset[0]+1), max(c.Y, k.At[1]+n.Offset[1]+1)
			}
		}
	}
	return c
}

// Model is the network of a file: core (x, y) is the population "xXyY", the
// bus the population "bus", its pins fire in the tick at whose start the
// simulator prints them. Cells that spikes go to without a core there get one
// that does nothing, as in the simulator.
func (f *File) Model(c *Config, name string) (*crossbar.Model, error) {
	b := builder{f: f, c: c, taken: map[[2]int]bool{f.Bus.At: true}}
	b.m = &crossbar.Model{X: c.X, Y: c.Y, Axons: c.Axons, Delays: c.Rows,
		Fields: []crossbar.Column{{Name: "scheduler_rows", Values: []int64{int64(c.Rows)}}, {Name: "neg_compare", Values: []int64{int64(*c.Reset)}}},
		Buses:  []crossbar.Bus{{Name: "bus", X: f.Bus.At[0], Y: f.Bus.At[1], Pins: f.Bus.Outputs}}}
	for i := range f.Cores {
		if err := b.core(&f.Cores[i]); err != nil {
			return nil, fmt.Errorf("%s: ranc: core %d: %w", name, i, err)
		}
	}
	b.fill()
	return b.m, nil
}
