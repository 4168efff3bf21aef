package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/import/sanafe"
)

// mappedJSON is what compile says of a network that came with its mapping.
type mappedJSON struct {
	Schema      string            `json:"schema"`
	Hash        string            `json:"image_hash"`
	Bytes       int               `json:"image_bytes"`
	Chip        string            `json:"chip"`
	Cores       int               `json:"cores"`
	Neurons     int64             `json:"neurons"`
	Synapses    int               `json:"synapses"`
	PerSynapse  float64           `json:"bytes_per_synapse"` // of the image
	Assumptions []assumptionJSON  `json:"assumptions"`
	Fidelity    map[string]string `json:"fidelity"`
}

// readMapped reads a network of SANA-FE with its mapping, in YAML or as a
// netlist, for an architecture.
func readMapped(b, arch []byte, path, archPath string) (*chip.Image, error) {
	a, err := sanafe.ParseArch(unpacked(arch))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", archPath, err)
	}
	b = unpacked(b)
	parse := sanafe.ParseNetlist
	if bytes.Contains(b, []byte("network:")) {
		parse = sanafe.ParseNetwork
	}
	n, err := parse(b, a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := sanafe.NewPlan(a, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	img, err := p.Image()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

func (c *compileFlags) compileMapped(cmd *cobra.Command, out io.Writer, b []byte, path string) error {
	arch, err := readInput(cmd, c.arch)
	if err != nil {
		return err
	}
	img, err := readMapped(b, arch, path, c.arch)
	if err != nil {
		return err
	}
	bytes := img.Encode()
	if c.out != "" {
		if err := writeOutput(cmd, c.out, func(w io.Writer) error { _, err := w.Write(bytes); return err }); err != nil {
			return err
		}
	}
	j := mappedJSON{Schema: "hillock/compile/1", Hash: chip.Hash(bytes), Bytes: len(bytes), Chip: img.Chip, Cores: len(img.Cores), Neurons: img.Neurons(),
		Assumptions: []assumptionJSON{}, Fidelity: fidelityJSON(img.Fidelity)}
	for i := range img.Cores {
		j.Synapses += img.Cores[i].Image.Synapses()
	}
	j.PerSynapse = float64(len(bytes)) / float64(max(j.Synapses, 1))
	if c.json {
		return printJSON(out, j)
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "image %s: %d bytes, %s, %d neurons, %s, %.2f bytes per synapse\n", j.Hash, j.Bytes, many(j.Cores, "core"), j.Neurons, many(j.Synapses, "synapse"), j.PerSynapse)
	if c.out == "" {
		c.notice(cmd, "no image was written: give -o FILE")
	}
	return nil
}
