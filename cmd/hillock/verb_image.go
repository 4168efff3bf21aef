package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/test/vectors"
)

type imageFlags struct {
	common
	out    string
	set    []string
	memory []string
	ack    int64
}

func newImage() *cobra.Command {
	var f imageFlags
	cmd := &cobra.Command{
		Use: "image CHIP", Short: "Make an image of a chip without ticks from registers and memories", Args: needArgs(1, 1, "1 operand CHIP"),
		Long: `Make an image of a chip whose description has the section event: registers as
they are set, memories from files that $readmemh reads, everything else 0.`,
		Example: "  hillock image tinyodin --set max_neur=255 --memory neurons=neurons.hex --memory synapses=synapses.hex -o core.img\n  hillock image my.json -o empty.img",
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "image file")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "register NAME=VALUE (repeatable)")
	cmd.Flags().StringArrayVar(&f.memory, "memory", nil, "memory NAME=FILE (repeatable)")
	cmd.Flags().Int64Var(&f.ack, "ack-delay", 0, "edges by which the receiver of the outputs is late")
	return cmd
}

func (f *imageFlags) run(cmd *cobra.Command, name string) error {
	if f.out == "" {
		return fmt.Errorf("image: need -o FILE")
	}
	fam, err := chip.LoadNamed(name)
	if err != nil {
		return err
	}
	if fam.Event == nil {
		return fmt.Errorf("image: chip %s has ticks: its images come from 'hillock compile'", fam.Name)
	}
	setup := chip.EventSetup{AckDelay: f.ack}
	if setup.Registers, err = parseSettings("image", f.set); err != nil {
		return err
	}
	for _, s := range f.memory {
		w, err := f.words(cmd, fam, s)
		if err != nil {
			return err
		}
		setup.Memories = append(setup.Memories, w)
	}
	e, err := fam.BindEvent(setup)
	if err != nil {
		return err
	}
	img := fam.EventImage(e)
	b := img.Encode()
	if err := writeOutput(cmd, f.out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
		return err
	}
	return f.print(cmd, img, b)
}

// parseSettings reads NAME=VALUE of --set.
func parseSettings(verb string, set []string) ([]chip.RegisterValue, error) {
	var out []chip.RegisterValue
	for _, s := range set {
		name, text, _ := strings.Cut(s, "=")
		v, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: --set %q, need NAME=VALUE", verb, s)
		}
		out = append(out, chip.RegisterValue{Name: name, Value: v})
	}
	return out, nil
}

// words reads one NAME=FILE.
func (f *imageFlags) words(cmd *cobra.Command, fam *chip.Family, s string) (chip.MemoryWords, error) {
	name, path, ok := strings.Cut(s, "=")
	m := fam.Event.Memory(name)
	if !ok || m < 0 {
		return chip.MemoryWords{}, fmt.Errorf("image: --memory %q, need NAME=FILE with a memory of chip %s: %s", s, fam.Name, memoryNames(fam))
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return chip.MemoryWords{}, err
	}
	mem := &fam.Event.Memories[m]
	words, err := vectors.ReadMem(b, path, mem.Words, mem.Bits)
	return chip.MemoryWords{Name: name, Chunks: words}, err
}

func memoryNames(f *chip.Family) string {
	names := make([]string, len(f.Event.Memories))
	for i, m := range f.Event.Memories {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}

func (f *imageFlags) print(cmd *cobra.Command, img *chip.Image, b []byte) error {
	out := cmd.OutOrStdout()
	if f.json {
		return printJSON(out, struct {
			Schema string `json:"schema"`
			Chip   string `json:"chip"`
			Hash   string `json:"image_hash"`
			Bytes  int    `json:"bytes"`
		}{"hillock/image/1", img.Chip, chip.Hash(b), len(b)})
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "image %s, %d bytes\n", chip.Hash(b), len(b))
	return nil
}
