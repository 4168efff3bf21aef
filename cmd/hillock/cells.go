package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/crossbar"
	"hillock/compiler/import/corelet"
	"hillock/compiler/import/ranc"
	"hillock/core"
	"hillock/router/aer"
)

// maxUnpacked bounds a text file that comes packed.
const maxUnpacked = 256 << 20

// unpacked is a file without its gzip packing; one that is damaged or too large
// stays as it is, and is refused as what it looks like.
func unpacked(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte("\x1f\x8b")) {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return b
	}
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err != nil || len(text) > maxUnpacked {
		return b
	}
	return text
}

// cellsFile says whether a file gives a chip core by core, and unpacks it.
func cellsFile(b []byte) ([]byte, bool) {
	b = unpacked(b)
	return b, corelet.IsModel(b) || ranc.IsFile(b)
}

// cells is a chip that was read core by core.
type cells struct {
	kind, family string
	model        *crossbar.Model
	neurons      int // that every core has room for, 0 = as many as it has
	as           []assumptionJSON
}

// readCells reads such a file; config is that of RANC's simulator, nil = guess.
func readCells(b, config []byte, path, configPath string) (*cells, error) {
	if corelet.IsModel(b) {
		if config != nil {
			return nil, fmt.Errorf("--config: %s is a model of IBM's tool chain, which has none", path)
		}
		m, err := corelet.Model(b, path)
		if err != nil {
			return nil, err
		}
		x := &cells{kind: "corelet", family: "truenorth", model: m, as: []assumptionJSON{}}
		if n := m.Stochastic(); n > 0 {
			x.as = append(x.as, assumptionJSON{What: "draws", Value: "a counter hashed with the seed of the run",
				Why: fmt.Sprintf("%s with stochastic modes; the chip's generator is not public, so rngSeed is not used", many(n, "core"))})
		}
		return x, nil
	}
	f, err := ranc.Parse(b, path)
	if err != nil {
		return nil, err
	}
	x := &cells{kind: "ranc", family: "ranc-sim", as: []assumptionJSON{}}
	c := f.Guess()
	if config != nil {
		if c, err = ranc.ParseConfig(config, configPath); err != nil {
			return nil, err
		}
	} else {
		x.as = append(x.as, assumptionJSON{What: "configuration", Value: fmt.Sprintf("grid %d x %d, %d axons, %d rows, reset type %d", c.X, c.Y, c.Axons, c.Rows, *c.Reset),
			Why: "the file does not say; the smallest sizes that it fits, and the simulator's defaults", Flag: "config"})
	}
	x.neurons = c.Neurons
	x.model, err = f.Model(c, path)
	return x, err
}

func (c *compileFlags) compileCells(cmd *cobra.Command, out io.Writer, b []byte, path string) error {
	var config []byte
	var err error
	if c.config != "" {
		if config, err = readInput(cmd, c.config); err != nil {
			return err
		}
	}
	x, err := readCells(b, config, path, c.config)
	if err != nil {
		return err
	}
	for _, a := range x.as {
		flag := ""
		if a.Flag != "" {
			flag = fmt.Sprintf(" (set it with %s)", dashed(a.Flag))
		}
		c.notice(cmd, "assumed: %s = %s: %s%s", a.What, a.Value, a.Why, flag)
	}
	if cmd.Flags().Changed("chip") {
		x.family = c.family
	}
	f, err := loadChip(x.family)
	if err != nil {
		return err
	}
	if f.Routers != nil { // its sequencers go through all neurons that there is room for
		x.model.Pad(x.neurons, ranc.Idle)
	}
	img, err := x.model.Image(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	bytes := img.Encode()
	if c.out != "" {
		if err := writeOutput(cmd, c.out, func(w io.Writer) error { _, err := w.Write(bytes); return err }); err != nil {
			return err
		}
	}
	return c.printCells(cmd, out, x, img, bytes)
}

// cellsJSON is what compile says of a chip that was given core by core.
type cellsJSON struct {
	Schema      string            `json:"schema"`
	Hash        string            `json:"image_hash"`
	Bytes       int               `json:"image_bytes"`
	Chip        string            `json:"chip"`
	Cores       int               `json:"cores"`
	Buses       int               `json:"buses"`
	Neurons     int               `json:"neurons"`
	Synapses    int               `json:"synapses"`
	Assumptions []assumptionJSON  `json:"assumptions"`
	Fidelity    map[string]string `json:"fidelity"`
}

func (c *compileFlags) printCells(cmd *cobra.Command, out io.Writer, x *cells, img *chip.Image, b []byte) error {
	j := cellsJSON{Schema: "hillock/compile/1", Hash: chip.Hash(b), Bytes: len(b), Chip: img.Chip, Cores: len(x.model.Cores), Buses: len(x.model.Buses),
		Assumptions: x.as, Fidelity: fidelityJSON(img.Fidelity)}
	for i := range x.model.Cores {
		j.Neurons += x.model.Cores[i].N
	}
	j.Synapses = synapses(img)
	if c.json {
		return printJSON(out, j)
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "image %s: %d bytes, %s, %s, %s, %s\n", j.Hash, j.Bytes, many(j.Cores, "core"), many(j.Neurons, "neuron"), many(j.Synapses, "synapse"), countOf(j.Buses, "output bus", "output buses"))
	if c.out == "" {
		c.notice(cmd, "no image was written: give -o FILE")
	}
	return nil
}

func countOf(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// synapses counts the points of crossbars.
func synapses(img *chip.Image) int {
	n := 0
	for i := range img.Cores {
		n += points(img.Cores[i].Image)
	}
	return n
}

func points(ci *core.Image) int {
	n := 0
	for k := range ci.Crossbars {
		for r := range ci.Crossbars[k].Types {
			n += ci.Crossbars[k].Count(r)
		}
	}
	return n
}

func inspectCells(cmd *cobra.Command, c *common, b []byte, path string) error {
	x, err := readCells(b, nil, path, "")
	if err != nil {
		return err
	}
	kind := map[string]string{"corelet": "model of IBM's tool chain", "ranc": "input file of RANC's simulator"}[x.kind]
	neurons := 0
	for i := range x.model.Cores {
		neurons += x.model.Cores[i].N
	}
	facts := []factJSON{fact("chip", x.family), fact("cores", len(x.model.Cores)), fact("neurons", neurons)}
	for _, u := range x.model.Buses {
		facts = append(facts, fact("output bus", fmt.Sprintf("%s, %s", u.Name, many(u.Pins, "pin"))))
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", x.kind, "", []any{}, x.as, "", facts})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s\n", path, kind)
	for _, f := range facts {
		fmt.Fprintf(out, "  %s: %s\n", f.Key, f.Value)
	}
	printReading(out, x.as, "")
	return nil
}

func inspectSpikes(cmd *cobra.Command, c *common, b []byte, path string) error {
	s, err := corelet.Spikes(b, path)
	if err != nil {
		return err
	}
	j := inspectJSON{Schema: "hillock/inspect/1", Kind: "spikes of IBM's tool chain (sfti)", Nodes: []any{}, Assumptions: []assumptionJSON{}, Facts: []factJSON{fact("spikes", len(s))}}
	if c.json {
		return printJSON(cmd.OutOrStdout(), j)
	}
	return j.text(cmd.OutOrStdout(), path)
}

// readInputs reads the events of --in for an image.
func readInputs(cmd *cobra.Command, path string, img *chip.Image) (*aer.Stream, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	text := unpacked(b)
	s := inputStream{at: map[string]int32{}}
	switch {
	case corelet.IsSpikes(text):
		spikes, err := corelet.Spikes(text, path)
		for _, x := range spikes {
			s.add(x.Tick, fmt.Sprintf("core%d.in", x.Core), x.Axon)
		}
		return s.sorted(), err
	case ranc.IsFile(text):
		f, err := ranc.Parse(text, path)
		if err != nil {
			return nil, err
		}
		axons := axonsOf(img)
		for _, x := range f.Inputs() {
			index := x.Delay*axons[x.Pop] + x.Axon
			if n := axons[x.Pop]; n > 0 && (x.Axon < 0 || x.Axon >= n || x.Delay < 0 || x.Delay > 1<<16/n) {
				return nil, fmt.Errorf("%s: a packet of list %d goes to axon %d of %s with delay %d, the image has %d axons there", path, x.Tick, x.Axon, x.Pop, x.Delay, n)
			}
			s.add(x.Tick, x.Pop, index)
		}
		return s.sorted(), nil
	}
	t, err := readEvents(cmd, path)
	if err != nil {
		return nil, err
	}
	return t.Stream(), nil
}

// axonsOf is the number of in-axons behind each input population.
func axonsOf(img *chip.Image) map[string]int {
	out := map[string]int{}
	for _, in := range img.Inputs {
		if len(in.Dst) > 0 {
			out[img.Pops[in.Pop].Name] = len(img.Cores[in.Dst[0].Core].Image.Axons)
		}
	}
	return out
}

// inputStream collects events of input populations.
type inputStream struct {
	aer.Stream
	at map[string]int32
}

func (s *inputStream) add(tick int64, pop string, index int) {
	k, ok := s.at[pop]
	if !ok {
		k = int32(len(s.Pops))
		s.at[pop], s.Pops = k, append(s.Pops, pop)
	}
	s.Spikes = append(s.Spikes, aer.Spike{Tick: tick, Pop: k, Index: int32(index), Payload: 1})
}

func (s *inputStream) sorted() *aer.Stream {
	slices.SortStableFunc(s.Spikes, func(a, b aer.Spike) int {
		if a.Tick < b.Tick {
			return -1
		} else if a.Tick > b.Tick {
			return 1
		}
		return 0
	})
	return &s.Stream
}
