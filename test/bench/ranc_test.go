package bench

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/isa/count"
)

var rancFile = flag.String("ranc", "", "write the crossbar chip of 63 cores as input of RANC's simulator")

// The input of RANC's simulator (UA-RCL/RANC, simulator/src/decode.hpp).
type (
	rancInput struct {
		Packets   [][]int    `json:"packets"`
		Cores     []rancCore `json:"cores"`
		OutputBus rancBus    `json:"output_bus"`
	}
	rancBus struct {
		Coordinates [2]int `json:"coordinates"`
		NumOutputs  int    `json:"num_outputs"`
	}
	rancCore struct {
		Coordinates [2]int         `json:"coordinates"`
		Axons       [Side]int      `json:"axons"`
		Neurons     []rancNeuron   `json:"neurons"`
		Connections [Side][]uint16 `json:"connections"` // [neuron][axon]
	}
	rancNeuron struct {
		Weights   [axonTypes]int16 `json:"weights"`
		Offset    [2]int           `json:"destination_core_offset"`
		Axon      int              `json:"destination_axon"`
		Tick      int              `json:"destination_tick"`
		Potential int32            `json:"current_potential"`
		Reset     int32            `json:"reset_potential"`
		Leak      int32            `json:"leak"`
		Positive  int32            `json:"positive_threshold"`
		Negative  int32            `json:"negative_threshold"`
		Mode      int              `json:"reset_mode"` // 1 = a spike takes the threshold off
	}
)

// rancOf gives the chip of cores in a square whose last place is the output
// bus, which nothing drives.
func rancOf(side int) rancInput {
	cores := side*side - 1
	in := rancInput{Packets: [][]int{{}}, OutputBus: rancBus{[2]int{side - 1, side - 1}, Side}}
	for c := range cores {
		x := Crossbar(c, cores)
		rc := rancCore{Coordinates: [2]int{c % side, c / side}}
		for a := range Side {
			rc.Axons[a] = int(x.Type[a])
		}
		for j := range Side {
			for a := range Side {
				rc.Connections[j] = append(rc.Connections[j], uint16(x.Point[a][j/64]>>(j%64)&1))
			}
			d := x.Dest[j]
			rc.Neurons = append(rc.Neurons, rancNeuron{Weights: x.Weight[j], Offset: [2]int{d.Core%side - c%side, d.Core/side - c/side}, Axon: int(d.Axon),
				Potential: x.Start[j], Leak: x.Leak, Positive: x.Alpha[j], Negative: -x.Beta, Mode: 1})
		}
		in.Cores = append(in.Cores, rc)
	}
	return in
}

// TestRANCFile writes the peer's input if a file is asked for, and always that
// it can be written.
func TestRANCFile(t *testing.T) {
	in := rancOf(3)
	require.Len(t, in.Cores, 8)
	w := io.Discard
	if *rancFile != "" {
		in = rancOf(8)
		f, err := os.Create(*rancFile)
		require.NoError(t, err)
		defer f.Close()
		b := bufio.NewWriter(f)
		defer b.Flush()
		w = b
	}
	require.NoError(t, json.NewEncoder(w).Encode(in))
}

// TestCrossbarRow steps one core by the equations, synapse by synapse.
func TestCrossbarRow(t *testing.T) {
	const cores, ticks = 2, 200
	n, err := Crossbars(cores)
	require.NoError(t, err)
	m, err := chip.New(n.Image, chip.Options{})
	require.NoError(t, err)
	x := [cores]*CrossbarCore{Crossbar(0, cores), Crossbar(1, cores)}
	var active [cores][Side]bool
	fired := int64(0)
	for range ticks {
		var next [cores][Side]bool
		for c := range x {
			for j := range Side {
				v := &x[c].Start[j]
				*v += x[c].Leak
				for a := range Side {
					if active[c][a] && x[c].Point[a][j/64]>>(j%64)&1 == 1 {
						*v += int32(x[c].Weight[j][x[c].Type[a]])
					}
				}
				if *v >= x[c].Alpha[j] {
					*v -= x[c].Alpha[j]
					next[x[c].Dest[j].Core][x[c].Dest[j].Axon] = true
					fired++
				}
			}
		}
		active = next
		require.NoError(t, m.Run(1, nil, nil))
		for c := range x {
			require.Equal(t, x[c].Start[:], m.Core(c).State.Words[0][0])
		}
	}
	counts := m.Counts()
	require.Equal(t, fired, counts[count.Spikes])
	require.InDelta(t, 0.02, float64(fired)/float64(ticks*cores*Side), 0.003, "20 Hz of ticks of 1 ms")
}

// rancTrace is the SHA-256 of what RANC's simulator (commit 08ae4bd) logs as
// the spikes that its 63 cores receive in ticks 2 to 101 of the file that
// -ranc writes: per tick and core a line of 256 digits, axon 0 first, as
// core_controller_trace_verbosity 1 gives them.
const rancTrace = "53c42e50dbf6ab25c85e03f10b1dc5c5057f53c05abfdff8057640388cce5c32"

// TestRANCTrace holds the spikes of the whole chip against the peer's, spike
// for spike.
func TestRANCTrace(t *testing.T) {
	const cores, ticks = 63, 100
	n, err := Crossbars(cores)
	require.NoError(t, err)
	m, err := chip.New(n.Image, chip.Options{})
	require.NoError(t, err)
	var dest [cores][Side]CrossbarTarget
	for c := range dest {
		dest[c] = Crossbar(c, cores).Dest
	}
	h := sha256.New()
	require.NoError(t, m.Run(ticks, nil, func(int64, *chip.Machine) error {
		lines := bytes.Repeat([]byte(strings.Repeat("0", Side)+"\n"), cores)
		for c := range dest {
			for _, s := range m.Core(c).Spikes {
				d := dest[c][s.Comp]
				lines[d.Core*(Side+1)+int(d.Axon)] = '1'
			}
		}
		h.Write(lines)
		return nil
	}))
	require.Equal(t, rancTrace, hex.EncodeToString(h.Sum(nil)))
}
